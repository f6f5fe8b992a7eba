"""Texts of a link: differences, merges by lines and words, bytes that come back as they were, names that survive."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.domain.errors import StaleDecision
from segue.domain.pairing import contribution
from segue.domain.pairing.decisions import chosen, marks_of_disputes, marks_of_hunks
from segue.domain.pairing.difference import changed_lines, changed_words
from segue.domain.pairing.edits import Edit, apply_at_once, apply_in_order, compose, edit_between, trimmed
from segue.domain.pairing.text_format import LineEnd, decode, encode

LINES = st.lists(st.sampled_from(["a\n", "b\n", "same\n", "\n", "same line\n", "end"]), max_size=12).map("".join)


def begun(text: str) -> contribution.Contribution:
    return contribution.Contribution(text, (), text, (), ())


@settings(max_examples=500, deadline=None)
@given(LINES, LINES)
def test_a_difference_leads_from_one_text_to_the_other(old: str, new: str) -> None:
    edits = changed_lines(old, new)
    assert apply_at_once(old, edits) == new
    assert all(edit.start == 0 or old[edit.start - 1] == "\n" for edit in edits)
    words = changed_words(old, new)
    assert words is None or apply_at_once(old, words) == new
    smallest = edit_between(old, new)
    assert apply_at_once(old, [smallest] if smallest else []) == new


@settings(max_examples=300, deadline=None)
@given(LINES, LINES, LINES)
def test_two_patches_in_a_row_are_one(old: str, between: str, new: str) -> None:
    pieces = compose(changed_lines(old, between), between, changed_lines(between, new))
    assert apply_at_once(old, [piece.edit for piece in pieces]) == new
    tidy = [trimmed(old, piece.edit) for piece in pieces]
    assert apply_at_once(old, [edit for edit in tidy if edit]) == new


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"),
        ("a\nb\n", "A\nb\n", "a\nB\n", "A\nB\n"),
        ("f(a, b)\n", "f(x, b)\n", "f(a, y)\n", "f(x, y)\n"),
        ("f(a,b)\nrest\n", "f(a, b)\nrest\n", "f(a,b, c)\nrest\n", "f(a, b, c)\nrest\n"),
        ("a\n", "a\nmine\n", "a\ntheirs\n", None),
        ("foo = 1\n", "xfoo = 1\n", "bar = 1\n", None),
        ("a\nb", "a\nb\nmine", "a\nb\ntheirs", None),
        ("a\n", "", "b\n", None),
        ("a\n", "same\n", "same\n", "same\n"),
        ("", "mine\n", "", "mine\n"),
        ("one two three\n", "one three\n", "one two three four\n", "one three four\n"),
    ],
)
def test_what_fits_flows_and_what_clashes_is_disputed(base: str, mine: str, theirs: str, merged: str | None) -> None:
    """Neighbours fit, words fit within a line, insertions at one point do not (rule 4)."""
    step = contribution.linked(base, mine, theirs)
    if merged is not None:
        assert step.after.mine == merged
        assert not step.after.merge.disputes
        return
    assert step.after.mine == mine
    (dispute,) = step.after.merge.disputes
    taken = contribution.resolve(step.after, dispute, contribution.place_in_mine(step.after, dispute).text)
    assert taken.after.mine == theirs
    kept = contribution.resolve(step.after, dispute, mine[slice(*_range(step.after))])
    assert kept.after.mine == mine
    assert contribution.shared(kept.after).theirs == mine


def _range(state: contribution.Contribution) -> tuple[int, int]:
    place = contribution.place_in_mine(state, state.merge.disputes[0])
    return place.start, place.end


def test_the_rest_of_a_file_flows_around_a_dispute() -> None:
    base = "".join(f"line {i}\n" for i in range(9))
    mine = base.replace("line 4\n", "mine here\n")
    theirs = base.replace("line 4\n", "something else\n").replace("line 8\n", "new end\n")
    state = contribution.linked(base, mine, theirs).after
    assert state.mine == mine.replace("line 8\n", "new end\n")
    assert contribution.shared(state).theirs == theirs, "and the agent keeps its side of it"
    undone = contribution.typed(state, Edit(mine.index("mine here"), mine.index("mine here") + 9, "line 4")).after
    assert undone.can_flow
    assert contribution.wrote(undone, theirs).after.mine == theirs


def test_undoing_a_change_of_the_agent_rejects_it_and_typing_into_it_adopts_it() -> None:
    """Rules 6 and 8."""
    step = contribution.wrote(begun("a\nb\nc\n"), "a\nB1\nB2\nc\n")
    (edit,) = step.edits
    undone = contribution.typed(step.after, Edit(2, 2 + len("B1\nB2\n"), "b\n"))
    assert undone.rejected == step.after.hunks
    assert undone.after.own == undone.after.mine == "a\nb\nc\n"
    assert contribution.shared(undone.after).theirs == "a\nb\nc\n"
    adopted = contribution.typed(step.after, Edit(3, 3, "!"))
    assert adopted.adopted == step.after.hunks == (edit,)
    assert adopted.after.own == "a\nB!1\nB2\nc\n"


def test_undoing_a_deletion_of_the_agent_rejects_it() -> None:
    step = contribution.wrote(begun("a\nb\nc\n"), "a\nc\n")
    undone = contribution.typed(step.after, Edit(2, 2, "b\n"))
    assert undone.rejected
    assert undone.after.own == "a\nb\nc\n"


def test_what_the_agent_takes_back_is_no_hunk_any_more() -> None:
    step = contribution.wrote(begun("a\nb\nc\nd\n"), "a\nB\nC\nD\n")
    again = contribution.wrote(step.after, "a\nB\nc\nD\n")
    assert [hunk.text for hunk in again.after.hunks] == ["B\n", "D\n"]
    assert not contribution.wrote(again.after, "a\nb\nc\nd\n").after.hunks


def test_a_stale_decision_is_refused_and_alike_hunks_are_told_apart() -> None:
    """D37: what changed since it was looked at; D38: hunks that repeat."""
    state = contribution.wrote(begun("x\nsame\nx\nsame\nx\n"), "x\nnew\nx\nnew\nx\n").after
    first, second = marks_of_hunks("file", state)
    assert first.id != second.id
    assert chosen([first, second], {second.id: second.revision}) == [second]
    later = contribution.wrote(state, "x\nnew\nx\nnewer\nx\n").after
    marks = marks_of_hunks("file", later)
    assert [mark.id for mark in marks] == [first.id, second.id]
    with pytest.raises(StaleDecision) as refused:
        chosen(marks, {second.id: second.revision})
    assert refused.value.details == {"hunks": [second.id]}
    assert contribution.reject(later, [marks[0].number]).after.mine == "x\nsame\nx\nnewer\nx\n"


def test_a_dispute_says_what_each_side_has() -> None:
    state = contribution.linked("a\nb\n", "a\nmine\n", "a\ntheirs!\n").after
    (mark,) = marks_of_disputes("file", state)
    assert (mark.old, mark.mine, mark.theirs) == ("b\n", "mine\n", "theirs!\n")
    assert state.mine[mark.start : mark.end] == "mine\n"


@pytest.mark.parametrize(
    ("data", "line_end"),
    [
        (b"", LineEnd.LF),
        (b"a\nb", LineEnd.LF),
        (b"a\r\nb\r\n", LineEnd.CRLF),
        (b"a\r\nb\n", LineEnd.AS_IS),
        (b"a\rb", LineEnd.AS_IS),
        (b"\xef\xbb\xbfa\r\nb", LineEnd.CRLF),
        (b"\xef\xbb\xbf", LineEnd.LF),
        ("é\u2028x\x0cy\n".encode(), LineEnd.LF),
        (b"x" * 3_000_000, LineEnd.LF),
    ],
)
def test_bytes_come_back_as_they_were(data: bytes, line_end: LineEnd) -> None:
    """D38: line ends, byte order mark, no end of line, empty, very long lines."""
    found = decode(data)
    assert found is not None
    text, shape = found
    assert shape.line_end is line_end
    assert encode(text, shape) == data


@pytest.mark.parametrize("data", [b"a\0b", "a".encode("utf-16"), "é".encode("latin-1"), b"x" * (17 * 1024 * 1024)])
def test_what_is_no_text_is_taken_as_a_whole(data: bytes) -> None:
    assert decode(data) is None


@given(st.binary(max_size=60))
def test_any_bytes_come_back_or_are_no_text(data: bytes) -> None:
    found = decode(data)
    assert found is None or encode(*found) == data


def test_large_texts_are_merged_while_somebody_types() -> None:
    """A hundred thousand lines, repetitive lines and one line of 5 MB; generous, for a loaded machine."""
    lines = [f"line {i} of many\n" for i in range(100_000)]
    state = begun("".join(lines))
    state = contribution.typed(state, Edit(0, 0, "typed ")).after
    lines[50_000] = "changed\n"
    assert _seconds(lambda: contribution.wrote(state, "".join(lines))) < 0.5
    dice = random.Random(1)
    rewritten = "".join(dice.choice(["a\n", "b\n", "}\n"]) for _ in range(100_000))
    assert _seconds(lambda: contribution.wrote(state, rewritten)) < 3
    long = begun("x " * 2_500_000)
    assert _seconds(lambda: contribution.wrote(contribution.typed(long, Edit(9, 9, "q")).after, long.mine + "more")) < 3


def _seconds(work: object) -> float:
    assert callable(work)
    begin = time.process_time()
    work()
    return time.process_time() - begin


def test_edits_in_order_and_at_once() -> None:
    assert apply_in_order("abc", [Edit(0, 1, ""), Edit(0, 1, "B")]) == "Bc"
    assert apply_at_once("abc", [Edit(0, 1, ""), Edit(1, 2, "B")]) == "Bc"
