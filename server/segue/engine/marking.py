"""What a person marks in the list: seen, pinned. Knows rows; knows no turn."""

from __future__ import annotations

from segue.domain import events as e
from segue.domain.session import Session
from segue.engine.clients import Client
from segue.engine.ledger import Ledger
from segue.engine.render import session_view
from segue.protocol.methods import SessionParams, SessionResult


class Marks:
    """See the module; a mark that is there already is not journaled again."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def seen(self, _client: Client, params: SessionParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        return await self._marked(session, e.SessionSeen() if session.is_unread else None)

    async def pin(self, _client: Client, params: SessionParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        return await self._marked(session, None if session.is_pinned else e.SessionPinned())

    async def unpin(self, _client: Client, params: SessionParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        return await self._marked(session, e.SessionUnpinned() if session.is_pinned else None)

    async def _marked(self, session: Session, event: e.AnyEvent | None) -> SessionResult:
        if event is not None:
            session = await self._ledger.acknowledge(session.id, event)
        return SessionResult(session=session_view(session))
