"""An agent that died and cannot load its conversation is told of it, once, and people see what it was told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from segue.agents import runners
from segue.domain.errors import SegueError
from segue.system import processes
from support.daemon import Installation, installation, kill
from support.daemon_nursery import fork_daemon
from support.panel import Json, Panel
from support.patience import scaled

from .conftest import define_agent


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        define_agent(made, "fake")
        define_agent(made, "forgetful", "--no-load")
        define_agent(made, "confused", "--bad-load")
        yield made


def interrupted(segue: Installation, panel: Panel, project: Path, agent: str) -> str:
    """A session whose runner was killed in mid-turn, with its agent."""
    prompt = "[[write made.txt yes\\n]] [[say half done]] [[hang]]"
    session = panel.new(project, prompt, agent=agent)
    panel.wait(session, lambda row: row["activity"] == "half done")
    status = runners.read_status(segue.places.runner_directory(session, 1))
    assert status is not None
    for process in (status.runner, status.agent):
        with suppress(ProcessLookupError):  # the agent may end with its runner
            os.kill(process[0], signal.SIGKILL)
        assert processes.wait_gone(process, scaled())
    assert panel.ended(session)["stopReason"] == "_interrupted"
    return session


def items(panel: Panel, session: str, kind: str) -> list[Json]:
    return [item for item in panel.call("session/show", session)["items"] if item["kind"] == kind]


def heard(panel: Panel, session: str, turn: int) -> str:
    """What `[[earlier]]` said in that turn."""
    return "".join(item["text"] for item in items(panel, session, "message") if item["turn"] == turn)


@pytest.mark.parametrize("agent", ["forgetful", "confused"])
def test_an_agent_that_cannot_load_gets_a_hand_over_once(
    segue: Installation, panel: Panel, project: Path, agent: str
) -> None:
    """D30"""
    session = interrupted(segue, panel, project, agent)
    assert panel.sessions[session]["canResume"]
    panel.prompt(session, "[[earlier]]")
    panel.ended(session, turns=2)
    (shown,) = items(panel, session, "handover")
    told = heard(panel, session, 2)
    assert told == f"1 earlier: {shown['text']}"
    assert "> [[write made.txt yes" in told and "> half done" in told and "- made.txt" in told
    assert "not the user's words" in told and "ended in mid-turn" in told
    panel.prompt(session, "[[earlier]]")
    panel.ended(session, turns=3)
    assert heard(panel, session, 3) == "0 earlier: "
    assert len(items(panel, session, "handover")) == 1


def test_an_agent_that_loads_its_conversation_gets_none(segue: Installation, panel: Panel, project: Path) -> None:
    session = interrupted(segue, panel, project, "fake")
    panel.prompt(session, "[[earlier]]")
    panel.ended(session, turns=2)
    assert heard(panel, session, 2) == "0 earlier: "
    assert items(panel, session, "handover") == []


def test_a_daemon_killed_behind_the_hand_over_gives_it_no_second_time(
    segue: Installation, project: Path, tmp_path: Path
) -> None:
    """D30: it is journaled with the prompt that it goes before."""
    with segue.client() as client:
        panel = Panel(client)
        session = interrupted(segue, panel, project, "forgetful")
        panel.open(session)
        panel.prompt(session, f"[[earlier]] [[wait-file {tmp_path}/go]] [[say over]]")
        panel.until(lambda: next((item for item in panel.items(session) if item["kind"] == "handover"), None))
        kill(client)
    (tmp_path / "go").touch()
    with segue.client() as client:
        panel = Panel(client)
        assert panel.ended(session, turns=2)["stopReason"] == "end_turn"
        (shown_again,) = items(panel, session, "handover")
        assert heard(panel, session, 2) == f"1 earlier: {shown_again['text']}over"
        panel.prompt(session, "[[earlier]]")
        panel.ended(session, turns=3)
        assert heard(panel, session, 3) == "0 earlier: "


def test_resuming_asks_the_agent_to_go_on_once(segue: Installation, panel: Panel, project: Path) -> None:
    session = interrupted(segue, panel, project, "forgetful")
    assert "You said: Go on where you were interrupted." in segue.run("resume", session, "--wait").out
    refused = segue.run("resume", session, "--json")
    assert (refused.code, refused.error["reason"]) == (1, "nothing_to_resume")
    assert "Segue told the new agent:" in segue.run("show", session).out


def test_a_command_is_never_told_anything(panel: Panel, project: Path) -> None:
    """What stands before it, or asks it to go on, would be run by a shell."""
    session = panel.new(project, "kill -9 $PPID; sleep 60", agent="command")
    assert panel.ended(session)["stopReason"] == "_interrupted"
    with pytest.raises(SegueError, match="cannot be continued half-way"):
        panel.call("session/resume", session)
    panel.prompt(session, "echo over")
    assert panel.ended(session, turns=2)["stopReason"] == "end_turn"
    assert items(panel, session, "handover") == []
