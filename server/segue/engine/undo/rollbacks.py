"""Takes back what was done, and rolls sessions back. Knows the order: snapshot, journal, change, journal.

Rolling back and undoing it are one operation on different trees, each with a snapshot of its own; so a redo is the
undo of an undo, and nothing that stood in the worktree is ever without a ref.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from segue.domain import events
from segue.domain.errors import InputRefused, NotFound, SegueError
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.domain.undo import Action, ActionKind, find
from segue.domain.verbs import Verb, require
from segue.engine.merging.merges import Merges
from segue.engine.sessions.archives import Archives
from segue.engine.state.ledger import Ledger
from segue.engine.turns.turns import Turns
from segue.engine.undo.shared_state import put_back
from segue.engine.workspace.snapshots import Snapshots, Wanted
from segue.engine.workspace.worktrees import Worktrees, measure
from segue.git import ref_storage, rollback, worktrees
from segue.git.refs import objects, tree_of
from segue.git.rollback import Target

SIDES = ("before", "after")


class Rollbacks:
    """Brings a session's files back: to a checkpoint, or to how they were before an action."""

    def __init__(self, ledger: Ledger, turns: Turns, checkouts: Worktrees, snapshots: Snapshots) -> None:
        self._ledger = ledger
        self._turns = turns
        self._worktrees = checkouts
        self._snapshots = snapshots

    async def to_checkpoint(self, session_id: SessionId, turn: int, side: str) -> Session:
        """Make the files those of a turn's checkpoint; raises InputRefused, NotFound or WorktreeUnusable."""
        return await self._turns.act(
            Verb.ROLLBACK, session_id, lambda session: self._to_checkpoint(session.id, turn, side)
        )

    async def to_snapshot(self, session_id: SessionId, undoes: int) -> Session:
        """Make the files those from before an action; what stands there now is kept in turn."""
        return await self._turns.act(Verb.ROLLBACK, session_id, lambda session: self._to_snapshot(session.id, undoes))

    async def recover(self, session: Session) -> None:
        """Go on with what a kill cut short, after another snapshot: somebody may have worked there since."""
        pending = find(session.actions, session.pending_rollback or 0)
        if pending is None:
            return
        if pending.undoes:
            await self._to_snapshot(session.id, pending.undoes, resumes=pending.number)
        else:
            await self._to_checkpoint(session.id, pending.turn, pending.side, resumes=pending.number)

    async def _to_checkpoint(self, session_id: SessionId, turn: int, side: str, resumes: int = 0) -> Session:
        session = self._ledger.get(session_id)
        found = next((each for each in session.turns if each.number == turn), None)
        checkpoint = found and side in SIDES and (found.before if side == "before" else found.after)
        if not checkpoint:
            message = f"“{session.title}” has no checkpoint {side} turn {turn}."
            raise NotFound("no_checkpoint", message, action=f"`segue turns {session.id}` lists its turns.")
        wanted = Wanted(ActionKind.ROLLBACK, checkpoint.tree, turn, side, resumes=resumes)
        return await self._bring_back(session, wanted, Target(checkpoint.tree))

    async def _to_snapshot(self, session_id: SessionId, undoes: int, resumes: int = 0) -> Session:
        session = self._ledger.get(session_id)
        action = find(session.actions, undoes)
        kept = action.snapshot("worktree") if action else None
        if kept is None:
            raise NotFound("snapshot_gone", "The snapshot from before that action is gone.")
        tree = await asyncio.to_thread(lambda: tree_of(objects(Path(session.common_dir)), kept.commit))
        wanted = Wanted(ActionKind.UNDO, tree, undoes=undoes, resumes=resumes)
        return await self._bring_back(session, wanted, Target(tree, kept.commit))

    async def _bring_back(self, session: Session, wanted: Wanted, target: Target) -> Session:
        self._ledger.require_writable()
        taken = await self._snapshots.before_files_change(session, wanted)
        await self._ledger.acknowledge(session.id, taken)
        try:
            opened = await asyncio.to_thread(self._worktrees.open, session)
            await asyncio.to_thread(rollback.bring_back, opened, target, taken.kept[0].commit)
        except (SegueError, OSError) as failed:
            await self._ledger.acknowledge(session.id, events.RollbackAbandoned(taken.number, str(failed)))
            raise
        done = events.RolledBack(taken.number, taken.turn, taken.side, taken.undoes)
        measured = await measure(session, target.tree)
        session = await self._ledger.acknowledge(session.id, done, measured)
        self._ledger.save_snapshot(session.id)
        return session


