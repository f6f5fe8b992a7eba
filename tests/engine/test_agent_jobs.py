"""Agents outside of sessions under a real daemon: looked at, checked, installed, signed in with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.daemon import Installation
from support.panel import Panel


def followed(panel: Panel, name: str, action: str, **more: str) -> dict[str, Any]:
    """Have something done with an agent, and wait for its end; all lines of its log."""
    told = panel.client.request("segue/agent/run", {"name": name, "action": action, **more})
    lines = list(told["lines"])
    while told["isRunning"]:
        told = panel.client.request("segue/agent/progress", {"name": name, "after": told["next"]})
        lines += told["lines"]
    return {**told, "lines": lines}


def listed(panel: Panel, name: str) -> dict[str, Any]:
    agents = panel.client.request("segue/agent/list", {})["agents"]
    return next(agent for agent in agents if agent["name"] == name)


def test_a_check_says_hello_and_spends_nothing(panel: Panel) -> None:
    told = followed(panel, "fake", "check")
    assert "failure" not in told
    assert told["lines"][-2:] == ["It is fake 1.0.0.", "It opened a session."]
    agent = listed(panel, "fake")
    assert agent["isChecked"] and "trouble" not in agent
    assert Path(agent["definition"]).name == "fake.toml"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("not-acp", "agent_not_acp"),
        ("old", "agent_too_old"),
        ("locked", "authentication_required"),
        ("dies", "agent_exited"),
    ],
)
def test_a_check_says_what_is_wrong(panel: Panel, name: str, reason: str) -> None:
    failure = followed(panel, name, "check")["failure"]
    assert failure["reason"] == reason and failure["message"]
    agent = listed(panel, name)
    wants_user = reason == "authentication_required"
    assert (agent["needsSignIn"], agent["isChecked"]) == (wants_user, False)
    assert agent.get("trouble") == (None if wants_user else failure)


def test_a_prompt_waits_for_a_person_to_sign_in_and_is_sent_then(
    panel: Panel, project: Path, segue: Installation
) -> None:
    session = panel.new(project, "[[say done]]", agent="signs-in")
    row = panel.wait(session, lambda row: row["needsSignIn"] and row["state"] == "idle")
    assert (row["bucket"], [prompt["text"] for prompt in row["queue"]]) == ("needs_you", ["[[say done]]"])
    assert listed(panel, "signs-in")["needsSignIn"]
    methods = followed(panel, "signs-in", "methods")["methods"]
    assert [(method["id"], method["kind"]) for method in methods] == [("own", "agent"), ("shell", "terminal")]
    assert methods[1]["command"][-1] == "login" and methods[1]["env"] == {"A": "b"}
    assert "failure" not in followed(panel, "signs-in", "sign_in", method="own")
    row = panel.ended(session, turns=2)
    assert not listed(panel, "signs-in")["needsSignIn"]
    assert (row["needsSignIn"], row["activity"], row["queue"]) == (False, "done", [])


def test_stopping_gives_up_what_waits_for_a_sign_in(panel: Panel, project: Path, segue: Installation) -> None:
    (segue.root / "signed-in").unlink(missing_ok=True)
    session = panel.new(project, "[[say done]]", agent="signs-in")
    panel.wait(session, lambda row: row["needsSignIn"] and row["state"] == "idle")
    panel.call("session/stop", session)
    row = panel.wait(session, lambda row: not row["queue"])
    assert not row["needsSignIn"]


def test_agents_of_an_editors_settings_are_there_for_everybody_and_stay(segue: Installation, panel: Panel) -> None:
    servers = {"My Agent": {"command": "/bin/echo", "args": ["--acp"], "env": {"A": "b"}, "type": "custom"}}
    with segue.client(agent_servers=servers):
        assert listed(panel, "my-agent")["source"] == "editor"
    assert listed(panel, "my-agent")["isAvailable"]
    kept = segue.root / "d" / "agents" / "editor.json"
    assert json.loads(kept.read_text()) == {"agent_servers": servers} and kept.stat().st_mode & 0o777 == 0o600
    with segue.client(agent_servers={}):
        assert "my-agent" not in [agent["name"] for agent in panel.client.request("segue/agent/list", {})["agents"]]


def test_no_file_of_a_repository_defines_an_agent(panel: Panel, project: Path) -> None:
    """S2, D45"""
    evil = {"agent_servers": {"evil": {"command": "/bin/sh"}}}
    for folder in (".segue", ".vscode", "segue", "agents"):
        (project / folder).mkdir(exist_ok=True)
        (project / folder / "agents.json").write_text(json.dumps(evil))
        (project / folder / "settings.json").write_text(json.dumps({"segue.agentServers": evil["agent_servers"]}))
        (project / folder / "evil.toml").write_text('name = "evil"\ncommand = ["/bin/sh"]\n')
    panel.ended(panel.new(project, "[[say done]]"))
    assert "evil" not in [agent["name"] for agent in panel.client.request("segue/agent/list", {})["agents"]]
