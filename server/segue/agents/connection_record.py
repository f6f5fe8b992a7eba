"""What a connection to an agent remembers and tells. Knows values; knows no bytes, no process and no journal."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from segue.agents.sign_in import SignInMethod
from segue.domain.events import AnyEvent, PermissionRequested, Role, StopReason, Tokens

RequestId = int | str
"""A JSON-RPC id as the agent chose it."""


class Ask(StrEnum):
    """What an agent waits for a person with."""

    PERMISSION = "permission"
    QUESTION = "question"


class Waiting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request for a person's answer that the agent waits with."""

    rpc_id: RequestId
    options: tuple[str, ...] = ()
    """The ids that an answer to a permission request may name."""
    ask: Ask = Ask.PERMISSION
    without_plan: PermissionRequested | None = None
    """What it asked, where it asks to leave its planning and its plan has not come yet."""


class Asked(msgspec.Struct, frozen=True):
    """A request of the agent that Segue works on."""

    rpc_id: RequestId
    method: str
    params: dict[str, Any]


class TerminalRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A command that the agent runs through Segue, until it releases it."""

    number: str
    """Of its runner, among those of this agent."""
    limit: int
    """Bytes of output that the agent wants kept."""
    told: int = 0
    """Bytes of its output that people were told of, or that were left out."""
    shown: int = 0
    """Characters that people were told."""
    is_over: bool = False
    """Its end was told."""
    is_cut: bool = False
    """Whether some of its output was left out."""


class OpenMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """The message that the next chunk of the same kind belongs to."""

    role: Role
    message_id: str
    is_named: bool = False
    """Whether the agent gave the id; then only that id continues it."""


class ConnectionRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a connection stands; journaled together with the events that it stands behind, so that a later daemon goes
    on exactly there. JSON-encodable."""

    offset: int = 0
    """Bytes of the agent's stdout that were taken, up to a whole line."""
    next_line: int = 1
    """Number of the next line to send; ids of requests to the agent are line numbers."""
    session_id: str = ""
    """The agent's own session id; empty before one is open."""
    prompt_id: int | None = None
    """Of the prompt that the agent has not answered yet, or never answered because it ended."""
    is_cancelling: bool = False
    outstanding: dict[int, str] = {}
    """Method of every request to the agent that is not answered yet."""
    waiting: dict[str, Waiting] = {}
    """Requests that wait for a person, by Segue's request id."""
    asked: dict[str, Asked] = {}
    """Other requests of the agent without an answer, by Segue's request id, oldest first."""
    terminals: dict[str, TerminalRecord] = {}
    """By the id that the agent knows them by."""
    unsent: dict[int, str] = {}
    """Lines not yet known to be with the runner; sending one again is harmless, since runners drop repeats."""
    message: OpenMessage | None = None


def has_open_prompt(stored: bytes) -> bool:
    """Whether the connection of this record had sent a prompt that was not answered."""
    return msgspec.json.decode(stored, type=ConnectionRecord).prompt_id is not None


class PromptEnded(msgspec.Struct, frozen=True):
    """The agent answered its prompt; everything it said before stands before this."""

    stop_reason: StopReason
    message: str = ""
    needs_sign_in: bool = False
    """Whether the agent only wants its user to sign in; the prompt was not worked on."""
    tokens: Tokens | None = None
    models: tuple[str, ...] = ()
    """Ids of the models that worked on it, where the agent tells them."""


class AgentGone(msgspec.Struct, frozen=True):
    """Nothing more will come from this agent. Its turn, if one runs, has ended."""

    reason: str
    """`agent_exited`, `agent_closed_stdout`, `agent_not_acp`, `message_too_large`, or why the link to it ended."""
    message: str


class Batch(msgspec.Struct, frozen=True):
    """What came of a piece of the agent's output, and where the connection stands behind it."""

    events: tuple[AnyEvent, ...]
    record: ConnectionRecord
    ended: PromptEnded | None = None
    gone: AgentGone | None = None


class AgentFacts(msgspec.Struct, frozen=True):
    """What an agent said about itself in `initialize`."""

    name: str = ""
    version: str = ""
    can_load: bool = False
    methods: tuple[SignInMethod, ...] = ()
    """How its user can sign in."""
    takes_images: bool = False


class Resume(msgspec.Struct, frozen=True):
    """Where to go on with an agent that outlived the daemon."""

    record: ConnectionRecord
    session_id: str | None = None
    """The agent's own session id as the session knows it."""

    @property
    def found(self) -> ConnectionRecord:
        """The record with the session that it is about, which an early one does not name."""
        return replace(self.record, session_id=self.record.session_id or self.session_id)
