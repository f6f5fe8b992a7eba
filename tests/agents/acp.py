"""Agents for tests: the fake one and the built-in ones behind a real runner, with what their connection tells.

async with agent(tmp_path) as fake:
    await fake.turn("[[say hello]]")
    assert fake.text == "hello"
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from segue.agents.connection import AgentConnection, Options
from segue.agents.link import AgentLink, AgentSpec
from segue.agents.record import AgentGone, Batch, ConnectionRecord, PromptEnded
from segue.domain.events import AnyEvent, MessageReceived, PermissionRequested, Role, ToolCallReported

Kind = TypeVar("Kind")
FAKE = (sys.executable, "-I", str(Path(__file__).with_name("fake_agent.py")))
TIMEOUT_S = 20.0
DEFAULT = Options()


@dataclass
class Heard:
    """Everything that a listener got, and a way to wait for more of it."""

    events: list[AnyEvent] = field(default_factory=list)
    ends: list[PromptEnded] = field(default_factory=list)
    batches: int = 0
    record: ConnectionRecord = field(default_factory=ConnectionRecord)
    gone: AgentGone | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, batch: Batch) -> None:
        """The listener; keeps the record as a journal would, encoded."""
        self.batches += 1
        self.events += batch.events
        self.record = msgspec.json.decode(msgspec.json.encode(batch.record), type=ConnectionRecord)
        self.ends += [batch.ended] if batch.ended is not None else []
        self.gone = batch.gone or self.gone
        self.changed.set()

    async def until(self, is_there: Callable[[], object]) -> None:
        """Wait until something holds; looked at with every batch."""
        async with asyncio.timeout(TIMEOUT_S):
            while not is_there():
                self.changed.clear()
                await self.changed.wait()

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]


class Agent:
    """A connected agent with an open session."""

    def __init__(self, connection: AgentConnection, link: AgentLink, heard: Heard) -> None:
        self.connection = connection
        self.link = link
        self.heard = heard
        self.session_id = ""

    @property
    def text(self) -> str:
        """What the agent said so far."""
        messages = self.heard.of(MessageReceived)
        return "".join(message.text for message in messages if message.role is Role.AGENT)

    @property
    def permissions(self) -> list[PermissionRequested]:
        return self.heard.of(PermissionRequested)

    @property
    def tool_calls(self) -> list[ToolCallReported]:
        return self.heard.of(ToolCallReported)

    async def prompt(self, text: str) -> None:
        await self.connection.prompt(self.session_id, text)

    async def turn(self, text: str) -> PromptEnded:
        """Prompt, and wait for the answer."""
        await self.prompt(text)
        return await self.end()

    async def end(self) -> PromptEnded:
        """Wait for the end of the turn that runs."""
        await self.heard.until(lambda: not self.connection.is_prompting)
        assert self.heard.gone is None, self.heard.gone
        return self.heard.ends[-1]

    async def gone(self) -> AgentGone:
        await self.heard.until(lambda: self.heard.gone)
        assert self.heard.gone is not None
        return self.heard.gone

    async def asked(self, count: int = 1) -> list[PermissionRequested]:
        """Wait for permission requests."""
        await self.heard.until(lambda: len(self.permissions) >= count)
        return self.permissions


def builtin(name: str) -> tuple[str, ...]:
    """The command of a built-in agent."""
    return (sys.executable, "-I", "-m", f"segue.agents.builtin.{name}")


@asynccontextmanager
async def runner_places() -> AsyncIterator[tuple[Path, Path]]:
    """A runner's directory and socket, with a path short enough for one; removed at the end."""
    base = Path(tempfile.mkdtemp(prefix="segue-t-"))
    try:
        yield base / "runner", base / "s"
    finally:
        shutil.rmtree(base)


@asynccontextmanager
async def connected(
    cwd: Path, command: Sequence[str] = FAKE, environment: dict[str, str] | None = None, options: Options = DEFAULT
) -> AsyncIterator[Agent]:
    """An agent behind its runner; nothing was said to it yet."""
    async with runner_places() as (directory, socket):
        spec = AgentSpec(tuple(command), cwd, {"PATH": os.environ["PATH"], **(environment or {})})
        link = await AgentLink.start(spec, directory, socket)
        heard = Heard()
        connection = AgentConnection(link, heard.take, generation=1, directory=cwd, options=options)
        try:
            yield Agent(connection, link, heard)
        finally:
            assert await connection.close(1.0) == ()


@asynccontextmanager
async def agent(
    cwd: Path, command: Sequence[str] = FAKE, environment: dict[str, str] | None = None, options: Options = DEFAULT
) -> AsyncIterator[Agent]:
    """An agent with an open session in `cwd`."""
    async with connected(cwd, command, environment, options) as found:
        await found.connection.initialize()
        found.session_id = await found.connection.open_session(cwd)
        yield found
