"""Only so many sessions work at a time under a real daemon: who waits, who passes, and what a kill leaves."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.conftest import define_agent
from segue.cli.client import Client
from segue.domain.errors import SegueError
from segue.system import processes
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Json, Panel
from support.patience import scaled


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        define_agent(made, "fake")
        made.places.settings.write_text("[sessions]\nmax_running = 1\n")
        yield made


def held(panel: Panel, project: Path, gate: Path, name: str = "holds") -> str:
    """A session that works until `gate` is there."""
    session = panel.new(project, f"[[say {name}]] [[wait-file {gate}]]")
    panel.wait(session, lambda row: row["activity"] == name)
    return session


def queued(panel: Panel, project: Path, *names: str) -> list[str]:
    """Sessions that wait, in that order."""
    made = []
    for place, name in enumerate(names, 1):
        made.append(panel.new(project, f"[[say {name}]]", title=name))
        panel.wait(made[-1], lambda row, place=place: row.get("place") == place)  # type: ignore[misc]
    return made


def began(panel: Panel, sessions: list[str]) -> list[str]:
    """Titles in the order in which the sessions began, once all of them ended."""
    rows = [panel.ended(session) for session in sessions]
    return [row["title"] for row in sorted(rows, key=lambda row: row["turnStartedMs"])]


def line(panel: Panel) -> list[str]:
    """Titles of those that wait, as every client is told."""
    waiting = [row for row in panel.sessions.values() if row.get("place") is not None]
    return [row["title"] for row in sorted(waiting, key=lambda row: row["place"])]


def stands(panel: Panel, *titles: str) -> Json:
    return panel.until(lambda: {"line": titles} if line(panel) == list(titles) else None)


def kill_daemon(client: Client) -> None:
    daemon = processes.identity(client.request("segue/status")["pid"])
    os.kill(daemon[0], signal.SIGKILL)
    assert processes.wait_gone(daemon, scaled())


def test_who_comes_too_many_waits_in_line_and_everybody_is_told_of_its_place(
    panel: Panel, project: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    first = held(panel, project, gate)
    waiting = queued(panel, project, "a", "b", "c")
    rows = [panel.sessions[session] for session in waiting]
    assert [(row["bucket"], row["state"], row["turns"]) for row in rows] == [("queued", "idle", 0)] * 3
    status = panel.client.request("segue/status")
    assert (status["running"], status["queued"], status["maxRunning"]) == (1, 3, 1)
    listed = panel.client.request("segue/session/list")["sessions"]
    assert [row["title"] for row in listed if row["bucket"] == "queued"] == ["a", "b", "c"]
    gate.touch()
    assert began(panel, waiting) == ["a", "b", "c"]
    assert panel.ended(first)["stopReason"] == "end_turn"
    assert line(panel) == []


def test_the_line_is_ordered_by_hand(panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    first = held(panel, project, gate)
    waiting = queued(panel, project, "a", "b", "c")
    assert panel.call("queue/move", waiting[2], to="first")["session"]["place"] == 1
    stands(panel, "c", "a", "b")
    panel.call("queue/move", waiting[1], to="up")
    stands(panel, "c", "b", "a")
    panel.call("queue/move", waiting[2], to="last")
    panel.call("queue/move", waiting[1], to="down")
    stands(panel, "a", "b", "c")
    panel.call("session/stop", waiting[0])
    stands(panel, "b", "c")
    with pytest.raises(SegueError) as refused:
        panel.call("queue/move", waiting[0], to="up")
    assert refused.value.reason == "not_waiting"
    gate.touch()
    assert began(panel, waiting[1:]) == ["b", "c"]
    panel.ended(first)
    assert panel.sessions[waiting[0]]["turns"] == 0


def test_start_now_begins_past_the_limit(panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    first = held(panel, project, gate)
    waiting = queued(panel, project, "a", "b")
    panel.call("queue/start", waiting[1])
    assert panel.ended(waiting[1])["activity"] == "b"
    assert line(panel) == ["a"] and panel.sessions[first]["bucket"] == "working"
    with pytest.raises(SegueError) as refused:
        panel.call("queue/start", waiting[1])
    assert refused.value.reason == "not_waiting"
    gate.touch()
    panel.ended(waiting[0])


def test_a_follow_up_waits_behind_the_others_and_says_so(panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    first = held(panel, project, gate)
    assert panel.prompt(first, "[[say more]]")["isQueued"]
    (second,) = queued(panel, project, "a")
    gate.touch()
    assert panel.ended(second)["activity"] == "a"
    row = panel.ended(first, turns=2)
    assert row["activity"] == "more"
    assert row["turnStartedMs"] >= panel.sessions[second]["turnStartedMs"]


def test_who_waits_for_a_person_lets_another_work_and_goes_on_when_answered(
    panel: Panel, project: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    asks = panel.new(project, "[[permission really]]")
    (request,) = panel.bucket(asks, "needs_you")["permissions"]
    works = held(panel, project, gate)
    (waits,) = queued(panel, project, "a")
    panel.call("permission/answer", asks, requestId=request["requestId"], optionId="allow")
    assert panel.ended(asks)["activity"] == "allow_once"
    assert panel.sessions[works]["bucket"] == "working" and line(panel) == ["a"]
    gate.touch()
    panel.ended(waits)


def test_a_person_who_pairs_does_not_wait(panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    works = held(panel, project, gate)
    (waits,) = queued(panel, project, "a")
    pairs = panel.new(project, "[[say hello]]", mode="inline")
    assert panel.ended(pairs)["activity"] == "hello"
    panel.prompt(pairs, "[[say again]]")
    assert panel.ended(pairs, turns=2)["activity"] == "again"
    assert (panel.sessions[works]["bucket"], line(panel)) == ("working", ["a"])
    panel.call("link/stop", pairs)
    panel.call("link/start", waits)
    panel.ended(waits)
    assert panel.sessions[works]["bucket"] == "working"
    gate.touch()
    panel.ended(works)


def test_a_killed_daemon_leaves_the_line_as_it_was_and_nothing_is_sent_twice(
    segue: Installation, project: Path, tmp_path: Path
) -> None:
    """D30"""
    gate, log = tmp_path / "gate", tmp_path / "log"
    with segue.client() as client:
        panel = Panel(client)
        first = held(panel, project, gate)
        scripts = {name: f"[[run echo {name} >> {log}]]" for name in "abc"}
        waiting = [panel.new(project, script, title=name) for name, script in scripts.items()]
        panel.wait(waiting[-1], lambda row: row.get("place") == 3)
        panel.prompt(waiting[1], f"[[run echo more >> {log}]]")
        panel.call("queue/move", waiting[2], to="first")
        kill_daemon(client)
    with segue.client() as client:
        panel = Panel(client)
        stands(panel, "c", "a", "b")
        assert panel.sessions[first]["bucket"] == "working"
        kill_daemon(client)
    with segue.client() as client:
        panel = Panel(client)
        gate.touch()
        assert began(panel, [waiting[2], waiting[0]]) == ["c", "a"]
        panel.ended(waiting[1], turns=2)
        assert log.read_text().split() == ["c", "a", "b", "more"]
        assert [len(panel.call("session/turns", each)["turns"]) for each in [first, *waiting]] == [1, 1, 2, 1]


def test_a_raised_limit_counts_at_once(segue: Installation, panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    works = held(panel, project, gate)
    (waits,) = queued(panel, project, "a")
    segue.places.settings.write_text("[sessions]\nmax_running = 2\n")
    try:
        panel.client.request("segue/status")
        assert panel.ended(waits)["activity"] == "a"
        segue.places.settings.write_text("[sessions]\nmax_running = 'many'\n")
        checks = panel.client.request("segue/doctor")["checks"]
        (told,) = [check for check in checks if check["name"] == "sessions"]
        assert told["status"] == "failed" and "max_running" in told["message"]
    finally:
        segue.places.settings.write_text("[sessions]\nmax_running = 1\n")
    gate.touch()
    panel.ended(works)
