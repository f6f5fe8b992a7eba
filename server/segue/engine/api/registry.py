"""Who answers which request. Knows the method table and clients; handles nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from segue.engine.api.clients import Client
from segue.engine.api.preparation import Preparation
from segue.protocol.methods import Request
from segue.protocol.wire import Wire

P = TypeVar("P", bound=Wire)
R = TypeVar("R", bound=Wire)
Handler = Callable[[Client, Wire], Awaitable[Wire]]


class Table:
    """Who answers which request, and what is done before each."""

    def __init__(self, preparation: Preparation) -> None:
        self.handlers: dict[str, Handler] = {}
        self._preparation = preparation

    def on(self, request: Request[P, R], handle: Callable[[Client, P], Awaitable[R]]) -> None:
        async def answer(client: Client, params: P) -> R:
            await self._preparation.before(client, request.name, params)
            return await handle(client, params)

        self.handlers[request.name] = answer  # type: ignore[assignment]  # the wire checks params by the same table
