"""Ends agents that have had nothing to do for a while. Knows when an agent may go; the next prompt loads it again.

Only an agent goes that can load its conversation, so a person notices nothing: the row stays where it is, and the
history that the agent replays is swallowed. What is idle is looked for from time to time, on a monotonic clock, so that
a machine that slept ends nobody at once (D35).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from segue.domain.errors import InputRefused
from segue.domain.ids import SessionId
from segue.domain.session import Session, State
from segue.engine.agents.agent_processes import Agents
from segue.engine.state.background import Background
from segue.engine.state.ledger import Ledger
from segue.engine.state.settings import Current
from segue.engine.turns.turns import Turns

log = logging.getLogger(__name__)

SHORTEST_S, LONGEST_S = 0.05, 60.0
"""Between two looks; a tenth of the idle time lies in between."""


class Idling:
    """Looks at all agents from `start` to `close`."""

    def __init__(self, ledger: Ledger, agents: Agents, turns: Turns, background: Background) -> None:
        self._ledger = ledger
        self._agents = agents
        self._turns = turns
        self._background = background
        self._since: dict[SessionId, tuple[int, float]] = {}
        """The last change of each session that has an agent, and when that was seen."""
        self._timer: asyncio.TimerHandle | None = None

    def start(self, settings: Current) -> None:
        limit_s = settings.sessions.idle_minutes * 60
        if limit_s:
            self._look(limit_s)
        pause_s = min(max(limit_s / 10, SHORTEST_S), LONGEST_S) if limit_s else LONGEST_S
        self._timer = asyncio.get_running_loop().call_later(pause_s, self.start, settings)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, limit_s: float) -> None:
        now, before, self._since = asyncio.get_running_loop().time(), self._since, {}
        for session_id in self._agents.connected():
            session = self._ledger.get(session_id)
            seq, since = before.get(session_id, (session.seq, now))
            self._since[session_id] = (session.seq, since if seq == session.seq else now)
            task = f"end idle agent {session_id}"
            if (
                seq == session.seq
                and now - since >= limit_s
                and self._may_go(session)
                and not self._background.is_running(task)
            ):
                self._background.start(task, self._end(session_id))

    def _may_go(self, session: Session) -> bool:
        """Nothing runs, nothing waits, and the agent can be had again as it was."""
        is_resting = session.state is State.IDLE and not session.queue and not session.asks
        return is_resting and session.can_load and self._agents.is_resting(session.id)

    async def _end(self, session_id: SessionId) -> None:
        """In the session's one task, so that a prompt that comes meanwhile waits and starts the agent anew."""
        with suppress(InputRefused):  # a prompt was first
            await self._turns.apart(session_id, lambda: self._ended(session_id))

    async def _ended(self, session_id: SessionId) -> Session:
        if self._may_go(self._ledger.get(session_id)):
            log.info("session %s: its agent was idle and is ended", session_id)
            await self._agents.end(session_id)
        return self._ledger.get(session_id)
