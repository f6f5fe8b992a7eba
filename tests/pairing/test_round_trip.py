"""Into the background and back changes nothing of the person's, whatever state his checkout is in (issue 6, item 4)."""

from __future__ import annotations

import random
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from segue.domain.errors import SegueError
from support.pairing import Pairing, lines, pairing
from support.repositories import git, repository

LINES = lines(20)
FILES = ("open.txt", "closed.txt", "sub/other.txt", "sub/third.txt")


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    async with pairing(repository(tmp_path / "project", dict.fromkeys(FILES, LINES))) as made:
        yield made


def staged(project: Path) -> None:
    (project / "sub/other.txt").write_text("staged\n")
    git(project, "add", "--all")
    (project / "sub/other.txt").write_text("staged\nand more\n")


def untracked(project: Path) -> None:
    (project / "notes").mkdir()
    (project / "notes/mine.txt").write_text("untracked\n")
    (project / "new.txt").write_text("intended\n")
    git(project, "add", "--intent-to-add", "new.txt")


def renamed(project: Path) -> None:
    git(project, "mv", "sub/third.txt", "moved.txt")


def deleted(project: Path) -> None:
    (project / "sub/other.txt").unlink()
    git(project, "rm", "--quiet", "--cached", "sub/third.txt")


def modes(project: Path) -> None:
    (project / "sub/other.txt").chmod(0o755)
    git(project, "update-index", "--chmod=+x", "sub/third.txt")


def detached(project: Path) -> None:
    git(project, "switch", "--quiet", "--detach")


def merging(project: Path) -> None:
    _on_a_side(project)
    with suppress(subprocess.CalledProcessError):
        git(project, "merge", "--quiet", "side")


def unmerged(project: Path) -> None:
    """Conflicts in the index that no merge has left, as `git stash pop` does."""
    (project / "sub/other.txt").write_text("stashed\n")
    git(project, "stash", "--quiet")
    (project / "sub/other.txt").write_text("committed\n")
    git(project, "commit", "--quiet", "--all", "--message=Other")
    with suppress(subprocess.CalledProcessError):
        git(project, "stash", "pop", "--quiet")
    assert git(project, "ls-files", "--unmerged")


def submodule(project: Path) -> None:
    """One whose pointer is staged at another commit than it has checked out."""
    inside = repository(project.parent / "library", {"lib.txt": "one\n"})
    words = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inside), "library")
    git(project, *words)
    git(project, "commit", "--quiet", "--message=Library")
    (project / "library/lib.txt").write_text("two\n")
    git(project / "library", "commit", "--quiet", "--all", "--message=Two")
    git(project, "add", "library")
    (project / "library/lib.txt").write_text("three\n")
    git(project / "library", "commit", "--quiet", "--all", "--message=Three")
    (project / "library/lib.txt").write_text("and dirty\n")


def _on_a_side(project: Path) -> None:
    git(project, "switch", "--quiet", "-c", "side")
    (project / "sub/other.txt").write_text("theirs\n")
    git(project, "commit", "--quiet", "--all", "--message=Theirs")
    git(project, "switch", "--quiet", "main")
    (project / "sub/other.txt").write_text("ours\n")
    git(project, "commit", "--quiet", "--all", "--message=Ours")


def worktree(beside: Path) -> None:
    git(beside.parent / "project", "worktree", "add", "--quiet", "-b", "beside", str(beside))


FORMS: tuple[tuple[Callable[[Path], None], ...], ...] = (
    (staged, untracked, modes),
    (renamed, untracked, detached),
    (deleted,),
    (merging,),
    (unmerged,),
    (submodule, modes),
    (worktree, staged, untracked),
)


@pytest.mark.parametrize("forms", FORMS, ids=lambda forms: "+".join(form.__name__ for form in forms))
async def test_into_the_background_and_back_changes_nothing_of_the_persons(
    pair: Pairing, forms: tuple[Callable[[Path], None], ...]
) -> None:
    """Files, modes, index, submodules and unsaved text; the checkout may itself be a linked worktree."""
    if worktree in forms:
        pair.project = pair.project.parent / "beside"
    for form in forms:
        form(pair.project)
    is_held = merging in forms
    file, made = pair.project / "open.txt", pair.project / "made.txt"
    pair.editor.open(file)
    pair.editor.insert(file, "line 3", "unsaved ")
    await pair.new("[[write made.txt new\\n]][[append closed.txt from the agent\\n]][[append open.txt and here\\n]]")
    await pair.turns_ended(1)
    before = everything(pair)
    await pair.on_session("segue/link/start")
    await pair.until(lambda: made.exists() or is_held)
    await pair.on_session("segue/link/stop")
    assert everything(pair) == before
    await pair.on_session("segue/link/start")
    await pair.until(lambda: made.exists() or is_held)
    with pytest.raises(SegueError):
        await pair.on_session("segue/merge/plan")
    await pair.on_session("segue/link/stop")
    assert everything(pair) == before


