"""Prompts become turns. Knows queue, checkpoints and the order of a turn; knows no merge and no client.

A turn: worktree stands → TurnStarted → checkpoint before → agent → its answer → checkpoint after → TurnEnded.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from segue.domain import handover
from segue.domain.errors import AgentFailed, InputRefused, SegueError
from segue.domain.events import (
    AgentNoted,
    AnyEvent,
    CheckpointTaken,
    Place,
    PromptAnswered,
    PromptDropped,
    PromptQueued,
    SignedIn,
    SignInRequired,
    StopReason,
    StopRequested,
    TurnEnded,
    TurnStarted,
)
from segue.domain.facts import Image
from segue.domain.ids import SessionId, checkpoint_ref
from segue.domain.images import not_taken
from segue.domain.session import Session
from segue.domain.verbs import Verb, require, still_running
from segue.engine.agents.agent_processes import Agents, Live
from segue.engine.state.background import Background
from segue.engine.state.ledger import Ledger
from segue.engine.turns import plan_mode
from segue.engine.turns.boundary_failures import Step, noted, told
from segue.engine.turns.outcomes import how_it_ended
from segue.engine.turns.question_answers import unanswered
from segue.engine.turns.scheduler import Slots
from segue.engine.workspace.worktrees import Worktrees, measure, not_recorded
from segue.git import diff
from segue.git.checkpoints import Checkpoint
from segue.git.salvage import Label

log = logging.getLogger(__name__)

CANCEL_GRACE_S = 2.0
"""What an agent gets to answer a cancel before it is ended; both together stay under 5 s (D6)."""
PROMPT_LIMIT = 1024 * 1024
"""Bytes of a prompt in UTF-8."""


def require_prompt(text: str) -> str:
    """A prompt from outside; raises InputRefused."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > PROMPT_LIMIT:
        raise InputRefused(
            "prompt_too_large",
            f"The prompt has {size / 1024:,.0f} KiB; at most {PROMPT_LIMIT // 1024:,} KiB can be sent.",
            action="Put the text into a file of the repository and name that file in the prompt.",
        )
    if not text.strip():
        raise InputRefused("prompt_empty", "The prompt is empty.", action="Say what is to be done.")
    return text.encode("utf-8", "replace").decode()


class Boundaries(Protocol):
    """What happens where a turn begins and ends, besides its checkpoints."""

    async def before_turn(self, session_id: SessionId) -> None:
        """The worktree is there and no agent works in it yet; raises SegueError where the turn must not begin."""
        ...

    async def after_turn(self, session_id: SessionId) -> None:
        """The turn's last checkpoint is taken, and its end is not journaled yet."""
        ...


class Surroundings(Protocol):
    """What the repository shares with the worktree, compared before and after each turn."""

    async def begin(self, session: Session) -> str:
        """The commit that records it; empty where that failed."""
        ...

    async def end(self, session: Session) -> tuple[AnyEvent, ...]:
        """What changed in the newest turn."""
        ...


def resume_prompt(session: Session) -> str:
    """What makes an agent go on where its turn was interrupted; raises InputRefused where that cannot be asked."""
    require(Verb.RESUME, session)
    return "Go on where you were interrupted."


@dataclass(frozen=True, slots=True)
class Around:
    """What has a say in each turn."""

    slots: Slots
    boundaries: Boundaries
    surroundings: Surroundings


