"""JSON-RPC lines, however broken (D9)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.agents.jsonrpc import Inexact, Unreadable, as_text, parse

CALL = '{"jsonrpc":"2.0","id":1,"method":"m","params":%s}'
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", Unreadable.NOISE),
        (b"\r", Unreadable.NOISE),
        (b"> agent@1.0.0 start", Unreadable.NOISE),
        (b"42", Unreadable.NOISE),
        (b'"text"', Unreadable.NOISE),
        (b"[1, 2]", Unreadable.NOISE),
        (b'{"level":"info","msg":"ready"}', Unreadable.NOISE),
        (b"[info] ready {", Unreadable.NOISE),
        (b"\xff\xfe\x00", Unreadable.NOISE),
        (b'{"jsonrpc":"2.0","id":1,', Unreadable.MALFORMED),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":{]}', Unreadable.MALFORMED),
        ((CALL % ("1" * 5000)).encode()[:-1], Unreadable.MALFORMED),
        ((CALL % DEEP).encode(), Unreadable.MALFORMED),
    ],
)
def test_what_is_no_message(line: bytes, expected: Unreadable) -> None:
    """D1, D9"""
    assert parse(line) is expected


@pytest.mark.parametrize("line", [b'{"method":"m"}\r', b'\xef\xbb\xbf{"method":"m"}', b'  {"method":"m"}'])
def test_line_ends_and_byte_order_marks_do_not_matter(line: bytes) -> None:
    """D1"""
    assert parse(line) == {"method": "m"}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("NaN", None),
        ("-Infinity", None),
        ("1e999", None),
        ("1" * 5000, None),
        (r'"\ud800"', "�"),
        (r'{"\udfff": 1}', {"�": 1}),
    ],
)
def test_what_json_cannot_carry_is_replaced_and_marked(params: str, expected: object) -> None:
    """D9: whoever answers must know that it was not read exactly."""
    parsed = parse((CALL % params).encode())
    assert isinstance(parsed, Inexact)
    assert parsed.message["params"] == expected


def test_invalid_utf8_is_replaced_and_marked() -> None:
    parsed = parse(b'{"method":"m","params":"a\xffb"}')
    assert isinstance(parsed, Inexact)
    assert parsed.message["params"] == "a�b"


def test_ten_thousands_of_keys_and_nul_are_ordinary() -> None:
    params = {str(number): "\0" for number in range(100_000)}
    assert parse((CALL % json.dumps(params)).encode()) == {"jsonrpc": "2.0", "id": 1, "method": "m", "params": params}


@given(st.binary(max_size=200))
def test_no_bytes_raise(line: bytes) -> None:
    """D9"""
    parse(line)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_every_json_value_is_read_or_marked_and_can_be_shown(value: object) -> None:
    """D9"""
    parsed = parse((CALL % json.dumps(value)).encode())
    message = parsed.message if isinstance(parsed, Inexact) else parsed
    assert isinstance(message, dict)
    assert isinstance(parsed, Inexact) or message["params"] == value
    assert len(as_text(message, 50)) <= 50
