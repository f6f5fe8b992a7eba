"""Answers to questions of agents. Knows what an answer must be, and that each question is answered once (D42)."""

from __future__ import annotations

from segue.domain import events, questions
from segue.domain.errors import InputRefused, StaleDecision
from segue.domain.ids import visible
from segue.domain.questions import Action
from segue.domain.session import Session
from segue.engine.agents.agent_processes import Agents
from segue.engine.state.ledger import Ledger
from segue.protocol.questions import AnswerQuestionParams, AnswerQuestionResult


class Questions:
    """What clients answer to questions."""

    def __init__(self, ledger: Ledger, agents: Agents) -> None:
        self._ledger = ledger
        self._agents = agents

    async def answer(self, params: AnswerQuestionParams) -> AnswerQuestionResult:
        """Take the first valid answer, journal it, then let the agent go on.

        Raises StaleDecision where the question was answered already or is gone, InputRefused("answer_invalid") with
        `details.fields`, a sentence for each field that cannot be sent.
        """
        self._ledger.require_writable()
        session = self._ledger.find(params.session_id)
        asked = next((asked for asked in session.questions if asked.request_id == params.request_id), None)
        if asked is None:
            raise StaleDecision(
                "already_decided",
                "That question was answered already, or the agent no longer waits for it.",
                action="Nothing was sent; look at the session for how it was answered.",
            )
        answered = _answered(asked, params)
        # Recorded at once, so that an answer from a second window finds it answered; sent only when it is durable.
        session = self._ledger.record(session.id, answered)
        live = self._agents.live(session.id)
        await self._ledger.durable(session)
        if live is not None:
            await live.connection.answer_question(answered)
        return AnswerQuestionResult(action=params.action)


def unanswered(session: Session, by: str) -> list[events.AnyEvent]:
    """What settles everything that a session waits for a person with, at its turn's end."""
    denied = [events.PermissionDecided(request.request_id, None, by) for request in session.permissions]
    return [*denied, *(events.QuestionAnswered(asked.request_id, Action.CANCEL, by) for asked in session.questions)]


def _answered(asked: events.QuestionAsked, params: AnswerQuestionParams) -> events.QuestionAnswered:
    if params.action is not Action.ACCEPT:
        return events.QuestionAnswered(params.request_id, params.action, "user")
    values = {answer.name: answer.values for answer in params.values}
    found = questions.problems(asked.fields, values)
    if found:
        titles = {field.name: field.title or field.name for field in asked.fields}
        said = " ".join(f"{visible(titles.get(name, name))[:80]}: {problem}" for name, problem in found.items())
        raise InputRefused("answer_invalid", said, action="Nothing was sent.", details={"fields": found})
    return events.QuestionAnswered(params.request_id, params.action, "user", questions.given(asked.fields, values))
