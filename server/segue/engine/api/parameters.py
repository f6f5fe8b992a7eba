"""Turns what clients send into what the engine's parts take. Knows both vocabularies; decides nothing."""

from __future__ import annotations

from segue.domain.ids import parse_session_id
from segue.domain.selections import Selection
from segue.engine.merging.merges import SessionMerge, Shown
from segue.engine.pairing.link_record import Leaving
from segue.engine.turns.permission_answers import PermissionAnswer
from segue.engine.turns.question_answers import QuestionAnswer
from segue.git.merges import Strategy
from segue.git.uncommitted_lines import Unfinished
from segue.protocol.merges import MergeParams, MergePlanParams
from segue.protocol.pairing import SelectionView
from segue.protocol.permissions import AnswerParams
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


def merge_to_plan(params: MergePlanParams) -> SessionMerge:
    return SessionMerge(
        session_id=parse_session_id(params.session_id),
        base=params.base or None,
        strategy=Strategy(params.strategy),
        unfinished=Unfinished(params.unfinished),
        confirmed=frozenset(params.confirmed),
    )


def merge_as_planned(params: MergeParams) -> tuple[SessionMerge, Shown]:
    """What is merged, and what its plan was made of."""
    wanted = SessionMerge(
        session_id=parse_session_id(params.session_id),
        base=params.base_ref,
        strategy=Strategy(params.strategy),
        unfinished=Unfinished(params.unfinished),
        confirmed=frozenset(params.confirmed),
        message=params.message or "",
        first_message=params.first_message or "",
    )
    return wanted, Shown(params.base_commit, params.result)
