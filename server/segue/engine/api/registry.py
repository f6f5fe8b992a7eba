"""Who answers which request. Knows the method table and clients; handles nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from segue.engine.api.clients import Client
from segue.engine.api.preparation import Preparation
from segue.protocol.methods import Request
from segue.protocol.wire import Wire

P = TypeVar("P", bound=Wire)
R = TypeVar("R", bound=Wire)


class Table:
    """Who answers which request, and what is done before each."""

    def __init__(self, preparation: Preparation) -> None:
        self._answers: dict[str, Callable[[Client, Any], Awaitable[Any]]] = {}
        self._preparation = preparation

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._answers)

    def on(self, request: Request[P, R], answer: Callable[[Client, P], Awaitable[R]]) -> None:
        """Who answers a request, from now on."""
        self._answers[request.name] = answer

    async def call(self, request: Request[P, R], client: Client, params: P) -> R:
        """The answer; raises SegueError. The registry holds whom `on` had checked against the same types."""
        await self._preparation.before(client, request.name, params)
        answer: R = await self._answers[request.name](client, params)
        return answer
