"""The small values inside events: modes, reasons, roles, pieces of what agents report. Knows no event."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Mode(StrEnum):
    INLINE = "inline"
    """The worktree is linked to the user's checkout and open buffers."""
    BACKGROUND = "background"
    """The worktree is on its own."""


class StopReason(StrEnum):
    """ACP's stop reasons, and Segue's own with a leading underscore."""

    END_TURN = "end_turn"
    """The agent finished what it was asked."""
    MAX_TOKENS = "max_tokens"
    """The model ran out of room."""
    MAX_TURN_REQUESTS = "max_turn_requests"
    """The agent made as many requests to its model as it may."""
    REFUSAL = "refusal"
    """The agent refused to go on."""
    CANCELLED = "cancelled"
    """Somebody stopped the turn."""
    INTERRUPTED = "_interrupted"
    """The agent or its runner died in mid-turn."""
    FAILED = "_failed"
    """The turn could not be run; the message says why."""


class Role(StrEnum):
    AGENT = "agent"
    THOUGHT = "thought"
    USER = "user"


class OptionKind(StrEnum):
    """ACP's permission option kinds. Decisions go by kind, never by label."""

    ALLOW_ONCE = "allow_once"
    ALLOW_ALWAYS = "allow_always"
    REJECT_ONCE = "reject_once"
    REJECT_ALWAYS = "reject_always"
    UNKNOWN = "unknown"
    """A kind this version does not know; shown, never chosen by itself."""


class SetBy(StrEnum):
    """How ACP v1 wants to be told that an option has another value; v2 knows the first way only."""

    OPTION = "option"
    """`session/set_config_option`."""
    MODE = "mode"
    """`session/set_mode`."""
    MODEL = "model"
    """`session/set_model`, which was never stable."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of the small values inside events."""


class Stat(Fact, frozen=True):
    """What a session changed against its base."""

    files: int = 0
    added: int = 0
    """Lines; a binary file counts none."""
    removed: int = 0


class Image(Fact, frozen=True):
    """An image that stands beside the journal."""

    hash: str
    """SHA-256 of its content, in hex."""
    mime_type: str
    """By its content, see `images.sniffed`."""
    size: int
    """Bytes."""


class ToolContent(Fact, frozen=True):
    """One piece of what a tool call shows: text, or a diff of one file. For display; changes are read from the tree."""

    type: str
    """`text`, `diff`, `terminal`, `image`, or the agent's own word for something unknown."""
    text: str = ""
    path: str = ""
    old_text: str | None = None
    image: Image | None = None


class Location(Fact, frozen=True):
    path: str
    line: int | None = None
    """Counted from 1."""


class Tokens(Fact, frozen=True):
    """What a turn took of its model, as the agent counted it; None where it did not say."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    """Read from the model's cache; not part of `input`."""
    thought: int | None = None
    """Not part of `output`, where it is told."""
    cached_write: int | None = None
    """Written to the model's cache; not part of `input`."""


class Cost(Fact, frozen=True):
    """An amount of money."""

    amount: float
    currency: str = ""
    """As the agent names it, usually ISO 4217; empty where it did not."""
    is_estimate: bool = False
    """Worked out from tokens and a list of prices, not told by the agent."""


class Price(Fact, frozen=True):
    """What a million tokens of a model cost; None where a kind has no price of its own."""

    input: float
    output: float
    currency: str
    cached: float | None = None
    cached_write: float | None = None


class PlanEntry(Fact, frozen=True):
    content: str
    status: str = "pending"
    priority: str = "medium"


class PermissionOption(Fact, frozen=True):
    option_id: str
    name: str
    kind: OptionKind


class ConfigValue(Fact, frozen=True):
    """One value that an option can have."""

    value: str
    name: str
    description: str = ""
    group: str = ""
    """Heading that it stands under."""


class ConfigOption(Fact, frozen=True):
    """Something that a person can choose of an agent, in the shape of ACP v2's draft."""

    option_id: str
    name: str
    current: str = ""
    """A value; what the agent reports need not be among `values`."""
    values: tuple[ConfigValue, ...] = ()
    category: str = ""
    """`mode`, `model`, `model_config`, `thought_level`, or the agent's own word; for display only."""
    description: str = ""
    type: str = "select"
    """`select`, `boolean` (values `true` and `false`), or the agent's word for something unknown, without values."""
    set_by: SetBy = SetBy.OPTION


class Command(Fact, frozen=True):
    """A slash command of the agent: `/name` at the beginning of a prompt."""

    name: str
    description: str = ""
    hint: str = ""
    """What to write behind it; empty where it takes nothing."""
