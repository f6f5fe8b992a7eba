"""What crosses the wire of permission requests. Knows shapes only; decisions go by kind, never by label."""

from __future__ import annotations

from pydantic import Field

from segue.domain.events import OptionKind
from segue.protocol.phrases import PhraseView
from segue.protocol.policy import RuleView
from segue.protocol.wire import Wire


class OptionView(Wire):
    """One answer that the agent offers."""

    option_id: str
    name: str
    """The agent's label."""
    kind: OptionKind
    effect: PhraseView
    """What it does, in Segue's words; an agent's label may mislead."""


class FactView(Wire):
    """Something that is decided on, whole, with what would be invisible escaped."""

    name: PhraseView
    values: list[str]
    """A command may have several lines."""


class PermissionView(Wire):
    """A request that waits, or waited, for a person."""

    request_id: str
    title: str
    options: list[OptionView]
    facts: list[FactView] = Field(default_factory=list)
    """What exactly is asked for, besides the title."""
    command: str | None = None
    """As in `facts`, for programs; people are shown `facts`."""
    directory: str | None = None
    """In the same way."""
    paths: list[str] = Field(default_factory=list)
    """In the same way."""
    tool_call_id: str | None = None
    plan: str | None = None
    """The plan in Markdown that the answer decides on."""
    chosen: str | None = None
    """Option id of the decision."""
    decided_by: str | None = None
    """None while it waits."""
    remember: list[RuleView] = Field(default_factory=list)
    """What an answer of "always" can remember, narrowest first."""
    rule: str | None = None
    """The rule that decided."""
    remembered: str | None = None
    """The rule that the answer made."""
    reason: str | None = None
    """What the person said with it."""
    expires_ms: int | None = None
    """When it is denied, if nobody answers before."""


class AnswerParams(Wire):
    session_id: str
    request_id: str
    option_id: str
    remember: str | None = None
    """Id of one of the request's `remember`: the same is allowed from now on. Goes with an option to allow once."""
    reason: str | None = None
    """Said to the agent behind its turn. Goes with an option that refuses."""
    is_background: bool = False
    """Unlink a linked session first, so that the rest runs in the background. Goes with an option that allows."""
    keep_hunks: bool = False
    """With that: undecided hunks stay in the checkout as the agent wrote them."""


class AnswerResult(Wire):
    option_id: str
    """The option that counts."""
    remembered: str | None = None
    """What was remembered, in words."""