class Undo:
    """The undo log of every session."""

    def __init__(self, ledger: Ledger, rollbacks: Rollbacks, archives: Archives, merges: Merges, turns: Turns) -> None:
        self._ledger = ledger
        self._turns = turns
        self._rollbacks = rollbacks
        self._archives = archives
        self._merges = merges

    def choose(self, session: Session, number: int | None) -> Action:
        """The action that is meant, the newest without a number; raises NotFound or InputRefused."""
        require(Verb.BACK, session)
        action = session.next_undo if number is None else find(session.actions, number)
        if action is None:
            message = f"“{session.title}” has nothing that could be undone."
            raise NotFound("nothing_to_undo", message, action=f"See `segue undo --list {session.id}`.")
        if not session.can_undo(action):
            action_text = f"Its snapshot can be written out: segue undo {session.id} {action.number} --to DIR"
            raise InputRefused(
                "not_undoable",
                f"Action {action.number} of “{session.title}” cannot be undone as things stand.",
                action="Its snapshots have expired." if action.is_expired else action_text,
            )
        return action

    async def apply(self, session_id: SessionId, action: Action) -> Session:
        """Take one action back, as it was chosen."""
        match action.kind:
            case ActionKind.ARCHIVE:
                return await self._archives.restore(session_id)
            case ActionKind.DELETE:
                return await self._turns.act(Verb.BACK, session_id, lambda session: self._undelete(session, action))
            case ActionKind.MERGE:
                return await self._merges.undo(session_id)
            case ActionKind.AROUND:
                return await self._turns.act(
                    Verb.BACK, session_id, lambda session: put_back(self._ledger, session.id, action)
                )
            case _:
                return await self._rollbacks.to_snapshot(session_id, action.number)

    async def export(self, session_id: SessionId, number: int, folder: Path) -> int:
        """Write a snapshot's files into a new folder; returns how many. Changes nothing else."""
        session = self._ledger.get(session_id)
        action = find(session.actions, number)
        kept = (action.snapshot("worktree") or action.snapshot("checkout")) if action else None
        if kept is None:
            raise NotFound("no_snapshot", f"Action {number} of “{session.title}” has no snapshot of files.")
        return await asyncio.to_thread(ref_storage.write_out, Path(session.common_dir), kept.commit, folder)

    async def _undelete(self, session: Session, action: Action) -> Session:
        """Bring a deleted session back into the lists, archived as it was."""
        if not session.is_deleted:  # by somebody else meanwhile
            return session
        kept = action.snapshot("branch")
        if kept is not None:
            await asyncio.to_thread(worktrees.make_branch, Path(session.common_dir), session.id, kept.commit)
        return await self._ledger.acknowledge(session.id, events.SessionUndeleted())


async def delete(ledger: Ledger, turns: Turns, snapshots: Snapshots, session_id: SessionId) -> Session:
    """Take an archived session out of every list and its branch away; its refs stay until they expire (D29)."""
    return await turns.act(Verb.DELETE, session_id, lambda session: _deleted(ledger, snapshots, session))


async def _deleted(ledger: Ledger, snapshots: Snapshots, session: Session) -> Session:
    if session.is_deleted:
        return session
    taken = await snapshots.before_delete(session)
    session = await ledger.acknowledge(session.id, taken, events.SessionDeleted())
    ledger.save_snapshot(session.id)
    await asyncio.to_thread(finish_delete, session)
    return session


def finish_delete(session: Session) -> None:
    """Drop a deleted session's branch where it still stands as it was kept; blocking, may be repeated."""
    action = next((each for each in reversed(session.actions) if each.kind is ActionKind.DELETE), None)
    kept = action.snapshot("branch") if action and not action.is_expired else None
    common_dir = Path(session.common_dir)
    if kept is not None and ref_storage.branch_tip(common_dir, session.id) == kept.commit:
        worktrees.delete_branch(common_dir, session.id, kept.commit)