class Turns:
    """Runs at most one turn per session at a time, and the next queued prompt behind it, once there is a slot."""

    def __init__(
        self, ledger: Ledger, agents: Agents, worktrees: Worktrees, background: Background, around: Around
    ) -> None:
        self._ledger = ledger
        self._agents = agents
        self._worktrees = worktrees
        self._background = background
        self._around = around
        around.slots.waiting.append(self.kick)

    def is_running(self, session_id: SessionId) -> bool:
        return self._background.is_running(_task_name(session_id))

    async def prompt(
        self, session_id: SessionId, text: str, place: Place | None = None, images: tuple[Image, ...] = ()
    ) -> tuple[str, bool]:
        """Queue a prompt; returns its id and whether it waits behind a running turn."""
        queued = replace(self._accept(session_id, text, place), images=images)
        is_queued = self.is_running(session_id)
        await self._ledger.acknowledge_or_take_back(session_id, queued, back=(PromptDropped(queued.prompt_id),))
        self.kick(session_id)
        return queued.prompt_id, is_queued

    async def say_now(
        self, session_id: SessionId, text: str, place: Place | None = None, images: tuple[Image, ...] = ()
    ) -> tuple[str, bool]:
        """Interrupt and say: cancel the turn that runs, if one does, and run this prompt before all that is queued.

        Returns once the turn before has its answer; an agent that ignores the cancel is ended and started anew (D6).
        """
        queued = replace(self._accept(session_id, text, place), images=images, is_first=True)
        session = self._ledger.get(session_id)
        events: list[AnyEvent] = [queued]
        if session.is_turn_running:
            events += _stopped(session)
        await self._ledger.acknowledge_or_take_back(session_id, *events, back=(PromptDropped(queued.prompt_id),))
        self.kick(session_id)
        if session.turn is not None and session.is_turn_running:
            await self._interrupt(session_id, session.turn.number)
        return queued.prompt_id, False

    async def interrupt(self, session_id: SessionId) -> None:
        """Cancel the turn that runs, if one does; what is queued goes on behind it."""
        session = self._ledger.get(session_id)
        if session.turn is not None and session.is_turn_running:
            await self._ledger.acknowledge(session_id, *_stopped(session))
            await self._interrupt(session_id, session.turn.number)

    async def _interrupt(self, session_id: SessionId, turn: int) -> None:
        """Have the agent answer the prompt of that turn; one that is not prompted yet is not prompted at all."""
        live = self._agents.live(session_id)
        if live is None or not live.connection.is_prompting or not self._awaits_answer(session_id, turn):
            return
        answered = asyncio.create_task(live.changed.wait(), name=f"answer of {session_id}")
        try:
            with suppress(AgentFailed):
                await live.connection.cancel(self._ledger.get(session_id).agent_session_id or "")
            await asyncio.wait([answered], timeout=CANCEL_GRACE_S)
        finally:
            answered.cancel()
        if self._awaits_answer(session_id, turn):
            await self._agents.end(session_id)

    def _awaits_answer(self, session_id: SessionId, turn: int) -> bool:
        session = self._ledger.get(session_id)
        is_same = session.turn is not None and session.turn.number == turn
        return is_same and session.is_turn_running and session.answer is None

    def _accept(self, session_id: SessionId, text: str, place: Place | None) -> PromptQueued:
        """A prompt with an id of its own; raises InputRefused where it cannot be sent."""
        text = require_prompt(text)
        require(Verb.PROMPT, self._ledger.get(session_id))
        self._ledger.require_writable()
        return PromptQueued(secrets.token_hex(6), text, place=place)

    async def drop(self, session_id: SessionId, prompt_id: str) -> Session:
        """Take a queued prompt back; raises InputRefused where it is no longer queued."""
        if not any(queued.prompt_id == prompt_id for queued in self._ledger.get(session_id).queue):
            raise InputRefused(
                "prompt_not_queued",
                "That prompt waits no more: it was sent to the agent, or dropped elsewhere.",
                action="Stop the turn if the agent should not work on it.",
            )
        return await self._ledger.acknowledge(session_id, PromptDropped(prompt_id))

    def kick(self, session_id: SessionId) -> None:
        """Run what is queued, unless that happens already."""
        if not self.is_running(session_id):
            self._background.start(_task_name(session_id), self._run_queue(session_id))

    def signed_in(self, agent: str) -> None:
        """A person signed in with an agent: prompts that waited for that are sent, to a process that knows of it."""
        for session in self._ledger.all_newest():
            if session.agent == agent and session.needs_sign_in and session.archive is None:
                self._background.start(f"sign in {session.id} {secrets.token_hex(3)}", self._go_on(session.id))

    async def _go_on(self, session_id: SessionId) -> None:
        await self._agents.end(session_id)
        self._ledger.record(session_id, SignedIn())
        self.kick(session_id)

    def resume(self, session_id: SessionId, live: Live | None) -> None:
        """Go on with a turn whose prompt was sent by an earlier daemon; interrupted where its agent is gone (None)."""
        self._background.start(_task_name(session_id), self._resume(session_id, live))

    def run_again(self, session_id: SessionId) -> None:
        """Run a turn that an earlier daemon began, and whose prompt never reached an agent."""
        self._background.start(_task_name(session_id), self._run_again(session_id))

    async def stop(self, session_id: SessionId) -> Session:
        """Drop what is queued, cancel the turn and wait for its end; an agent that ignores that is killed (D6)."""
        session = self._ledger.get(session_id)
        dropped = [PromptDropped(prompt.prompt_id) for prompt in session.queue]
        if not self.is_running(session_id):
            if session.is_turn_running:  # whatever worked on it is gone
                self.resume(session_id, None)
                await self._background.wait(_task_name(session_id))
            return await self._ledger.acknowledge(session_id, *dropped) if dropped else self._ledger.get(session_id)
        await self._ledger.acknowledge(session_id, *dropped, *_stopped(session))
        live = self._agents.live(session_id)
        if live is not None and (live.connection.is_prompting or live.changed.is_set()):
            with suppress(AgentFailed):
                await live.connection.cancel(self._ledger.get(session_id).agent_session_id or "")
            await self._background.wait(_task_name(session_id), CANCEL_GRACE_S)
        if self.is_running(session_id):
            await self._agents.end(session_id)
            await self._background.wait(_task_name(session_id))
        return self._ledger.get(session_id)

    async def act(self, verb: Verb, session_id: SessionId, work: Callable[[Session], Awaitable[Session]]) -> Session:
        """Do what a verb stands for, `apart`.

        Raises InputRefused where the verb is refused, now or after other work of this kind, StoreFailed where nothing
        can be journaled.
        """
        require(verb, self._ledger.get(session_id))
        self._ledger.require_writable()

        async def allowed() -> Session:
            session = self._ledger.get(session_id)
            require(verb, session)
            return await work(session)

        return await self.apart(session_id, allowed)

    async def apart(self, session_id: SessionId, work: Callable[[], Awaitable[Session]]) -> Session:
        """Do `work` while no turn can begin; prompts that come meanwhile run behind it. Raises what `work` does.

        Raises InputRefused("turn_running") where a turn runs or is about to; waits for other work of this kind.
        """
        while self.is_running(session_id):
            session = self._ledger.get(session_id)
            if not (session.is_turn_running or session.queue):
                await self._background.wait(_task_name(session_id))
                continue
            raise still_running(session)
        done: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._background.start(_task_name(session_id), self._apart(session_id, work, done))
        return await asyncio.shield(done)

    async def _apart(
        self, session_id: SessionId, work: Callable[[], Awaitable[Session]], done: asyncio.Future[Session]
    ) -> None:
        try:
            session = await work()
        except Exception as failed:  # the caller's to handle
            done.set_exception(failed)
        except BaseException:
            done.cancel()
            raise
        else:
            done.set_result(session)
        await self._run_queue(session_id)

    async def _run_queue(self, session_id: SessionId) -> None:
        self._agents.environments.search_for(session_id)
        while True:
            session = self._ledger.get(session_id)
            if session.archive is not None or not session.queue or session.needs_sign_in:
                return
            if not session.has_worktree:
                await self._worktrees.create(session)
                if not self._ledger.get(session_id).has_worktree:
                    return
            if not self._around.slots.take(session_id):
                return
            await self._run_turn(session_id)

    async def _run_turn(self, session_id: SessionId) -> None:
        session = self._ledger.get(session_id)
        prompt, number = session.queue[0], len(session.turns) + 1
        started = TurnStarted(number, prompt.prompt_id, prompt.text, prompt.place, prompt.images)
        self._ledger.record(session_id, started)
        await self._work(session_id)

    async def _work(self, session_id: SessionId) -> None:
        """The turn's prompt, from its checkpoint before to its end."""
        session = self._ledger.get(session_id)
        prompt = session.turns[-1]
        try:
            if prompt.before is None:
                await self._around.boundaries.before_turn(session_id)
                await self._checkpoint(session_id, prompt.number, "before")
            if not self._ledger.get(session_id).is_stopping:
                live = await self._agents.ensure(session_id)
                live.changed.clear()
                if prompt.images and self._ledger.get(session_id).takes_images is False:
                    raise not_taken(session.agent)
                summary = await self._handover(session_id)
                text = await self._planned(session_id, live, prompt.prompt)
                session = self._ledger.get(session_id)
                if not session.is_stopping:  # since the agent began to start
                    await live.connection.prompt(session.agent_session_id or "", text, summary, prompt.images)
                    await live.changed.wait()
        except Exception as failed:
            answered: list[AnyEvent] = [PromptAnswered(StopReason.FAILED, told(session_id, failed))]
            if isinstance(failed, SegueError) and failed.reason == "authentication_required":
                answered.append(SignInRequired(secrets.token_hex(6), prompt.prompt, prompt.images))
            await self._ledger.record_in_the_end(session_id, *answered)
        await self._end_turn(session_id)

    async def _planned(self, session_id: SessionId, live: Live, text: str) -> str:
        """The prompt of a turn that may have to plan only."""
        facts = self._agents.catalog.find(self._ledger.get(session_id).agent).facts
        preamble = await plan_mode.enter(self._ledger, session_id, live.connection, facts.plan_mode)
        return f"{preamble}\n\n{text}" if preamble else text

    async def _handover(self, session_id: SessionId) -> str:
        """What an agent without the conversation before is told of it; "" where it needs nothing."""
        session = self._ledger.get(session_id)
        before = session.turns[-1].before
        if not session.needs_handover or before is None:
            return ""
        feed = await self._ledger.transcript(session_id)
        changed = await asyncio.to_thread(diff.changes, Path(session.common_dir), session.since, before.commit)
        return handover.written(session, feed.items, [change.path for change in changed])

    async def _resume(self, session_id: SessionId, live: Live | None) -> None:
        self._agents.environments.search_for(session_id)
        session = self._ledger.get(session_id)
        if session.answer is None and live is not None:
            if session.is_stopping:  # the earlier daemon may not have come to the end of its patience
                await self._interrupt(session_id, session.turns[-1].number)
            await live.changed.wait()
        await self._close(session_id)

    async def _run_again(self, session_id: SessionId) -> None:
        self._agents.environments.search_for(session_id)
        live = self._agents.live(session_id)
        if live is not None and not (live.is_reachable and live.connection.is_ready):
            await self._agents.end(session_id)
        await self._work(session_id)
        await self._run_queue(session_id)

    async def _close(self, session_id: SessionId) -> None:
        self._agents.environments.search_for(session_id)
        await self._end_turn(session_id)
        await self._run_queue(session_id)

    async def _end_turn(self, session_id: SessionId) -> None:
        session = self._ledger.get(session_id)
        turn = session.turns[-1].number
        stop_reason, message = how_it_ended(session)
        settled = unanswered(session, "agent_ended")

        async def recorded() -> None:
            if unread := not_recorded(await self._checkpoint(session_id, turn, "after")):
                settled.append(AgentNoted("not_recorded", unread))

        async def shared() -> None:
            await self._around.boundaries.after_turn(session_id)

        async def planned() -> None:
            settled.extend(await plan_mode.proposed(self._ledger, self._ledger.get(session_id)))

        async def compared() -> None:
            settled.extend(await self._around.surroundings.end(self._ledger.get(session_id)))

        if stop_reason is StopReason.CANCELLED:
            settled += await noted(session_id, Step.COMMANDS, self._agents.end_with_its_commands(session_id))
        settled += await noted(session_id, Step.CHECKPOINT, recorded())
        settled += await noted(session_id, Step.SHARE, shared())
        settled += await noted(session_id, Step.PLAN, planned())
        settled += await noted(session_id, Step.OUTSIDE, compared())
        await self._ledger.record_in_the_end(session_id, *settled, TurnEnded(turn, stop_reason, message))
        await self._ledger.writable_again()  # else the next prompt would fail for what it has no part in
        self._ledger.save_snapshot(session_id)
        try:
            await self._agents.consumed(session_id)
        except Exception:  # its runner keeps the output until the next turn has ended
            log.exception("session %s: its agent's runner was not told what is journaled", session_id)

    async def _checkpoint(self, session_id: SessionId, turn: int, side: str) -> Checkpoint:
        session = self._ledger.get(session_id)
        taken = await self._worktrees.capture(
            session, checkpoint_ref(session_id, turn, side), _message(session, turn, side)
        )
        if side == "after":
            await self._worktrees.keep_base(session, turn, taken.head)
        around = await self._around.surroundings.begin(session) if side == "before" else ""
        measured = await measure(session, taken.commit)
        self._ledger.record(session_id, CheckpointTaken(turn, side, taken.commit, taken.tree, around), measured)
        return taken


def _stopped(session: Session) -> list[AnyEvent]:
    return [StopRequested(), *unanswered(session, "stop")]


def _message(session: Session, turn: int, side: str) -> str:
    """Of a checkpoint; with the session's label, by which it is found again should the journal be lost."""
    label = Label(session.title, session.agent, session.base_ref)
    return f"Turn {turn}, {side}\n\n{label.body()}"


def _task_name(session_id: SessionId) -> str:
    return f"turn {session_id}"
