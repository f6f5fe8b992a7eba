"""Worktrees and checkpoints of sessions, off the event loop. Knows git's layer and paths; no agent and no turn."""

from __future__ import annotations

import asyncio
import logging
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from segue.domain import events
from segue.domain.errors import SegueError
from segue.domain.ids import SessionId, named, visible
from segue.domain.session import Session
from segue.engine.state.ledger import Ledger
from segue.git import checkpoints, diff, dropped_commits, repository, run, worktrees
from segue.git.checkpoints import Checkpoint
from segue.git.refs import branch_commit, committed_s, objects, parents_of
from segue.git.trees import changed_paths
from segue.git.trusted_commands import TRUST, TrustedCommands
from segue.git.worktrees import Worktree
from segue.places import Places

log = logging.getLogger(__name__)


def live_ref(session_id: SessionId) -> str:
    """Where the worktree stands as it was when somebody last asked for the session's work."""
    return f"refs/segue/{session_id}/live"


@dataclass(frozen=True, slots=True)
class Work:
    """What a session has done: the difference between two commits."""

    since: str
    result: str


class Worktrees:
    """One worktree per session, for life."""

    def __init__(self, ledger: Ledger, places: Places) -> None:
        self._ledger = ledger
        self._trusted = TrustedCommands(places.trusted)
        run.settle_with(self._trusted.settle)
        self._locks: dict[str, asyncio.Lock] = {}
        """One for each repository: git's own commands stumble over a worktree that is half made."""

    async def create(self, session: Session) -> None:
        """Make the session's worktree; a failure becomes the session's, with everything as it was before."""
        try:
            async with self._locks.setdefault(session.common_dir, asyncio.Lock()):
                await asyncio.to_thread(self._trusted.begin, Path(session.common_dir), self._is_first(session))
                await asyncio.to_thread(_create, session)
        except SegueError as failed:
            event: events.AnyEvent = events.SessionFailed(failed.reason, failed.message, failed.action)
        except OSError as failed:
            message = f"The worktree could not be made at {session.worktree}: {failed.strerror}."
            event = events.SessionFailed(
                "worktree_failed", message, "Make room or fix the folder, then send the prompt again."
            )
        else:
            event = events.WorktreeReady()
        await self._ledger.acknowledge(session.id, event)

    def _is_first(self, session: Session) -> bool:
        others = (other for other in self._ledger.all_newest() if other.id != session.id and other.archive is None)
        return all(other.common_dir != session.common_dir for other in others)

    async def roll_back(self, session: Session) -> None:
        """Undo a `create` that a kill cut short, so that it can begin anew; no agent has seen the folder yet."""
        await asyncio.to_thread(
            worktrees.roll_back, Path(session.common_dir), session.id, session.base_commit, Path(session.worktree)
        )

    def open(self, session: Session) -> Worktree:
        """The session's worktree, checked to be what Segue made; blocking; raises WorktreeUnusable."""
        with suppress(SegueError):  # what is wrong there is told below
            self._trusted.begin(Path(session.common_dir), is_first=False)
        return worktrees.open_worktree(session.id, Path(session.worktree), Path(session.common_dir))

    async def capture(self, session: Session, ref: str, message: str) -> Checkpoint:
        """Keep the worktree as it is now under `ref`; raises WorktreeUnusable or GitFailed."""
        taken = await asyncio.to_thread(lambda: checkpoints.capture(self.open(session), ref, message))
        with suppress(SegueError):
            if keys := await asyncio.to_thread(self._trusted.news, Path(session.common_dir)):
                self._ledger.record(session.id, events.AgentNoted("untrusted_program", _untrusted(session, keys)))
        return taken

    async def work(self, session: Session) -> Work:
        """The session's work as of now. Row, review, `segue diff` and merge plan all count from here.

        That is the worktree as it is, not the last turn's checkpoint: since then it may have got the user's edits,
        which are in `since` too, or a rollback. Where it cannot be read, what was recorded last stands in.
        """
        if session.archive is not None:
            return Work(session.since, await asyncio.to_thread(_of_archive, session, session.archive.snapshot))
        if not session.has_worktree:
            return Work(session.since, session.since)
        try:
            taken = await self.capture(session, live_ref(session.id), f"Work of {session.title}")
        except SegueError as failed:
            log.warning("session %s: its worktree cannot be read: %s", session.id, failed)
            return Work(session.since, await asyncio.to_thread(_recorded_last, session))
        await self._remeasure(session, taken.commit)
        return Work(session.since, taken.commit)

    async def _remeasure(self, session: Session, commit: str) -> None:
        measured = await measure(session, commit)
        newest = self._ledger.get(session.id)
        if newest.since == session.since and newest.stat != measured.stat:
            self._ledger.record(session.id, measured)

    async def keep_base(self, session: Session, turn: int, head: str) -> None:
        """Remember what came into the session from its base branch in a turn that ended on this HEAD."""
        before = session.turns[-1].before
        if before is not None and session.base_ref is not None:
            await asyncio.to_thread(_keep_base, session, (before.commit, head), session.base_ref, turn)


