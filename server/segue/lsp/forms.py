"""Questions of agents as one message with buttons: what a client that has no forms can answer. Knows shapes and words
only."""

from __future__ import annotations

from segue.domain.ids import visible
from segue.domain.questions import Action, FieldKind
from segue.protocol.questions import AnswerQuestionParams, FieldView, GivenView, QuestionView
from segue.protocol.views import SessionView

OPENED, SKIP = "I opened it", "Skip"
BUTTONS_LIMIT = 12
"""More choices than these are no message any more."""


def answers(session: SessionView, asked: QuestionView) -> dict[str, AnswerQuestionParams]:
    """What each button says. Whatever is asked can be skipped; only one choice, or yes and no, can be answered so."""
    found: dict[str, AnswerQuestionParams] = {}
    field = _only_choice(asked)
    for value, title in _choices(field) if field is not None else ():
        given = [GivenView(name=field.name, values=[value])] if field is not None else []
        found[_distinct(title, found)] = _answer(session, asked, Action.ACCEPT, given)
    if asked.url is not None:
        found[OPENED] = _answer(session, asked, Action.ACCEPT, [])
    return {**found, _distinct(SKIP, found): _answer(session, asked, Action.DECLINE, [])}


def text(session: SessionView, asked: QuestionView) -> str:
    """The question in words, and where it can be answered if not here; nothing invisible stays so (D43)."""
    lines = [f"{visible(session.title)}: {visible(asked.message)}"]
    if asked.url is not None:
        return "\n".join([*lines, f"Open this address yourself: {visible(asked.url)}"])
    field = _only_choice(asked)
    if field is None:
        names = ", ".join(visible(each.title) for each in asked.fields)
        return "\n".join([*lines, f"It asks for: {names}", f"Answer it in a terminal: segue answer {session.id}"])
    lines += [visible(field.title), *([visible(field.description)] if field.description else [])]
    lines += [f"{visible(each.title)}: {visible(each.description)}" for each in field.choices if each.description]
    return "\n".join(lines)


def _only_choice(asked: QuestionView) -> FieldView | None:
    """The one field to be chosen from, where nothing else has to be answered."""
    choosing = [field for field in asked.fields if field.kind in {FieldKind.CHOICE, FieldKind.BOOLEAN}]
    is_enough = len(choosing) == 1 and not any(field.is_required for field in asked.fields if field not in choosing)
    return choosing[0] if is_enough and len(choosing[0].choices) <= BUTTONS_LIMIT else None


def _choices(field: FieldView) -> list[tuple[str, str]]:
    if field.kind is FieldKind.BOOLEAN:
        return [("true", "Yes"), ("false", "No")]
    return [(choice.value, visible(choice.title)) for choice in field.choices]


def _distinct(title: str, taken: dict[str, AnswerQuestionParams]) -> str:
    name, number = title, 2
    while name in taken:
        name, number = f"{title} {number}", number + 1
    return name


def _answer(session: SessionView, asked: QuestionView, action: Action, values: list[GivenView]) -> AnswerQuestionParams:
    return AnswerQuestionParams(session_id=session.id, request_id=asked.request_id, action=action, values=values)
