"""Files that are not open, or no text: written, given back, and decided on as a whole."""

from __future__ import annotations

import pytest

from segue.domain.errors import InputRefused
from support.pairing import LINES, Pairing, paired
from support.repositories import git


async def test_closed_files_are_written_and_given_back(pair: Pairing) -> None:
    await paired(pair)
    pair.agent_writes("src/b.txt", LINES + "more\n")
    pair.agent_writes("new/file.txt", "made\n")
    (pair.worktree / "a.txt").chmod(0o755)
    pair.agent_writes("left-out.log", "ignored\n")
    await pair.until(lambda: len(pair.hunks) == 2 and pair.proposals)
    assert (pair.project / "src/b.txt").read_text() == LINES + "more\n"
    assert (pair.project / "new/file.txt").read_text() == "made\n"
    assert not (pair.project / "a.txt").stat().st_mode & 0o111
    assert not (pair.project / "left-out.log").exists()
    await pair.decide("reject", *pair.hunks)
    assert git(pair.project, "status", "--porcelain") == ""
    assert not (pair.project / "new").exists()
    assert not (pair.worktree / "new/file.txt").exists()


async def test_a_folder_that_a_link_leads_to_is_watched(pair: Pairing) -> None:
    """inotify names such a folder by the link alone: the agent's changes in it came up to 30 s late."""
    (pair.project / "link").symlink_to("src")
    git(pair.project, "add", "--all")
    git(pair.project, "commit", "--quiet", "--message=Link")
    await paired(pair)
    pair.agent_writes("src/b.txt", LINES + "more\n")
    await pair.until(lambda: pair.hunks)
    assert (pair.project / "src/b.txt").read_text() == LINES + "more\n"


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_line_ends_and_modes_alone_are_decided_on(pair: Pairing, decision: str, is_open: bool) -> None:
    """Line ends of an open file (link rule 2), and a new executable bit of any file, are proposals."""
    file = await paired(pair)
    if not is_open:
        pair.editor.close(file)
    theirs = LINES.replace("\n", "\r\n").encode()
    pair.agent_writes("a.txt", theirs)
    await pair.until(lambda: pair.proposals if is_open else pair.hunks)
    (found,) = pair.proposals or pair.hunks
    assert "has Windows line ends (CRLF) now" in (found.message or "")
    if is_open:
        assert file.read_bytes() == LINES.encode()
        await pair.resolve(pair.proposals[0], "theirs" if decision == "accept" else "mine")
    else:
        await pair.decide(decision, *pair.hunks)
    assert file.read_bytes() == (pair.worktree / "a.txt").read_bytes()
    assert file.read_bytes() == (theirs if decision == "accept" else LINES.encode())
    (pair.worktree / "a.txt").chmod(0o755)
    await pair.until(lambda: pair.proposals)
    assert "made a.txt executable. Held back" in pair.proposals[0].message
    assert not file.stat().st_mode & 0o111
    await pair.resolve(pair.proposals[0], "theirs" if decision == "accept" else "mine")
    assert bool((pair.worktree / "a.txt").stat().st_mode & 0o111) == (decision == "accept")
    assert bool(file.stat().st_mode & 0o111) == (decision == "accept")


async def test_what_runs_in_a_build_flows_and_is_never_part_of_accept_all(pair: Pairing) -> None:
    """What was left out is named, also what is held back; after its own decision nothing is the agent's alone."""
    await paired(pair)
    pair.agent_writes("src/b.txt", LINES.replace("line 2", "two"))
    pair.agent_writes(".vscode/tasks.json", "{}\n")
    pair.agent_writes("Makefile", "all:\n\ttrue\n")
    pair.agent_writes("src/tool.sh", "true\n")
    (pair.worktree / "src/tool.sh").chmod(0o755)
    await pair.until(lambda: len(pair.hunks) == 3 and len(pair.proposals) == 2)
    assert (pair.project / "Makefile").exists()
    done = await pair.accept_all()
    left = [(held.path, held.hunks, held.kind) for held in done.held]
    held_back = [(".vscode/tasks.json", 0, "automatic"), ("src/tool.sh", 0, "automatic")]
    assert left == [("Makefile", 1, "build"), *held_back]
    assert [file.runs for file in pair.view.files if file.path == "Makefile"] == [done.held[0].why]
    done = await pair.accept_all()
    assert [held.path for held in done.held] == ["Makefile", ".vscode/tasks.json", "src/tool.sh"], "nor as the last one"
    await pair.decide("accept", *pair.hunks)
    done = await pair.accept_all()
    assert [held.path for held in done.held] == [".vscode/tasks.json", "src/tool.sh"], "nor where only they are left"
    for proposal in pair.proposals:
        await pair.resolve(proposal, "theirs")
    assert not pair.hunks and not pair.proposals
    assert pair.session.stat.files == 0
    pair.agent_writes("Makefile", "all:\n\tfalse\n")
    pair.agent_writes("src/b.txt", LINES)
    await pair.until(lambda: len(pair.hunks) == 2)
    await pair.on_session("segue/link/stop", keepHunks=True)
    assert (pair.project / "Makefile").read_text() == "all:\n\ttrue\n", "nor by unlinking"
    assert (pair.project / "src/b.txt").read_text() == LINES