class Person:
    """Works in his checkout, linked or not, and knows what he has there."""

    def __init__(self, pair: Pairing, seed: int) -> None:
        self.pair, self.dice, self.count = pair, random.Random(seed), 0
        self.own = dict.fromkeys(FILES, LINES)
        self.unsaved: set[str] = set()
        """Open files whose text is not what they read."""
        self.saved_both: set[str] = set()
        """Open files that he saved with the agent's changes in them, and has not saved since he typed on."""

    def acts(self) -> None:
        name = self.dice.choice(FILES)
        is_open = self.path(name) in self.pair.editor.open_documents
        move = self.dice.choice(["types", "types", "saves", "closes"] if is_open else ["opens", "edits", "stages"])
        getattr(self, move)(name)

    def path(self, name: str) -> Path:
        return self.pair.project / name

    def opens(self, name: str) -> None:
        self.pair.editor.open(self.path(name))

    def types(self, name: str) -> None:
        at = self.pair.editor.text(self.path(name)).index("line 10\n")
        self.pair.editor.type(self.path(name), at, at, self._added(name))
        self.unsaved.add(name)

    def edits(self, name: str) -> None:
        text = self.path(name).read_text()
        at = text.index("line 10\n")
        self.path(name).write_text(text[:at] + self._added(name) + text[at:])

    def saves(self, name: str) -> None:
        self.pair.editor.save(self.path(name))
        self.unsaved.discard(name)
        (self.saved_both.add if self.pair.session.linked_to else self.saved_both.discard)(name)

    def closes(self, name: str) -> None:
        self.saves(name)
        self.pair.editor.close(self.path(name))

    def stages(self, name: str) -> None:
        if not self.pair.session.linked_to:
            git(self.pair.project, "add", name)

    def _added(self, name: str) -> str:
        self.count += 1
        line = f"mine {self.count}\n"
        self.own[name] = self.own[name].replace("line 10\n", f"{line}line 10\n")
        return line

    def checked(self) -> None:
        """All that he sees is his own; on the disk is what he saved of it."""
        for name in FILES:
            path = self.path(name)
            if path in self.pair.editor.open_documents:
                assert self.pair.editor.text(path) == self.own[name]
            if name not in self.unsaved:
                assert path.read_text() == self.own[name]
                self.saved_both.discard(name)
            elif "agent" in path.read_text():
                assert name in self.saved_both, "it is clean of that once he saves"


@pytest.mark.parametrize("seed", range(4))
async def test_files_may_be_opened_edited_saved_and_closed_between(pair: Pairing, seed: int) -> None:
    """While it is linked, and while it is not."""
    await pair.new("".join(f"[[append {name} of the agent\\n]]" for name in FILES))
    await pair.turns_ended(1)
    person = Person(pair, seed)
    for _ in range(3):
        for _ in range(5):
            person.acts()
        index = git(pair.project, "ls-files", "--stage")
        await pair.on_session("segue/link/start")
        await pair.until(lambda: len(pair.hunks) == len(FILES))
        for _ in range(4):
            person.acts()
        await pair.on_session("segue/link/stop")
        person.checked()
        assert git(pair.project, "ls-files", "--stage") == index


def everything(pair: Pairing) -> tuple[object, ...]:
    project = pair.project
    files = sorted(path for path in project.rglob("*") if path.is_file() and ".git" not in path.parts)
    contents = {str(path.relative_to(project)): (path.stat().st_mode, path.read_bytes()) for path in files}
    texts = {document.path: document.text for document in pair.editor.documents()}
    facts = (("ls-files", "--stage"), ("status", "--porcelain=v2"), ("for-each-ref", "refs/heads", "refs/stash"))
    return *(git(project, *words) for words in facts), contents, texts
