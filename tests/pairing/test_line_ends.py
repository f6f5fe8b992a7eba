"""Line ends, encodings and torn writes: the user's file keeps its bytes, and nothing is taken for typed."""

from __future__ import annotations

import pytest

from segue.domain.errors import InputRefused
from segue.domain.pairing import text_format
from segue.engine.pairing import flow_obstacles, stable_reads
from support.pairing import Pairing, paired
from support.repositories import git

CRLF = b"one\r\ntwo\r\nthree\r\nfour\r\n"
LF = CRLF.replace(b"\r\n", b"\n")
MIXED = b"one\r\ntwo\nthree\r\nfour\r\n"
MARKED = b"\xef\xbb\xbf" + "one\r\ntwo 日\r\nthree\r\n".encode()


async def begun(pair: Pairing, data: bytes, *, is_open: bool = True) -> None:
    """A committed file `f.txt`, open or not, and a session that is paired with it."""
    file = pair.project / "f.txt"
    file.write_bytes(data)
    git(pair.project, "add", "f.txt")
    git(pair.project, "commit", "--quiet", "-m", "f")
    if is_open:
        pair.editor.open(file)
    await paired(pair)


SHAPES = [
    pytest.param(CRLF, CRLF + b"agent\n", id="a CRLF file gets an LF line"),
    pytest.param(LF, LF + b"agent\r\n", id="an LF file gets a CRLF line"),
    pytest.param(CRLF, CRLF.replace(b"two\r\n", b"TWO\nTWO\n"), id="lines of a CRLF file become LF"),
    pytest.param(LF, LF + b"a\rb\n", id="a lone CR"),
    pytest.param(CRLF, CRLF + b"agent\r", id="a lone CR at the end"),
    pytest.param(MIXED, MIXED.replace(b"four", b"FOUR"), id="a mixed file changes"),
    pytest.param(MIXED, LF, id="a mixed file becomes uniform"),
    pytest.param(MARKED, MARKED + b"\xff\r\n", id="a marked file gets a bad byte"),
    pytest.param(CRLF, b"\0bin", id="a CRLF file becomes binary"),
    pytest.param(MARKED, MARKED[:13], id="a marked file is cut in a character"),
]


@pytest.mark.parametrize(("base", "theirs"), SHAPES)
@pytest.mark.parametrize("take", ["mine", "theirs"])
async def test_what_no_editor_can_hold_is_proposed_as_a_whole(
    pair: Pairing, base: bytes, theirs: bytes, take: str
) -> None:
    """The file is open and clean: neither its buffer nor its bytes change until it is decided on (link rule 11)."""
    file = pair.project / "f.txt"
    await begun(pair, base)
    assert (pair.worktree / "f.txt").read_bytes() == base, "opening is no edit"
    shown = pair.editor.text(file)
    pair.agent_writes("f.txt", theirs)
    await pair.until(lambda: pair.proposals)
    await pair.on_session("segue/link/share")
    assert (pair.editor.text(file), file.read_bytes(), pair.hunks) == (shown, base, [])
    assert (pair.worktree / "f.txt").read_bytes() == theirs
    (proposal,) = pair.proposals
    assert proposal.kind == "whole_file"
    await pair.resolve(proposal, take)
    wanted = theirs if take == "theirs" else base
    assert (file.read_bytes(), (pair.worktree / "f.txt").read_bytes()) == (wanted, wanted)
    assert pair.session.stat.files == 0


@pytest.mark.parametrize(("base", "theirs"), SHAPES)
@pytest.mark.parametrize("is_open", [True, False])
async def test_unlinking_leaves_each_byte_of_the_users(
    pair: Pairing, base: bytes, theirs: bytes, is_open: bool
) -> None:
    file = pair.project / "f.txt"
    await begun(pair, base, is_open=is_open)
    pair.agent_writes("f.txt", theirs)
    await pair.until(lambda: pair.proposals or pair.hunks)
    await pair.on_session("segue/link/stop")
    assert file.read_bytes() == base
    assert git(pair.project, "status", "--porcelain") == ""
    assert (pair.worktree / "f.txt").read_bytes() == theirs


async def test_a_closed_file_gets_only_the_lines_that_changed(pair: Pairing) -> None:
    """Also where the agent's line ends are others, and the user changes a line meanwhile."""
    file = pair.project / "f.txt"
    await begun(pair, CRLF, is_open=False)
    pair.agent_writes("f.txt", CRLF + b"agent\n")
    await pair.until(lambda: pair.hunks)
    assert [(hunk.old_text, hunk.new_text) for hunk in pair.hunks] == [("", "agent\n")]
    file.write_bytes(file.read_bytes().replace(b"one", b"mine"))
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "f.txt").read_bytes() == CRLF.replace(b"one", b"mine") + b"agent\n"
    await pair.decide("reject", *pair.hunks)
    assert file.read_bytes() == (pair.worktree / "f.txt").read_bytes() == CRLF.replace(b"one", b"mine")
    pair.editor.open(file)
    pair.agent_writes("f.txt", file.read_bytes().replace(b"two", b"TWO"))
    await pair.until(lambda: "TWO" in pair.editor.text(file))
    assert [(hunk.old_text, hunk.new_text) for hunk in pair.hunks] == [("two\n", "TWO\n")]


