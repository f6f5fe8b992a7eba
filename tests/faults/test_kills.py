"""SIGKILL of daemon, runner and bridge at random moments, while agents count aloud."""

from __future__ import annotations

import random
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from faults import drill
from faults.drill import Json
from segue.cli.client import Client
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel
from support.repositories import repository

KILLS = drill.length(50, 1000)
COUNT = 150
SESSIONS = 3
ENDED_BADLY = {"_interrupted", "_failed"}


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        drill.define_agent(made.root / "d")
        yield made


class Office:
    """Agents that count aloud, a window that watches them, and everything that was promised to it."""

    def __init__(self, segue: Installation, project: Path, chance: random.Random) -> None:
        self.segue, self.project, self.chance = segue, project, chance
        self.asked: dict[str, list[str]] = defaultdict(list)
        self.promised: dict[str, set[str]] = defaultdict(set)
        self.hit: dict[str, set[int]] = defaultdict(set)
        self.kills: dict[str, int] = defaultdict(int)
        self.slowest_restart_s = 0.0
        self._window = ExitStack()
        self.panel: Panel
        self._bridge: subprocess.Popen[bytes]

    def open_window(self) -> None:
        self._window.close()
        begun = time.monotonic()
        client, self._bridge = self._window.enter_context(drill.through_bridge(self.segue))
        self.panel = Panel(client)
        self.slowest_restart_s = max(self.slowest_restart_s, time.monotonic() - begun)

    def close_window(self) -> None:
        self._window.close()

    @property
    def client(self) -> Client:
        return self.panel.client

    def keep_busy(self) -> None:
        """Every session that is idle gets a prompt, of which we know whether it was acknowledged."""
        rows = {row["id"]: row for row in self.client.request("segue/session/list")["sessions"]}
        for session_id in list(self.asked):
            if rows[session_id]["state"] == "idle" and not rows[session_id]["queue"]:
                text = f"[[count {COUNT}]] #{len(self.asked[session_id]) + 1}"
                self.asked[session_id].append(text)
                self.panel.prompt(session_id, text)
                self.promised[session_id].add(text)
        while len(self.asked) < SESSIONS:
            text = f"[[count {COUNT}]] #1"
            session_id = self.panel.new(self.project, text)
            self.asked[session_id].append(text)
            self.promised[session_id].add(text)

    def strike(self) -> None:
        kind = self.chance.choice(("daemon", "daemon", "runner", "runner", "bridge"))
        if kind == "daemon":
            drill.kill_daemon(self.segue, self.client)
        elif kind == "bridge":
            self._bridge.kill()
            self._bridge.wait()
        else:
            self._strike_runner()
        self.kills[kind] += 1

    def _strike_runner(self) -> None:
        session_id = self.chance.choice(list(self.asked))
        before = self._turns(session_id)
        if drill.kill_runner(self.segue, session_id):
            self.hit[session_id] |= {before, before + 1}

    def _turns(self, session_id: str) -> int:
        shown: Json = self.client.request("segue/session/show", {"sessionId": session_id})["session"]
        return int(shown["turns"])


def test_nothing_is_lost_or_doubled_by_kills_of_daemon_runner_and_bridge(segue: Installation, tmp_path: Path) -> None:
    """D5, D30, issue 4.1, 4.2: what agents say and what people were promised is there exactly once."""
    chance = drill.chance("kills")
    office = Office(segue, repository(tmp_path / "project", {"a.txt": "a\n"}), chance)
    office.open_window()
    for _ in range(KILLS):
        with suppress(*drill.GONE):
            office.keep_busy()
            time.sleep(chance.random() * 0.3)  # when the kill comes, not what is waited for
            office.strike()
        with suppress(*drill.GONE):
            office.client.request("segue/status")
            continue
        office.open_window()
    numbers = ends = 0
    for session_id in office.asked:
        row = at_rest(office, session_id)
        assert row["state"] == "idle", row
        numbers += check_session(office, session_id)
        ends += row["turns"]
        resumed = office.panel.prompt(session_id, "[[say back again]]")
        assert not resumed["isQueued"]
        assert office.panel.ended(session_id, row["turns"] + 1)["activity"] == "back again"
    office.close_window()
    print(
        f"kills: {dict(office.kills)}; {ends} turns, {numbers} numbered events, no gap and no duplicate;"
        f" a window was served again within {office.slowest_restart_s:.2f} s"
    )


def at_rest(office: Office, session_id: str) -> drill.Json:
    """The session's row once no turn runs or waits; a prompt of a killed window may arrive behind a row at rest."""
    seq = 0
    while True:
        row = office.panel.wait(
            session_id,
            lambda row: row["seq"] >= seq and row["state"] not in {"running", "creating"} and not row["queue"],  # noqa: B023
        )
        shown = office.client.request("segue/session/show", {"sessionId": session_id})
        if shown["session"]["seq"] <= row["seq"] and all("stopReason" in turn for turn in shown["turns"]):
            return row
        seq = shown["session"]["seq"]


def check_session(office: Office, session_id: str) -> int:
    """Each promised prompt once, each turn's numbers without gap or duplicate; returns how many there were."""
    shown = office.client.request("segue/session/show", {"sessionId": session_id})
    prompts = [item["text"] for item in shown["items"] if item["kind"] == "prompt"]
    assert len(prompts) == len(set(prompts)), "a prompt ran twice"
    assert office.promised[session_id] <= set(prompts) <= set(office.asked[session_id])
    total = 0
    for turn in shown["turns"]:
        said = "".join(
            item["text"] for item in shown["items"] if item["turn"] == turn["number"] and item["kind"] == "message"
        )
        numbers = [int(word) for word in said.split() if not word.startswith("#")]
        where = f"session {session_id}, turn {turn['number']}: {turn['stopReason']} {turn.get('message', '')}"
        assert numbers == list(range(1, len(numbers) + 1)), where
        if turn["number"] in office.hit[session_id]:
            assert turn["stopReason"] in {"end_turn", *ENDED_BADLY}, where
        else:
            assert turn["stopReason"] == "end_turn", where
        if turn["stopReason"] == "end_turn":
            assert len(numbers) == COUNT, where
        total += len(numbers)
    return total
