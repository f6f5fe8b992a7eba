"""A live connection to the runner of one agent. Knows frames, offsets and numbered lines; knows nothing of what the
bytes say, nor of sessions.

Output is taken on credit: at most `WINDOW` bytes wait here, then the runner keeps them, then the agent waits (D10).
Answers never wait behind output, so `send` may be awaited between two chunks.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from segue.agents import runners
from segue.agents.runners import AgentExit, AgentSpec, Chunk, Leftovers
from segue.domain.errors import AgentFailed
from segue.runner.frames import FRAME, LINE_LIMIT, VERSION
from segue.system.load import patience

WINDOW = 1 << 20
"""Bytes of output that wait here, and of lines that wait for the agent, at most (or one line that is longer)."""
GATHER_S = 0.03
"""How long output waits for more of it while an agent talks much; clients are told no more often anyway."""
GRACE_S = 2.0
_ANSWER_TIMEOUT_S = 20.0
_FORCE_S = 2.5
_GONE_TIMEOUT_S = 2.0
_BUFFER = 64 << 10
_BATCHED = 64 << 10


class Ack(Enum):
    """What a runner did with a line."""

    RECORDED = "recorded"
    """It is on record and goes to the agent, once."""
    REPEATED = "repeated"
    """It was on record before, and was dropped."""


class RunnerClient(asyncio.BufferedProtocol):
    """One agent's stdin, stdout and end; made by `start`, `attach` or `remains`."""

    def __init__(self, directory: Path, offset: int) -> None:
        self.directory = directory
        self.exit: AgentExit | None = None
        """How the agent ended, once that is known."""
        self.output_closed = False
        """No more output will come; the agent may live on, then it cannot be talked with any more (D5)."""
        self.problem = ""
        """Why the runner cannot write the agent's output to disk at the moment; the agent waits."""
        self.undelivered: set[int] = set()
        """Lines that were recorded, and then never wholly reached the agent."""
        self._transport: asyncio.Transport | None = None
        self._buffer = memoryview(bytearray(_BUFFER))
        self._rest = b""
        self._output_left = self._output_at = 0
        self._queue: deque[Chunk] = deque()
        self._arrived = self._taken = offset
        self._granted = 0
        self._read_at = 0.0
        self._resumes: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._attached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answers: dict[int, asyncio.Future[Ack]] = {}
        self._unwritten: dict[int, int] = {}
        self._sending = asyncio.Lock()
        self._leftovers: Leftovers | None = None
        self._failure: AgentFailed | None = None
        self._is_lost = self._is_detached = False

    @classmethod
    async def start(cls, spec: AgentSpec, directory: Path, socket_path: Path) -> RunnerClient:
        """Start an agent with a runner of its own; see `runners.launch` for what is created and raised."""
        # A thread of its own does its work in order and to the end, however often whoever waits for it is cancelled.
        thread = ThreadPoolExecutor(1, "runner")
        launched = thread.submit(runners.launch, spec, directory, socket_path)
        try:
            await asyncio.wrap_future(launched)
            return await cls.attach(directory, socket_path, 0)
        except BaseException:
            ended = thread.submit(_end_launched, launched, directory)
            await asyncio.shield(asyncio.wrap_future(ended))
            raise
        finally:
            thread.shutdown(wait=False)

    @classmethod
    async def attach(cls, directory: Path, socket_path: Path, offset: int) -> RunnerClient:
        """Take over a running agent, with its output from `offset` on; whoever was attached is not any more.

        Raises AgentFailed: `runner_gone` (see `remains`), `output_gone`, `runner_version` or `runner_not_answering`.
        """
        link = cls(directory, offset)
        try:
            async with patience(_ANSWER_TIMEOUT_S):
                await asyncio.get_running_loop().create_unix_connection(lambda: link, str(socket_path))
                link._write(b"A", offset)
                await link._attached
        except OSError as failed:
            link._end(None)
            if isinstance(failed, TimeoutError) or await asyncio.to_thread(runners.is_running, directory):
                raise _failed("runner_not_answering", "The agent's runner does not answer.") from failed
            raise _failed("runner_gone", "The agent's runner is not there any more.") from failed
        except BaseException:
            link._end(None)
            raise
        link._grant()
        return link

    @classmethod
    def remains(cls, directory: Path, offset: int) -> RunnerClient:
        """What a gone runner left: its output from `offset` on, and the agent's exit; nothing can be sent."""
        link = cls(directory, offset)
        link._is_lost = True
        return link

    async def chunks(self) -> AsyncIterator[Chunk]:
        """The agent's output, without gap or duplicate, until its stdout is closed or this link is detached.

        When the runner goes down, what it had on disk comes first. Raises AgentFailed: `link_replaced`, `link_lost`.
        """
        while True:
            while self._queue:
                chunk = self._queue.popleft()
                self._taken = chunk.offset + len(chunk.data)
                self._grant()
                yield chunk
            if self.output_closed or self._is_detached:
                return
            if self._is_lost:
                break
            await self._change()
        await self._settle()
        left = runners.spooled(self.directory, self._arrived)
        while rest := await asyncio.to_thread(next, left, None):
            self._arrived = rest.offset + len(rest.data)
            yield rest

    async def send(self, number: int, line: bytes) -> Ack:
        """Hand the agent a line (with its line end); returns once its number is on record, or was before.

        Numbers start at 1 and leave few gaps. Waits while the agent does not read. Raises AgentFailed: `line_refused`,
        `agent_closed_stdin` (both: not recorded), or why the link ended: then tell the next link, a repeat is dropped.
        """
        if not 0 < len(line) <= LINE_LIMIT:
            raise _failed("line_refused", f"A message of {len(line)} bytes cannot be handed to the agent.")
        async with self._sending:
            while self._unwritten and sum(self._unwritten.values()) + len(line) > WINDOW and not self._is_lost:
                await self._change()
            if self._is_lost:
                raise self._failure or _failed("runner_gone", "The agent's runner is not there any more.")
            answer = self._answers.setdefault(number, asyncio.get_running_loop().create_future())
            self._unwritten[number] = len(line)
            self._write(b"L", number, line)
        return await asyncio.shield(answer)

    async def consumed(self, offset: int) -> None:
        """Everything before `offset` is journaled: the runner may drop it."""
        if not self._is_lost:
            self._write(b"C", offset)

    async def wait(self) -> AgentExit:
        """Wait for the agent's end, which is told after its output: somebody has to take that meanwhile."""
        while self.exit is None and not self._is_lost:
            await self._change()
        if self.exit is None:
            await self._settle()
        return self.exit or AgentExit()

    async def stop(self, grace_s: float = GRACE_S) -> Leftovers:
        """End the agent, everything that descends from it, and the runner: stdin closed and TERM, then KILL after
        `grace_s` (3 at most), over within 5 s; returns what could not be ended. The files stay, and
        `chunks` still gives what was not taken yet. Raises AgentFailed: `link_replaced`, `link_closed`."""
        if self._failure and self._failure.reason in ("link_replaced", "link_closed"):
            raise self._failure
        if not self._is_lost:
            self._write(b"S", int(grace_s * 1000))
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_s + _FORCE_S):
                    while self._leftovers is None and not self._is_lost:
                        await self._change()
        left = self._leftovers
        if left is None or not await asyncio.to_thread(runners.wait_runner_gone, self.directory, 1.0):
            left = await asyncio.to_thread(runners.end, self.directory)
            self._take_exit(runners.read_status(self.directory))
        self._end(None)
        return left

    async def detach(self) -> None:
        """Let go; the agent runs on."""
        self._is_detached = True
        self._failure = self._failure or _failed("link_closed", "The link to the agent was closed.")
        self._end(None)

    def stderr_tail(self, limit: int = 4096) -> str:
        """The last `limit` bytes of the agent's stderr."""
        return runners.stderr_tail(self.directory, limit)

    @staticmethod
    def unknown_lines(directory: Path) -> list[int]:
        """Lines that a dead runner may or may not have given to the agent: to be reported, never sent again."""
        return list(runners.line_record(directory).unknown)

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        view = self._buffer[:nbytes]
        if self._rest:
            view = memoryview(self._rest + bytes(view))
        position, end = 0, len(view)
        while position < end:
            if self._output_left:
                data = bytes(view[position : position + self._output_left])
                self._put(Chunk(self._output_at, data))
                position += len(data)
                self._output_left -= len(data)
                self._output_at += len(data)
                self._arrived = self._output_at
                continue
            if end - position < FRAME.size:
                break
            kind, length, argument = FRAME.unpack_from(view, position)
            if kind == b"O":
                self._output_left, self._output_at = length, argument
                position += FRAME.size
                if argument != self._arrived:
                    self._end(_failed("link_lost", "The agent's runner lost its place."))
                    return
                continue
            if end - position < FRAME.size + length:
                break
            position += FRAME.size
            self._take(kind, argument, bytes(view[position : position + length]))
            position += length
        self._rest = bytes(view[position:])
        self._changed.set()
        self._gather()

    def _put(self, chunk: Chunk) -> None:
        """Pieces that wait together are taken together."""
        if self._queue and len(self._queue[-1].data) < _BUFFER:
            last = self._queue.pop()
            chunk = Chunk(last.offset, last.data + chunk.data)
        self._queue.append(chunk)

    def _gather(self) -> None:
        """Let a talkative agent's output wait in the socket for a moment: many lines then cost one wake-up (G6)."""
        loop = asyncio.get_running_loop()
        previous, self._read_at = self._read_at, loop.time()
        if self._read_at - previous < 2 * GATHER_S and not self._answers and self._transport is not None:
            self._transport.pause_reading()
            if self._resumes is not None:
                self._resumes.cancel()
            self._resumes = loop.call_later(GATHER_S, self._transport.resume_reading)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(None)

    # Inside

    def _take(self, kind: bytes, argument: int, payload: bytes) -> None:
        match kind:
            case b"T" | b"R":
                self._answer(argument, Ack.RECORDED if kind == b"T" else Ack.REPEATED)
            case b"W" | b"U":
                self._unwritten.pop(argument, None)
                if kind == b"U":
                    self.undelivered.add(argument)
            case b"F":
                self._refuse(argument, payload.decode(errors="replace"))
            case b"E":
                self.output_closed = True
            case b"X":
                self.exit = AgentExit(**json.loads(payload))
            case b"N":
                self.problem = payload.decode(errors="replace")
            case b"A":
                self._welcome(json.loads(payload))
            case b"S":
                status = runners.status_from(json.loads(payload))
                self._leftovers = status.leftovers
                self._take_exit(status)
            case b"B":
                self._end(_failed("link_replaced", "Another client has taken this agent over."))
            case _:
                pass  # a later version's word

    def _welcome(self, said: dict[str, Any]) -> None:
        self.problem = said["problem"]
        self._unwritten = dict(said["pending"])
        if not self._attached.done():
            if said["version"] == VERSION:
                self._attached.set_result(None)
            else:
                _fail(self._attached, _failed("runner_version", "The agent's runner is of another version."))

    def _answer(self, number: int, ack: Ack) -> None:
        if ack is Ack.REPEATED:
            self._unwritten.pop(number, None)
        answer = self._answers.pop(number, None)
        if answer and not answer.done():
            answer.set_result(ack)

    def _refuse(self, number: int, why: str) -> None:
        self._unwritten.pop(number, None)
        if not self._attached.done():
            _fail(self._attached, _failed("output_gone", f"The agent's output from byte {number} on is not there."))
        elif answer := self._answers.pop(number, None):
            closed = _failed("agent_closed_stdin", "The agent takes no more input.")
            refused = _failed("line_refused", f"The message could not be handed to the agent: {why}.")
            _fail(answer, closed if why == closed.reason else refused)

    def _grant(self) -> None:
        if not self._is_lost and self._granted - self._taken < WINDOW // 2:
            self._granted = self._taken + WINDOW
            self._write(b"G", self._granted)

    def _write(self, kind: bytes, argument: int, payload: bytes = b"") -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if kind != b"G":  # whatever else is said gets an answer, which is not to wait
            self._transport.resume_reading()
        header = FRAME.pack(kind, len(payload), argument)
        if len(payload) <= _BATCHED:
            self._transport.write(header + payload)
        else:
            self._transport.write(header)
            self._transport.write(payload)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _settle(self) -> None:
        """Find out what a lost connection means: the runner is gone (its files tell the rest), or only the link is."""
        if self._failure:
            raise self._failure
        if not await asyncio.to_thread(runners.wait_runner_gone, self.directory, _GONE_TIMEOUT_S):
            raise _failed("link_lost", "The connection to the agent's runner broke.")
        self._take_exit(runners.read_status(self.directory))
        self.exit = self.exit or AgentExit()

    def _take_exit(self, status: runners.Status | None) -> None:
        self.exit = self.exit or (status.exit if status else None)

    def _end(self, failure: AgentFailed | None) -> None:
        self._failure = self._failure or failure
        self._is_lost = True
        reason = self._failure or _failed("runner_gone", "The agent's runner is not there any more.")
        _fail(self._attached, reason)
        for answer in self._answers.values():
            _fail(answer, reason)
        self._answers.clear()
        self._changed.set()
        if self._transport:
            self._transport.abort()


def _fail(waiting: asyncio.Future[Any], failure: AgentFailed) -> None:
    """Also where nobody waits any more, which asyncio would complain about."""
    if not waiting.done():
        waiting.set_exception(failure)
        waiting.exception()


def _end_launched(launched: Future[None], directory: Path) -> None:
    """End a runner whose start was given up; a launch that failed has left none."""
    if not launched.cancelled() and launched.exception() is None:
        runners.end(directory)


def _failed(reason: str, message: str) -> AgentFailed:
    return AgentFailed(reason, message, action=_ACTIONS[reason])


_ACTIONS = {
    "agent_closed_stdin": "The session keeps what was said; resume it to go on.",
    "line_refused": "Nothing was sent; try again.",
    "link_closed": "The agent runs on; attach to it again.",
    "link_lost": "The agent runs on; attach to it again.",
    "link_replaced": "The agent runs on with the other client.",
    "output_gone": "What was shown before is kept; resume the session to go on.",
    "runner_gone": "The transcript so far is kept; resume the session to go on.",
    "runner_not_answering": "The agent may still run; stop the session or try again.",
    "runner_version": "The agent runs on; use the version of Segue that started it, or stop the session.",
}