async def test_unsaved_text_and_a_held_proposal_go_together(pair: Pairing) -> None:
    """Nothing is written below unsaved text; what is typed later still counts."""
    file = pair.project / "f.txt"
    await begun(pair, CRLF)
    pair.editor.insert(file, "one", "USER ")
    pair.agent_writes("f.txt", CRLF + b"agent\n")
    await pair.until(lambda: pair.proposals)
    with pytest.raises(InputRefused, match="unsaved text"):
        await pair.resolve(pair.proposals[0], "theirs")
    assert file.read_bytes() == CRLF
    pair.agent_writes("f.txt", CRLF + b"agent\r\n")
    await pair.until(lambda: pair.hunks)
    assert not pair.proposals
    assert pair.editor.text(file).encode() == CRLF.replace(b"one", b"USER one") + b"agent\r\n"
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "f.txt").read_bytes() == pair.editor.text(file).encode()
    await pair.decide("reject", *pair.hunks)
    assert pair.editor.text(file).encode() == CRLF.replace(b"one", b"USER one")


async def test_unsaved_text_of_a_mixed_file_goes_down_when_it_is_saved(pair: Pairing) -> None:
    """The editor cannot save it as it is; until then this is said, and the file stays."""
    file = pair.project / "f.txt"
    await begun(pair, MIXED)
    assert not pair.view.files, "a clean one is nothing to speak of"
    pair.editor.insert(file, "one", "USER ")
    await pair.until(lambda: [each.message for each in pair.view.files] == [flow_obstacles.MIXED])
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "f.txt").read_bytes() == MIXED
    pair.editor.save(file)
    await pair.on_session("segue/link/share")
    wanted = CRLF.replace(b"one", b"USER one")
    assert (file.read_bytes(), (pair.worktree / "f.txt").read_bytes()) == (wanted, wanted)
    assert not pair.view.files
    pair.agent_writes("f.txt", wanted + b"agent\r\n")
    await pair.until(lambda: "agent" in pair.editor.text(file))
    assert [(hunk.old_text, hunk.new_text) for hunk in pair.hunks] == [("", "agent\n")]


TORN = [
    pytest.param(CRLF, CRLF.replace(b"two", b"TWO"), 9, id="within a line end"),
    pytest.param(CRLF, CRLF.replace(b"two", b"TWO"), 0, id="empty"),
    pytest.param(CRLF, CRLF.replace(b"two", b"TWO"), 7, id="within a line"),
    pytest.param(CRLF, CRLF.replace(b"two", b"TWO"), 5, id="after a line"),
    pytest.param(MARKED, MARKED.replace(b"one", b"ONE"), 2, id="within the mark"),
    pytest.param(MARKED, MARKED.replace(b"one", b"ONE"), 13, id="within a character"),
]


@pytest.mark.parametrize(("base", "new", "cut"), TORN)
@pytest.mark.parametrize("is_open", [True, False])
async def test_a_text_that_was_read_in_two_pieces_costs_nothing(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch, base: bytes, new: bytes, cut: int, is_open: bool
) -> None:
    """However long the first piece stands there: what follows it is the agent's, and the user's text is exact."""
    monkeypatch.setattr(stable_reads, "TORN_S", 0.0)
    file = pair.project / "f.txt"
    await begun(pair, base, is_open=is_open)
    shown = pair.editor.text(file) if is_open else ""
    pair.agent_writes("f.txt", new[:cut])
    await pair.until(lambda: pair.proposals or pair.hunks)
    pair.agent_writes("f.txt", new)
    wanted = new.removeprefix(b"\xef\xbb\xbf").decode()
    if is_open:
        await pair.until(lambda: pair.editor.text(file) == wanted and not pair.proposals)
        assert file.read_bytes() == base
        assert len(pair.hunks) == 1
    else:
        await pair.until(lambda: file.read_bytes() == new)
    await pair.on_session("segue/link/stop")
    assert file.read_bytes() == base
    assert not is_open or pair.editor.text(file) == shown


async def test_unsaved_text_of_a_very_large_file_is_shared_when_it_is_saved(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then it is said that the agent has not got it, at each boundary."""
    monkeypatch.setattr(text_format, "TEXT_LIMIT", 100)
    file = pair.project / "f.txt"
    await begun(pair, LF * 20)
    pair.editor.insert(file, "one", "USER ")
    for _ in range(2):
        await pair.until(lambda: [each.message for each in pair.view.files] == [flow_obstacles.NO_TEXT])
        await pair.on_session("segue/link/share")
    assert (pair.worktree / "f.txt").read_bytes() == LF * 20
    pair.editor.save(file)
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "f.txt").read_bytes().startswith(b"USER one\n")
    await pair.until(lambda: not pair.view.files)
