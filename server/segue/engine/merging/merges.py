"""Brings a session's work to a base branch: planned, intended, done. Knows the order and what is journaled when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from segue.domain import events
from segue.domain.errors import InputRefused, MergeRefused, SegueError, StaleDecision
from segue.domain.ids import SessionId, visible
from segue.domain.session import Merge, Session
from segue.domain.undo import ActionKind
from segue.domain.verbs import Verb, require
from segue.engine.state.ledger import Ledger
from segue.engine.turns.turns import Turns
from segue.engine.workspace.snapshots import Snapshots
from segue.engine.workspace.worktrees import Worktrees
from segue.git import diff, merges, pairing
from segue.git.checkpoints import Checkpoint
from segue.git.merges import Merged, MergePlan, MergeRequest, Strategy
from segue.git.uncommitted_lines import Unfinished


@dataclass(frozen=True, slots=True)
class SessionMerge:
    """Which session's work is merged, and how."""

    session_id: SessionId
    base: str | None = None
    """The branch to merge into; None for the one that the session started from."""
    strategy: Strategy = Strategy.MERGE
    unfinished: Unfinished = Unfinished.ASK
    confirmed: frozenset[str] = frozenset()
    """Reasons of obstacles that the user confirmed."""
    message: str = ""
    """Without trailers, which are added; the suggested one where it is empty."""
    first_message: str = ""
    """Of the commit in the user's name, where the plan has one; the suggested one where it is empty."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a plan was made of; a merge is refused where one of them changed since."""

    base_commit: str
    result: str
    """The tree of the session's work."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the checkpoint that it would bring over."""

    plan: MergePlan
    result: Checkpoint

    @property
    def shown(self) -> Shown:
        return Shown(self.plan.base_before, self.result.tree)


class Merges:
    """One merge at a time per repository, so that a plan and its effect see the same base."""

    def __init__(
        self,
        ledger: Ledger,
        turns: Turns,
        worktrees: Worktrees,
        snapshots: Snapshots,
        unsaved: Callable[[], Mapping[Path, str]],
    ) -> None:
        """`unsaved` tells the texts in editors that may not be in their files."""
        self._ledger = ledger
        self._turns = turns
        self._worktrees = worktrees
        self._snapshots = snapshots
        self._locks: dict[str, asyncio.Lock] = {}
        self._unsaved = unsaved

    async def plan(self, wanted: SessionMerge) -> tuple[Session, Planned]:
        """What the merge would do; nothing is changed."""
        session = self._ledger.get(wanted.session_id)
        require(Verb.MERGE, session)
        return session, await self._plan(session, wanted)

    async def apply(self, wanted: SessionMerge, shown: Shown) -> Session:
        """Merge as planned, completely or not at all; raises MergeRefused or StaleDecision.

        `shown` is that of the plan, whose `wanted` was the same, messages apart.
        """
        return await self._turns.act(Verb.MERGE, wanted.session_id, lambda session: self._apply(session, wanted, shown))

    async def _apply(self, session: Session, wanted: SessionMerge, shown: Shown) -> Session:
        async with self._locks.setdefault(session.common_dir, asyncio.Lock()):
            planned = await self._plan(session, wanted)
            _require_as_shown(planned, shown)
            number = session.merges + 1
            since, left = await asyncio.to_thread(_measured_from, session, planned), _left(planned.plan)
            intent = events.MergeIntended(
                number, wanted.strategy.value, planned.plan.base_ref, planned.plan.base_before, since, left
            )
            taken = await self._snapshots.before_merge(session, ActionKind.MERGE, intent.base_ref, number)
            await self._ledger.acknowledge(session.id, taken, intent)
            message = with_trailers(wanted.message or suggested_message(session), session)
            try:
                first = wanted.first_message or suggested_first_message(planned.plan)
                merged = await asyncio.to_thread(merges.apply, planned.plan, message, first)
            except SegueError as refused:
                await self._ledger.acknowledge(session.id, events.MergeAbandoned(number, str(refused)))
                raise
            done = events.MergeCompleted(number, merged.base_after, merged.base_ref, merged.base_before, since, left)
            rest = await asyncio.to_thread(diff.stat, Path(session.common_dir), since, planned.result.commit)
            session = await self._ledger.acknowledge(session.id, done, events.StatMeasured(rest))
        self._ledger.save_snapshot(session.id)
        return session

    async def undo(self, session_id: SessionId) -> Session:
        """Put the base branch back to before the session's last merge; raises MergeRefused where it moved on."""
        return await self._turns.act(Verb.UNDO, session_id, self._undo)

    async def _undo(self, session: Session) -> Session:
        session_id, merged = session.id, session.merged
        assert merged is not None
        async with self._locks.setdefault(session.common_dir, asyncio.Lock()):
            taken = await self._snapshots.before_merge(session, ActionKind.UNDO_MERGE, merged.base_ref, merged.number)
            await self._ledger.acknowledge(session_id, taken, events.MergeUndoIntended(merged.number))
            try:
                await asyncio.to_thread(merges.undo, _as_made(session, merged))
            except SegueError as refused:
                await self._ledger.acknowledge(session_id, events.MergeUndoAbandoned(merged.number, str(refused)))
                raise
            session = await self._ledger.acknowledge(session_id, events.MergeUndone(merged.number))
        await self._worktrees.work(session)
        return self._ledger.get(session_id)

    async def recover(self, session: Session, intent: events.MergeIntended) -> None:
        """Find out from the refs whether a merge that was begun before a restart happened."""
        base = await asyncio.to_thread(merges.finish_or_roll_back, Path(session.common_dir), session.id, intent.number)
        event: events.AnyEvent
        if base is None:
            event = events.MergeAbandoned(
                intent.number, "The merge was cut short; the base branch is as it was before it."
            )
        else:
            event = events.MergeCompleted(
                intent.number, base, intent.base_ref, intent.base_before, intent.result, intent.left
            )
        await self._ledger.acknowledge(session.id, event)

    async def recover_undo(self, session: Session) -> None:
        """Find out whether an undo that was begun before a restart happened; one that had not is put back."""
        number, merged = session.pending_undo or 0, session.merged
        is_undone = merged is not None and await asyncio.to_thread(merges.finish_undo, _as_made(session, merged))
        message = "The undo of the merge was cut short; the base branch still has the merge."
        event = events.MergeUndone(number) if is_undone else events.MergeUndoAbandoned(number, message)
        await self._ledger.acknowledge(session.id, event)

    async def _plan(self, session: Session, wanted: SessionMerge) -> Planned:
        base = session.base_ref if wanted.base is None else wanted.base
        if base is None:
            raise InputRefused(
                "no_base_branch",
                "The session started from a detached HEAD, so there is no branch to merge into.",
                action="Name the branch to merge into.",
            )
        number = session.merges + 1
        result = await self._worktrees.capture(
            session, f"refs/segue/{session.id}/merges/{number}/result", f"Result of {session.title}"
        )
        request = MergeRequest(
            worktree=await asyncio.to_thread(self._worktrees.open, session),
            repository=Path(session.repository),
            base=base,
            result=result.commit,
            strategy=wanted.strategy,
            number=number,
            since=session.since if session.accepted else None,
            began=session.base_commit,
            unfinished=wanted.unfinished,
            confirmed=wanted.confirmed,
            unsaved=self._unsaved(),
        )
        return Planned(await asyncio.to_thread(merges.plan, request), result)


