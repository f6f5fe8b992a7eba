"""How events and sessions become bytes and back. Knows JSON; knows nothing of tables."""

from __future__ import annotations

import json
from typing import cast

import msgspec

from segue.domain.events import AnyEvent, Event
from segue.domain.session import Session

_ENCODER = msgspec.json.Encoder()
_EVENTS: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_SESSIONS = msgspec.json.Decoder(Session)


class Unreadable(Exception):
    """These bytes are damaged, or a newer version wrote them."""


def encode(value: Event | Session) -> bytes:
    """`value` as JSON. File names that are no valid UTF-8 (lone surrogates) survive."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        # msgspec writes UTF-8 only; the standard library writes lone surrogates as escapes.
        return json.dumps(msgspec.to_builtins(value)).encode("ascii")


def decode_event(body: bytes) -> AnyEvent:
    """The event that `encode` wrote; raises Unreadable."""
    try:
        try:
            return _EVENTS.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return cast(AnyEvent, msgspec.convert(json.loads(body), AnyEvent))
    except (ValueError, RecursionError) as error:
        raise Unreadable from error


def decode_session(body: bytes) -> Session:
    """The session that `encode` wrote; raises Unreadable."""
    try:
        try:
            return _SESSIONS.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return msgspec.convert(json.loads(body), Session)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
