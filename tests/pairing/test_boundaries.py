"""What goes wrong with one file, or with a whole boundary, is said once; turns and all ways out end nevertheless."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from segue.domain.errors import SegueError
from segue.domain.ids import SessionId
from segue.engine.pairing import transitions
from segue.engine.pairing.link_record import FileState
from segue.git import pairing as git_pairing
from support.pairing import LINES, Pairing, pairing
from support.permissions import as_ordinary_user
from support.repositories import git, repository

EDITED = LINES.replace("line 2", "two")


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    files = {"a.txt": LINES, "locked/b.txt": LINES, "src/c.txt": LINES}
    with as_ordinary_user():
        project = repository(tmp_path / "project", files)
        async with pairing(project) as made:
            yield made
        (project / "locked").chmod(0o755)


async def _notes(pair: Pairing) -> list[str]:
    feed = await pair.engine.parts.ledger.transcript(SessionId(pair.session_id))
    return [item.text for item in feed.items]


async def _linked(pair: Pairing) -> None:
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)


async def _turns_and_ways_out_end(pair: Pairing) -> None:
    """Two more turns, a share, and the session is put away."""
    turns = len(pair.session.turns)
    for number in (1, 2):
        await pair.prompt("Hello")
        await pair.turns_ended(turns + number)
    await pair.on_session("segue/link/share")
    await pair.on_session("segue/session/stop")
    await pair.on_session("segue/link/preview")
    await pair.on_session("segue/link/stop")
    assert not pair.session.linked_to
    assert (await pair.on_session("segue/session/archive")).session.is_archived


@pytest.mark.parametrize("side", ["checkout", "worktree"])
async def test_a_folder_that_cannot_be_written_is_said_once_and_the_rest_flows(pair: Pairing, side: str) -> None:
    await _linked(pair)
    root = pair.project if side == "checkout" else pair.worktree
    (root / "locked").chmod(0o555)
    if side == "checkout":
        pair.agent_writes("locked/b.txt", EDITED)
    else:
        (pair.project / "locked/b.txt").write_text(EDITED)
    (pair.project / "src/c.txt").write_text(EDITED)
    await pair.prompt("[[append a.txt more\\n]]")
    await pair.turns_ended(2)
    assert (pair.worktree / "src/c.txt").read_text() == EDITED
    await pair.until(lambda: (pair.project / "a.txt").read_text().endswith("more\n"))
    where = "your checkout" if side == "checkout" else "the agent's worktree"
    sentence = f"locked/b.txt cannot be written in {where}: permission denied."
    await pair.until(lambda: pair.view.notices)
    assert [notice.partition(" Nothing")[0] for notice in pair.view.notices] == [sentence]
    await pair.prompt("Hello")
    await pair.turns_ended(3)
    assert sum(sentence in note for note in await _notes(pair)) == 1
    (root / "locked").chmod(0o755)
    await pair.on_session("segue/link/share")
    assert not pair.view.notices
    assert (pair.project / "locked/b.txt").read_text() == (pair.worktree / "locked/b.txt").read_text() == EDITED
    (root / "locked").chmod(0o555)
    await _turns_and_ways_out_end(pair)


async def test_a_file_that_cannot_be_read_is_not_taken_for_a_deleted_one(pair: Pairing) -> None:
    await _linked(pair)
    file = pair.project / "src/c.txt"
    file.chmod(0o000)
    pair.agent_writes("src/c.txt", EDITED)
    await pair.prompt("Hello")
    await pair.turns_ended(2)
    assert (pair.worktree / "src/c.txt").read_text() == EDITED
    assert any("src/c.txt cannot be read in your checkout" in notice for notice in pair.view.notices)
    (pair.worktree / "a.txt").chmod(0o000)
    await pair.on_session("segue/link/share")
    assert (pair.project / "a.txt").read_text() == LINES
    (pair.worktree / "a.txt").chmod(0o644)
    file.chmod(0o600)
    await pair.on_session("segue/link/share")
    await pair.until(lambda: file.read_text() == EDITED)
    file.chmod(0o000)
    await _turns_and_ways_out_end(pair)
    file.chmod(0o600)
    assert file.read_text() == EDITED, "it could not be taken out"


async def test_what_cannot_be_taken_out_is_named_with_where_the_persons_own_is(pair: Pairing) -> None:
    await _linked(pair)
    own = LINES.replace("line 9", "mine")
    (pair.project / "locked/b.txt").write_text(own)
    await pair.on_session("segue/link/share")
    pair.agent_writes("locked/b.txt", own.replace("line 2", "two"))
    await pair.until(lambda: pair.hunks)
    (pair.project / "locked").chmod(0o555)
    await pair.on_session("segue/link/stop")
    assert not pair.session.linked_to
    (said,) = [note for note in await _notes(pair) if note.startswith("The agent's changes could not be taken out")]
    assert "locked/b.txt" in said and "permission denied" in said
    shown = said.rpartition("git show ")[2]
    assert git(pair.project, "show", shown) + "\n" == own


@pytest.mark.parametrize("failed", [TypeError("a mistake"), OSError(28, "No space left on device")])
async def test_a_mistake_with_one_file_leaves_the_others_and_the_turn_alone(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch, failed: Exception
) -> None:
    await _linked(pair)
    right = transitions.down

    def down(state: FileState) -> FileState:
        if state.path == "locked/b.txt":
            raise failed
        return right(state)

    monkeypatch.setattr(transitions, "down", down)
    for name in ("locked/b.txt", "src/c.txt"):
        (pair.project / name).write_text(EDITED)
    await pair.prompt("Hello")
    await pair.turns_ended(2)
    assert (pair.worktree / "src/c.txt").read_text() == EDITED
    assert len([note for note in await _notes(pair) if note.startswith("locked/b.txt was left as it is")]) == 1
    await _turns_and_ways_out_end(pair)
    assert (pair.project / "locked/b.txt").read_text() == EDITED


async def test_where_git_cannot_compare_the_sides_what_is_known_is_shared(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _linked(pair)
    file = pair.project / "a.txt"
    pair.editor.open(file)
    pair.editor.insert(file, "line 5", "typed ")

    def fails(_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(git_pairing, "tree_of_checkout", fails)
    await pair.prompt("Hello")
    await pair.turns_ended(2)
    assert "typed line 5" in (pair.worktree / "a.txt").read_text()
    assert len([note for note in await _notes(pair) if "the disk is full" in note]) == 1
    await _turns_and_ways_out_end(pair)


@pytest.mark.parametrize("failed", [KeyError("x"), PermissionError(13, "Permission denied"), RecursionError()])
async def test_whatever_a_boundary_raises_the_turn_begins_and_ends(
    pair: Pairing, failed: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier version left the session *Working* for ever, through stop and restart."""
    await _linked(pair)

    async def fails(_: SessionId) -> None:
        raise failed

    with monkeypatch.context() as patched:
        for name in ("before_turn", "after_turn"):
            patched.setattr(pair.engine.parts.links, name, fails)
        await pair.prompt("Hello")
        await pair.turns_ended(2)
        await pair.on_session("segue/session/stop")
    await pair.prompt("Hello")
    await pair.turns_ended(3)
    assert pair.session.turns[-1].stop_reason == "end_turn"
    await _turns_and_ways_out_end(pair)


