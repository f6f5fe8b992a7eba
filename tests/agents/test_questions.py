"""Questions of agents: which are shown, which are declined, what the agent is answered."""

from __future__ import annotations

from typing import Any

import pytest
from acp import schema

from agents.fake_client import FORM
from agents.talk import Conversation
from segue.agents import questions
from segue.agents.connection_record import Ask
from segue.domain import events
from segue.domain.questions import Action, Choice, FieldKind, FormField, Given


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def elicit(talk: Conversation, rpc_id: object = 7, **params: object) -> tuple[events.AnyEvent, ...]:
    said = {"sessionId": "s", "mode": "form", "message": "Which?", **params}
    return talk.take({"id": rpc_id, "method": "elicitation/create", "params": said})


def form(**properties: object) -> dict[str, Any]:
    return {"requestedSchema": {"type": "object", "properties": properties}}


def asked(talk: Conversation, **params: object) -> events.QuestionAsked:
    (event,) = elicit(talk, **params)
    assert isinstance(event, events.QuestionAsked)
    return event


def test_a_form_is_read_with_its_bounds_choices_and_defaults(talk: Conversation) -> None:
    question = asked(talk, requestedSchema={"properties": FORM, "required": ["name"]}, toolCallId="t1")
    titled = (Choice("py", "Python", "3.11 or newer"), Choice("ts", "TypeScript"))
    assert question.fields == (
        FormField("language", FieldKind.CHOICE, "Which language?", choices=titled),
        FormField("extras", FieldKind.CHOICES, "Extras", choices=titled, maximum=1),
        FormField("name", FieldKind.TEXT, description="Of the package", is_required=True, minimum=2),
        FormField("count", FieldKind.INTEGER, minimum=1, maximum=5, defaults=("3",)),
        FormField("dry", FieldKind.BOOLEAN, "Only try it", defaults=("true",)),
    )
    assert (question.message, question.tool_call_id, question.url) == ("Which?", "t1", "")


def test_untitled_choices_and_odd_fields(talk: Conversation) -> None:
    question = asked(
        talk,
        **form(
            one={"type": "string", "enum": ["x", "y"], "default": "z"},
            some={"type": "array", "items": {"type": "string", "enum": ["x", "y"]}, "default": ["y", "z"]},
            later={"type": "_shape"},
            odd={"type": "number", "minimum": "1", "maximum": 2.5, "default": "much"},
        ),
    )
    xy = (Choice("x"), Choice("y"))
    assert question.fields == (
        FormField("one", FieldKind.CHOICE, choices=xy),
        FormField("some", FieldKind.CHOICES, choices=xy, defaults=("y",)),
        FormField("odd", FieldKind.NUMBER, maximum=2.5),
    )


@pytest.mark.parametrize(
    "params",
    [
        {"mode": "dance"},
        {"requestedSchema": None},
        form(**{f"f{number}": {"type": "string"} for number in range(33)}),
        form(big={"type": "string", "description": "x" * 70_000}),
        form(some={"type": "array"}),
        form(one={"type": "string", "enum": ["x", "x"]}),
        form(one={"type": "string", "oneOf": [{"title": "no value"}]}),
        {"requestedSchema": {"properties": {"new": {"type": "_shape"}}, "required": ["new"]}},
        {"mode": "url", "url": "javascript:alert(1)"},
        {"mode": "url", "url": "file:///etc/passwd"},
        {"mode": "url", "url": "https://"},
        {"mode": "url", "url": "https://a\u202eb/"},
        {"mode": "url", "url": "https://a b/"},
        {"mode": "url", "url": "https://[a/"},
        {"mode": "url", "url": "https://a/" + "x" * 3000},
        {"mode": "url"},
    ],
)
def test_what_cannot_be_shown_whole_is_declined_and_said(talk: Conversation, params: dict[str, Any]) -> None:
    (event,) = elicit(talk, **params)
    assert isinstance(event, events.AgentNoted) and "declined" in event.text
    assert talk.answers == [{"id": 7, "result": {"action": "decline"}}]


def test_an_address_is_kept_whole(talk: Conversation) -> None:
    assert (
        asked(talk, mode="url", url="https://example.org/a?b=c", elicitationId="e").url == "https://example.org/a?b=c"
    )


def test_a_question_may_name_the_prompt_in_place_of_the_session(talk: Conversation) -> None:
    said = {"mode": "form", "message": "Which?", "requestId": 1, **form()}
    (event,) = talk.take({"id": 7, "method": "elicitation/create", "params": said})
    assert isinstance(event, events.QuestionAsked)
    talk.take({"id": 8, "method": "elicitation/create", "params": {**said, "requestId": 99}})
    assert talk.refused == [(8, -32602)]


def test_answers_have_the_shape_that_acp_gives_them(talk: Conversation) -> None:
    request_id = asked(talk, **form(n={"type": "integer"})).request_id
    assert talk.inbox.waiting[request_id].ask is Ask.QUESTION
    given = (Given("n", ("4",), FieldKind.INTEGER),)
    talk.inbox.answer_question(events.QuestionAnswered(request_id, Action.ACCEPT, "user", given))
    (answer,) = talk.answers
    assert answer["result"] == {"action": "accept", "content": {"n": 4}}
    schema.AcceptElicitationResponse.model_validate(answer["result"])
    assert questions.answered(events.QuestionAnswered(request_id, Action.DECLINE, "user", given)) == {
        "action": "decline"
    }


def test_what_waits_at_the_end_of_a_turn_is_cancelled(talk: Conversation) -> None:
    asked(talk, **form())
    talk.take({"id": 1, "result": {"stopReason": "end_turn"}})
    assert talk.answers == [{"id": 7, "result": {"action": "cancel"}}]
    assert elicit(talk, 8, **form()) == ()
    assert talk.answers == [{"id": 8, "result": {"action": "cancel"}}]


def test_too_many_at_once_are_declined(talk: Conversation) -> None:
    for number in range(questions.PENDING_LIMIT):
        elicit(talk, number, **form())
    elicit(talk, 99, **form())
    assert talk.answers == [{"id": 99, "result": {"action": "decline"}}]


def test_capabilities_are_those_of_acp() -> None:
    told = schema.ElicitationCapabilities.model_validate(questions.CAPABILITIES["elicitation"])
    assert told.form is not None and told.url is not None


def test_a_finished_address_needs_nothing(talk: Conversation) -> None:
    assert talk.take({"method": "elicitation/complete", "params": {"elicitationId": "e"}}) == ()
    assert not talk.diagnostics.notes
