"""Answers to questions of agents. Knows what an answer must be, and that each question is answered once (D42)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from segue.domain import events, questions
from segue.domain.errors import InputRefused, StaleDecision
from segue.domain.ids import SessionId, visible
from segue.domain.questions import Action
from segue.domain.session import Session
from segue.domain.verbs import Verb, require
from segue.engine.agents.agent_processes import Agents
from segue.engine.state.ledger import Ledger


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """What the user answered to a question."""

    request_id: str
    action: Action
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What `accept` answers, by the name of the field; a field that is not named is left empty."""


class Questions:
    """What clients answer to questions."""

    def __init__(self, ledger: Ledger, agents: Agents) -> None:
        self._ledger = ledger
        self._agents = agents

    async def answer(self, session_id: SessionId, answer: QuestionAnswer) -> events.QuestionAnswered:
        """Take the first valid answer, journal it, then let the agent go on; returns what was answered.

        Raises StaleDecision where the question was answered already or is gone, InputRefused("answer_invalid") with
        `details.fields`, a sentence for each field that cannot be sent.
        """
        session = self._ledger.get(session_id)
        require(Verb.ANSWER, session)
        asked = next((asked for asked in session.questions if asked.request_id == answer.request_id), None)
        if asked is None:
            raise StaleDecision(
                "already_decided",
                "That question was answered already, or the agent no longer waits for it.",
                action="Nothing was sent; look at the session for how it was answered.",
            )
        answered = _answered(asked, answer)
        self._ledger.require_writable()
        # Recorded at once, so that an answer from a second window finds it answered; sent only when it is durable.
        session = self._ledger.record(session.id, answered)
        live = self._agents.live(session.id)
        await self._ledger.durable(session)
        if live is not None:
            await live.connection.answer_question(answered)
        return answered


def unanswered(session: Session, by: str) -> list[events.AnyEvent]:
    """What settles everything that a session waits for a person with, at its turn's end."""
    denied = [events.PermissionDecided(request.request_id, None, by) for request in session.permissions]
    return [*denied, *(events.QuestionAnswered(asked.request_id, Action.CANCEL, by) for asked in session.questions)]


def _answered(asked: events.QuestionAsked, answer: QuestionAnswer) -> events.QuestionAnswered:
    if answer.action is not Action.ACCEPT:
        return events.QuestionAnswered(answer.request_id, answer.action, "user")
    found = questions.problems(asked.fields, answer.values)
    if found:
        titles = {each.name: each.title or each.name for each in asked.fields}
        said = " ".join(f"{visible(titles.get(name, name))[:80]}: {problem}" for name, problem in found.items())
        raise InputRefused("answer_invalid", said, action="Nothing was sent.", details={"fields": found})
    given = questions.given(asked.fields, answer.values)
    return events.QuestionAnswered(answer.request_id, answer.action, "user", given)
