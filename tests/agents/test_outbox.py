"""Lines on their way to an agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from segue.agents.outbox import Outbox
from segue.domain.errors import AgentFailed, StoreFailed


class Carrier:
    """Takes lines once `takes` is set; `refusal` is raised instead where there is one."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, bytes]] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.reached = asyncio.Event()
        self.refusal: AgentFailed | None = None

    async def send(self, number: int, line: bytes) -> None:
        self.reached.set()
        await self.takes.wait()
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((number, line))


async def at_once() -> None:
    pass


@asynccontextmanager
async def running(outbox: Outbox, durable: Callable[[], Awaitable[object]] = at_once) -> AsyncIterator[None]:
    task = asyncio.create_task(outbox.run(durable))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_line_is_sent_once_it_is_durable_and_forgotten_once_it_is_taken() -> None:
    """D30"""
    carrier, is_durable = Carrier(), asyncio.Event()
    outbox = Outbox(carrier, 4, {3: "early\n"})
    async with running(outbox, is_durable.wait):
        number = outbox.put("late\n")
        await asyncio.sleep(0)
        assert (carrier.sent, outbox.unsent) == ([], {3: "early\n", 4: "late\n"})
        is_durable.set()
        await outbox.settled(number)
        assert carrier.sent == [(3, b"early\n"), (4, b"late\n")]
        assert outbox.unsent == {}


async def test_a_journal_that_cannot_be_written_holds_lines_back_until_it_can() -> None:
    """D31"""
    carrier, problems = Carrier(), [StoreFailed("disk_full", "The disk is full.")]

    async def durable() -> None:
        if problems:
            raise problems.pop()

    outbox = Outbox(carrier, 1, {})
    async with running(outbox, durable):
        first = outbox.put("a\n")
        with pytest.raises(StoreFailed):
            await outbox.settled(first)
        second = outbox.put("b\n")
        await outbox.settled(second)
    assert [number for number, _ in carrier.sent] == [1, 2]


async def test_a_line_that_was_withdrawn_is_not_sent() -> None:
    carrier, is_durable = Carrier(), asyncio.Event()
    outbox = Outbox(carrier, 1, {})
    async with running(outbox, is_durable.wait):
        outbox.withdraw(outbox.put("a\n"))
        is_durable.set()
        await outbox.settled(outbox.put("b\n"))
    assert carrier.sent == [(2, b"b\n")]


async def test_a_refused_line_fails_alone() -> None:
    carrier = Carrier()
    outbox = Outbox(carrier, 1, {})
    async with running(outbox):
        carrier.refusal = AgentFailed("line_refused", "No.")
        with pytest.raises(AgentFailed):
            await outbox.settled(outbox.put("a\n"))
        carrier.refusal = None
        await outbox.settled(outbox.put("b\n"))
    assert carrier.sent == [(2, b"b\n")]


async def test_a_line_that_is_just_handed_over_when_the_agent_dies_counts_as_sent() -> None:
    carrier = Carrier()
    carrier.takes.clear()
    outbox = Outbox(carrier, 1, {})
    async with running(outbox):
        first = outbox.put("a\n")
        await carrier.reached.wait()
        second = outbox.put("b\n")
        outbox.fail(AgentFailed("agent_exited", "It died."))
        carrier.takes.set()
        await outbox.settled(first)
        with pytest.raises(AgentFailed):
            await outbox.settled(second)
        with pytest.raises(AgentFailed):
            await outbox.settled(outbox.put("c\n"))
    assert carrier.sent == [(1, b"a\n")]


async def test_nobody_waits_for_a_link_that_is_closed() -> None:
    carrier = Carrier()
    carrier.takes.clear()
    outbox = Outbox(carrier, 1, {})
    async with running(outbox):
        waiting = asyncio.ensure_future(outbox.settled(outbox.put("a\n")))
        await carrier.reached.wait()
    outbox.abandon(AgentFailed("link_closed", "Closed."))
    with pytest.raises(AgentFailed):
        await waiting
