"""Questions of agents: a form that a person fills in, or an address to open. Knows fields and what an answer to them
may be; knows no wire and no session."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum

from segue.domain.event import Event
from segue.domain.facts import Fact

ANSWER_LIMIT = 64 * 1024
"""Characters of one typed answer."""
WHOLE_LIMIT = 2**53
"""Whole numbers beyond this are not the same number everywhere."""


class FieldKind(StrEnum):
    """What a field of a form takes."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    """`true` or `false`."""
    CHOICE = "choice"
    """One of its choices."""
    CHOICES = "choices"
    """Any of its choices."""


class Action(StrEnum):
    """ACP's answers to a question."""

    ACCEPT = "accept"
    """Here is the answer; or: the address was opened."""
    DECLINE = "decline"
    """Go on without an answer."""
    CANCEL = "cancel"
    """Give up what the answer was wanted for."""


class Choice(Fact, frozen=True):
    value: str
    title: str = ""
    """Empty where the value is its own name."""
    description: str = ""


class FormField(Fact, frozen=True):
    """One thing that is asked."""

    name: str
    kind: FieldKind
    title: str = ""
    description: str = ""
    is_required: bool = False
    choices: tuple[Choice, ...] = ()
    defaults: tuple[str, ...] = ()
    minimum: float | None = None
    """Of a number; characters of a text; how many of the choices."""
    maximum: float | None = None
    format: str = ""
    """`email`, `uri`, `date`, `date-time` or the agent's word; a hint, never checked."""


class Given(Fact, frozen=True):
    """What was answered to one field."""

    name: str
    values: tuple[str, ...]
    kind: FieldKind = FieldKind.TEXT


class QuestionAsked(Event, frozen=True, tag="question_asked"):
    """The agent waits for a person's answer. `request_id` is Segue's; it stays valid across restarts."""

    request_id: str
    message: str
    fields: tuple[FormField, ...] = ()
    url: str = ""
    """The http(s) address to open where no form is to be filled in."""
    tool_call_id: str = ""


class QuestionAnswered(Event, frozen=True, tag="question_answered"):
    request_id: str
    action: Action
    by: str
    """Who answered: `user`, `stop`, `agent_ended`, `turn_ended`."""
    values: tuple[Given, ...] = ()


def given(fields: Iterable[FormField], values: Mapping[str, Iterable[str]]) -> tuple[Given, ...]:
    """What counts of an answer, in the order of the fields; a field that was left empty is not answered."""
    answers = ((field, tuple(value for value in values.get(field.name, ()) if value)) for field in fields)
    return tuple(Given(field.name, answer, field.kind) for field, answer in answers if answer)


def problems(fields: Iterable[FormField], values: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """What keeps an answer from being one: a sentence for each field that has a problem, by its name."""
    known = {field.name: field for field in fields}
    answers = {answer.name: answer.values for answer in given(known.values(), values)}
    found = {name: "The agent does not ask for this." for name in values if name not in known}
    for name, field in known.items():
        if problem := _problem(field, answers.get(name, ())):
            found[name] = problem
    return found


def content(values: Iterable[Given]) -> dict[str, object]:
    """An answer without problems as the JSON object that the agent asked for."""
    return {answer.name: _json(answer) for answer in values}


def _json(answer: Given) -> object:
    match answer.kind:
        case FieldKind.CHOICES:
            return list(answer.values)
        case FieldKind.BOOLEAN:
            return answer.values[0] == "true"
        case FieldKind.INTEGER:
            return int(answer.values[0])
        case FieldKind.NUMBER:
            number = float(answer.values[0])
            return int(number) if number.is_integer() and abs(number) < WHOLE_LIMIT else number
        case _:
            return answer.values[0]


def _problem(field: FormField, values: tuple[str, ...]) -> str:
    """Empty where there is none."""
    if not values:
        return "An answer is needed." if field.is_required else ""
    if field.kind is FieldKind.CHOICES:
        return _of_choices(field, values)
    if len(values) > 1:
        return "One answer only."
    match field.kind:
        case FieldKind.TEXT:
            return _of_text(field, values[0])
        case FieldKind.CHOICE:
            return _offered(field, values)
        case FieldKind.BOOLEAN:
            return "" if values[0] in {"true", "false"} else "Answer true or false."
        case _:
            return _of_number(field, values[0])


def _offered(field: FormField, values: tuple[str, ...]) -> str:
    offered = {choice.value for choice in field.choices}
    return "" if offered.issuperset(values) else "Choose what is offered."


def _of_choices(field: FormField, values: tuple[str, ...]) -> str:
    if len(set(values)) < len(values):
        return "Choose each only once."
    if field.minimum is not None and len(values) < field.minimum:
        return f"Choose at least {field.minimum:g}."
    if field.maximum is not None and len(values) > field.maximum:
        return f"Choose at most {field.maximum:g}."
    return _offered(field, values)


def _of_text(field: FormField, text: str) -> str:
    if field.minimum is not None and len(text) < field.minimum:
        return f"At least {field.minimum:g} characters are needed."
    limit = ANSWER_LIMIT if field.maximum is None else min(field.maximum, ANSWER_LIMIT)
    return f"At most {limit:g} characters can be taken." if len(text) > limit else ""


def _of_number(field: FormField, text: str) -> str:
    is_whole = field.kind is FieldKind.INTEGER
    try:
        number = float(text) if text.isascii() and len(text) <= 40 else math.nan
        if is_whole:
            int(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        return "Answer with a whole number." if is_whole else "Answer with a number."
    if is_whole and abs(number) > WHOLE_LIMIT:
        return "That number is too large."
    if field.minimum is not None and number < field.minimum:
        return f"At least {field.minimum:g}."
    if field.maximum is not None and number > field.maximum:
        return f"At most {field.maximum:g}."
    return ""
