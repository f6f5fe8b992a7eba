"""What can be chosen of an agent: shown, told to it at once or before its next prompt, kept through its end."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from segue.domain.errors import SegueError
from support.daemon import Installation, kill
from support.panel import Panel


def offered(panel: Panel, session: str) -> dict[str, str]:
    options = panel.call("session/show", session)["offer"]["options"]
    return {option["optionId"]: option["current"] for option in options}


def configure(panel: Panel, session: str, option: str, value: str) -> dict[str, Any]:
    return panel.call("session/configure", session, optionId=option, value=value)["offer"]


def said(panel: Panel, session: str, turns: int) -> str:
    """What stands, as the agent says in its next turn."""
    panel.prompt(session, "[[options]]")
    return str(panel.ended(session, turns=turns)["activity"])


@pytest.mark.parametrize("agent", ["choosy", "old-words"])
def test_what_is_chosen_reaches_the_agent_and_outlives_it(panel: Panel, project: Path, agent: str) -> None:
    session = panel.new(project, "[[pid]]", agent=agent)
    row = panel.ended(session)
    assert row["model"] == "Small"
    assert offered(panel, session) | {"mode": "ask", "model": "small"} == offered(panel, session)
    configure(panel, session, "model", "Large")
    assert said(panel, session, 2).startswith("mode=ask model=large")
    os.kill(int(row["activity"]), signal.SIGKILL)
    panel.wait(session, lambda row: not row["isAgentAlive"])
    offer = configure(panel, session, "mode", "plan")
    assert offer["options"][0]["current"] == "plan"
    assert said(panel, session, 3).startswith("mode=plan model=large"), "it started anew with its own defaults"


def test_an_option_is_set_in_mid_turn(panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    session = panel.new(project, f"[[say working]] [[wait-file {gate}]] [[options]]", agent="choosy")
    panel.wait(session, lambda row: row["activity"] == "working")
    configure(panel, session, "effort", "high")
    configure(panel, session, "dry", "on")
    gate.touch()
    assert panel.ended(session)["activity"].endswith("effort=high dry=True")


def test_what_the_agent_changes_in_its_turn_is_not_undone(panel: Panel, project: Path) -> None:
    """It leaves plan mode by itself; killed and loaded, it is not put back."""
    session = panel.new(project, "[[pid]]", agent="choosy", options={"mode": "plan"})
    pid = int(panel.ended(session)["activity"])
    panel.prompt(session, "[[mode auto]] [[say changed]]")
    panel.ended(session, turns=2)
    assert offered(panel, session)["mode"] == "auto"
    os.kill(pid, signal.SIGKILL)
    panel.wait(session, lambda row: not row["isAgentAlive"])
    assert said(panel, session, 3).startswith("mode=auto")


def test_a_refusal_speaks_and_changes_nothing(panel: Panel, project: Path) -> None:
    session = panel.new(project, "hello", agent="choosy")
    panel.ended(session)
    for option, value, reason in [
        ("model", "forbidden", "option_refused"),
        ("model", "huge", "value_not_offered"),
        ("odd", "8", "value_not_offered"),
        ("colour", "red", "option_not_offered"),
    ]:
        with pytest.raises(SegueError) as refused:
            configure(panel, session, option, value)
        assert refused.value.reason == reason
    assert offered(panel, session)["model"] == "small"


def test_a_choice_at_delegation_comes_before_the_first_prompt_or_is_said_to_be_refused(
    panel: Panel, project: Path
) -> None:
    chosen = {"model": "large", "effort": "high", "colour": "red"}
    session = panel.new(project, "[[options]]", agent="choosy", options=chosen)
    assert panel.ended(session)["activity"] == "mode=ask model=large effort=high dry=False"
    notices = [i["text"] for i in panel.call("session/show", session)["items"] if i["kind"] == "notice"]
    assert notices == ["The agent does not offer 'colour'."]
    agents = panel.client.request("segue/agent/list")["agents"]
    (choosy,) = (agent for agent in agents if agent["name"] == "choosy")
    assert [option["optionId"] for option in choosy["options"]] == ["mode", "model", "effort", "dry", "odd"]


def test_followers_of_a_session_get_what_is_offered_when_it_changes(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[commands one|two]] [[mode plan]]", agent="choosy")
    panel.open(session)
    offer = panel.until(lambda: panel.offer_if(session, "plan"))
    assert [command["name"] for command in offer["commands"]] == ["one", "two"]
    configure(panel, session, "model", "large")
    offer = panel.until(lambda: panel.offer_if(session, "large"))
    assert offer["options"][1]["values"][0] == {"value": "small", "name": "Small", "group": "Sizes"}


def test_choices_outlive_a_killed_daemon(segue: Installation, project: Path) -> None:
    """D30"""
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, "[[say done]]", agent="choosy")
        panel.ended(session)
        configure(panel, session, "model", "large")
        kill(client)
    with segue.client() as client:
        panel = Panel(client)
        assert offered(panel, session)["model"] == "large"
        assert said(panel, session, 2).startswith("mode=ask model=large")
