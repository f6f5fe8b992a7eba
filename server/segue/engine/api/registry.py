"""Who answers which request. Knows the method table and clients; handles nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from segue.engine.agents.agent_processes import Agents
from segue.engine.agents.search_path import search_for_request
from segue.engine.api.clients import Client
from segue.engine.workspace.relocation import Relocation
from segue.protocol.methods import Request
from segue.protocol.wire import Wire

P = TypeVar("P", bound=Wire)
R = TypeVar("R", bound=Wire)
Handler = Callable[[Client, Wire], Awaitable[Wire]]


class Table:
    """Who answers which request, and what is done before: the window's PATH, the repository's place."""

    def __init__(self, agents: Agents, relocation: Relocation) -> None:
        self.handlers: dict[str, Handler] = {}
        self._agents = agents
        self._relocation = relocation

    def on(self, request: Request[P, R], handle: Callable[[Client, P], Awaitable[R]]) -> None:
        async def answer(client: Client, params: P) -> R:
            search_for_request(self._agents, client, params)
            await self._relocation.before(client, request.name, params)
            return await handle(client, params)

        self.handlers[request.name] = answer  # type: ignore[assignment]  # the wire checks params by the same table
