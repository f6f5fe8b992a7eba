"""`segue agents check --contract` in a terminal: a line for each step, an exit code, and nothing left."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.patience import scaled

AGENT = Path(__file__).parents[1] / "agents" / "model_agent.py"


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    """It looks at the end whether a process or a temporary file is left."""
    with installation(fork_daemon) as made:
        (made.places.data / "agents").mkdir(parents=True)
        for name in ("good", "wilful", "deaf"):
            command = [sys.executable, "-I", str(AGENT), name]
            (made.places.data / "agents" / f"{name}.toml").write_text(f'name = "{name}"\ncommand = {command!r}\n')
        yield made


def test_each_step_has_a_line_and_what_is_broken_decides(segue: Installation) -> None:
    """Issue 7, item 8."""
    good = segue.run("agents", "check", "--contract", "good")
    assert (good.code, good.err) == (0, "")
    lines = good.out.splitlines()
    assert lines[0].startswith("✓  start") and lines[6].startswith("–  question"), good.out
    assert lines[-1] == "good keeps 10 of 11 steps and breaks none."
    wilful = segue.run("agents", "check", "--contract", "wilful", "--json")
    assert wilful.code == 1
    steps = {step["step"]: step["outcome"] for step in wilful.json["steps"]}
    assert (steps["hello"], steps["permission denied"]) == ("kept", "broken")


def test_what_cannot_be_tried_says_why(segue: Installation) -> None:
    tried = segue.run("agents", "check", "--contract", "command")
    assert tried.code == 1
    assert "It has no model that could play a script." in tried.out
    assert tried.out.splitlines()[-1] == "command could not be tried."
    assert segue.run("agents", "check", "--contract", "nobody", "--json").error["reason"] == "agent_unknown"
    assert segue.run("agents", "install", "--contract", "good", "--json").error["reason"] == "no_check"
    assert not segue.places.journal.exists(), "no daemon was needed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_in_the_middle_it_leaves_nothing(segue: Installation, number: signal.Signals) -> None:
    process = segue.start("agents", "check", "--contract", "deaf")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("✓  start")
    assert segue.processes(), "its agent runs"
    process.send_signal(number)
    out, err = process.communicate(timeout=scaled())
    assert (process.returncode, err) == (130, ""), out
    assert not segue.processes()
    assert not list((segue.root / "t").iterdir())
