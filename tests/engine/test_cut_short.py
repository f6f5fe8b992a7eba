"""The daemon killed where random kills rarely come: a worktree half made, a turn without its prompt, a start."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from segue.agents import runners
from segue.cli.client import Client
from segue.system import processes
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel
from support.patience import scaled

from .conftest import FAKE_AGENT, define_agent

HELD_GIT = """#!/bin/sh
case " $* " in
*" $(cat "{hold}" 2>/dev/null || echo none) "*)
  {git} "$@" </dev/null >/dev/null 2>&1
  echo $$ > "{hold}.pid.new"; mv "{hold}.pid.new" "{hold}.pid"
  exec sleep 600 ;;
esac
exec {git} "$@"
"""
"""A git that does the command named in a file, and then never says so."""


class Held:
    """Something that stops at a chosen point until its process is killed."""

    def __init__(self, folder: Path) -> None:
        self.hold = folder / "hold"

    def at(self, word: str) -> None:
        self.hold.write_text(word)

    def wait_and_kill(self, client: Client) -> None:
        """Wait for the point, kill the daemon there, and then what was held."""
        reached = self.hold.with_name("hold.pid")
        while not reached.exists():
            client.request("segue/status")
        daemon = processes.identity(client.request("segue/status")["pid"])
        os.kill(daemon[0], signal.SIGKILL)
        assert processes.wait_gone(daemon, scaled())
        self.hold.unlink()
        held = int(reached.read_text())
        reached.unlink()
        os.kill(held, signal.SIGKILL)


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(tmp_path)


@pytest.fixture
def segue(held: Held, tmp_path: Path) -> Iterator[Installation]:
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(HELD_GIT.format(hold=held.hold, git=shutil.which("git")))
    wrapper.chmod(0o755)
    with installation(fork_daemon) as made:
        define_agent(made, "fake")
        path = f"{wrapper.parent}{os.pathsep}{made.environment['PATH']}"
        yield replace(made, environment={**made.environment, "PATH": path})


def test_a_worktree_that_was_half_made_is_made_anew(segue: Installation, held: Held, project: Path) -> None:
    """D30, met by reading: the folder of the killed attempt was in the way of every later one."""
    held.at("worktree")
    with segue.client() as client:
        session = Panel(client).new(project, "[[write made.txt yes\\n]]")
        held.wait_and_kill(client)
    with segue.client() as client:
        row = Panel(client).ended(session)
        assert (row["stopReason"], row["stat"]["files"]) == ("end_turn", 1), row


@pytest.mark.parametrize("turn", [1, 2])
def test_a_turn_whose_prompt_had_not_left_is_run(segue: Installation, held: Held, project: Path, turn: int) -> None:
    """D30, met by reading: with its agent alive from the turn before it waited for ever, else it was interrupted."""
    with segue.client() as client:
        panel = Panel(client)
        if turn == 2:
            session = panel.new(project, "[[say first]]")
            panel.ended(session)
        held.at("commit-tree")
        if turn == 1:
            session = panel.new(project, "[[say done]]")
        else:
            panel.prompt(session, "[[say done]]")
        held.wait_and_kill(client)
    with segue.client() as client:
        row = Panel(client).ended(session, turn)
        assert (row["stopReason"], row["turns"], row["activity"]) == ("end_turn", turn, "done"), row


def test_a_turn_that_was_being_stopped_is_stopped(segue: Installation, project: Path) -> None:
    """D6, D30: killed while it waited for an agent that ignores the cancel; what shall be said instead is said."""
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, "[[say working]] [[ignore-cancel]]")
        panel.wait(session, lambda row: row["activity"] == "working")
        with segue.start("say", session, "--now", "[[say instead]]") as saying:
            panel.wait(session, lambda row: row["isStopping"])
            os.kill(client.request("segue/status")["pid"], signal.SIGKILL)
            saying.communicate()
        list(client.notifications("none"))
    with segue.client() as client:
        panel = Panel(client)
        assert panel.ended(session, turns=2)["activity"] == "instead"
        assert panel.call("session/turns", session)["turns"][0]["stopReason"] == "cancelled"


@pytest.mark.parametrize("ending", ["killed", "stopped"])
def test_an_agent_that_was_just_starting_is_ended_and_started_again(
    segue: Installation, held: Held, project: Path, ending: str
) -> None:
    """S11, D30, met by reading: its runner lived on for ever, and its folder kept every later one from starting.

    Met in the drill of kills: its end was taken for one in mid-turn, and the turn was interrupted.
    """
    script = f'if [ -e "{held.hold}" ]; then echo $$ > "{held.hold}.pid"; exec sleep 600; fi; exec "$@"'
    command = ["/bin/sh", "-c", script, "sh", sys.executable, "-I", str(FAKE_AGENT)]
    (segue.root / "d" / "agents" / "slow.toml").write_text(f'name = "slow"\ncommand = {command!r}\n')
    held.at("nothing")
    with segue.client() as client:
        session = Panel(client).new(project, "[[say done]]", agent="slow")
        reached = held.hold.with_name("hold.pid")
        while not reached.exists():
            client.request("segue/status")
        daemon = processes.identity(client.request("segue/status")["pid"])
        if ending == "killed":
            os.kill(daemon[0], signal.SIGKILL)
        else:
            client.request("segue/daemon/stop")
        assert processes.wait_gone(daemon, scaled())
    held.hold.unlink()
    with segue.client() as client:
        row = Panel(client).ended(session)
        assert (row["stopReason"], row["turns"], row["activity"]) == ("end_turn", 1, "done"), row
        first = runners.read_status(segue.places.runner_directory(session, 1))
        assert first is not None
        assert processes.identity(first.runner[0]) != first.runner
        assert processes.identity(first.agent[0]) != first.agent
        assert not segue.places.runner_socket(session, 1).exists()


def test_an_agent_that_has_answered_ends_with_its_daemon(segue: Installation, held: Held, project: Path) -> None:
    """Met with Neovim under load: the daemon was stopped while the last checkpoint of the turn was still being made.

    Its agent owed nothing more, but was left to run on for a daemon that never came.
    """
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, "[[say working]] [[permission really]]")
        request = panel.wait(session, lambda row: row["permissions"])["permissions"][0]
        held.at("commit-tree")
        panel.call(
            "permission/answer", session, requestId=request["requestId"], optionId=request["options"][0]["optionId"]
        )
        reached = held.hold.with_name("hold.pid")
        while not reached.exists():
            client.request("segue/status")
        status = runners.read_status(segue.places.runner_directory(session, 1))
        assert status is not None
        client.request("segue/daemon/stop")
        assert processes.wait_gone(status.runner, scaled())
        held.hold.unlink()
        os.kill(int(reached.read_text()), signal.SIGKILL)
        list(client.notifications("none"))
    with segue.client() as client:
        assert Panel(client).ended(session)["stopReason"] == "end_turn"


def test_an_agent_that_fails_to_start_may_be_tried_again(segue: Installation, project: Path, tmp_path: Path) -> None:
    """D5, met by reading: the folder of the first attempt's runner was in the way of the second."""
    ready = tmp_path / "ready"
    command = ["/bin/sh", "-c", f'[ -e "{ready}" ] || exit 3; exec "$@"', "sh", sys.executable, "-I", str(FAKE_AGENT)]
    (segue.root / "d" / "agents" / "late.toml").write_text(f'name = "late"\ncommand = {command!r}\n')
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, "[[say never]]", agent="late")
        assert panel.ended(session)["stopReason"] == "_failed"
        ready.touch()
        panel.prompt(session, "[[say done]]")
        assert panel.ended(session, 2)["activity"] == "done"
