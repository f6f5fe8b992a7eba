"""A folder on one side where the other has a file: one proposal, everything else flows, and every way out works."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from segue.domain.errors import InputRefused
from support.pairing import LINES, Pairing
from support.repositories import git

Change = Callable[[Path], object]


def _edited(name: str) -> Change:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(LINES + "edited\n")

    return change


def _folder(name: str) -> Change:
    """A file becomes a folder with a file in it."""

    def change(root: Path) -> None:
        (root / name).unlink()
        (root / name / "deep").mkdir(parents=True)
        (root / name / "deep" / "in.txt").write_text("in\n")

    return change


def _file(name: str) -> Change:
    """A folder becomes a file."""

    def change(root: Path) -> None:
        shutil.rmtree(root / name)
        (root / name).write_text("file\n")

    return change


def _link(name: str) -> Change:
    """A folder becomes a symbolic link to one."""

    def change(root: Path) -> None:
        shutil.move(root / name, root.parent / f"elsewhere-of-{root.name}")
        (root / name).symlink_to(root.parent / f"elsewhere-of-{root.name}")

    return change


def _nothing(_: Path) -> None:
    pass


CASES: dict[str, tuple[Change, Change, list[str]]] = {
    "the person's folder, a file that the agent edits": (_edited("b.txt"), _folder("b.txt"), ["b.txt"]),
    "the person's file, a file of the folder that the agent edits": (_edited("d/e/c.txt"), _file("d"), ["d/e/c.txt"]),
    "the person's file, a new file of the agent in the folder": (_edited("d/new.txt"), _file("d"), ["d/new.txt"]),
    "the person's link to a folder, a new file of the agent": (_edited("d/new.txt"), _link("d"), ["d/new.txt"]),
    "the person's edit, a folder of the agent": (_folder("b.txt"), _edited("b.txt"), ["b.txt"]),
    "the person's edit in a folder, a file of the agent": (_file("d"), _edited("d/e/c.txt"), ["d/e/c.txt"]),
    "the person's new file in a folder, a file of the agent": (_file("d"), _edited("d/his.txt"), ["d"]),
    "the person's new file, a link of the agent": (_link("d"), _edited("d/his.txt"), ["d"]),
    "the person's empty folder, a file of the agent": (_edited("new"), lambda root: (root / "new").mkdir(), ["new"]),
    "a folder of the agent alone": (_folder("b.txt"), _nothing, []),
    "a file of the agent alone": (_file("d"), _nothing, []),
    "a link of the agent alone": (_link("d"), _nothing, []),
}


def _walk(root: Path) -> dict[str, str]:
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name != ".git" and not name.startswith(".git/"):
            is_link = path.is_symlink()
            found[name] = f"-> {path.readlink()}" if is_link else "/" if path.is_dir() else path.read_text()
    return found


async def _linked(pair: Pairing, agent: Change, person: Change) -> dict[str, str]:
    for name in ("b.txt", "d/e/c.txt"):
        _edited(name)(pair.project)
        (pair.project / name).write_text(LINES)
    git(pair.project, "add", "--all")
    git(pair.project, "commit", "--quiet", "--message=more")
    await pair.new("Hello")
    await pair.turns_ended(1)
    agent(pair.worktree)
    pair.agent_writes("src/b.txt", LINES + "more\n")
    person(pair.project)
    before = _walk(pair.project)
    await pair.on_session("segue/link/preview")
    await pair.on_session("segue/link/start")
    await pair.until(lambda: (pair.project / "src/b.txt").read_text() == LINES + "more\n")
    await pair.link.settled()
    return before


@pytest.mark.parametrize(("agent", "person", "proposals"), CASES.values(), ids=CASES)
async def test_it_is_a_proposal_and_the_rest_flows(
    pair: Pairing, agent: Change, person: Change, proposals: list[str]
) -> None:
    before = await _linked(pair, agent, person)
    await pair.until(lambda: [proposal.path for proposal in pair.proposals] == proposals)
    theirs = [_walk(pair.worktree).get(path) for path in proposals]
    (pair.project / "a.txt").write_text("typed\n")
    await pair.prompt("Hello")
    await pair.turns_ended(2)
    assert (pair.worktree / "a.txt").read_text() == "typed\n"
    assert not pair.view.notices
    assert [_walk(pair.worktree).get(path) for path in proposals] == theirs
    await pair.restart()
    assert [proposal.path for proposal in pair.proposals] == proposals
    await pair.on_session("segue/link/stop")
    (pair.project / "a.txt").write_text(LINES)
    assert _walk(pair.project) == before


@pytest.mark.parametrize("case", ["the person's edit, a folder of the agent", "a folder of the agent alone"])
async def test_the_agents_side_can_be_taken(pair: Pairing, case: str) -> None:
    agent, person, _ = CASES[case]
    await _linked(pair, agent, person)
    for proposal in pair.proposals:
        await pair.resolve(proposal, "theirs")
    await pair.until((pair.project / "b.txt/deep/in.txt").is_file)
    await pair.until(lambda: not pair.proposals)
    await pair.decide("accept", *pair.hunks)
    await pair.on_session("segue/link/stop")
    assert _walk(pair.project) == _walk(pair.worktree)


KEPT = [case for case, (_, _, proposals) in CASES.items() if proposals]


@pytest.mark.parametrize("case", KEPT)
async def test_the_persons_side_can_be_kept_with_one_decision_for_each_proposal(pair: Pairing, case: str) -> None:
    agent, person, _ = CASES[case]
    before = await _linked(pair, agent, person)
    for proposal in pair.proposals:
        await pair.resolve(proposal, "mine")
    assert not pair.proposals
    await pair.decide("reject", *pair.hunks)
    await pair.on_session("segue/link/share")
    assert _walk(pair.project) == before
    files = {path: text for path, text in before.items() if text != "/"}
    assert {path: text for path, text in _walk(pair.worktree).items() if text != "/"} == files
    await pair.on_session("segue/link/stop")


async def test_what_the_agent_made_of_a_file_is_rejected_and_brought_back_at_once(pair: Pairing) -> None:
    before = await _linked(pair, _folder("b.txt"), _nothing)
    await pair.until(lambda: len(pair.hunks) == 3)
    await pair.decide("reject", *pair.hunks)
    assert _walk(pair.project) == before == _walk(pair.worktree)
    await pair.on_session("segue/hunk/undo")
    assert (pair.project / "b.txt/deep/in.txt").is_file()
    await pair.on_session("segue/link/stop")
    assert _walk(pair.project) == before


async def test_a_folder_of_the_persons_is_never_replaced(pair: Pairing) -> None:
    """The decision is refused in words, and can be made once it has gone."""
    before = await _linked(pair, _edited("b.txt"), _folder("b.txt"))
    with pytest.raises(InputRefused) as refused:
        await pair.resolve(pair.proposals[0], "theirs")
    assert str(refused.value).startswith("b.txt cannot be written: b.txt is a folder in your checkout.")
    assert {**_walk(pair.project), "src/b.txt": LINES} == before
    shutil.rmtree(pair.project / "b.txt")
    await pair.resolve(pair.proposals[0], "theirs")
    assert (pair.project / "b.txt").read_text() == LINES + "edited\n"
