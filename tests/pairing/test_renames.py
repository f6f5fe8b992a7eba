"""A file that the agent renames is one change with a name, not a deletion beside a new file (link rule 12, D38)."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.pairing import LINES, Pairing, paired
from support.repositories import git

EDITED = LINES.replace("line 2\n", "two\n").replace("line 8\n", "eight\n")


async def _renamed(pair: Pairing) -> tuple[Path, Path]:
    """`src/b.txt` becomes `src/c.txt`, with two edits; both are closed."""
    await paired(pair)
    (pair.worktree / "src/b.txt").rename(pair.worktree / "src/c.txt")
    pair.agent_writes("src/c.txt", EDITED)
    await pair.until(lambda: len(pair.hunks) == 3 and pair.hunks[-1].renamed_from)
    return pair.project / "src/b.txt", pair.project / "src/c.txt"


async def test_a_rename_is_one_change_and_its_edits_are_hunks(pair: Pairing) -> None:
    old, new = await _renamed(pair)
    assert [hunk.new_text for hunk in pair.hunks] == ["two\n", "eight\n", ""]
    assert pair.hunks[-1].message == "src/b.txt is renamed to src/c.txt."
    assert not old.exists() and new.read_text() == EDITED
    first, second, name = pair.hunks
    await pair.decide("reject", first)
    await pair.restart()
    await pair.until(lambda: len(pair.hunks) == 2 and pair.hunks[-1].renamed_from)
    await pair.decide("accept", name)
    await pair.decide("accept", second)
    assert not pair.hunks and pair.session.stat.files == 0
    assert not old.exists() and not (pair.worktree / "src/b.txt").exists()
    assert new.read_text() == (pair.worktree / "src/c.txt").read_text() == LINES.replace("line 8", "eight")


@pytest.mark.parametrize("order", ["all at once", "the name first", "a hunk accepted first"])
async def test_a_name_that_is_not_taken_brings_the_old_file_back(pair: Pairing, order: str) -> None:
    """With whatever was accepted in the new one; and an undo brings the rename back."""
    old, new = await _renamed(pair)
    first = pair.hunks[0]
    if order == "all at once":
        await pair.decide("reject", *pair.hunks)
    else:
        if order == "a hunk accepted first":
            await pair.decide("accept", first)
        await pair.decide("reject", pair.hunks[-1])
    own = LINES.replace("line 2", "two") if order == "a hunk accepted first" else LINES
    assert old.read_text() == (pair.worktree / "src/b.txt").read_text() == own
    assert not new.exists() and not (pair.worktree / "src/c.txt").exists()
    assert not pair.hunks and not pair.proposals
    await pair.on_session("segue/hunk/undo")
    await pair.until(lambda: pair.hunks and pair.hunks[-1].renamed_from)
    assert not old.exists() and new.read_text() == EDITED


async def test_what_is_typed_in_a_renamed_file_is_not_lost_with_its_name(pair: Pairing) -> None:
    old, new = await _renamed(pair)
    pair.editor.open(new)
    pair.editor.insert(new, "line 5", "mine ")
    assert len(pair.hunks) == 3, "a name is not taken by typing"
    await pair.on_session("segue/link/stop")
    assert old.read_text() == LINES.replace("line 5", "mine line 5")
    assert git(pair.project, "status", "--porcelain") == " M src/b.txt"


@pytest.mark.parametrize("take", ["theirs", "mine"])
async def test_renaming_a_file_that_is_open_is_a_proposal(pair: Pairing, take: str) -> None:
    """Rule 12: nothing of it goes; with the new name it takes along what the person typed and did not save."""
    file = await paired(pair)
    pair.editor.insert(file, "line 5", "mine ")
    (pair.worktree / "a.txt").rename(pair.worktree / "b.txt")
    pair.agent_writes("b.txt", EDITED)
    await pair.until(lambda: pair.proposals and pair.proposals[0].kind == "rename")
    assert "to b.txt" in pair.proposals[0].message
    assert pair.editor.text(file) == LINES.replace("line 5", "mine line 5") and file.exists()
    await pair.resolve(pair.proposals[0], take)
    if take == "mine":
        assert (pair.worktree / "a.txt").read_text() == pair.editor.text(file)
        assert [hunk.message for hunk in pair.hunks] == ["b.txt is new."]
    else:
        both = EDITED.replace("line 5", "mine line 5")
        assert (pair.project / "b.txt").read_text() == (pair.worktree / "b.txt").read_text() == both
        assert not file.exists() and not (pair.worktree / "a.txt").exists()
        assert [hunk.new_text for hunk in pair.hunks] == ["two\n", "eight\n"]
