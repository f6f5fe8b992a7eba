"""Lets turns begin while fewer sessions work than may. Knows the line and who asks for a place; runs no turn.

Nothing is kept in memory: who works, who waits and in which order stands in the journal, so a daemon that was killed
leaves the line as it was. Nobody sleeps in the line either: whoever may begin is told to, and asks once more.
"""

from __future__ import annotations

from collections.abc import Callable

from segue.domain import events, queue_positions, slots
from segue.domain.errors import InputRefused
from segue.domain.ids import SessionId
from segue.domain.queue_positions import Move
from segue.domain.session import Session
from segue.engine.state.ledger import Ledger
from segue.engine.state.settings import Current


class Slots:
    """See the module."""

    def __init__(self, ledger: Ledger, settings: Current) -> None:
        self._ledger = ledger
        self._settings = settings
        self.waiting: list[Callable[[SessionId], None]] = []
        """Called for each session in the line that may begin now, more than once perhaps."""
        ledger.wakers.add(self.fill)

    @property
    def limit(self) -> int:
        """How many sessions may work at a time; 0 for no limit."""
        return self._settings.sessions.max_running

    def may_begin(self, session_id: SessionId) -> bool:
        """Whether its next turn would begin now; changes nothing."""
        return slots.may_begin(self._ledger.get(session_id), self._ledger.all_newest(), self.limit)

    def take(self, session_id: SessionId) -> bool:
        """Whether its next turn begins now, which the caller journals at once; where not, it stands in the line."""
        if self.may_begin(session_id):
            return True
        if self._ledger.get(session_id).rank is None:
            rank = queue_positions.behind(slots.ranks(self._ledger.all_newest()))
            self._ledger.record(session_id, events.PlaceTaken(rank))
        return False

    def fill(self) -> None:
        """Something changed: whoever may begin now is told."""
        sessions = self._ledger.all_newest()
        if any(session.rank is not None for session in sessions):
            for session_id in slots.due(sessions, self.limit):
                for begin in self.waiting:
                    begin(session_id)

    async def move(self, text: str, to: Move) -> Session:
        """Give a session another place in the line; raises as `_require_waiting` does."""
        session = self._require_waiting(text)
        ranks = slots.ranks(self._ledger.all_newest())
        for session_id, rank in queue_positions.moved(ranks, session.id, to).items():
            self._ledger.record(session_id, events.PlaceTaken(rank))
        return await self._ledger.durable(self._ledger.get(session.id))

    async def start_now(self, text: str) -> Session:
        """Begin its turn, however many sessions work; raises as `_require_waiting` does."""
        return await self._ledger.acknowledge(self._require_waiting(text).id, events.StartWanted())

    def _require_waiting(self, text: str) -> Session:
        """Raises InputRefused("not_waiting") where it has no place in the line, or has one no longer."""
        session = self._ledger.find(text)
        if session.id not in slots.ranks(self._ledger.all_newest()):
            raise InputRefused(
                "not_waiting",
                f"“{session.title}” does not wait for other sessions.",
                action="It began meanwhile, or nothing is queued; `segue queue` shows what waits.",
            )
        self._ledger.require_writable()
        return session
