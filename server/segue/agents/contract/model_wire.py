"""What all wires to a model have in common. Knows shapes only; `anthropic.py`, `openai.py`, `gemini.py` are wires."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from segue.agents.contract.script import Conversation, Json, Reply

INPUT_TOKENS, CACHED_TOKENS, OUTPUT_TOKENS = 1200, 800, 34
"""What every answer says that it took; an input of 1,200 has none of the cached ones in it where a wire counts so."""


class Event(NamedTuple):
    """One server-sent event."""

    data: Json | str
    name: str = ""


class Wire(Protocol):
    """How one kind of model API is spoken."""

    def fits(self, path: str) -> bool:
        """Whether a request to that path is one of it."""
        ...

    def streams(self, path: str, request: Json) -> bool: ...

    def read(self, request: Json) -> Conversation: ...

    def whole(self, request: Json, reply: Reply) -> Json: ...

    def stream(self, request: Json, reply: Reply) -> Iterator[Event]:
        """Pieces of words are events of their own."""
        ...
