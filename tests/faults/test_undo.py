"""Random destructive sequences: whatever stood there uncommitted, every byte of it can be had back (S9, D29)."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.test_merges import merge
from faults import drill
from segue.domain.errors import SegueError
from support.daemon import installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel
from support.repositories import git, repository

SEQUENCES = drill.length(40, 1000)
STEPS = 4
"""Of one sequence."""
OF_ONE_SESSION = 5
"""Sequences; its undo log grows meanwhile."""
PATHS = (
    "hello.txt",
    "src/app.py",
    "new.txt",
    "src/deep/new.py",
    "src",
    ".env",
    ".env.local",
    "ignored/kept.env",
    "a b\tc",
)
IGNORE = ".env*\nignored/\n"
FILES = {".gitignore": IGNORE, "hello.txt": "hello\n", "src/app.py": "print('hi')\n"}

Content = dict[str, bytes]


@dataclass
class Walk:
    """One session, and what is known of every state that something destructive began in."""

    panel: Panel
    project: Path
    random: random.Random
    session: str = ""
    turns: int = 0
    is_archived: bool = False
    number: int = 0
    then: dict[int, Content] = field(default_factory=dict)
    """The worktree's files before each action of the undo log."""
    taken: dict[str, str] = field(default_factory=dict)
    """Where each content was that something destructive took away."""
    done: list[str] = field(default_factory=list)

    @property
    def worktree(self) -> Path:
        return (
            Path(self.panel.sessions[self.session]["worktree"])
            if self.session in self.panel.sessions
            else Path("/gone")
        )

    def text(self) -> str:
        self.number += 1
        return f"{self.number} {self.random.random()}"

    def log(self) -> list[dict[str, Any]]:
        actions: list[dict[str, Any]] = self.panel.call("undo/list", self.session)["actions"]
        return actions


def prompt(walk: Walk) -> None:
    path = walk.random.choice(PATHS[:2])
    script = (
        f"[[write {path} {walk.text()}]] [[write .env {walk.text()}]] [[write made{walk.number}.txt {walk.text()}]]"
    )
    if walk.session:
        walk.panel.prompt(walk.session, script)
    else:
        walk.session = walk.panel.new(walk.project, script)
    walk.turns += 1
    walk.panel.ended(walk.session, turns=walk.turns)


