"""Requests for permission that nobody answers within the policy's time limit: they are denied (S5, D42).

Knows when each is due, by the wall clock that its event names; so a limit holds over restarts and while the machine
sleeps. Knows nothing of how the agent is told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from segue.domain import events
from segue.domain.errors import NotFound, StoreFailed
from segue.domain.ids import SessionId
from segue.domain.policy.rules import Effect
from segue.engine.approvals.policies import POLICY, option_for
from segue.engine.state.ledger import Ledger

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 60.0
"""A timer sleeps with the machine, the wall clock does not."""
UNANSWERED = "nobody answered in time"

Tell = Callable[[SessionId, events.PermissionDecided], None]


class Overdue:
    """One per daemon; `tell` lets the agent go on with a decision that was recorded."""

    def __init__(self, ledger: Ledger, tell: Tell) -> None:
        self._ledger = ledger
        self._tell = tell
        self._timers: dict[tuple[SessionId, str], asyncio.TimerHandle] = {}

    def watch(self, session_id: SessionId, request: events.PermissionRequested) -> None:
        """Deny the request when it is due, unless it is answered before."""
        self._timers.pop((session_id, request.request_id), None)
        if not request.expires_ms or not self._waits(session_id, request):
            return
        left_s = request.expires_ms / 1000 - time.time()
        if left_s <= 0 and self._deny(session_id, request):
            return
        delay_s = min(left_s, LOOK_AGAIN_S) if left_s > 0 else LOOK_AGAIN_S
        timer = asyncio.get_running_loop().call_later(delay_s, self.watch, session_id, request)
        self._timers[session_id, request.request_id] = timer

    def close(self) -> None:
        """Watch nothing any more; the next daemon takes up what waits."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _waits(self, session_id: SessionId, request: events.PermissionRequested) -> bool:
        try:
            session = self._ledger.get(session_id)
        except NotFound:
            return False
        return any(each.request_id == request.request_id for each in session.permissions)

    def _deny(self, session_id: SessionId, request: events.PermissionRequested) -> bool:
        """Whether it could be journaled."""
        option = option_for(request, Effect.DENY)
        decision = events.PermissionDecided(request.request_id, option, POLICY, rule=UNANSWERED)
        try:
            self._ledger.record(session_id, decision)
        except StoreFailed:
            log.exception("session %s: a request that is overdue waits for the journal", session_id)
            return False
        self._tell(session_id, decision)
        return True
