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
    """Who answers which request; `before` is called with each one first."""

    def __init__(self, before: Callable[[Client, Wire], None]) -> None:
        self.handlers: dict[str, Handler] = {}
        self._before = before

    def on(self, request: Request[P, R], handle: Callable[[Client, P], Awaitable[R]]) -> None:
        def answer(client: Client, params: P) -> Awaitable[R]:
            self._before(client, params)
            return handle(client, params)

        self.handlers[request.name] = answer  # type: ignore[assignment]  # the wire checks params by the same table
