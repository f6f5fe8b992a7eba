"""Very many files, and very much in them, stay usable in a link (D39): here with limits of a size that tests have.

The sizes themselves are in `benchmarks/large.py`.
"""

from __future__ import annotations

import pytest

from segue.engine.api import view_limits
from segue.engine.pairing import file_marks, text_budget
from support.pairing import LINES, Pairing, paired

MANY = "".join(f"{number}\n" for number in range(300))


async def test_very_many_files_are_shown_in_parts_and_decided_on_to_the_last(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_limits, "FILES_LIMIT", 20)
    monkeypatch.setattr(view_limits, "PAUSE_S", 0.01)
    await paired(pair)
    for number in range(70):
        pair.agent_writes(f"made/{number:02}.txt", f"{number}\n")
    await pair.until(lambda: len([*(pair.project / "made").glob("*.txt")]) == 70)
    await pair.link.settled()
    assert len(pair.view.files) == 20
    assert "70 files are open to decisions; 20 are shown, more follow as you decide." in pair.view.notices
    rounds = 0
    while pair.hunks:
        await pair.decide("accept", *pair.hunks)
        rounds += 1
    assert rounds == 4 and not pair.view.notices
    assert pair.session.stat.files == 0


@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_too_many_changes_of_a_file_are_one_to_review_as_a_file(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch, decision: str
) -> None:
    monkeypatch.setattr(file_marks, "HUNKS_LIMIT", 100)
    (pair.project / "src/b.txt").write_text(MANY)
    await paired(pair)
    theirs = "".join(f"{line} x\n" if number % 2 else f"{line}\n" for number, line in enumerate(MANY.splitlines()))
    pair.agent_writes("src/b.txt", theirs)
    await pair.until(lambda: pair.hunks)
    (found,) = pair.hunks
    assert found.message == "src/b.txt has 150 changes, too large to be shown here. Review it as a file."
    await pair.decide(decision, found)
    assert not pair.hunks
    wanted = theirs if decision == "accept" else MANY
    assert (pair.project / "src/b.txt").read_text() == (pair.worktree / "src/b.txt").read_text() == wanted
    await pair.on_session("segue/hunk/undo")
    assert (pair.project / "src/b.txt").read_text() == theirs and len(pair.hunks) == 1


async def test_long_texts_are_named_without_their_lines(pair: Pairing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_marks, "CHARACTERS_LIMIT", 1_000)
    monkeypatch.setattr(view_limits, "CHARACTERS_LIMIT", 1_000)
    await paired(pair)
    pair.agent_writes("long.txt", MANY)
    for number in range(3):
        pair.agent_writes(f"made{number}.txt", "x" * 450)
    await pair.until(lambda: len(pair.hunks) == 4)
    assert pair.hunks[0].message == "long.txt is new. It is too large to be shown here."
    assert [len(hunk.new_text) for hunk in pair.hunks] == [0, 450, 450, 0]
    assert pair.view.files[-1].message == view_limits.TOO_LONG


@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_what_has_no_room_in_memory_is_taken_as_whole_files(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch, decision: str
) -> None:
    """Its bytes stay on the disk; an open file is still followed line by line."""
    monkeypatch.setattr(text_budget, "ROOM", 10 * len(MANY))
    for number in range(10):
        (pair.project / f"{number}.txt").write_text(MANY)
    file = await paired(pair)
    theirs = MANY.replace("7\n", "seven\n")
    for number in range(10):
        pair.agent_writes(f"{number}.txt", theirs)
    pair.agent_writes("a.txt", LINES.replace("line 2", "two"))
    await pair.until(lambda: len({hunk.path for hunk in pair.hunks}) == 11)
    kept = [held.state.text for held in pair.link.files.values() if held.state and held.state.text]
    assert 1 < len(kept) < 8 and "two" in pair.editor.text(file)
    await pair.decide(decision, *pair.hunks)
    assert not pair.hunks and pair.session.stat.files == 0
    wanted = theirs if decision == "accept" else MANY
    assert {(pair.project / f"{number}.txt").read_text() for number in range(10)} == {wanted}
    assert {(pair.worktree / f"{number}.txt").read_text() for number in range(10)} == {wanted}
