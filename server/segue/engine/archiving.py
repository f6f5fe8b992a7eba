"""Discards a session without losing a byte, and brings it back. Knows the order: end, snapshot, journal, remove."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from segue.domain import events as e
from segue.domain.errors import InputRefused, SegueError, WorktreeUnusable
from segue.domain.ids import SessionId, archive_ref
from segue.domain.session import Session
from segue.engine.agents import Agents
from segue.engine.ledger import Ledger
from segue.engine.turns import Turns
from segue.engine.worktrees import Worktrees
from segue.git import archive, repository, worktrees

log = logging.getLogger(__name__)

PRECIOUS = (".env*",)
"""Ignored files that are kept in a snapshot all the same (D29)."""


class Archives:
    """Archive and restore. If the snapshot fails, nothing is removed."""

    def __init__(self, ledger: Ledger, agents: Agents, turns: Turns, checkouts: Worktrees) -> None:
        self._ledger = ledger
        self._agents = agents
        self._turns = turns
        self._worktrees = checkouts

    async def archive(self, session_id: SessionId) -> Session:
        """Stop the turn, end the agent, snapshot everything, remove the worktree."""
        self._ledger.require_writable()
        session = self._ledger.get(session_id)
        if session.archive is not None:
            return session
        await self._turns.stop(session_id)
        await self._agents.end(session_id)
        session = self._ledger.get(session_id)
        ref = archive_ref(session_id, session.archives + 1)
        snapshot = await self._snapshot(session, ref) if session.has_worktree else session.base_commit
        session = await self._ledger.acknowledge(session_id, e.SessionArchived(snapshot, ref))
        self._ledger.save_snapshot(session_id)
        await self.remove_folder(session)
        return session

    async def restore(self, session_id: SessionId) -> Session:
        """Make the worktree again with every file of the snapshot."""
        self._ledger.require_writable()
        session = self._ledger.get(session_id)
        if session.archive is None:
            raise InputRefused("not_archived", f"“{session.title}” is not archived.")
        snapshot = session.archive.snapshot
        await asyncio.to_thread(_restore, session, snapshot)
        session = await self._ledger.acknowledge(session_id, e.SessionRestored())
        measured = await self._worktrees.measure(session, snapshot)
        session = await self._ledger.acknowledge(session_id, measured)
        self._ledger.save_snapshot(session_id)
        return session

    async def remove_folder(self, session: Session) -> None:
        """Remove an archived session's folder; one that resists is logged and tried again at the next start."""
        try:
            await asyncio.to_thread(_remove, session)
        except (SegueError, OSError) as failed:
            log.warning("session %s: its worktree %s could not be removed: %s", session.id, session.worktree, failed)

    async def _snapshot(self, session: Session, ref: str) -> str:
        try:
            taken = await asyncio.to_thread(
                lambda: archive.capture(self._worktrees.open(session), ref, f"Archive of {session.title}", PRECIOUS)
            )
        except WorktreeUnusable as unusable:
            if unusable.reason != "worktree_missing":
                raise
            # Somebody removed the folder; the last checkpoint is all there is.
            kept = [turn.after or turn.before for turn in session.turns if turn.after or turn.before]
            return kept[-1].commit if kept and kept[-1] else session.base_commit
        return taken.commit


def _restore(session: Session, snapshot: str) -> None:
    facts = repository.inspect(Path(session.repository))
    worktrees.restore(facts, session.id, snapshot, Path(session.worktree))


def _remove(session: Session) -> None:
    path = Path(session.worktree)
    if path.exists():
        worktrees.remove(worktrees.open_worktree(session.id, path, Path(session.common_dir)))
