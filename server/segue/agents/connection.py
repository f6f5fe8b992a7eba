"""The connection to one agent over ACP v1. Knows requests, answers and the agent's end; knows no turn and no journal.

Its transport is a link to a runner. What the agent writes is taken in bounded pieces (D10), each becomes at most a few
batches for the listener, and nothing that an agent writes raises out of the loop that reads (D9).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from segue.agents import offers, sign_in
from segue.agents.acp_session import Inbox
from segue.agents.broker import Service
from segue.agents.connection_record import AgentFacts, AgentGone, Batch, ConnectionRecord, PromptEnded, Resume
from segue.agents.connection_setup import USUAL, Link, Options, Start
from segue.agents.failures import (
    Diagnostics,
    answered_badly,
    ended,
    not_acp,
    option_refused,
    timed_out,
    too_large,
    version_refused,
)
from segue.agents.initialize import PROTOCOL_VERSION, facts_of, greeting
from segue.agents.jsonrpc import Message
from segue.agents.line_buffer import Framer
from segue.agents.outbox import Outbox
from segue.agents.replies import Denied
from segue.agents.runners import AgentExit, Leftovers
from segue.domain import config
from segue.domain.errors import AgentFailed, InputRefused, SegueError
from segue.domain.events import AnyEvent, HandedOver, QuestionAnswered, StopReason
from segue.domain.facts import ConfigOption, Image
from segue.system.load import patience

__all__ = [
    "AgentConnection",
    "AgentFacts",
    "AgentGone",
    "Batch",
    "ConnectionRecord",
    "Options",
    "PromptEnded",
    "Resume",
]

log = logging.getLogger(__name__)

SET_TIMEOUT_S = 10.0
"""How long an agent may take to give an option another value; some do not answer in mid-turn."""
EXIT_WAIT_S = 1.0
"""How long an agent that closed its output gets to end, so that its exit can be told."""
PACE = 1024 * 1024
"""Bytes of output after which the journal has to have caught up before more is read."""


class AgentConnection:
    """One agent process. `listener` is called on the loop with every batch, in order; it must be quick."""

    def __init__(
        self,
        link: Link,
        listener: Callable[[Batch], None],
        start: Start,
        *,
        resume: Resume | None = None,
        options: Options = USUAL,
    ) -> None:
        record = resume.found if resume is not None else ConnectionRecord()
        self._link = link
        self._listener = listener
        self._options = options
        self._framer = Framer(record.offset, options.line_limit)
        expand = options.images.expand if options.images is not None else str
        self._outbox = Outbox(link, record.next_line, record.unsent, expand)
        self._diagnostics = Diagnostics()
        self._inbox = Inbox(start, record, self._outbox, self._diagnostics, options)
        self._service = Service(options.desk, self._reply)
        self._terminals = options.desk.terminals
        if self._terminals is not None:
            self._terminals.observers.append(self._tell)
            self._terminals.restore(record.terminals)
        self._gone: AgentGone | None = None
        self._is_closing = self._is_detached = False
        self._tasks = [
            asyncio.create_task(self._read(), name=f"read agent {start.generation}"),
            asyncio.create_task(self._outbox.run(options.durable), name=f"write agent {start.generation}"),
        ]
        self._service.take_up(self._inbox.asked)

    @property
    def is_ready(self) -> bool:
        """Whether a session is open; a resumed connection without one is of no use and should be closed."""
        return bool(self._inbox.session_id) and not self._inbox.is_loading

    @property
    def is_prompting(self) -> bool:
        """Whether the agent still owes the answer to a prompt."""
        return self._gone is None and self._inbox.prompt_id is not None

    @property
    def waiting(self) -> tuple[str, ...]:
        """Ids of the requests that wait for a person, oldest first."""
        return tuple(self._inbox.waiting)

    @property
    def gone(self) -> AgentGone | None:
        return self._gone

    @property
    def diagnostics(self) -> tuple[str, ...]:
        """What was ignored of the agent's output and why, newest last; bounded and inert."""
        return tuple(self._diagnostics.notes)

    async def initialize(self) -> AgentFacts:
        """Find out what the agent is.

        Raises AgentFailed: `agent_exited`, `agent_not_acp`, `agent_too_old`, `agent_too_new`, `timed_out`, …
        """
        result = await self._ask("initialize", greeting(self._options.desk.capabilities))
        version = result.get("protocolVersion")
        if type(version) is not int:
            raise answered_badly("initialize", "it names no protocol version")
        if version != PROTOCOL_VERSION:
            raise version_refused(version, PROTOCOL_VERSION)
        return facts_of(result)

    async def authenticate(self, method_id: str) -> None:
        """Sign in by a method of the agent's own, which may wait for a person in a browser. Raises AgentFailed."""
        await self._ask("authenticate", {"methodId": method_id}, sign_in.LIMIT_S)

    async def open_session(self, directory: str | Path) -> str:
        """Open a session of the agent; returns its id. Raises AgentFailed, also `authentication_required`."""
        result = await self._ask("session/new", {"cwd": str(directory), "mcpServers": []})
        session_id = result.get("sessionId")
        if not isinstance(session_id, str) or not session_id:
            raise answered_badly("session/new", "it names no session")
        return session_id

    async def load_session(self, session_id: str, directory: str | Path) -> None:
        """Open an earlier session again; the history that the agent replays is swallowed. Raises AgentFailed."""
        self._inbox.begin_loading(session_id)
        params = {"sessionId": session_id, "cwd": str(directory), "mcpServers": []}
        await self._ask("session/load", params)

    async def prompt(self, session_id: str, text: str, handover: str = "", images: tuple[Image, ...] = ()) -> None:
        """Begin a turn; returns once the prompt is with the runner. Its end comes as `Batch.ended`, or as `gone`.

        A hand-over goes in front, as a piece of its own, and comes to the listener with the prompt's record.

        Raises AgentFailed, StoreFailed (nothing was sent), InputRefused (`turn_running`).
        """
        if self.is_prompting:
            raise InputRefused(
                "turn_running", "The agent still works on the prompt before.", action="Wait, or stop it."
            )
        texts = [handover, text] if handover else [text]
        blocks: list[Message] = [{"type": "text", "text": each} for each in texts]
        if (kept := self._options.images) is not None:
            blocks += [kept.block(image) for image in images]
        params = {"sessionId": session_id, "prompt": blocks}
        number = self._inbox.begin_turn(session_id, params)
        if handover:
            self._inbox.insert((HandedOver(handover),))
        self._service.begin_turn()
        self._announce()
        try:
            await self._outbox.settled(number)
        except SegueError as failed:
            self._inbox.forget_prompt(number)
            raise await self._explained(failed) from failed

    async def cancel(self, session_id: str) -> None:
        """Ask the agent to end its turn, and deny what it waits with; its answer comes as `Batch.ended`."""
        if self.is_prompting:
            number = self._inbox.cancel(session_id)
            self._announce()
            await self._outbox.settled(number)

    async def answer(self, request_id: str, option_id: str | None) -> None:
        """Answer a permission request; None cancels it.

        Raises StaleDecision where the agent does not wait with it any more, InputRefused for an option not offered.
        """
        waiting = self._inbox.require_waiting(request_id)
        if option_id is not None and option_id not in waiting.options:
            raise InputRefused("unknown_option", "The agent does not offer that option.", action="Choose another one.")
        number = self._inbox.answer(request_id, option_id)
        self._announce()
        await self._outbox.settled(number)

    async def answer_question(self, answer: QuestionAnswered) -> None:
        """Answer a question; raises StaleDecision where the agent does not wait with it any more."""
        self._inbox.require_waiting(answer.request_id)
        number = self._inbox.answer_question(answer)
        self._announce()
        await self._outbox.settled(number)

    async def configure(self, option: ConfigOption, value: str) -> str:
        """Give an option of the open session another value; returns the value that it has then.

        What the agent tells of its options comes to the listener first. Raises AgentFailed: `option_refused`,
        `timed_out`, or why the agent is gone.
        """
        method, params = offers.set_request(self._inbox.session_id, option, value)
        response = await self._respond(method, params, SET_TIMEOUT_S)
        if isinstance(error := response.get("error"), dict):
            raise option_refused(option, value, error)
        result = response.get("result")
        report = offers.config_reported(result) if isinstance(result, dict) else None
        told = config.find(report.options, option.option_id) if report is not None else None
        return told.current if told is not None and told.current else value

    async def consumed(self, offset: int | None = None) -> None:
        """Let the runner drop the output up to `offset`, or all that was taken; call it when that is journaled."""
        await self._link.consumed(self._framer.offset if offset is None else offset)

    async def close(self, grace_s: float) -> Leftovers:
        """End the agent with all its processes; returns those that could not be ended. What it said last is still
        heard, then comes `gone` with the reason `closed`."""
        self._is_closing = True
        try:
            leftovers = await self._stop_all(grace_s)
            await asyncio.wait(self._tasks[:1], timeout=EXIT_WAIT_S)
        finally:
            await self._stop_tasks()
        return leftovers

    async def _stop_all(self, grace_s: float) -> Leftovers:
        """The agent and its commands, at the same time."""
        if self._terminals is None:
            return await self._link.stop(grace_s)
        stopped = await asyncio.gather(self._link.stop(grace_s), self._terminals.close(), return_exceptions=True)
        failures = [failure for failure in stopped if isinstance(failure, BaseException)]
        if failures:
            raise failures[0]
        return tuple(left for lefts in stopped if not isinstance(lefts, BaseException) for left in lefts)

    async def detach(self) -> None:
        """Let go; the agent runs on. Nothing more is heard of it."""
        self._is_detached = True
        await self._stop_tasks()
        if self._terminals is not None:
            await self._terminals.detach()
        await self._link.detach()

    # Requests

    async def _ask(self, method: str, params: Message, limit_s: float | None = None) -> Message:
        """Send a request and wait for its result; raises AgentFailed."""
        response = await self._respond(method, params, self._options.start_timeout_s if limit_s is None else limit_s)
        result = response.get("result")
        if isinstance(error := response.get("error"), dict):
            raise answered_badly(method, error, self._options.login)
        return result if isinstance(result, dict) else {}

    async def _respond(self, method: str, params: Message, limit_s: float) -> Message:
        """Send a request and wait for its whole response; raises AgentFailed."""
        if self._gone is not None:
            raise AgentFailed(self._gone.reason, self._gone.message or "The agent has ended.")
        number, answered = self._inbox.ask(method, params)
        self._announce()
        try:
            async with patience(limit_s):
                await self._outbox.settled(number)
                return await answered
        except TimeoutError:
            raise timed_out(method, limit_s, self._link.stderr_tail()) from None
        except SegueError as failed:
            raise await self._explained(failed) from failed
        finally:
            self._inbox.forget(number)

    async def _explained(self, failed: SegueError) -> SegueError:
        """Why a line could not be sent: the agent's end tells more than its closed stdin does."""
        if failed.reason in {"agent_closed_stdin", "runner_gone"}:
            await asyncio.wait(self._tasks[:1], timeout=2 * EXIT_WAIT_S)
        if self._gone is None or not self._gone.message:
            return failed
        return AgentFailed(self._gone.reason, self._gone.message, action=failed.action)

    # Reading

    async def _read(self) -> None:
        try:
            gone = await self._take_chunks()
        except AgentFailed as failed:
            gone = AgentGone(failed.reason, str(failed))
        except Exception:
            log.exception("an agent's output could not be read on")
            gone = AgentGone("internal_error", "Segue made a mistake while it read the agent's output.")
        if self._is_detached:
            return
        self._gone = AgentGone("closed", "") if self._is_closing else gone
        failure = AgentFailed(gone.reason, gone.message, action="The session keeps what was said; try again.")
        self._outbox.fail(failure)
        self._inbox.end(failure)
        self._emit(gone=self._gone)

    async def _take_chunks(self) -> AgentGone:
        """Take all output; returns why there is no more."""
        unpaced = 0
        async for chunk in self._link.chunks():
            for line in self._framer.feed(chunk.data):
                self._take_line(line)
                if self._diagnostics.is_not_acp:
                    return not_acp(self._link.stderr_tail())
            if self._framer.is_overlong:
                return too_large(self._options.line_limit)
            if self._inbox.is_changed:
                self._emit()
            unpaced += len(chunk.data)
            if unpaced > PACE:
                unpaced = 0
                with suppress(SegueError):
                    await self._options.durable()
            await self._outbox.room()
            await self._service.room()
            await asyncio.sleep(0)  # chunks that wait already would keep everything else from running
        return await self._how_it_ended()

    def _take_line(self, line: bytes) -> None:
        try:
            self._inbox.take(line, self._framer.offset)
        except Exception:
            log.exception("a message of an agent was not understood")
            self._diagnostics.bad(line, "not understood")
        self._framer.taken(line)
        if self._inbox.ended is not None:
            if self._inbox.ended.stop_reason is StopReason.CANCELLED:
                self._service.turn_cancelled()
            self._emit()

    async def _how_it_ended(self) -> AgentGone:
        status: AgentExit | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(EXIT_WAIT_S):
                status = await self._link.wait()
        is_awaited = self.is_prompting or bool(self._inbox.outstanding)
        return ended(status, self._link.stderr_tail(), is_awaited=is_awaited)

    # Telling

    def _announce(self) -> None:
        """Have what is about to be sent journaled first."""
        if self._gone is None:
            self._emit()

    def _emit(self, gone: AgentGone | None = None) -> None:
        events, end = self._inbox.drain()
        self._service.saw(events)
        self._listener(Batch(events, self._inbox.record(self._framer.offset), end, gone))
        if gone is None:
            self._service.take_up(self._inbox.asked)

    def _reply(self, request_id: str, answer: Message | Denied, events: tuple[AnyEvent, ...]) -> None:
        self._inbox.reply(request_id, answer, events)
        self._announce()

    def _tell(self, events: tuple[AnyEvent, ...]) -> None:
        """What a terminal shows, also behind the agent's end."""
        if not self._is_detached:
            self._inbox.insert(events)
            self._emit()

    async def _stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._service.stop()
        failure = AgentFailed("link_closed", "The link to the agent was closed.")
        self._outbox.abandon(failure)
        self._inbox.end(failure)
