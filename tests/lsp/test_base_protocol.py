"""Framing and the first messages for any bytes in any pieces."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.lsp.base_protocol import Framer, frame
from segue.lsp.handshake import Opening

BODIES = st.lists(st.binary(max_size=40), max_size=6)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(bounds)]


@given(BODIES, CUTS)
def test_messages_do_not_depend_on_how_they_are_cut(bodies: list[bytes], cuts: list[int]) -> None:
    framer = Framer()
    found = [message for piece in pieces(b"".join(map(frame, bodies)), cuts) for message in framer.feed(piece)]
    assert found == bodies
    assert not framer.is_lost


@given(BODIES, CUTS)
def test_a_message_over_the_limit_is_skipped_and_the_next_one_found(bodies: list[bytes], cuts: list[int]) -> None:
    framer = Framer(limit=20)
    found = [message for piece in pieces(b"".join(map(frame, bodies)), cuts) for message in framer.feed(piece)]
    assert found == [body if len(body) <= 20 else None for body in bodies]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Content-Length: +1",
        b"Content-Length: 1_0",
        b"Content-Length: " + b"9" * 16,
        b"Content-Length:",
        b"Content-Type: x",
        b"no colon",
    ],
)
def test_a_header_that_makes_no_sense_loses_the_framing(header: bytes) -> None:
    framer = Framer()
    assert framer.feed(header + b"\r\n\r\n{}") == []
    assert framer.is_lost
    assert framer.feed(frame(b"{}")) == []


@given(st.binary(max_size=300), CUTS)
def test_no_bytes_break_the_opening(data: bytes, cuts: list[int]) -> None:
    """D9."""
    opening = Opening("token")
    for piece in pieces(b"SEGUE/1 token\n" + data, cuts):
        opening.feed(piece)
    assert not opening.is_open


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["segue", "environment", "protocol", "version", "initializationOptions", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_any_initialize_is_answered_once(params: object, message_id: object) -> None:
    """D9."""
    opening = Opening("token")
    message = {"jsonrpc": "2.0", "id": message_id, "method": "initialize", "params": params}
    said = opening.feed(b"SEGUE/1 token\n" + frame(json.dumps(message).encode()))
    answers = Framer().feed(said)
    assert len(answers) == (type(message_id) in {int, str})
    assert opening.is_open == (b'"result"' in said)
