"""Snapshots before anything destructive. Knows what has to be kept and how it is named; does nothing destructive.

Each returns the event that has to be durable before the action begins. If one raises, the action must not happen.
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from segue.domain import events
from segue.domain.errors import GitFailed, InputRefused, WorktreeUnusable
from segue.domain.ids import archive_ref, undo_ref, visible
from segue.domain.session import Session
from segue.domain.undo import ActionKind, Kept, find
from segue.engine.state import settings
from segue.engine.workspace.worktrees import Worktrees
from segue.git import archive, merges, ref_storage
from segue.git.trees import Precious
from segue.places import Places

log = logging.getLogger(__name__)

NO_SNAPSHOT = frozenset({"worktree_missing", "worktree_tampered", "filter_failed"})
"""Why a folder cannot be recorded now: its session is archived from the last checkpoint, and the folder is kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Files that are to be brought back: from a turn's checkpoint, or from the snapshot of action `undoes`."""

    kind: ActionKind
    tree: str
    turn: int = 0
    side: str = ""
    undoes: int = 0
    resumes: int = 0
    """Number of the pending action that this goes on with."""


class Snapshots:
    """Takes them; off the event loop."""

    def __init__(self, places: Places, checkouts: Worktrees) -> None:
        self._places = places
        self._worktrees = checkouts

    def settings(self) -> settings.SnapshotSettings:
        """As they are now; raises InputRefused("bad_settings")."""
        return settings.read(self._places.settings)

    async def before_archive(self, session: Session) -> tuple[events.SnapshotTaken, events.SessionArchived]:
        """The whole worktree; where that is gone or cannot be recorded, the last checkpoint is all there is."""
        number, free = await asyncio.to_thread(numbers, session)
        ref = archive_ref(session.id, max(session.archives + 1, free))
        archived = await asyncio.to_thread(self._archived, session, ref)
        kept = Kept("worktree", ref, archived.snapshot, session.worktree)
        return events.SnapshotTaken(number, ActionKind.ARCHIVE, (kept,)), archived

    async def before_files_change(self, session: Session, wanted: Wanted) -> events.SnapshotTaken:
        """The worktree as it is now, before a tree is brought into it; for a pending action once more."""
        number, _ = await asyncio.to_thread(numbers, session)
        number = wanted.resumes or number
        known = find(session.actions, number)
        what = "worktree" if known is None else f"worktree-{len(known.kept) + 1}"
        ref = undo_ref(session.id, number, what)
        commit = await asyncio.to_thread(self._worktree, session, ref, wanted.tree)
        kept = (Kept(what, ref, commit, session.worktree),)
        return events.SnapshotTaken(number, wanted.kind, kept, wanted.turn, wanted.side, wanted.undoes)

    async def before_merge(self, session: Session, kind: ActionKind, base_ref: str, merge: int) -> events.SnapshotTaken:
        """The user's checkout whose files the merge, or its undo, changes."""
        number, _ = await asyncio.to_thread(numbers, session)
        kept = await asyncio.to_thread(self._checkout, session, undo_ref(session.id, number, "checkout"), base_ref)
        return events.SnapshotTaken(number, kind, kept, merge=merge)

    async def before_delete(self, session: Session) -> events.SnapshotTaken:
        """The branch: the worktree's snapshot stands since it was archived."""
        number, _ = await asyncio.to_thread(numbers, session)
        ref = undo_ref(session.id, number, "branch")
        tip = await asyncio.to_thread(_keep_branch, session, ref)
        return events.SnapshotTaken(number, ActionKind.DELETE, (Kept("branch", ref, tip),) if tip is not None else ())

    def _worktree(self, session: Session, ref: str, tree: str | None = None) -> str:
        precious = Precious(self._precious(), tree)
        return archive.capture(self._worktrees.open(session), ref, f"Snapshot of {session.title}", precious).commit

    def _checkout(self, session: Session, ref: str, base_ref: str) -> tuple[Kept, ...]:
        checkout = merges.checkout_of(Path(session.repository), base_ref)
        if checkout is None:
            return ()
        message = f"Checkout before a merge of {session.title}"
        taken = archive.capture_checkout(checkout, ref, message, Precious(self._precious()))
        return (Kept("checkout", ref, taken.commit, str(checkout.path)),)

    def _archived(self, session: Session, ref: str) -> events.SessionArchived:
        if not session.has_worktree:
            return events.SessionArchived(session.base_commit, ref)
        if not Path(session.common_dir).is_dir():
            action = "Restore the session once the repository is back."
            away = f"The repository is not at {visible(session.common_dir)}, so no snapshot could be taken."
            return _from_checkpoint(session, ref, away, action)
        try:
            return events.SessionArchived(self._worktree(session, ref), ref)
        except (WorktreeUnusable, GitFailed) as failed:
            if failed.reason not in NO_SNAPSHOT:
                raise
            return _from_checkpoint(session, ref, failed.message, "Restoring the session takes it up again.")

    def _precious(self) -> tuple[str, ...]:
        try:
            return self.settings().precious
        except InputRefused as refused:
            log.warning("%s", refused)
            return Precious().names


def _from_checkpoint(session: Session, ref: str, why: str, action: str) -> events.SessionArchived:
    """What is left where the folder cannot be recorded: it stays, where there is one."""
    taken = [turn.after or turn.before for turn in session.turns]
    commits = [*(checkpoint.commit for checkpoint in reversed(taken) if checkpoint), session.base_commit]
    commit = ref_storage.keep_first(Path(session.common_dir), ref, commits)
    if not os.path.lexists(session.worktree):
        return events.SessionArchived(commit, ref)
    kept = f"{why} The folder {visible(session.worktree)} stays as it is. {action}"
    return events.SessionArchived(commit, ref, kept, is_whole=True)


def numbers(session: Session) -> tuple[int, int]:
    """Free numbers for an action and an archive: a ref that the journal does not know may be all that leads back."""
    common_dir, folder = Path(session.common_dir), f"refs/segue/{session.id}"
    newest = max((action.number for action in session.actions), default=0)
    if not common_dir.is_dir():  # the repository is gone, and every ref with it
        return newest + 1, session.archives + 1
    action = max(newest, ref_storage.newest_number(common_dir, f"{folder}/undo/"))
    return action + 1, ref_storage.newest_number(common_dir, f"{folder}/archive/") + 1


def _keep_branch(session: Session, ref: str) -> str | None:
    """Hold the tip of a session's branch under a ref; None where branch or repository are gone."""
    common_dir = Path(session.common_dir)
    tip = ref_storage.branch_tip(common_dir, session.id) if common_dir.is_dir() else None
    if tip is not None:
        ref_storage.keep(common_dir, ref, tip)
    return tip
