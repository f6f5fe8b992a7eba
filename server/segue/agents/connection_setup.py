"""What a connection is given: a link to a runner, and what differs between agents. Knows shapes only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from segue.agents.broker import NOBODY, Desk
from segue.agents.images import Images
from segue.agents.line_buffer import LINE_LIMIT
from segue.agents.outputs import Outputs
from segue.agents.runners import AgentExit, Chunk, Leftovers


class Link(Protocol):
    """What a connection needs of a link to a runner; see `link.AgentLink`."""

    exit: AgentExit | None

    def chunks(self) -> AsyncIterator[Chunk]: ...
    async def send(self, number: int, line: bytes) -> object: ...
    async def consumed(self, offset: int) -> None: ...
    async def wait(self) -> AgentExit: ...
    async def stop(self, grace_s: float) -> Leftovers: ...
    async def detach(self) -> None: ...
    def stderr_tail(self, limit: int = 4096) -> str: ...


async def _at_once() -> None:
    """Where nothing is journaled, nothing has to be waited for."""


@dataclass(frozen=True, slots=True)
class Start:
    """Which of an agent's processes a connection is to, and where it works."""

    generation: int
    directory: str | Path


@dataclass(frozen=True, slots=True)
class Options:
    """What differs between agents and between a daemon and a test."""

    durable: Callable[[], Awaitable[object]] = _at_once
    """Waits until every record that the listener got is journaled for good; lines are sent behind that."""
    start_timeout_s: float = 45
    """How long `initialize` and opening or loading a session may take."""
    line_limit: int = LINE_LIMIT
    """Bytes of one message of the agent."""
    login: str = ""
    """One sentence: how to authenticate with this agent."""
    desk: Desk = NOBODY
    """Does what the agent asks of its client."""
    images: Images | None = None
    """Where images go; None where none are sent, and those of the agent are only named."""
    outputs: Outputs | None = None
    """Where output of tool calls goes that is too long to be shown; None where it is not kept."""


USUAL = Options()