def suggested_message(session: Session) -> str:
    """A commit message from the task: its title, then what was asked."""
    prompts = [turn.prompt.strip() for turn in session.turns]
    body = "\n\n".join(prompt for prompt in prompts if prompt != session.title)
    return f"{session.title}\n\n{body}".strip()


def suggested_first_message(plan: MergePlan) -> str:
    """A commit message for lines of the user's that go before the merge."""
    names = [visible(need.path) for need in plan.work.needs]
    return f"Work in progress on {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}"


def _measured_from(session: Session, planned: Planned) -> str:
    """The commit that counts as merged: the result, or that without what is left out; blocking."""
    rest, common_dir = planned.plan.work.rest, Path(session.common_dir)
    if rest is None:
        return planned.result.commit
    ref = f"refs/segue/{session.id}/merges/{planned.plan.number}/since"
    return pairing.keep_tree(common_dir, rest, ref, f"What of {session.title} is merged")


def _left(plan: MergePlan) -> int:
    return sum(need.left for need in plan.work.needs) if plan.work.rest is not None else 0


def with_trailers(message: str, session: Session) -> str:
    """The message with Segue's trailers as its last paragraph."""
    return f"{message.strip()}\n\nSegue-Session: {session.id}\nSegue-Agent: {session.agent}\n"


def _as_made(session: Session, merge: Merge) -> Merged:
    return Merged(
        session_id=session.id,
        repository=Path(session.repository),
        common_dir=Path(session.common_dir),
        number=merge.number,
        base_ref=merge.base_ref,
        base_before=merge.base_before,
        base_after=merge.commit,
    )


def _require_as_shown(planned: Planned, shown: Shown) -> None:
    if planned.shown.base_commit != shown.base_commit:
        raise StaleDecision(
            "base_moved", "The base branch moved since the plan was shown.", action="Nothing was merged; plan again."
        )
    if planned.shown.result != shown.result:
        raise StaleDecision(
            "result_changed", "The worktree changed since the plan was shown.", action="Nothing was merged; plan again."
        )
    for obstacle in planned.plan.obstacles:
        raise MergeRefused(obstacle.reason, obstacle.message, action=obstacle.action, details=dict(obstacle.details))


def difference(session: Session, planned: Planned) -> tuple[str, str]:
    """What the branch gets, as the difference of two trees; where that is undecided, the session's work."""
    plan = planned.plan
    if plan.work.is_asked or plan.conflicts:
        return session.since, planned.result.commit
    return plan.work.first or plan.base_before, plan.work.merged.tree
