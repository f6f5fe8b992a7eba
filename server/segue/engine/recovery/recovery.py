"""Takes up what an earlier daemon left: running turns, begun merges, folders to remove. Knows every loose end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from segue.agents.connection_record import has_open_prompt
from segue.domain import events
from segue.domain.errors import SegueError
from segue.domain.ids import SessionId
from segue.domain.session import Session, State
from segue.engine.agents.agent_processes import Agents, Live
from segue.engine.merging.merges import Merges
from segue.engine.sessions.archives import Archives
from segue.engine.state.ledger import Ledger
from segue.engine.turns.turns import Turns
from segue.engine.undo.rollbacks import Rollbacks, finish_delete
from segue.engine.workspace.worktrees import Worktrees


@dataclass(frozen=True, slots=True)
class LooseEnds:
    """Whose work a daemon may have left in the middle."""

    worktrees: Worktrees
    merges: Merges
    archives: Archives
    rollbacks: Rollbacks


log = logging.getLogger(__name__)


class Recovery:
    """Runs once, before any client is answered."""

    def __init__(self, ledger: Ledger, agents: Agents, turns: Turns, loose_ends: LooseEnds) -> None:
        self._ledger = ledger
        self._agents = agents
        self._turns = turns
        self._loose_ends = loose_ends

    async def run(self, records: Mapping[SessionId, bytes]) -> None:
        for session in self._ledger.all_newest():
            try:
                await self._take_up(session, records.get(session.id))
            except (SegueError, OSError) as failed:
                log.exception("session %s could not be taken up", session.id)
                note = events.AgentNoted(
                    "recovery_failed", f"After the restart, not everything could be taken up. {failed}"
                )
                self._ledger.record(session.id, note)

    async def _take_up(self, session: Session, record: bytes | None) -> None:
        if session.pending_merge is not None:
            intent = await asyncio.to_thread(self._ledger.merge_intent, session)
            await self._loose_ends.merges.recover(session, intent)
        if session.pending_undo is not None:
            await self._loose_ends.merges.recover_undo(session)
        if session.is_deleted:
            await asyncio.to_thread(finish_delete, session)
        if session.archive is not None:
            await self._loose_ends.archives.remove_folder(session)
            return
        if not session.has_worktree:
            await self._loose_ends.worktrees.roll_back(session)
        if session.pending_rollback is not None:
            await self._loose_ends.rollbacks.recover(session)
        live = None
        if session.is_agent_alive:
            live = await self._agents.reattach(session, record) if record is not None else None
            if live is None:
                self._ledger.record(session.id, events.AgentEnded(session.generation))
        if live is not None:
            await self._answer_again(session, live)
            for request in session.permissions:
                self._agents.overdue.watch(session.id, request)
        if session.is_turn_running:
            if session.answer is not None or await self._was_prompted(session, record):
                self._turns.resume(session.id, live)
            else:
                self._turns.run_again(session.id)
        elif session.queue and session.state is not State.FAILED:
            self._turns.kick(session.id)

    async def _was_prompted(self, session: Session, record: bytes | None) -> bool:
        """Whether an agent got the running turn's prompt: the journal knows of it before the prompt leaves.

        An agent may also have ended in this turn before its prompt: it was just starting, or was found dead.
        """
        if record is None or not has_open_prompt(record):
            return False
        return session.is_agent_alive or await asyncio.to_thread(self._ledger.has_agent_ended, session)

    async def _answer_again(self, session: Session, live: Live) -> None:
        """Decisions that were journaled, and whose answers the agent may never have got."""
        undecided = {asked.request_id for asked in session.asks}
        lost = [request_id for request_id in live.connection.waiting if request_id not in undecided]
        if lost:
            decisions = await asyncio.to_thread(self._ledger.decisions, session)
            for request_id in lost:
                decision = decisions.get(request_id)
                if isinstance(decision, events.QuestionAnswered):
                    await live.connection.answer_question(decision)
                else:
                    await live.connection.answer(request_id, decision.option_id if decision is not None else None)
