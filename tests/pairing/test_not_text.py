"""What is no text, or became none, changed by the person and by the agent: a whole-file proposal, and every way out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.pairing import Pairing
from support.repositories import git

Put = Callable[[Path], object]


def _data(data: bytes) -> Put:
    return lambda file: file.write_bytes(data)


def _link(target: str) -> Put:
    def put(file: Path) -> None:
        file.unlink(missing_ok=True)
        file.symlink_to(target)

    return put


@dataclass(frozen=True)
class Kind:
    """A file as it was committed, as the agent has it, as the person has it."""

    base: Put | None
    agent: Put
    person: Put


KINDS = {
    "binary": Kind(_data(b"\0base"), _data(b"\0agent"), _data(b"\0user")),
    "symbolic link": Kind(_link("a.txt"), _link("src/b.txt"), _link("nowhere")),
    "Latin-1": Kind(_data(b"base \xe9\n"), _data(b"agent \xe9\n"), _data(b"user \xe9\n")),
    "UTF-16": Kind(
        _data("base\n".encode("utf-16")), _data("agent\n".encode("utf-16")), _data("user\n".encode("utf-16"))
    ),
    "text that the agent made binary": Kind(_data(b"1\n2\n"), _data(b"\0agent"), _data(b"1\n2\nuser\n")),
    "text that the person made binary": Kind(_data(b"1\n2\n"), _data(b"1\n2\nagent\n"), _data(b"\0user")),
    "text that the agent made a link": Kind(_data(b"1\n2\n"), _link("a.txt"), _data(b"1\n2\nuser\n")),
    "text that the person made a link": Kind(_data(b"1\n2\n"), _data(b"1\n2\nagent\n"), _link("a.txt")),
    "binary that the agent made a text": Kind(_data(b"\0base"), _data(b"agent\n"), _data(b"\0user")),
    "binary that the agent deleted": Kind(_data(b"\0base"), Path.unlink, _data(b"\0user")),
    "binary that the person deleted": Kind(_data(b"\0base"), _data(b"\0agent"), Path.unlink),
    "binary that both made": Kind(None, _data(b"\0agent"), _data(b"\0user")),
}


def _reads(file: Path) -> bytes | None:
    if file.is_symlink():
        return b"-> " + os.fsencode(file.readlink())
    return file.read_bytes() if file.exists() else None


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    found = request.param
    assert isinstance(found, Kind)
    return found


async def _both_changed(pair: Pairing, kind: Kind) -> Path:
    """In the background, then linked; what each of them has of `x` stands on its own side."""
    file = pair.project / "x"
    if kind.base is not None:
        kind.base(file)
        git(pair.project, "add", "x")
        git(pair.project, "commit", "--quiet", "--message=x")
    await pair.new("Hello")
    await pair.turns_ended(1)
    kind.agent(pair.worktree / "x")
    pair.agent_writes("src/b.txt", "of the agent\n")
    kind.person(file)
    await pair.on_session("segue/link/preview")
    await pair.on_session("segue/link/start")
    return file


async def test_it_is_a_proposal_and_everything_else_flows(pair: Pairing, kind: Kind) -> None:
    file = await _both_changed(pair, kind)
    mine, theirs = _reads(file), _reads(pair.worktree / "x")
    assert [proposal.path for proposal in pair.proposals] == ["x"]
    (pair.project / "a.txt").write_text("typed\n")
    await pair.prompt("Hello")
    await pair.turns_ended(2)
    assert (pair.worktree / "a.txt").read_text() == "typed\n"
    await pair.on_session("segue/link/share")
    assert (_reads(file), _reads(pair.worktree / "x")) == (mine, theirs)
    assert (pair.project / "src/b.txt").read_text() == "of the agent\n"
    await pair.restart()
    await pair.on_session("segue/link/preview")
    assert [proposal.path for proposal in pair.proposals] == ["x"]
    await pair.on_session("segue/link/stop")
    assert (_reads(file), _reads(pair.worktree / "x")) == (mine, theirs)
    await pair.on_session("segue/merge/plan")
    assert (await pair.on_session("segue/session/archive")).session.is_archived


@pytest.mark.parametrize("take", ["mine", "theirs"])
@pytest.mark.parametrize("name", ["binary", "text that the agent made a link", "text that the person made binary"])
async def test_either_side_can_be_taken_and_the_link_ended_with_it(pair: Pairing, name: str, take: str) -> None:
    file = await _both_changed(pair, KINDS[name])
    wanted = _reads(file) if take == "mine" else _reads(pair.worktree / "x")
    await pair.resolve(pair.proposals[0], take)
    assert not pair.proposals
    await pair.until(lambda: _reads(file) == _reads(pair.worktree / "x") == wanted)
    await pair.on_session("segue/link/stop")
    assert _reads(file) == wanted


@pytest.mark.parametrize("way_out", ["archive", "finish", "another session"])
async def test_a_linked_session_with_such_a_file_can_be_put_away(pair: Pairing, way_out: str) -> None:
    file = await _both_changed(pair, KINDS["binary"])
    mine = _reads(file)
    if way_out == "another session":
        first = pair.session_id
        await pair.new("Hello")
        await pair.turns_ended(1)
        await pair.on_session("segue/link/start")
        assert not pair.engine.parts.ledger.find(first).linked_to
    else:
        await pair.on_session("segue/session/archive" if way_out == "archive" else "segue/session/finish")
    assert _reads(file) == mine


async def test_bytes_that_an_earlier_record_does_not_have_are_read_from_git(pair: Pairing) -> None:
    """Records of version 0.1 name the base and have no bytes of it."""
    file = await _both_changed(pair, KINDS["binary"])
    for kept in (pair.link.record._folder / "contents").iterdir():
        kept.unlink()
    await pair.on_session("segue/link/share")
    await pair.on_session("segue/link/stop")
    assert file.read_bytes() == b"\0user"


async def test_a_text_that_becomes_binary_twice_can_be_rejected_and_undone(pair: Pairing) -> None:
    """Its own text is kept as bytes before it is needed as such."""
    file = pair.project / "a.txt"
    before = file.read_bytes()
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    seen = {""}
    for data in (b"\0one", b"\0two"):
        pair.agent_writes("a.txt", data)
        await pair.until(lambda: not seen.issuperset(hunk.revision for hunk in pair.hunks) and len(pair.hunks) == 1)
        await pair.until(lambda data=data: file.read_bytes() == data)  # type: ignore[misc]
        seen.update(hunk.revision for hunk in pair.hunks)
    await pair.decide("reject", *pair.hunks)
    assert file.read_bytes() == (pair.worktree / "a.txt").read_bytes() == before
    await pair.on_session("segue/hunk/undo")
    assert file.read_bytes() == b"\0two"
    await pair.on_session("segue/link/stop")
    assert file.read_bytes() == before
