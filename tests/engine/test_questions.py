"""Questions of agents: seen by everybody, answered once, never lost (D42)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segue.domain.errors import SegueError
from support.daemon import Installation, kill
from support.panel import Panel

GOOD = [
    {"name": "language", "values": ["py"]},
    {"name": "name", "values": ["shop"]},
    {"name": "count", "values": ["4"]},
]


def asked(panel: Panel, project: Path) -> tuple[str, str]:
    """A session that waits with a form; its id and the question's."""
    session = panel.new(project, "[[ask Which stack?]]")
    row = panel.bucket(session, "needs_you")
    assert row["state"] == "requires_action" and row["activity"] == "Which stack?"
    return session, row["questions"][0]["requestId"]


def reply(panel: Panel, session: str, request: str, action: str, values: list[dict[str, Any]] | None = None) -> None:
    panel.call("question/answer", session, requestId=request, action=action, values=values or [])


def test_an_answer_reaches_the_agent_with_its_types_and_is_kept(panel: Panel, project: Path) -> None:
    session, request = asked(panel, project)
    reply(panel, session, request, "accept", GOOD)
    said = json.loads(panel.ended(session)["activity"])
    assert said == {"action": "accept", "content": {"language": "py", "name": "shop", "count": 4}}
    card = next(item for item in panel.call("session/show", session)["items"] if item["kind"] == "question")
    assert (card["question"]["action"], card["question"]["decidedBy"]) == ("accept", "user")
    assert card["question"]["values"] == GOOD


@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_a_question_may_stay_without_an_answer(panel: Panel, project: Path, action: str) -> None:
    session, request = asked(panel, project)
    reply(panel, session, request, action)
    assert json.loads(panel.ended(session)["activity"]) == {"action": action}


def test_what_cannot_be_sent_is_said_for_each_field(panel: Panel, project: Path) -> None:
    session, request = asked(panel, project)
    wrong = [{"name": "language", "values": ["rust"]}, {"name": "count", "values": ["9"]}]
    with pytest.raises(SegueError) as refused:
        reply(panel, session, request, "accept", wrong)
    assert refused.value.reason == "answer_invalid"
    assert refused.value.details["fields"] == {
        "language": "Choose what is offered.",
        "name": "An answer is needed.",
        "count": "At most 5.",
    }
    reply(panel, session, request, "accept", GOOD)
    assert panel.ended(session)["stopReason"] == "end_turn"


def test_only_the_first_of_two_windows_answers(segue: Installation, panel: Panel, project: Path) -> None:
    session, request = asked(panel, project)
    with segue.client(name="second window") as client:
        second = Panel(client)
        second.bucket(session, "needs_you")
        reply(panel, session, request, "accept", GOOD)
        with pytest.raises(SegueError) as late:
            reply(second, session, request, "decline")
    assert late.value.reason == "already_decided"
    assert "accept" in panel.ended(session)["activity"]


def test_stop_cancels_what_waits(panel: Panel, project: Path) -> None:
    session, request = asked(panel, project)
    stopped = panel.call("session/stop", session)["session"]
    assert (stopped["questions"], stopped["stopReason"]) == ([], "cancelled")
    card = next(item for item in panel.call("session/show", session)["items"] if item["kind"] == "question")
    assert (card["question"]["action"], card["question"]["decidedBy"]) == ("cancel", "stop")
    with pytest.raises(SegueError) as late:
        reply(panel, session, request, "accept", GOOD)
    assert late.value.reason == "already_decided"


def test_an_agent_that_dies_takes_its_question_with_it(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[die-asking Which stack?]]")
    row = panel.ended(session)
    assert (row["questions"], row["stopReason"]) == ([], "_interrupted")


def test_a_question_outlives_a_killed_daemon(segue: Installation, project: Path) -> None:
    """S5: it waits still, and its answer reaches the agent that asked before."""
    with segue.client() as client:
        session, request = asked(Panel(client), project)
        kill(client)
    with segue.client() as client:
        panel = Panel(client)
        assert panel.bucket(session, "needs_you")["questions"][0]["requestId"] == request
        reply(panel, session, request, "accept", GOOD)
        row = panel.ended(session)
        assert (row["stopReason"], json.loads(row["activity"])["action"]) == ("end_turn", "accept")


def test_an_address_is_shown_whole_and_accepted_once_it_was_opened(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[visit https://example.org/login?code=1]]")
    (question,) = panel.bucket(session, "needs_you")["questions"]
    assert question["url"] == "https://example.org/login?code=1"
    reply(panel, session, question["requestId"], "accept")
    assert json.loads(panel.ended(session)["activity"])["action"] == "accept"
