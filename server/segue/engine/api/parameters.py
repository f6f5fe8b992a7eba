"""Turns what clients send into what the engine's parts take. Knows both vocabularies; decides nothing."""

from __future__ import annotations

from segue.domain.selections import Selection
from segue.engine.pairing.link_record import Leaving
from segue.engine.turns.permission_answers import PermissionAnswer
from segue.engine.turns.question_answers import QuestionAnswer
from segue.protocol.methods import AnswerParams
from segue.protocol.pairing import SelectionView
from segue.protocol.plans import DecidePlanParams
from segue.protocol.questions import AnswerQuestionParams


def selection(view: SelectionView | None) -> Selection | None:
    """What a prompt is about; None for one that was not written at a place in a file."""
    if view is None:
        return None
    return Selection(view.uri, view.start_line, view.end_line, view.text, tuple(view.diagnostics))


def permission_answer(params: AnswerParams) -> PermissionAnswer:
    return PermissionAnswer(params.request_id, params.option_id, params.remember, params.reason or "")


def question_answer(params: AnswerQuestionParams) -> QuestionAnswer:
    values = {given.name: tuple(given.values) for given in params.values}
    return QuestionAnswer(params.request_id, params.action, values)


def leaving(params: AnswerParams | DecidePlanParams) -> Leaving | None:
    """How the session's link ends before what was allowed runs; None where the session stays linked."""
    if not params.is_background:
        return None
    return Leaving.KEEP if params.keep_hunks else Leaving.LEAVE