def edit(walk: Walk, root: Path) -> None:
    path = root / walk.random.choice(PATHS)
    with suppress(OSError):  # a folder where a file should be, and the reverse
        if walk.random.random() < 0.3:
            path.unlink(missing_ok=True)
        elif walk.random.random() < 0.1 and path.is_dir():
            shutil.rmtree(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(walk.text())
    if walk.random.random() < 0.3:
        git(root, "add", "--all")


def edit_worktree(walk: Walk) -> None:
    if not walk.is_archived:
        edit(walk, walk.worktree)


def commit_worktree(walk: Walk) -> None:
    if not walk.is_archived:
        git(walk.worktree, "add", "--all")
        git(walk.worktree, "commit", "-q", "--allow-empty", "-m", walk.text())


def prompt_again(walk: Walk) -> None:
    if not walk.is_archived:
        prompt(walk)


def edit_checkout(walk: Walk) -> None:
    edit(walk, walk.project)


def roll_back(walk: Walk) -> None:
    turn, side = walk.random.randint(1, walk.turns), walk.random.choice(["before", "after"])
    walk.panel.call("session/rollback", walk.session, turn=turn, side=side)


def archive(walk: Walk) -> None:
    walk.panel.call("session/archive", walk.session)


def restore(walk: Walk) -> None:
    walk.panel.call("session/restore", walk.session)


def delete(walk: Walk) -> None:
    walk.panel.call("session/delete", walk.session)


def merge_it(walk: Walk) -> None:
    merge(walk.panel, walk.session, strategy=walk.random.choice(["merge", "squash"]))


def undo(walk: Walk) -> None:
    """Any entry that can be undone, an undo too; then the files are those from before it."""
    possible = [action for action in walk.log() if action["canUndo"]]
    if not possible:
        return
    action = walk.random.choice(possible)
    walk.panel.call("undo/apply", walk.session, number=action["number"])
    if action["kind"] in {"rollback", "undo", "archive"}:
        then, now = walk.then[action["number"]], content(walk.worktree)
        assert {path: now.get(path) for path in then} == then, f"undo of {action}"
        assert all("ignored/" in path or ".env" in path for path in now.keys() - then.keys()), f"undo of {action}"


ANY: tuple[Callable[[Walk], None], ...] = (roll_back, archive, restore, delete, merge_it, undo)
WHILE_IT_STANDS = (roll_back, roll_back, archive, merge_it, undo, undo)
ONCE_ARCHIVED = (restore, delete, undo)
EDITS: tuple[Callable[[Walk], None], ...] = (
    edit_worktree,
    edit_worktree,
    edit_worktree,
    edit_checkout,
    commit_worktree,
    prompt_again,
)


def content(root: Path) -> Content:
    """Every file that is not git's, but for ignored ones that are not precious."""
    found = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            file = Path(folder) / name
            path = str(file.relative_to(root))
            if name != ".git" and (not path.startswith("ignored/") or name.startswith(".env")):
                found[path] = file.read_bytes()
    return found


def step(walk: Walk) -> None:
    """Something destructive, and afterwards a look whether all that stood there is still to be had."""
    fitting = ONCE_ARCHIVED if walk.is_archived else WHILE_IT_STANDS
    action = walk.random.choice(ANY if walk.random.random() < 0.15 else fitting)
    before = content(walk.worktree)
    stood = {blob(data): path for root in (walk.worktree, walk.project) for path, data in content(root).items()}
    known = {entry["number"] for entry in walk.log()}
    walk.done.append(action.__name__)
    try:
        action(walk)
    except SegueError as refused:
        walk.done[-1] += f" ({refused.reason})"
        assert content(walk.worktree) == before, "what is refused changes nothing"
    for entry in walk.log():
        if entry["number"] not in known:
            walk.then[entry["number"]] = before
    row = walk.panel.client.request("segue/session/show", {"sessionId": walk.session})["session"]
    walk.is_archived = row["isArchived"]
    present = {blob(data) for root in (walk.worktree, walk.project) for data in content(root).values()}
    walk.taken.update({oid: f"{path} before {walk.done[-1]}" for oid, path in stood.items() if oid not in present})
    held = kept(walk.project)
    lost = {oid: where for oid, where in walk.taken.items() if oid not in held}
    assert not lost, lost


def blob(data: bytes) -> str:
    """git's id of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def kept(project: Path) -> set[str]:
    """Every object that a ref leads to; nothing else counts, since `git gc` may take it."""
    argv = ["git", "-C", str(project), "rev-list", "--objects", "--all"]
    return {line[:40] for line in subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()}


@pytest.fixture
def panel() -> Iterator[Panel]:
    with installation(fork_daemon) as segue:
        drill.define_agent(segue.root / "d")
        with segue.client() as client:
            yield Panel(client)


def test_every_uncommitted_byte_can_be_had_back(panel: Panel, tmp_path: Path) -> None:
    chance = drill.chance("ways back")
    template = repository(tmp_path / "template", FILES)
    done: Counter[str] = Counter()
    for number in range(SEQUENCES // OF_ONE_SESSION):
        project = tmp_path / str(number)
        shutil.copytree(template, project)
        walk = Walk(panel, project, chance)
        prompt(walk)
        try:
            for _ in range(STEPS * OF_ONE_SESSION):
                for _ in range(chance.randint(0, 2)):
                    chance.choice(EDITS)(walk)
                step(walk)
        except BaseException:
            print(f"session {number}: {', '.join(walk.done)}")
            raise
        finally:
            panel.call("session/archive", walk.session)
        done.update(walk.done)
        shutil.rmtree(project)
    print(f"ways back: {SEQUENCES} sequences, {SEQUENCES * STEPS} destructive steps: {dict(done)}")
    assert all(done[act.__name__] for act in ANY)