async def test_rejecting_text_and_line_ends_of_a_file_that_was_opened_since(pair: Pairing) -> None:
    """An agent's tool that makes one line end of the other; what is not saved stays as it is (rule 2)."""
    other = pair.project / "src/b.txt"
    await paired(pair)
    theirs = LINES.replace("line 2", "two").replace("\n", "\r\n").encode()
    pair.agent_writes("src/b.txt", theirs)
    await pair.until(lambda: len(pair.hunks) == 2)
    pair.editor.open(other)
    pair.editor.insert(other, "line 9", "unsaved ")
    ends = next(hunk for hunk in pair.hunks if hunk.is_whole_file)
    with pytest.raises(InputRefused):
        await pair.decide("reject", ends)
    assert other.read_bytes() == theirs
    pair.editor.save(other)
    await pair.decide("reject", *pair.hunks)
    assert pair.editor.text(other).replace("\r\n", "\n") == LINES.replace("line 9", "unsaved line 9")
    assert (pair.worktree / "src/b.txt").read_text() == LINES.replace("line 9", "unsaved line 9")


async def test_binary_files_links_and_deletions_are_decided_on_as_a_whole(pair: Pairing) -> None:
    """D38: what is no text."""
    await paired(pair)
    pair.agent_writes("picture.bin", b"\0\1\2")
    (pair.worktree / "link").symlink_to("a.txt")
    (pair.worktree / "src/b.txt").unlink()
    pair.agent_writes("latin.txt", "é\n".encode("latin-1"))
    await pair.until(lambda: len(pair.hunks) == 4)
    assert (pair.project / "picture.bin").read_bytes() == b"\0\1\2"
    assert (pair.project / "link").is_symlink()
    assert not (pair.project / "src").exists()
    assert all(hunk.is_whole_file and hunk.message for hunk in pair.hunks)
    await pair.decide("accept", *[hunk for hunk in pair.hunks if hunk.path == "picture.bin"])
    await pair.decide("reject", *pair.hunks)
    assert git(pair.project, "status", "--porcelain") == "?? picture.bin"
    assert (pair.project / "src/b.txt").read_text() == LINES
    assert (pair.worktree / "src/b.txt").read_text() == LINES


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
async def test_each_side_keeps_its_line_ends(pair: Pairing, ending: str) -> None:
    """Rule 11; D38: CRLF, a byte order mark, no end of line at the end."""
    file = pair.project / "dos.txt"
    file.write_bytes(b"\xef\xbb\xbf" + f"one{ending}two{ending}three".encode())
    pair.editor.open(file)
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    pair.agent_writes("dos.txt", b"\xef\xbb\xbf" + f"one{ending}2{ending}three".encode())
    await pair.until(lambda: pair.hunks)
    assert pair.editor.text(file) == f"one{ending}2{ending}three"
    pair.editor.type(file, 0, 0, f"zero{ending}")
    await pair.on_session("segue/link/share")
    wanted = b"\xef\xbb\xbf" + f"zero{ending}one{ending}2{ending}three".encode()
    assert (pair.worktree / "dos.txt").read_bytes() == wanted
    await pair.decide("reject", *pair.hunks)
    assert pair.editor.text(file) == f"zero{ending}one{ending}two{ending}three"
