"""Plan first: a plan comes before anything is done, and a person decides on it, line by line if they like."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from segue.domain.errors import SegueError
from segue.domain.plans import GO_AHEAD, ONLY_PLAN, STAY
from support.daemon import Installation
from support.panel import Panel

PLAN = "# The plan\\n\\n1. Rename the module\\n2. Change its callers"
"""As a directive of the fake agent takes it: three lines of text."""


def planned(panel: Panel, project: Path, prompt: str, agent: str = "choosy", **words: object) -> tuple[str, Any]:
    """A session whose plan waits for a person, and its row."""
    session = panel.new(project, prompt, agent=agent, isPlanned=True, **words)
    return session, waits(panel, session)


def waits(panel: Panel, session: str, turns: int = 1) -> Any:
    row = panel.wait(session, lambda row: "proposal" in row and row["proposal"]["turn"] >= turns)
    assert (row["bucket"], row["activity"]) == ("needs_you", "Plan to approve")
    return row


def decide(panel: Panel, session: str, row: Any, decision: str, **words: object) -> None:
    panel.call("plan/decide", session, key=row["proposal"]["key"], decision=decision, **words)


def card(panel: Panel, session: str) -> Any:
    """The newest plan as the transcript has it."""
    return [item for item in panel.call("session/show", session)["items"] if item["kind"] == "proposal"][-1]


def mode(panel: Panel, session: str) -> str:
    return str(
        next(o["current"] for o in panel.call("session/show", session)["offer"]["options"] if o["name"] == "Mode")
    )


def prompts(panel: Panel, session: str) -> list[str]:
    return [turn["prompt"] for turn in panel.call("session/turns", session)["turns"]]


@pytest.mark.parametrize("agent", ["choosy", "old-words"])
def test_a_turn_that_plans_ends_with_a_plan_and_approval_brings_the_mode_back(
    panel: Panel, project: Path, agent: str
) -> None:
    session, row = planned(
        panel, project, f"[[options]] [[new-message]] [[say {PLAN}]]", agent, options={"mode": "auto"}
    )
    assert row["isPlanning"] and mode(panel, session) == "plan"
    assert card(panel, session)["text"] == PLAN.replace("\\n", "\n")
    decide(panel, session, row, "approved")
    ended = panel.ended(session, turns=2)
    assert not ended["isPlanning"] and mode(panel, session) == "auto"
    assert ended["activity"].endswith(f"You said: {GO_AHEAD}")
    assert card(panel, session)["status"] == "approved"


def test_an_agent_without_a_mode_for_it_is_told_to_plan_only(panel: Panel, project: Path) -> None:
    session, row = planned(panel, project, f"[[new-message]] [[say {PLAN}]]", "fake")
    said = [item["text"] for item in panel.call("session/show", session)["items"] if item["kind"] == "message"]
    assert said == [ONLY_PLAN], "the plan is shown once, as that"
    assert card(panel, session)["text"] == PLAN.replace("\\n", "\n")
    assert prompts(panel, session) == [f"[[new-message]] [[say {PLAN}]]"]
    decide(panel, session, row, "approved")
    assert panel.ended(session, turns=2)["activity"].endswith(f"You said: {GO_AHEAD}")


def test_a_plan_that_is_asked_for_in_mid_turn_goes_on_in_its_turn(panel: Panel, project: Path) -> None:
    """As Claude does it: leaving the mode is a request, and the mode afterwards is the one that the person had."""
    prompt = f"[[ready {PLAN}]] [[write done.txt yes]]"
    session, row = planned(panel, project, prompt, options={"mode": "auto"})
    assert row["permissions"][0]["plan"] == PLAN.replace("\\n", "\n")
    decide(panel, session, row, "approved")
    row = panel.ended(session)
    assert (row["turns"], row["stat"]["files"], row["isPlanning"]) == (1, 1, False)
    panel.open(session)
    assert panel.until(lambda: panel.offer_if(session, "auto"))
    shown = card(panel, session)
    assert (shown["status"], "permission" in shown) == ("approved", False)


def test_an_answer_to_the_request_itself_is_a_decision_on_the_plan(panel: Panel, project: Path) -> None:
    session, row = planned(panel, project, f"[[ready {PLAN}]]")
    request = row["permissions"][0]["requestId"]
    panel.call("permission/answer", session, requestId=request, optionId="always")
    assert not panel.ended(session)["isPlanning"]
    assert card(panel, session)["status"] == "approved"


@pytest.mark.parametrize("prompt", [f"[[ready {PLAN}]]", f"[[say {PLAN}]]"])
def test_comments_go_as_one_prompt_and_the_mode_stays(panel: Panel, project: Path, prompt: str) -> None:
    session, row = planned(panel, project, prompt)
    panel.open(session)
    key = row["proposal"]["key"]
    for line, text in ((4, "Not the tests."), (3, "Call it core."), (3, "dropped")):
        row = panel.call("plan/comment", session, key=key, first=line, last=line, text=text)["session"]
    panel.call("plan/uncomment", session, key=key, commentId=row["proposal"]["comments"][-1]["commentId"])
    decide(panel, session, row, "revised", text="Otherwise [[say a better plan]]")
    row = waits(panel, session, turns=2)
    told = prompts(panel, session)
    assert told[1:] == [
        f"{STAY}\n\nLine 3:\n> 1. Rename the module\nCall it core.\n\n"
        "Line 4:\n> 2. Change its callers\nNot the tests.\n\nOtherwise [[say a better plan]]"
    ]
    assert row["isPlanning"] and mode(panel, session) == "plan"
    first, second = [item for item in panel.call("session/show", session)["items"] if item["kind"] == "proposal"]
    assert (first["status"], len(first["comments"])) == ("revised", 2)
    assert second["text"].endswith("a better plan") and "status" not in second
    panel.until(lambda: first if first in panel.items(session) else None)


@pytest.mark.parametrize("prompt", [f"[[ready {PLAN}]] [[write no.txt no]]", f"[[say {PLAN}]]"])
def test_a_rejected_plan_is_not_carried_out(panel: Panel, project: Path, prompt: str) -> None:
    session, row = planned(panel, project, prompt)
    decide(panel, session, row, "rejected")
    row = panel.wait(session, lambda row: "proposal" not in row and row.get("stopReason") is not None)
    assert row["isPlanning"] and row["bucket"] == "idle"
    assert card(panel, session)["status"] == "rejected"
    with pytest.raises(SegueError) as late:
        panel.call("plan/decide", session, key=card(panel, session)["planKey"], decision="approved")
    assert late.value.reason == "already_decided"


def test_files_that_change_while_it_plans_are_said(panel: Panel, project: Path) -> None:
    session, row = planned(panel, project, f"[[write early.txt x]] [[ready {PLAN}]]")
    assert panel.wait(session, lambda row: row["proposal"]["changed"] == 1)
    decide(panel, session, row, "rejected")
    panel.ended(session)
    session, row = planned(panel, project, f"[[write early.txt x]] [[say {PLAN}]]")
    assert row["proposal"]["changed"] == 1


def test_plan_and_comments_outlive_a_killed_daemon(segue: Installation, project: Path) -> None:
    with segue.client() as client:
        panel = Panel(client)
        asked, row = planned(panel, project, f"[[ready {PLAN}]]")
        ended, other = planned(panel, project, f"[[say {PLAN}]]")
        for session, each in ((asked, row), (ended, other)):
            panel.call("plan/comment", session, key=each["proposal"]["key"], first=1, last=3, text="Why?")
        os.kill(client.request("segue/status")["pid"], signal.SIGKILL)
        list(client.notifications("none"))
    with segue.client() as client:
        panel = Panel(client)
        for session in (asked, ended):
            row = waits(panel, session)
            (comment,) = row["proposal"]["comments"]
            assert (comment["first"], comment["last"], comment["text"]) == (1, 3, "Why?")
            decide(panel, session, row, "revised")
            panel.ended(session, turns=2)
            assert "Lines 1-3:\n> # The plan" in prompts(panel, session)[-1]


def test_a_plan_can_be_decided_on_when_its_agent_is_gone(panel: Panel, project: Path) -> None:
    session, row = planned(panel, project, f"[[pid]] [[ready {PLAN}]]")
    pid = next(item["text"] for item in panel.call("session/show", session)["items"] if item["kind"] == "message")
    os.kill(int(pid), signal.SIGKILL)
    row = panel.ended(session)
    assert (row["stopReason"], row["activity"]) == ("_interrupted", "Plan to approve")
    decide(panel, session, row, "approved")
    assert panel.ended(session, turns=2)["activity"].endswith(f"You said: {GO_AHEAD}")


def test_a_prompt_behind_a_plan_replaces_it_and_another_mode_ends_planning(panel: Panel, project: Path) -> None:
    session, _ = planned(panel, project, f"[[say {PLAN}]]")
    panel.prompt(session, "[[say Another plan]]")
    waits(panel, session, turns=2)
    first = next(item for item in panel.call("session/show", session)["items"] if item["kind"] == "proposal")
    assert first["status"] == "superseded"
    panel.call("session/configure", session, optionId="mode", value="auto")
    assert not panel.wait(session, lambda row: not row["isPlanning"])["isPlanning"]


def test_a_shell_has_no_plans(panel: Panel, project: Path) -> None:
    with pytest.raises(SegueError) as refused:
        panel.new(project, "ls", agent="command", isPlanned=True)
    assert refused.value.reason == "cannot_plan"


def test_no_rule_approves_a_plan(segue: Installation, panel: Panel, project: Path) -> None:
    policy = segue.places.policy
    policy.write_text('[[rule]]\neffect = "allow"\ntool = "*"\n')
    try:
        session, row = planned(panel, project, f"[[ready {PLAN}]]")
        assert row["permissions"]
        decide(panel, session, row, "rejected")
        panel.ended(session)
    finally:
        policy.unlink()


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_a_plan_that_comes_after_its_request_completes_it(panel: Panel, project: Path, decision: str) -> None:
    """Met with Claude: the request stayed one without a plan, and nobody could comment on the plan."""
    session, row = planned(panel, project, f"[[ready-late {PLAN}]] [[write done.txt yes]]")
    text = PLAN.replace("\\n", "\n")
    assert (row["permissions"][0]["plan"], card(panel, session)["text"]) == (text, text)
    kinds = [item["kind"] for item in panel.call("session/show", session)["items"]]
    assert [kind for kind in kinds if kind in {"permission", "proposal"}] == ["proposal"]
    decide(panel, session, row, decision)
    row = panel.ended(session)
    assert (row["turns"], card(panel, session)["status"]) == (1, decision)
