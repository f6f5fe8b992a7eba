"""Lines and UTF-16 columns against the plain way: encode, cut, decode."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.domain.pairing.edits import apply_in_order
from segue.lsp.line_index import Lines, Position

TEXTS = st.text(st.sampled_from("ab\r\n\u00e9\u4e2d\U0001f600\U0001f468\u200d\ufeff"), max_size=40)
POSITIONS = st.builds(Position, st.integers(0, 8), st.integers(0, 12))


def plain_offset(text: str, position: Position) -> int:
    """Code points before a position, worked out on UTF-16 and without a clever thought."""
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]
    if position.line >= len(starts):
        return len(text)
    start = starts[position.line]
    content = re.split(r"[\r\n]", text[start:], maxsplit=1)[0]
    points = 0
    width = 0
    for character in content:
        width += 2 if ord(character) > 0xFFFF else 1
        if width > position.character:
            break
        points += 1
    return start + points


@given(TEXTS, st.lists(st.tuples(POSITIONS, POSITIONS, TEXTS), max_size=6))
def test_edits_by_position_are_the_edits_by_offset(text: str, edits: list[tuple[Position, Position, str]]) -> None:
    """Any number in a row, with `\\r` and `\\n` meeting and parting."""
    lines = Lines(text)
    for start, end, put in edits:
        wanted_start = plain_offset(text, start)
        wanted_end = max(wanted_start, plain_offset(text, end))
        edit = lines.replace(start, end, put)
        assert (edit.start, edit.end, edit.text) == (wanted_start, wanted_end, put)
        text = apply_in_order(text, [edit])
        assert lines.text == text


@given(TEXTS, st.data())
def test_a_position_leads_back_to_its_offset(text: str, data: st.DataObject) -> None:
    inside = [n for n in range(len(text) + 1) if not (text[n - 1 : n] == "\r" and text[n : n + 1] == "\n")]
    offset = data.draw(st.sampled_from(inside))
    [position] = Lines(text).positions([offset])
    assert plain_offset(text, position) == offset


@pytest.mark.parametrize(
    ("text", "position", "offset"),
    [
        ("a\U0001f600b", Position(0, 3), 2),
        ("a\U0001f600b", Position(0, 2), 1),
        ("a\r\nb", Position(0, 9), 1),
        ("a\n", Position(1, 0), 2),
        ("a\n", Position(7, 7), 2),
        ("", Position(0, 0), 0),
        ("\ud83d x", Position(0, 1), 1),
    ],
)
def test_columns_count_utf_16_units(text: str, position: Position, offset: int) -> None:
    """Within a pair of surrogates and behind an end, what stands before counts; a lone surrogate is one character."""
    assert Lines(text).replace(position, position, "").start == offset
