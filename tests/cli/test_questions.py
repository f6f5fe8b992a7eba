"""An agent's form in a terminal: shown with its fields, answered by name or number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.conftest import define_agent
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        define_agent(made, "fake")
        yield made


def asking(segue: Installation, project: Path, prompt: str) -> str:
    """The id of a session that waits with a question."""
    assert segue.run("new", "--agent", "fake", "--wait", prompt, cwd=project).code == 4
    (session,) = segue.run("list", "--json", "-C", str(project)).json["sessions"]
    return str(session["id"])


def said(segue: Installation, session_id: str) -> object:
    """What the agent was answered, as it told it."""
    with segue.client() as client:
        return json.loads(Panel(client).ended(session_id)["activity"])


def test_a_form_is_shown_with_numbers_and_answered_by_name(segue: Installation, project: Path) -> None:
    session_id = asking(segue, project, "[[ask Which stack?]]")
    shown = segue.run("answer", session_id).out
    assert "? Which stack?" in shown
    assert "language: Which language?  (one of these, required)" in shown
    assert "1  Python  (py) — 3.11 or newer" in shown
    assert "count: count  (a whole number, 1 to 5, default 3)" in shown
    wrong = segue.run("answer", session_id, "--field", "count=9", "--json")
    assert (wrong.code, wrong.error["reason"]) == (1, "answer_invalid")
    assert segue.run("answer", session_id, "--field", "colour=red", "--json").error["reason"] == "no_field"
    answered = segue.run("answer", session_id, "--field", "language=2", "--field", "extras=py", "--field", "name=shop")
    assert answered.out == "Answered: Which stack?\n"
    content = {"language": "ts", "extras": ["py"], "name": "shop", "count": 3, "dry": True}
    assert said(segue, session_id) == {"action": "accept", "content": content}
    told = segue.run("show", session_id).out
    assert "Which language?: TypeScript" in told and "answered by user" in told


@pytest.mark.parametrize(("option", "action"), [("--skip", "decline"), ("--cancel", "cancel")])
def test_a_form_is_skipped_or_cancelled(segue: Installation, project: Path, option: str, action: str) -> None:
    session_id = asking(segue, project, "[[ask Which stack?]]")
    assert segue.run("answer", session_id, option).code == 0
    assert said(segue, session_id) == {"action": action}


def test_a_single_choice_is_answered_by_its_number(segue: Installation, project: Path) -> None:
    session_id = asking(segue, project, "[[ask-one Which one?]]")
    assert segue.run("answer", session_id, "1").code == 0
    assert said(segue, session_id) == {"action": "accept", "content": {"question_0": "py"}}


def test_an_address_is_shown_and_nothing_is_opened(segue: Installation, project: Path) -> None:
    session_id = asking(segue, project, "[[visit https://example.org/login]]")
    assert "address:   https://example.org/login" in segue.run("answer", session_id).out
    assert segue.run("answer", session_id, "--submit").code == 0
    assert said(segue, session_id) == {"action": "accept", "content": {}}
