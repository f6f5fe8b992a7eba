"""Agents that have nothing to do are ended, and loaded again with the next prompt: a person notices nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.conftest import define_agent
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Json, Panel


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        define_agent(made, "fake")
        define_agent(made, "forgetful", "--no-load")
        define_agent(made, "choosy", "--offer", "config")
        made.places.settings.write_text("[sessions]\nidle_minutes = 0.005\n")
        yield made


def asleep(panel: Panel, session: str) -> Json:
    return panel.wait(session, lambda row: not row["isAgentAlive"] and row.get("stopReason") is not None)


def test_an_idle_agent_is_ended_and_the_next_prompt_loads_it_again(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[write kept.txt yes\\n]] [[pid]]")
    before = panel.ended(session)
    shown = panel.call("session/show", session)["items"]
    after = asleep(panel, session)
    assert not Path("/proc", before["activity"]).exists()
    of_row = ("bucket", "state", "activity", "stopReason", "stat", "isUnread", "canResume", "turns")
    assert {name: after[name] for name in of_row} == {name: before[name] for name in of_row}
    assert "failure" not in after
    assert panel.call("session/show", session)["items"] == shown
    panel.prompt(session, "[[earlier]] [[say again]]")
    assert panel.ended(session, turns=2)["activity"] == "0 earlier: again"
    items = panel.call("session/show", session)["items"]
    assert items[: len(shown)] == shown
    told = [item.get("text") for item in items[len(shown) :]]
    assert told == ["[[earlier]] [[say again]]", "0 earlier: again"], (
        "no history is shown twice, and none is handed over"
    )


def test_an_agent_that_cannot_load_or_has_something_to_do_stays(panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    forgetful = panel.new(project, "[[say done]]", agent="forgetful")
    panel.ended(forgetful)
    asks = panel.new(project, "[[permission really]]")
    panel.bucket(asks, "needs_you")
    works = panel.new(project, f"[[say busy]] [[wait-file {gate}]]")
    serves = panel.new(project, "[[terminal exec sleep 600]] [[say started]]")
    panel.ended(serves)
    asleep(panel, ended(panel, project))
    stay = (forgetful, asks, works, serves)
    assert [panel.sessions[session]["isAgentAlive"] for session in stay] == [True] * 4
    panel.call("session/archive", serves)
    panel.call("session/stop", asks)
    gate.touch()
    for session in (asks, works):
        asleep(panel, session)


def ended(panel: Panel, project: Path) -> str:
    session = panel.new(project, "[[say hi]]")
    panel.ended(session)
    return session


def test_what_is_chosen_while_it_sleeps_counts_when_it_is_back(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[options]]", agent="choosy")
    asleep(panel, session)
    panel.call("session/configure", session, optionId="model", value="large")
    panel.prompt(session, "[[options]]")
    assert "model=large" in panel.ended(session, turns=2)["activity"]
