"""Worktrees and checkpoints of sessions, off the event loop. Knows git's layer and paths; no agent and no turn."""

from __future__ import annotations

import asyncio
from pathlib import Path

from segue.domain import events as e
from segue.domain.errors import SegueError
from segue.domain.session import Session
from segue.engine.ledger import Ledger
from segue.git import checkpoints, diff, repository, worktrees
from segue.git.checkpoints import Checkpoint
from segue.git.worktrees import Worktree


class Worktrees:
    """One worktree per session, for life."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._locks: dict[str, asyncio.Lock] = {}
        """One for each repository: git's own commands stumble over a worktree that is half made."""

    async def create(self, session: Session) -> None:
        """Make the session's worktree; a failure becomes the session's, with everything as it was before."""
        try:
            async with self._locks.setdefault(session.common_dir, asyncio.Lock()):
                await asyncio.to_thread(_create, session)
        except SegueError as failed:
            event: e.AnyEvent = e.SessionFailed(failed.reason, failed.message, failed.action)
        except OSError as failed:
            message = f"The worktree could not be made at {session.worktree}: {failed.strerror}."
            event = e.SessionFailed(
                "worktree_failed", message, "Make room or fix the folder, then send the prompt again."
            )
        else:
            event = e.WorktreeReady()
        await self._ledger.acknowledge(session.id, event)

    async def roll_back(self, session: Session) -> None:
        """Undo a `create` that a kill cut short, so that it can begin anew; no agent has seen the folder yet."""
        await asyncio.to_thread(
            worktrees.roll_back, Path(session.common_dir), session.id, session.base_commit, Path(session.worktree)
        )

    def open(self, session: Session) -> Worktree:
        """The session's worktree, checked to be what Segue made; blocking; raises WorktreeUnusable."""
        return worktrees.open_worktree(session.id, Path(session.worktree), Path(session.common_dir))

    async def capture(self, session: Session, ref: str, message: str) -> Checkpoint:
        """Keep the worktree as it is now under `ref`; raises WorktreeUnusable or GitFailed."""
        return await asyncio.to_thread(lambda: checkpoints.capture(self.open(session), ref, message))


async def measure(session: Session, commit: str) -> e.StatMeasured:
    """What `commit` changes against the point that the session's work is measured from."""
    return await asyncio.to_thread(lambda: e.StatMeasured(diff.stat(Path(session.common_dir), session.since, commit)))


def _create(session: Session) -> None:
    facts = repository.inspect(Path(session.repository))
    if session.accepted:  # it begins with the person's work, unsaved text too
        worktrees.restore(facts, session.id, session.accepted, Path(session.worktree))
    else:
        worktrees.create(facts, session.id, session.base_commit, Path(session.worktree))
