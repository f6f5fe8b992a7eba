"""Who answers which request. Knows the method table and clients; handles nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from segue.engine.clients import Client
from segue.protocol.methods import Request
from segue.protocol.wire import Wire

P = TypeVar("P", bound=Wire)
R = TypeVar("R", bound=Wire)
Handler = Callable[[Client, Wire], Awaitable[Wire]]


class Table:
    """Who answers which request."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}

    def on(self, request: Request[P, R], handle: Callable[[Client, P], Awaitable[R]]) -> None:
        self.handlers[request.name] = handle  # type: ignore[assignment]  # the wire checks params by the same table
