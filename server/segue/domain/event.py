"""The base of all events. Knows how they are told apart in the journal, and none of them."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True):
    """Base of all events."""
