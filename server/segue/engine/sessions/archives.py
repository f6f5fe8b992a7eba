"""Archives a session without losing a byte, and brings it back. Knows the order: end, snapshot, journal, remove."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from segue.domain import events
from segue.domain.errors import SegueError
from segue.domain.ids import SessionId, named, visible
from segue.domain.session import Archive, Session
from segue.domain.verbs import Verb
from segue.engine.agents.agent_processes import Agents
from segue.engine.state.ledger import Ledger
from segue.engine.turns.turns import Turns
from segue.engine.workspace.snapshots import Snapshots
from segue.engine.workspace.worktrees import Worktrees
from segue.git import adoption, repository, worktrees

log = logging.getLogger(__name__)


class Archives:
    """Archive and restore. If the snapshot fails, nothing is removed."""

    def __init__(
        self, ledger: Ledger, agents: Agents, turns: Turns, snapshots: Snapshots, worktrees: Worktrees
    ) -> None:
        self._ledger = ledger
        self._agents = agents
        self._turns = turns
        self._snapshots = snapshots
        self._worktrees = worktrees

    async def archive(self, session_id: SessionId) -> Session:
        """Stop the turn, end the agent, snapshot everything, remove the worktree."""
        self._ledger.require_writable()
        session = self._ledger.get(session_id)
        if session.archive is not None:
            return session
        await self._turns.stop(session_id)
        return await self._turns.act(Verb.DISCARD, session_id, self._archive)

    async def _archive(self, session: Session) -> Session:
        if session.archive is not None:  # by somebody else meanwhile
            return session
        session_id = session.id
        await self._agents.end(session_id)
        await self._worktrees.work(self._ledger.get(session_id))  # the snapshot has more than that
        taken, archived = await self._snapshots.before_archive(self._ledger.get(session_id))
        session = await self._ledger.acknowledge(session_id, taken, archived)
        kept = await self.remove_folder(session)
        if kept and not archived.is_whole:
            repeated = events.SessionArchived(archived.snapshot, archived.snapshot_ref, kept)
            session = await self._ledger.acknowledge(session_id, repeated)
        self._ledger.save_snapshot(session_id)
        return session

    async def restore(self, session_id: SessionId) -> Session:
        """Make the worktree again with every file of the snapshot."""
        return await self._turns.act(Verb.RESTORE, session_id, self._restored)

    async def _restored(self, session: Session) -> Session:
        assert session.archive is not None
        await asyncio.to_thread(_restore, session, session.archive)
        session = await self._ledger.acknowledge(session.id, events.SessionRestored())
        await self._worktrees.work(session)
        self._ledger.save_snapshot(session.id)
        return self._ledger.get(session.id)

    async def remove_folder(self, session: Session) -> str:
        """Remove an archived session's folder; returns what stays of it, in words, for the next start to try again."""
        if session.archive is not None and session.archive.is_whole:
            return session.archive.folder_kept
        try:
            kept = await asyncio.to_thread(_remove, session)
        except (SegueError, OSError) as failed:
            why = failed.message if isinstance(failed, SegueError) else str(failed.strerror)
            kept = f"The folder {visible(session.worktree)} could not be removed: {why}"
        if kept:
            log.warning("session %s: %s", session.id, kept)
        return kept


def _restore(session: Session, archived: Archive) -> None:
    facts, path = repository.locate(Path(session.repository)), Path(session.worktree)
    if not os.path.lexists(path):
        worktrees.restore(facts, session.id, archived.snapshot, path)
    elif archived.is_whole:
        adoption.adopt(facts, session.id, archived.snapshot, path)
    else:
        adoption.complete(facts, session.id, archived.snapshot, path)


def _remove(session: Session) -> str:
    path = Path(session.worktree)
    if not path.exists():
        return ""
    stays = worktrees.remove(worktrees.open_worktree(session.id, path, Path(session.common_dir)))
    why = "Segue could not read or could not delete these files, so they are still in the folder"
    return f"{why} {visible(session.worktree)}: {named(stays)}." if stays else ""
