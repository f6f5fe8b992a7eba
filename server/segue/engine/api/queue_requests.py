"""What clients ask about the queue of sessions. Knows the wire; the order is the scheduler's."""

from __future__ import annotations

from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.rows import session_result
from segue.protocol import methods, queue
from segue.protocol.sessions import SessionParams, SessionResult


class QueueRequests:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._ledger = parts.ledger
        self._slots = parts.slots

    def offer(self, table: Table) -> None:
        table.on(methods.MOVE_QUEUED, self._move)
        table.on(methods.START_NOW, self._start_now)

    async def _move(self, client: Client, params: queue.MoveQueuedParams) -> SessionResult:
        return session_result(self._ledger, await self._slots.move(params.session_id, params.to))

    async def _start_now(self, client: Client, params: SessionParams) -> SessionResult:
        return session_result(self._ledger, await self._slots.start_now(params.session_id))