async def test_a_share_that_fails_as_a_whole_does_not_keep_a_turn_from_running(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _linked(pair)

    async def fails() -> str:
        raise KeyError("x")

    monkeypatch.setattr(pair.link.boundary, "share", fails)
    await pair.prompt("[[write a.txt of the agent\\n]]")
    await pair.turns_ended(2)
    assert pair.session.turns[-1].stop_reason == "end_turn"
    assert any("Your edits were not shared" in note for note in await _notes(pair))
    await pair.on_session("segue/link/stop")
    assert (await pair.on_session("segue/session/archive")).session.is_archived


@pytest.mark.parametrize("leaves_link", [True, False])
async def test_a_link_does_not_end_while_its_checkout_is_away(pair: Pairing, leaves_link: bool) -> None:
    """It ended, and the agent's new file stayed in the folder that was moved and moved back.

    With a symbolic link at the old path all files were taken for deleted by the user.
    """
    await _linked(pair)
    pair.agent_writes("new.txt", "agent\n")
    await pair.until((pair.project / "new.txt").exists)
    away = pair.project.rename(pair.project.with_name("away"))
    if leaves_link:
        pair.project.symlink_to(away)
    for method in ("segue/link/stop", "segue/session/finish"):
        with pytest.raises(SegueError) as refused:
            await pair.on_session(method)
        assert refused.value.reason == "checkout_moved" and "Move it back" in refused.value.action
    assert pair.session.linked_to
    assert len(pair.hunks) == 1
    if leaves_link:
        pair.project.unlink()
    away.rename(pair.project)
    await pair.on_session("segue/link/stop")
    assert not (pair.project / "new.txt").exists()
    assert (pair.worktree / "new.txt").read_text() == "agent\n"


async def test_a_session_whose_checkout_is_away_can_be_archived(pair: Pairing) -> None:
    await _linked(pair)
    pair.agent_writes("new.txt", "agent\n")
    await pair.until((pair.project / "new.txt").exists)
    away = pair.project.rename(pair.project.with_name("away"))
    assert (await pair.on_session("segue/session/archive")).session.is_archived
    away.rename(pair.project)
    assert not pair.session.linked_to
