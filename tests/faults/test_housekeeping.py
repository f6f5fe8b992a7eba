"""What a person's git does to the repository in the background, in a loop, while agents commit."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.test_merges import merge
from faults import drill
from segue.cli.client import Client
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel
from support.repositories import git, repository

AGENTS = 4
TURNS = drill.length(3, 60)
PRUNED_TURNS = drill.length(2, 60)
COMMITS = 5
CHORES = (
    ("gc", "--quiet", "--prune=now"),
    ("pack-refs", "--all", "--prune"),
    ("worktree", "prune", "--expire=now"),
    ("repack", "-a", "-d", "-q"),
    ("reflog", "expire", "--expire-unreachable=now", "--all"),
)
"""`gc --prune=now` deletes what nothing refers to yet; git says not to do that beside other commands, and people do."""


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        yield made


class Chores:
    """A thread that keeps house until it is told to stop."""

    def __init__(self, project: Path, chores: tuple[tuple[str, ...], ...]) -> None:
        self._project, self._chores = project, chores
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping")
        self.done: Counter[str] = Counter()

    def __enter__(self) -> Chores:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            for chore in self._chores:
                try:
                    git(self._project, *chore)
                except subprocess.CalledProcessError:  # it met a worktree or ref that was just being made
                    self.done[f"{chore[0]} that gave up"] += 1
                else:
                    self.done[chore[0]] += 1


def commits(turn: int) -> str:
    """What an agent does: commits of its own, and work that it leaves uncommitted.

    Like people, it tries again where its own git fails: `repack -d` may remove the folder that git made for an object.
    """
    who = "git -c user.name=Agent -c user.email=agent@example.invalid"
    tries = f'kept() {{ for _ in 1 2 3 4 5; do git add --all && {who} commit -qm "$1" && return; done; return 1; }}'
    lines = [f"echo {turn}.{number} >> log.txt && kept 'Step {turn}.{number}'" for number in range(COMMITS)]
    return " && ".join([f"{tries}; {lines[0]}", *lines[1:], f"echo {turn} > left-{turn}.txt"])


def test_housekeeping_on_the_host_loses_nothing(segue: Installation, tmp_path: Path) -> None:
    """D26, D29, issue 4.7: gc, pack-refs, worktree prune and repack in a loop while four agents commit."""
    drill.chance("housekeeping")
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    with segue.client() as client, Chores(project, CHORES[1:4]) as chores:
        panel = Panel(client)
        sessions = [panel.new(project, commits(1), agent="command") for _ in range(AGENTS)]
        for turn in range(1, TURNS + 1):
            for session_id in sessions:
                row = panel.ended(session_id, turn)
                assert (row["stopReason"], row["bucket"]) == ("end_turn", "ready"), row
                if turn < TURNS:
                    panel.prompt(session_id, commits(turn + 1))
        _is_all_there(client, project, sessions)
    with Chores(project, CHORES):
        pass
    with segue.client() as client:
        _is_all_there(client, project, sessions)
        panel = Panel(client)
        for session_id in sessions:
            worktree = Path(panel.sessions[session_id]["worktree"])
            before = sorted(path.name for path in worktree.iterdir())
            panel.call("session/archive", session_id)
            git(project, "gc", "--quiet", "--prune=now")
            panel.call("session/restore", session_id)
            assert sorted(path.name for path in worktree.iterdir()) == before
    print(f"housekeeping: {AGENTS * TURNS * COMMITS} commits of {AGENTS} agents beside {dict(chores.done)}, none lost")


def writes(turn: int) -> str:
    """Work that its agent leaves uncommitted, so that every object of it is Segue's."""
    return f"[[write new-{turn}.txt {turn}\\n]] [[append a.txt {turn}\\n]] [[write deep/er/{turn}.txt x{turn}\\n]]"


def test_pruning_beside_checkpoints_snapshots_and_merges_loses_nothing(segue: Installation, tmp_path: Path) -> None:
    """D26, D29: `gc --prune=now` deletes what was just written and no ref leads to yet: it is written again."""
    drill.define_agent(segue.root / "d")
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    with segue.client() as client, Chores(project, CHORES[:1]) as chores:
        panel = Panel(client)
        sessions = [panel.new(project, writes(1)) for _ in range(AGENTS)]
        for turn in range(1, PRUNED_TURNS + 1):
            for session_id in sessions:
                row = panel.ended(session_id, turn)
                assert row["stopReason"] == "end_turn", row
                if turn < PRUNED_TURNS:
                    panel.prompt(session_id, writes(turn + 1))
        for number, session_id in enumerate(sessions):
            panel.call("session/rollback", session_id, turn=1, side="after")
            panel.call("undo/apply", session_id, number=1)
            if not number:
                merge(panel, session_id)
            panel.call("session/archive", session_id)
            panel.call("session/restore", session_id)
    assert git(project, "fsck", "--connectivity-only", "--no-dangling", "--no-progress") == ""
    for session_id in sessions:
        assert (Path(panel.sessions[session_id]["worktree"]) / f"deep/er/{PRUNED_TURNS}.txt").is_file()
        refs = git(project, "for-each-ref", "--format=%(refname)", f"refs/segue/{session_id}/turns/").split()
        assert len(refs) == 2 * PRUNED_TURNS
    print(f"pruning: {AGENTS * PRUNED_TURNS} turns and their ways back beside {dict(chores.done)}, none lost")


def _is_all_there(client: Client, project: Path, sessions: list[str]) -> None:
    assert git(project, "fsck", "--connectivity-only", "--no-dangling", "--no-progress") == ""
    for session_id in sessions:
        branch = f"refs/heads/segue/{session_id}/work"
        assert git(project, "rev-list", "--count", f"main..{branch}") == str(TURNS * COMMITS)
        turns = client.request("segue/session/show", {"sessionId": session_id})["turns"]
        for turn in turns:
            content = git(project, "show", f"refs/segue/{session_id}/turns/{turn['number']}/after:log.txt").split()
            assert len(content) == turn["number"] * COMMITS
            git(project, "cat-file", "-e", f"refs/segue/{session_id}/turns/{turn['number']}/before^{{tree}}")
