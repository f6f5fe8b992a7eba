"""What a person says of a row: looked at, wanted first. Knows marks; they decide nothing but how rows are shown."""

from __future__ import annotations

from segue.domain import events as e
from segue.domain.session import Session
from segue.engine.clients import Client
from segue.engine.ledger import Ledger
from segue.engine.render import session_view
from segue.engine.table import Table
from segue.protocol import methods as m


class Marks:
    """A mark that is there already is not journaled once more."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def offer(self, table: Table) -> None:
        table.on(m.SEEN, self._seen)
        table.on(m.PIN, self._pin)
        table.on(m.UNPIN, self._unpin)

    async def _seen(self, client: Client, params: m.SessionParams) -> m.SessionResult:
        session = self._ledger.find(params.session_id)
        return await self._marked(session, e.SessionSeen() if session.is_unread else None)

    async def _pin(self, client: Client, params: m.SessionParams) -> m.SessionResult:
        session = self._ledger.find(params.session_id)
        return await self._marked(session, None if session.is_pinned else e.SessionPinned())

    async def _unpin(self, client: Client, params: m.SessionParams) -> m.SessionResult:
        session = self._ledger.find(params.session_id)
        return await self._marked(session, e.SessionUnpinned() if session.is_pinned else None)

    async def _marked(self, session: Session, mark: e.AnyEvent | None) -> m.SessionResult:
        marked = session if mark is None else await self._ledger.acknowledge(session.id, mark)
        return m.SessionResult(session=session_view(marked))
