"""Lets go of snapshots whose time is over. Knows how long they are kept and when the clock is not to be believed.

It runs once for each daemon, never takes the newest snapshot of a session that is not deleted, nor one that an archived
session needs. Objects in git go by git's own rules, once no ref holds them.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path

from segue.domain import events
from segue.domain.errors import SegueError
from segue.domain.session import Session
from segue.domain.undo import Action, ActionKind, expirable
from segue.engine.state.ledger import Ledger
from segue.engine.workspace.snapshots import Snapshots
from segue.git import ref_storage
from segue.places import Places

log = logging.getLogger(__name__)

DAY_MS = 24 * 60 * 60 * 1000
LEAP_DAYS = 14
"""When the clock has gone further than this since the journal's newest event, a run lets go of nothing: it may have
been set wrongly. What is really that old goes with the next run."""


class Expiry:
    def __init__(self, ledger: Ledger, places: Places, snapshots: Snapshots) -> None:
        self._ledger = ledger
        self._places = places
        self._snapshots = snapshots

    async def run(self, now_ms: int, newest_ms: int) -> int:
        """Let go of what is older than the setting says; returns how many entries. `newest_ms` is the last event's."""
        if not newest_ms or not 0 <= now_ms - newest_ms <= LEAP_DAYS * DAY_MS:
            if newest_ms:
                log.info("the clock stands at %s, the newest event at %s: no snapshot expires now", now_ms, newest_ms)
            return 0
        try:
            before_ms = now_ms - self._snapshots.settings().keep_days * DAY_MS
        except SegueError as unreadable:
            log.warning("no snapshot expires: %s", unreadable)
            return 0
        count = 0
        for session in self._ledger.all_newest():
            try:
                count += await self._let_go(session, before_ms)
            except (SegueError, OSError) as failed:
                log.warning("session %s: its snapshots stay: %s", session.id, failed)
        return count

    async def _let_go(self, session: Session, before_ms: int) -> int:
        if is_over(session, before_ms):
            gone = tuple(action for action in session.actions if not action.is_expired)
            await asyncio.to_thread(self._let_go_of_all, session)
        else:
            gone = tuple(action for action in expirable(session.actions, before_ms) if not _is_needed(session, action))
            refs = {kept.ref: kept.commit for action in gone for kept in action.kept}
            await asyncio.to_thread(ref_storage.let_go, Path(session.common_dir), refs)
        if gone:
            await self._ledger.acknowledge(session.id, events.SnapshotsExpired(tuple(action.number for action in gone)))
            log.info("session %s: snapshots of %d actions expired", session.id, len(gone))
        return len(gone)

    def _let_go_of_all(self, session: Session) -> None:
        if any(not action.is_expired for action in session.actions):
            ref_storage.let_go_of_session(Path(session.common_dir), session.id)
            shutil.rmtree(self._places.images(session.id), ignore_errors=True)
            for generation in range(1, session.generation + 1):
                shutil.rmtree(self._places.runner_directory(session.id, generation), ignore_errors=True)


def is_over(session: Session, before_ms: int) -> bool:
    """Whether a session was deleted so long ago that nothing of it is kept any more."""
    deletions = [action for action in session.actions if action.kind is ActionKind.DELETE]
    return session.is_deleted and bool(deletions) and deletions[-1].at_ms < before_ms


def _is_needed(session: Session, action: Action) -> bool:
    archived = session.archive.snapshot_ref if session.archive else None
    return action.number == session.pending_rollback or any(kept.ref == archived for kept in action.kept)