async def measure(session: Session, commit: str) -> events.StatMeasured:
    """How much work a session's worktree holds that is recorded in `commit`."""
    return await asyncio.to_thread(
        lambda: events.StatMeasured(diff.stat(Path(session.common_dir), session.since, commit))
    )


def _of_archive(session: Session, snapshot: str) -> str:
    """What was in the worktree when it was archived: the snapshot has ignored files as well, which are no work."""
    place = objects(Path(session.common_dir))
    live = branch_commit(place, live_ref(session.id))
    if live is None:
        return snapshot
    differs = changed_paths(place, live, snapshot)
    return live if all(letter == "A" for letter in differs.values()) else snapshot


def _recorded_last(session: Session) -> str:
    place = objects(Path(session.common_dir))
    after = [turn.after.commit for turn in session.turns if turn.after is not None]
    is_there = Path(session.common_dir).is_dir()
    live = branch_commit(place, live_ref(session.id)) if is_there else None
    if live is None or not after:
        return live or (after[-1] if after else session.since)
    return live if committed_s(place, live) >= committed_s(place, after[-1]) else after[-1]


def _keep_base(session: Session, sides: tuple[str, str], base_ref: str, turn: int) -> None:
    place = objects(Path(session.common_dir))
    heads = (next(iter(parents_of(place, sides[0])), sides[0]), sides[1])
    dropped_commits.keep_base(place, session.id, heads, base_ref, turn)


def not_recorded(taken: Checkpoint) -> str:
    """What a checkpoint does not hold, in words; empty where it holds everything."""
    said = []
    if taken.unread:
        said.append(
            f"Segue could not read {named(taken.unread)}, so checkpoints and merges go without it. "
            "The files stay there."
        )
    if taken.refused:
        said.append(
            f"{taken.why} So checkpoints and merges go without the newest content of {named(taken.refused)}. "
            "The files stay there."
        )
    return " ".join(said)


def _untrusted(session: Session, keys: tuple[str, ...]) -> str:
    command = f"git config --global --add {TRUST} {shlex.quote(str(Path(session.common_dir).resolve()))}"
    return (
        "Since the sessions in this repository began, its git configuration has named new programs: "
        f"{', '.join(map(visible, keys))}. Segue's own git commands do not run them; your own still do. "
        f"If you made this change and Segue should use it, run `{command}`."
    )


def _create(session: Session) -> None:
    facts = repository.locate(Path(session.repository))
    if session.accepted:  # it begins with the person's work, unsaved text too
        worktrees.restore(facts, session.id, session.accepted, Path(session.worktree))
    else:
        worktrees.create(facts, session.id, session.base_commit, Path(session.worktree))
