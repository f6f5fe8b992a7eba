"""Commands that an agent runs through its client: what people see, and what a killed daemon leaves (D21, D30)."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from segue.agents import runners
from segue.system import processes
from support.daemon import Installation, kill
from support.panel import Json, Panel
from support.patience import scaled

WAITING = "while [ ! -e {go} ]; do sleep 0.01; done"


def terminal(panel: Panel, session: str) -> str:
    """What the session's first tool call shows."""
    for item in panel.items(session):
        if item["kind"] == "tool_call":
            return "".join(content["text"] for content in item.get("content") or ())
    return ""


def shows(panel: Panel, session: str, text: str) -> Json:
    return panel.until(lambda: {} if text in terminal(panel, session) else None)


def test_people_see_a_commands_output_while_it_runs_and_after_its_release(panel: Panel, project: Path) -> None:
    waiting = WAITING.format(go="go")
    session = panel.new(project, f"[[terminal echo one; {waiting}; echo two; exit 4]] [[wait-exit]] [[release]]")
    panel.open(session)
    shows(panel, session, "one\n")
    assert terminal(panel, session).startswith("$ /bin/sh -c 'echo one;")
    (Path(panel.sessions[session]["worktree"]) / "go").touch()
    panel.ended(session)
    shows(panel, session, "one\ntwo\n[exit 4]")


def kill_daemon_in_mid_command(segue: Installation, project: Path, go: Path) -> str:
    with segue.client() as client:
        panel = Panel(client)
        waiting = WAITING.format(go=go)
        prompt = f"[[terminal echo one; {waiting}; echo two; exit 4]] [[wait-exit]] [[output]] [[release]] [[say !]]"
        session = panel.new(project, prompt)
        panel.open(session)
        shows(panel, session, "one\n")
        kill(client)
    return session


def commands(segue: Installation, session: str) -> list[Path]:
    return list(segue.places.runners.glob(f"{session}-*/terminals/*"))


@pytest.mark.parametrize("is_over_before", [False, True])
def test_a_command_outlives_a_killed_daemon(
    segue: Installation, project: Path, tmp_path: Path, is_over_before: bool
) -> None:
    """D30: who waited for its end is told by the next daemon, and no output is lost or shown twice."""
    session, go = kill_daemon_in_mid_command(segue, project, tmp_path / "go"), tmp_path / "go"
    if is_over_before:
        go.touch()
    with segue.client() as client:
        panel = Panel(client)
        go.touch()
        panel.ended(session)
        panel.open(session)
        shows(panel, session, "one\ntwo\n[exit 4]")
        said = "".join(item["text"] for item in panel.items(session) if item["kind"] == "message")
        assert '{"exitCode": 4, "signal": null}' in said and '"output": "one\\ntwo\\n"' in said
        assert terminal(panel, session).count("one\n") == 1
    assert commands(segue, session) == []


def test_a_command_whose_runner_died_too_has_an_end(segue: Installation, project: Path, tmp_path: Path) -> None:
    """D21: nobody waits for ever."""
    session = kill_daemon_in_mid_command(segue, project, tmp_path / "go")
    (directory,) = commands(segue, session)
    status = runners.read_status(directory)
    assert status is not None
    os.kill(status.runner[0], signal.SIGKILL)
    assert processes.wait_gone(status.runner, scaled())
    with segue.client() as client:
        panel = Panel(client)
        panel.ended(session)
        panel.open(session)
        shows(panel, session, "one\n[ended with its runner]")
        said = "".join(item["text"] for item in panel.items(session) if item["kind"] == "message")
        assert '{"exitCode": null, "signal": "SIGKILL"}' in said


def test_a_command_ends_with_an_agent_that_died_while_there_was_no_daemon(
    segue: Installation, project: Path, tmp_path: Path
) -> None:
    """D21, S11"""
    session = kill_daemon_in_mid_command(segue, project, tmp_path / "go")
    (command,) = commands(segue, session)
    terminal_status, agent_status = runners.read_status(command), runners.read_status(command.parent.parent)
    assert terminal_status is not None and agent_status is not None
    os.kill(agent_status.runner[0], signal.SIGKILL)
    with segue.client() as client:
        panel = Panel(client)
        assert panel.ended(session)["stopReason"] == "_interrupted"
        panel.open(session)
        shows(panel, session, "[exit 143 (SIGTERM)]")
        assert processes.wait_gone(terminal_status.agent, scaled())


def test_discarding_a_session_ends_its_commands(segue: Installation, panel: Panel, project: Path) -> None:
    """S11"""
    session = panel.new(project, "[[terminal echo $$ > pid; exec sleep 600]] [[wait-file pid]]")
    row = panel.ended(session)
    pid = int((Path(row["worktree"]) / "pid").read_text())
    assert processes.identity(pid)[1], "a turn's end leaves a server running"
    panel.call("session/archive", session)
    assert not processes.identity(pid)[1] and commands(segue, session) == []
