"""What clients answer: permissions and questions of agents. Knows the wire; what counts as an answer is `turns`'."""

from __future__ import annotations

from segue.domain.ids import parse_session_id
from segue.engine.api import parameters
from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.turns import permission_answers
from segue.engine.turns.question_answers import Questions
from segue.protocol import methods
from segue.protocol.permissions import AnswerParams, AnswerResult
from segue.protocol.questions import AnswerQuestionParams, AnswerQuestionResult


class AnswerRequests:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._questions = Questions(parts.ledger, parts.agents)

    def offer(self, table: Table) -> None:
        table.on(methods.ANSWER, self._answer)
        table.on(methods.ANSWER_QUESTION, self._answer_question)

    async def _answer(self, client: Client, params: AnswerParams) -> AnswerResult:
        parts = self._parts
        session = parts.ledger.find(params.session_id)
        answer, leaving = parameters.permission_answer(params), parameters.leaving(params)
        if leaving is not None:
            await permission_answers.send_to_background(parts.links, session, answer, leaving)
        decided = await permission_answers.decide(parts.ledger, parts.agents, parts.policies, session.id, answer)
        if decided.reason:
            await parts.turns.prompt(session.id, permission_answers.follow_up(session, decided))
        return AnswerResult(option_id=params.option_id, remembered=decided.remembered or None)

    async def _answer_question(self, client: Client, params: AnswerQuestionParams) -> AnswerQuestionResult:
        session_id, answer = parse_session_id(params.session_id), parameters.question_answer(params)
        answered = await self._questions.answer(session_id, answer)
        return AnswerQuestionResult(action=answered.action)
