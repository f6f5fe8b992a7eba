"""What can happen to a session. Knows facts in past tense; knows nothing of how they came about or who is told.

Every change of a session is one of these, journaled before anyone hears of it. A field that is added later needs a
default, an event that is no longer written stays readable: the journal of an older version must always open.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from segue.domain.event import Event
from segue.domain.facts import (
    Command,
    ConfigOption,
    ConfigValue,
    Cost,
    Image,
    Location,
    Mode,
    OptionKind,
    PermissionOption,
    PlanEntry,
    Role,
    SetBy,
    Stat,
    StopReason,
    Tokens,
    ToolContent,
)
from segue.domain.ids import SessionId
from segue.domain.images import ImageReceived
from segue.domain.offers import CommandsReported, ConfigChosen, ConfigRefused, ConfigReported, ModeReported
from segue.domain.pairing_events import AcceptedAdvanced, HunksDecided, SessionLinked, SessionUnlinked
from segue.domain.permissions import PermissionDecided, PermissionRequested
from segue.domain.plans import PlanEvent
from segue.domain.questions import QuestionAnswered, QuestionAsked
from segue.domain.queue_positions import PlaceTaken, StartWanted
from segue.domain.result_events import (
    LandingEvent,
    MergeAbandoned,
    MergeCompleted,
    MergeIntended,
    MergeUndoAbandoned,
    MergeUndoIntended,
    MergeUndone,
    RepositoryMoved,
    RollbackAbandoned,
    RolledBack,
    SessionArchived,
    SessionDeleted,
    SessionRestored,
    SessionUndeleted,
    SnapshotsExpired,
    SnapshotTaken,
    SurroundingsPutBack,
)

__all__ = [
    "AcceptedAdvanced",
    "Command",
    "CommandsReported",
    "ConfigChosen",
    "ConfigOption",
    "ConfigRefused",
    "ConfigReported",
    "ConfigValue",
    "Cost",
    "Event",
    "HunksDecided",
    "Location",
    "MergeAbandoned",
    "MergeCompleted",
    "MergeIntended",
    "MergeUndoAbandoned",
    "MergeUndoIntended",
    "MergeUndone",
    "Mode",
    "ModeReported",
    "OptionKind",
    "PermissionDecided",
    "PermissionOption",
    "PermissionRequested",
    "PlaceTaken",
    "PlanEntry",
    "PlanEvent",
    "QuestionAnswered",
    "QuestionAsked",
    "RepositoryMoved",
    "Role",
    "RollbackAbandoned",
    "RolledBack",
    "SessionArchived",
    "SessionDeleted",
    "SessionLinked",
    "SessionRestored",
    "SessionUndeleted",
    "SessionUnlinked",
    "SetBy",
    "SnapshotTaken",
    "SnapshotsExpired",
    "StartWanted",
    "Stat",
    "StopReason",
    "SurroundingsPutBack",
    "Tokens",
    "ToolContent",
]
"""What else is reached through this module."""


class SessionCreated(Event, frozen=True, tag="session_created"):
    title: str
    agent: str
    repository: str
    """Root of the user's checkout."""
    common_dir: str
    """The repository's common git directory."""
    base_ref: str | None
    """Full ref name of the base branch; None where the work starts from a detached HEAD."""
    base_commit: str
    branch: str
    """Full ref name of the session's own branch."""
    worktree: str
    mode: Mode = Mode.BACKGROUND
    subfolder: str = ""
    """The folder that was opened, relative to the root: where the agent starts."""


class WorktreeReady(Event, frozen=True, tag="worktree_ready"):
    """The worktree stands; prompts can run."""


class SessionFailed(Event, frozen=True, tag="session_failed"):
    """The session cannot go on by itself."""

    reason: str
    message: str
    action: str = ""


class SessionRenamed(Event, frozen=True, tag="session_renamed"):
    title: str


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where in a file a prompt was written."""

    uri: str
    """As the client named it."""
    start_line: int
    end_line: int
    words: str
    """What was written there, without what went along."""


class PromptQueued(Event, frozen=True, tag="prompt_queued"):
    prompt_id: str
    text: str
    is_first: bool = False
    """It goes before all that was queued earlier."""
    place: Place | None = None
    images: tuple[Image, ...] = ()


class PromptDropped(Event, frozen=True, tag="prompt_dropped"):
    prompt_id: str


class SignInRequired(Event, frozen=True, tag="sign_in_required"):
    """The agent wants its user to sign in before it works: the turn's prompt goes back to the front of the queue."""

    prompt_id: str
    """A new one."""
    text: str
    images: tuple[Image, ...] = ()


class SignedIn(Event, frozen=True, tag="signed_in"):
    """What waited for that goes on."""


class TurnStarted(Event, frozen=True, tag="turn_started"):
    """A prompt was taken from the queue; everything up to the matching TurnEnded belongs to it."""

    turn: int
    prompt_id: str
    text: str
    place: Place | None = None
    images: tuple[Image, ...] = ()


class CheckpointTaken(Event, frozen=True, tag="checkpoint_taken"):
    turn: int
    side: str
    """`before` or `after`."""
    commit: str
    tree: str
    around: str = ""
    """Commit that records what the repository shares with the worktree, as it was then."""


