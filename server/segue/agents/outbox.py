"""Lines on their way to an agent: numbered, in order, each exactly once. Knows numbers; knows nothing of what they say.

A line is journaled (in the record of its connection) before its runner gets it, and forgotten once the runner has it.
So a later daemon never gives a number to another line, and can send again whatever is in doubt: runners drop repeats.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from segue.domain.errors import AgentFailed, SegueError

ROOM = 256
"""Lines that may wait before their cause, the agent's output, is read on."""
RETRY_S = 1.0
"""How often a journal that cannot be written is tried again."""


class Carrier(Protocol):
    """Whatever hands numbered lines to an agent."""

    async def send(self, number: int, line: bytes) -> object: ...


class Outbox:
    def __init__(
        self, carrier: Carrier, next_line: int, unsent: dict[int, str], expand: Callable[[str], str] = str
    ) -> None:
        """`expand` puts in what a line only names, such as images; raises AgentFailed (`line_refused`)."""
        self.next_line = next_line
        self.unsent = dict(sorted(unsent.items()))
        self._expand = expand
        self._carrier = carrier
        self._queue: deque[int] = deque(self.unsent)
        self._changed = asyncio.Event()
        self._awaited: dict[int, asyncio.Future[None]] = {}
        self._in_flight: int | None = None
        self._failure: SegueError | None = None
        self._first_lost = 0
        """Number of the first line that a failure kept from being sent."""

    def put(self, line: str) -> int:
        """Take a line, to be sent behind those before it; returns its number."""
        number = self.next_line
        self.next_line += 1
        if self._failure is None:
            self.unsent[number] = line
            self._queue.append(number)
            self._changed.set()
        return number

    async def settled(self, number: int) -> None:
        """Wait until a line is with the runner; raises AgentFailed or StoreFailed where it never will be."""
        if self._failure is not None and number >= self._first_lost:
            raise self._failure
        if number in self.unsent:
            future = self._awaited.setdefault(number, asyncio.get_running_loop().create_future())
            await asyncio.shield(future)

    async def room(self) -> None:
        """Wait while too many lines wait."""
        while len(self._queue) > ROOM and self._failure is None:
            number = self._queue[len(self._queue) - ROOM]
            try:
                await self.settled(number)
            except SegueError:
                return

    async def run(self, durable: Callable[[], Awaitable[object]]) -> None:
        """Send until cancelled; `durable` waits until everything that was journaled so far is safe."""
        while self._failure is None:
            while not self._queue:
                self._changed.clear()
                await self._changed.wait()
            group = tuple(self._queue)
            try:
                await durable()
                for number in group:
                    await self._send(number)
            except AgentFailed as failed:
                self.abandon(failed)
            except SegueError as failed:
                await self._wait_for_journal(failed)

    async def _wait_for_journal(self, failed: SegueError) -> None:
        """Who waits is told; the lines stay, and go once the journal can be written again (D31)."""
        for number in tuple(self._awaited):
            self._tell(number, failed)
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._changed.wait()

    def withdraw(self, number: int) -> None:
        """Do not send a line after all, if it is still here."""
        if number in self.unsent:
            self._done(number, None)

    async def _send(self, number: int) -> None:
        line = self.unsent.get(number)
        if line is None:
            return
        self._in_flight = number
        try:
            await self._carrier.send(number, self._expand(line).encode())
        except AgentFailed as failed:
            if failed.reason != "line_refused":
                raise
            self._done(number, failed)
        else:
            self._done(number, None)
        self._in_flight = None

    def fail(self, failure: SegueError) -> None:
        """Nothing more is sent; a line that is just being handed over may still arrive."""
        if self._failure is None:
            self._failure = failure
            lost = [number for number in self._queue if number != self._in_flight]
            self._first_lost = min(lost, default=self.next_line)
            for number in lost:
                self._done(number, failure)

    def abandon(self, failure: SegueError) -> None:
        """Nothing more is sent, and nobody waits any longer."""
        self._in_flight = None
        self.fail(failure)
        for number in tuple(self._queue):
            self._done(number, failure)

    def _done(self, number: int, failure: SegueError | None) -> None:
        if self.unsent.pop(number, None) is not None:
            self._queue.remove(number)
        self._tell(number, failure)

    def _tell(self, number: int, failure: SegueError | None) -> None:
        future = self._awaited.pop(number, None)
        if future is None or future.done():
            return
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)
            future.exception()
