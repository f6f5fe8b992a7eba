"""What a person says of a row: looked at, wanted first. Knows marks; they decide nothing but how rows are shown."""

from __future__ import annotations

from segue.domain import events
from segue.domain.session import Session
from segue.domain.verbs import Verb, require
from segue.engine.api.clients import Client
from segue.engine.api.registry import Table
from segue.engine.api.rows import session_result
from segue.engine.state.ledger import Ledger
from segue.protocol import methods
from segue.protocol.sessions import SessionParams, SessionResult


class Marks:
    """A mark that is there already is not journaled once more."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def offer(self, table: Table) -> None:
        table.on(methods.SEEN, self._seen)
        table.on(methods.PIN, self._pin)
        table.on(methods.UNPIN, self._unpin)

    async def _seen(self, client: Client, params: SessionParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        return await self._marked(session, events.SessionSeen() if session.is_unread else None)

    async def _pin(self, client: Client, params: SessionParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        require(Verb.PIN, session)
        return await self._marked(session, None if session.is_pinned else events.SessionPinned())

    async def _unpin(self, client: Client, params: SessionParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        require(Verb.UNPIN, session)
        return await self._marked(session, events.SessionUnpinned() if session.is_pinned else None)

    async def _marked(self, session: Session, mark: events.AnyEvent | None) -> SessionResult:
        marked = session if mark is None else await self._ledger.acknowledge(session.id, mark)
        return session_result(self._ledger, marked)