class AgentStarted(Event, frozen=True, tag="agent_started"):
    """An agent process runs under runner `generation` of this session."""

    generation: int
    name: str = ""
    version: str = ""
    takes_images: bool | None = None


class AgentSessionOpened(Event, frozen=True, tag="agent_session_opened"):
    agent_session_id: str
    can_load: bool = False
    reads_prose: bool = True
    """Its prompts are words, not commands."""
    needs_handover: bool = False
    """It is told what was said before, since nobody could load that."""


class HandedOver(Event, frozen=True, tag="handed_over"):
    """Stands in one transaction with the prompt that it goes before, so that the agent gets it once."""

    text: str


class AgentEnded(Event, frozen=True, tag="agent_ended"):
    """The agent process is gone; `message` is empty for an ordinary end."""

    generation: int
    message: str = ""


class MessageReceived(Event, frozen=True, tag="message_received"):
    """A piece of a message; pieces with one id belong together."""

    role: Role
    message_id: str
    text: str


class ToolCallReported(Event, frozen=True, tag="tool_call_reported"):
    """A tool call began or changed; None leaves a field as it was."""

    tool_call_id: str
    title: str | None = None
    kind: str | None = None
    status: str | None = None
    content: tuple[ToolContent, ...] | None = None
    locations: tuple[Location, ...] | None = None
    input: str | None = None
    """The raw input as JSON text, bounded."""


class TerminalStarted(Event, frozen=True, tag="terminal_started"):
    """The agent runs a command through Segue."""

    terminal_id: str
    command: str
    """As a shell would take it; nothing is shortened."""


class TerminalPrinted(Event, frozen=True, tag="terminal_printed"):
    """Output, with whatever control sequences it has."""

    terminal_id: str
    text: str
    skipped: int = 0
    """Characters before `text` that are not told: there was too much."""


class TerminalEnded(Event, frozen=True, tag="terminal_ended"):
    terminal_id: str
    status: str
    """As a shell tells it: `exit 1`, `exit 137 (SIGKILL)`."""
    whole: str = ""
    """Path of a file with its output, where some of that was not told."""
    dropped: int = 0
    """Bytes at the beginning that the file does not have."""


class PlanReported(Event, frozen=True, tag="plan_reported"):
    entries: tuple[PlanEntry, ...]


class UsageReported(Event, frozen=True, tag="usage_reported"):
    context_used: int | None = None
    """Tokens."""
    context_size: int | None = None
    cost: float | None = None
    """Of the whole session so far, as the agent counts it; some begin anew when they start anew."""
    currency: str = ""


class AgentNoted(Event, frozen=True, tag="agent_noted"):
    """Something the agent said that this version has no word for, or a diagnostic about it; shown plainly."""

    kind: str
    text: str


class StatMeasured(Event, frozen=True, tag="stat_measured"):
    stat: Stat


class StopRequested(Event, frozen=True, tag="stop_requested"):
    by: str = "user"


class PromptAnswered(Event, frozen=True, tag="prompt_answered"):
    """The agent's answer to the prompt came; the turn ends once its last checkpoint stands."""

    stop_reason: StopReason
    message: str = ""
    tokens: Tokens | None = None
    """None where the agent did not count."""
    estimate: Cost | None = None
    """What these tokens may have cost by the prices of that day; counts where the agent tells no cost."""


class TurnEnded(Event, frozen=True, tag="turn_ended"):
    turn: int
    stop_reason: StopReason
    message: str = ""


class SessionSeen(Event, frozen=True, tag="session_seen"):
    """A person looked at the result."""


class SessionPinned(Event, frozen=True, tag="session_pinned"):
    """A person wants to see it before others."""


class SessionUnpinned(Event, frozen=True, tag="session_unpinned"):
    pass


AnyEvent: TypeAlias = (
    SessionCreated
    | WorktreeReady
    | SessionFailed
    | SessionRenamed
    | PromptQueued
    | PromptDropped
    | SignInRequired
    | SignedIn
    | TurnStarted
    | CheckpointTaken
    | AgentStarted
    | AgentSessionOpened
    | HandedOver
    | AgentEnded
    | MessageReceived
    | ImageReceived
    | ToolCallReported
    | TerminalStarted
    | TerminalPrinted
    | TerminalEnded
    | PlanReported
    | PermissionRequested
    | PermissionDecided
    | QuestionAsked
    | QuestionAnswered
    | UsageReported
    | ConfigReported
    | ModeReported
    | ConfigChosen
    | ConfigRefused
    | CommandsReported
    | AgentNoted
    | StatMeasured
    | StopRequested
    | PromptAnswered
    | TurnEnded
    | SessionSeen
    | SessionPinned
    | SessionUnpinned
    | LandingEvent
    | SessionLinked
    | SessionUnlinked
    | HunksDecided
    | AcceptedAdvanced
    | PlaceTaken
    | StartWanted
    | PlanEvent
)


class Recorded(msgspec.Struct, frozen=True):
    """An event with its place in the journal. Order is `seq`, never the clock."""

    seq: int
    session_id: SessionId
    at_ms: int
    """Wall clock, milliseconds since 1970; for display only."""
    event: AnyEvent
