"""Bytes into lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segue.agents.line_buffer import Framer


def fed(framer: Framer, *pieces: bytes) -> list[bytes]:
    lines = []
    for piece in pieces:
        for line in framer.feed(piece):
            lines.append(line)
            framer.taken(line)
    return lines


@given(st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\0", b"\n")), max_size=20))
def test_lines_do_not_depend_on_where_the_stream_was_torn(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    framer = Framer(100)
    assert fed(framer, *pieces) == whole.split(b"\n")[:-1]
    assert framer.offset == 100 + whole.rfind(b"\n") + 1


def test_a_line_at_the_limit_is_a_line() -> None:
    assert fed(Framer(0, limit=5), b"12345\n1", b"2345\n") == [b"12345", b"12345"]


def test_an_unfinished_line_past_the_limit_ends_the_framing_and_is_not_kept() -> None:
    """D2: memory stays bounded."""
    framer = Framer(0, limit=5)
    assert fed(framer, b"ok\n123", b"456") == [b"ok"]
    assert framer.is_overlong
    assert fed(framer, b"\nmore\n") == []


def test_lines_before_a_whole_line_past_the_limit_are_kept() -> None:
    """D2"""
    framer = Framer(0, limit=5)
    assert fed(framer, b"ok\n123456\nnever\n") == [b"ok"]
    assert framer.is_overlong
