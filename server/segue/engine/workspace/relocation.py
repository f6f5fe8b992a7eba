"""Follows a repository whose folder was moved or renamed. Knows sessions and folders; runs no git itself.

Only requests that need the repository look for it. A request from the new folder is enough for Segue to find it there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from segue.domain import events
from segue.domain.errors import SegueError
from segue.domain.session import Session
from segue.engine.state.ledger import Ledger
from segue.git import relocation
from segue.git.relocation import Home
from segue.git.repository import common_dir_of
from segue.git.worktrees import open_worktree


class Relocation:
    """Where the repositories of sessions are."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def follow(self, session: Session, folders: Iterable[Path], *, begins_a_turn: bool) -> bool:
        """Whether a session's repository is where it was, or was found by one of these folders and journaled.

        A turn also needs the session's own folder: raises WorktreeUnusable. Does not wait where all is as it was, so
        that requests keep their order.
        """
        home = _home(session)
        if session.has_worktree and session.archive is None and relocation.is_plainly_there(home):
            return True
        if not session.has_worktree and session.archive is None and home.common_dir.is_dir():
            return True  # it is being made
        if not await self._find(session, home, folders):
            return False
        if begins_a_turn and session.has_worktree and session.archive is None:
            home = _home(self._ledger.get(session.id))
            await asyncio.to_thread(open_worktree, home.session_id, home.worktree, home.common_dir)
        return True

    async def of_repository(self, sessions: tuple[Session, ...], folder: Path) -> tuple[Session, ...]:
        """Those of the repository that holds a folder; raises RepositoryUnusable where there is none."""
        common_dir = str(await asyncio.to_thread(common_dir_of, folder))
        for session in sessions:
            if session.common_dir != common_dir and (session.has_worktree or session.archive is not None):
                await self._find(session, _home(session), [folder])
        newest = (self._ledger.get(session.id) for session in sessions)
        return tuple(session for session in newest if session.common_dir == common_dir)

    async def _find(self, session: Session, home: Home, folders: Iterable[Path]) -> bool:
        """Whether it is where the journal says, or was found at its new place and journaled."""
        if relocation.is_plainly_there(home):
            return True
        # What is linked has its record, its buffers and its checkout at the old path.
        found = None if session.linked_to else await asyncio.to_thread(relocation.find, home, folders)
        if found is None:
            return await asyncio.to_thread(relocation.is_there, home)
        await asyncio.to_thread(relocation.lead_back, home, found)
        event = events.RepositoryMoved(str(found.repository), str(found.common_dir))
        await self._ledger.acknowledge(session.id, event)
        return True


def moved(session: Session) -> SegueError:
    """What is raised where a session's repository is needed and was not found."""
    return relocation.moved(_home(session), session.linked_to)


def _home(session: Session) -> Home:
    return Home(
        session.id,
        Path(session.repository),
        Path(session.common_dir),
        Path(session.worktree),
        session.base_commit,
    )
