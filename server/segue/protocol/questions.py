"""Questions of agents as clients are shown them and answer them. Knows shapes only; every rule is the domain's."""

from __future__ import annotations

from pydantic import Field

from segue.domain.questions import Action, FieldKind
from segue.protocol.wire import Wire


class ChoiceView(Wire):
    value: str
    """To be sent back as it is."""
    title: str
    description: str | None = None


class FieldView(Wire):
    """One field of a form."""

    name: str
    kind: FieldKind
    title: str
    description: str | None = None
    is_required: bool = False
    choices: list[ChoiceView] = Field(default_factory=list)
    defaults: list[str] = Field(default_factory=list)
    """What stands there before a person answers."""
    minimum: float | None = None
    """Of a number; characters of a text; how many of the choices."""
    maximum: float | None = None
    format: str | None = None
    """`email`, `uri`, `date`, `date-time` or the agent's word: a hint, never checked."""


class GivenView(Wire):
    """What was answered to one field, as text: several values only of `choices`, `true` or `false` of `boolean`."""

    name: str
    values: list[str]


class QuestionView(Wire):
    """A question that waits, or waited, for a person: a form, or an address to open."""

    request_id: str
    message: str
    fields: list[FieldView] = Field(default_factory=list)
    url: str | None = None
    """The whole http(s) address; `accept` says that it was opened."""
    tool_call_id: str | None = None
    action: Action | None = None
    """How it was answered."""
    values: list[GivenView] = Field(default_factory=list)
    decided_by: str | None = None
    """None while it waits."""


class AnswerQuestionParams(Wire):
    session_id: str
    request_id: str
    action: Action
    values: list[GivenView] = Field(default_factory=list)
    """What `accept` answers; a field that is not named is left empty."""


class AnswerQuestionResult(Wire):
    action: Action
