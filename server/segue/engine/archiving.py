"""Discards a session without losing a byte, and brings it back. Knows the order: end, snapshot, journal, remove."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from segue.domain import events as e
from segue.domain.errors import InputRefused, SegueError
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.engine.agents import Agents
from segue.engine.ledger import Ledger
from segue.engine.snapshots import Snapshots
from segue.engine.turns import Turns
from segue.engine.worktrees import Worktrees
from segue.git import repository, worktrees

log = logging.getLogger(__name__)


class Archives:
    """Archive and restore. If the snapshot fails, nothing is removed."""

    def __init__(self, ledger: Ledger, agents: Agents, turns: Turns, files: tuple[Snapshots, Worktrees]) -> None:
        self._ledger = ledger
        self._agents = agents
        self._turns = turns
        self._snapshots, self._worktrees = files

    async def archive(self, session_id: SessionId) -> Session:
        """Stop the turn, end the agent, snapshot everything, remove the worktree."""
        self._ledger.require_writable()
        session = self._ledger.get(session_id)
        if session.archive is not None:
            return session
        await self._turns.stop(session_id)
        return await self._turns.apart(session_id, lambda: self._archive(session_id))

    async def _archive(self, session_id: SessionId) -> Session:
        await self._agents.end(session_id)
        await self._worktrees.work(self._ledger.get(session_id))  # the snapshot has more than that
        taken = await self._snapshots.before_archive(self._ledger.get(session_id))
        (kept,) = taken.kept
        session = await self._ledger.acknowledge(session_id, taken, e.SessionArchived(kept.commit, kept.ref))
        self._ledger.save_snapshot(session_id)
        await self.remove_folder(session)
        return session

    async def restore(self, session_id: SessionId) -> Session:
        """Make the worktree again with every file of the snapshot."""
        self._ledger.require_writable()
        return await self._turns.apart(session_id, lambda: self._restored(session_id))

    async def _restored(self, session_id: SessionId) -> Session:
        session = self._ledger.get(session_id)
        if session.archive is None:
            raise InputRefused("not_archived", f"“{session.title}” is not archived.")
        if session.is_deleted:
            action = f"Undo that first: segue undo {session_id}"
            raise InputRefused("session_deleted", f"“{session.title}” was deleted.", action=action)
        snapshot = session.archive.snapshot
        await asyncio.to_thread(_restore, session, snapshot)
        session = await self._ledger.acknowledge(session_id, e.SessionRestored())
        await self._worktrees.work(session)
        self._ledger.save_snapshot(session_id)
        return self._ledger.get(session_id)

    async def remove_folder(self, session: Session) -> None:
        """Remove an archived session's folder; one that resists is logged and tried again at the next start."""
        try:
            await asyncio.to_thread(_remove, session)
        except (SegueError, OSError) as failed:
            log.warning("session %s: its worktree %s could not be removed: %s", session.id, session.worktree, failed)


def _restore(session: Session, snapshot: str) -> None:
    facts = repository.inspect(Path(session.repository))
    worktrees.restore(facts, session.id, snapshot, Path(session.worktree))


def _remove(session: Session) -> None:
    path = Path(session.worktree)
    if path.exists():
        worktrees.remove(worktrees.open_worktree(session.id, path, Path(session.common_dir)))
