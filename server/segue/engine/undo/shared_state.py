"""What changes around an agent while it works: recorded before a turn, compared and told after it, put back on request.

Knows when, and what is journaled; what belongs to it is `git.shared_state`'. Nothing is put back unasked.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from segue.domain import events
from segue.domain.errors import InputRefused, NotFound, SegueError
from segue.domain.ids import SessionId, undo_ref
from segue.domain.session import Session
from segue.domain.undo import Action, ActionKind, Kept
from segue.engine.state.ledger import Ledger
from segue.engine.workspace.snapshots import numbers
from segue.git import shared_state, shared_state_changes, shared_state_restore
from segue.git.shared_state import Surroundings
from segue.git.shared_state_changes import Disturbance

log = logging.getLogger(__name__)

BEFORE, AFTER = "around-before", "around-after"


class Watch:
    """Compares around each turn."""

    def __init__(self) -> None:
        self._newest: dict[SessionId, tuple[Surroundings, str]] = {}
        self._told: dict[tuple[str, str], int] = {}
        """When something was told of a repository, so that sessions that work side by side tell it once."""

    async def begin(self, session: Session) -> str:
        """Record how everything stands before a turn; the commit, empty where that failed."""
        try:
            return await asyncio.to_thread(self._keep, session)
        except (SegueError, OSError) as failed:
            log.warning("session %s: what is around it could not be recorded: %s", session.id, failed)
            return ""

    def _keep(self, session: Session) -> str:
        common_dir = Path(session.common_dir)
        found = shared_state.look(common_dir)
        known = self._newest.get(session.id)
        if known is None or known[0] != found:
            known = found, shared_state.keep(common_dir, found, f"refs/segue/{session.id}/around")
            self._newest[session.id] = known
        return known[1]

    async def end(self, session: Session) -> tuple[events.AnyEvent, ...]:
        """What changed in the newest turn, as an entry of the undo log and in words; nothing where nothing did."""
        turn = session.turns[-1]
        if not turn.around:
            return ()
        try:
            return await asyncio.to_thread(self._compared, session, turn.around, turn.started_ms)
        except (SegueError, OSError, ValueError) as failed:
            log.warning("session %s: what is around it could not be compared: %s", session.id, failed)
            return ()

    def _compared(self, session: Session, known: str, began_ms: int) -> tuple[events.AnyEvent, ...]:
        common_dir = Path(session.common_dir)
        newest, commit = self._newest.get(session.id, (None, ""))
        before = newest if commit == known else shared_state.load(common_dir, known)
        if before is None:
            return ()
        found = shared_state_changes.compare(common_dir, before, shared_state.look(common_dir), began_ms // 1000)
        if found is None or self._is_told(session, found, began_ms):
            return ()
        number, _ = numbers(session)
        kept = self._kept(session, number, found, known)
        text = (
            f"While the agent worked, something changed outside its worktree: {found.told}. "
            "Nothing is lost: how it was before is kept. "
            f"To put it back, use Undo Last Action… or `segue undo {session.id} {number}`."
        )
        taken = events.SnapshotTaken(number, ActionKind.AROUND, kept, turn=session.turns[-1].number)
        return taken, events.AgentNoted("surroundings", text)

    def _is_told(self, session: Session, found: Disturbance, began_ms: int) -> bool:
        keys = [(session.common_dir, sentence) for sentence in found.sentences]
        is_told = all(self._told.get(key, 0) > began_ms for key in keys)
        self._told |= dict.fromkeys(keys, session.updated_ms)
        return is_told

    def _kept(self, session: Session, number: int, found: Disturbance, baseline: str) -> tuple[Kept, ...]:
        common_dir = Path(session.common_dir)
        refs = [undo_ref(session.id, number, what) for what in (BEFORE, AFTER)]
        commits = [
            shared_state.keep(common_dir, side, ref, (baseline,))
            for side, ref in zip((found.before, found.after), refs, strict=True)
        ]
        return Kept(BEFORE, refs[0], commits[0]), Kept(AFTER, refs[1], commits[1])


async def put_back(ledger: Ledger, session_id: SessionId, action: Action) -> Session:
    """Put an entry of the undo log back, beside no turn; raises InputRefused where nothing of it is as it was told."""
    session = ledger.get(session_id)
    common_dir = Path(session.common_dir)
    commits = [kept.commit for what in (BEFORE, AFTER) if (kept := action.snapshot(what)) is not None]
    sides = [await asyncio.to_thread(shared_state.load, common_dir, commit) for commit in commits]
    if len(sides) < 2 or sides[0] is None or sides[1] is None:
        raise NotFound("snapshot_gone", "The snapshot from before that is gone.")
    now = await asyncio.to_thread(shared_state.look, common_dir)
    number, _ = await asyncio.to_thread(numbers, session)
    ref = undo_ref(session.id, number, BEFORE)
    commit = await asyncio.to_thread(shared_state.keep, common_dir, now, ref)
    taken = events.SnapshotTaken(number, ActionKind.AROUND, (Kept(BEFORE, ref, commit),), undoes=action.number)
    await ledger.acknowledge(session_id, taken)
    left = await asyncio.to_thread(shared_state_restore.put_back, common_dir, sides[0], sides[1])
    if left and len(left) >= _count(sides[0], sides[1]):
        raise InputRefused(
            "changed_since",
            f"Nothing was put back: {', '.join(left[:5])} changed again since, or cannot be written.",
            action="How it was before stays kept in the undo log.",
        )
    said = f" These changed again since and stay: {', '.join(left[:8])}." if left else ""
    note = events.AgentNoted("surroundings", f"What had changed outside the worktree was put back.{said}")
    return await ledger.acknowledge(session_id, events.SurroundingsPutBack(number, action.number), note)


def _count(before: Surroundings, after: Surroundings) -> int:
    """How many things an entry is about."""
    named = [({*before.refs, *after.refs}), ({*before.heads, *after.heads}), ({*before.files, *after.files})]
    return sum(map(len, named)) + len(before.stash)
