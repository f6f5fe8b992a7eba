"""An agent that is driven by a program rather than a person, with all that its connection tells. Knows no engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from segue.agents.connection import AgentConnection
from segue.agents.connection_record import AgentGone, Batch, ConnectionRecord, PromptEnded
from segue.agents.runner_client import RunnerClient
from segue.domain.errors import AgentFailed
from segue.domain.events import AnyEvent, MessageReceived, PermissionRequested, Role, ToolCallReported

Kind = TypeVar("Kind")
LIMIT_S = 20.0


@dataclass
class Heard:
    """Everything that a listener got, and a way to wait for more of it."""

    events: list[AnyEvent] = field(default_factory=list)
    ends: list[PromptEnded] = field(default_factory=list)
    batches: int = 0
    record: ConnectionRecord = field(default_factory=ConnectionRecord)
    gone: AgentGone | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    limit_s: float = LIMIT_S
    """How long something may be waited for."""

    def take(self, batch: Batch) -> None:
        """The listener; keeps the record as a journal would, encoded."""
        self.batches += 1
        self.events += batch.events
        self.record = msgspec.json.decode(msgspec.json.encode(batch.record), type=ConnectionRecord)
        self.ends += [batch.ended] if batch.ended is not None else []
        self.gone = batch.gone or self.gone
        self.changed.set()

    async def until(self, is_there: Callable[[], object]) -> None:
        """Wait until something holds, looked at with every batch; raises TimeoutError."""
        async with asyncio.timeout(self.limit_s):
            while not is_there():
                self.changed.clear()
                await self.changed.wait()

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]


class Agent:
    """A connected agent; its methods but `gone` raise AgentFailed where it ended, and TimeoutError."""

    def __init__(self, connection: AgentConnection, link: RunnerClient, heard: Heard) -> None:
        self.connection = connection
        self.link = link
        self.heard = heard
        self.session_id = ""
        """Of its open session."""

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

    async def until(self, is_there: Callable[[], object]) -> None:
        """Wait until something holds, or the agent is gone."""
        await self.heard.until(lambda: is_there() or self.heard.gone)
        if self.heard.gone is not None:
            raise AgentFailed(self.heard.gone.reason, self.heard.gone.message or "The agent has ended.")

    async def end(self) -> PromptEnded:
        """Wait for the end of the turn that runs."""
        await self.until(lambda: not self.connection.is_prompting)
        return self.heard.ends[-1]

    async def gone(self) -> AgentGone:
        await self.heard.until(lambda: self.heard.gone)
        assert self.heard.gone is not None
        return self.heard.gone

    async def asked(self, count: int = 1) -> list[PermissionRequested]:
        """Wait for permission requests."""
        await self.until(lambda: len(self.permissions) >= count)
        return self.permissions
