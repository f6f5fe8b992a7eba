"""Claude and Gemini keep the contract, by the command that anybody can try another agent with."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from real_agents import programs
from segue.agents.contract.checks import STEPS
from support.patience import scaled

SEGUE = Path(sys.executable).with_name("segue")
AGENTS = ("claude", "gemini")
LEFT_OUT = {"gemini": {"question"}}
"""Gemini CLI lets its model ask nobody while it speaks ACP."""


@pytest.fixture(scope="session", autouse=True)
def trials() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Both at once, beside all other tests of this folder: Gemini waits for the clock's next minute."""
    with tempfile.TemporaryDirectory(prefix="sg-") as root:
        environment = {"HOME": root, "TMPDIR": root, "SEGUE_DATA_DIR": f"{root}/d", "SEGUE_RUNTIME_DIR": f"{root}/r"}
        started = {
            agent: subprocess.Popen(
                [str(SEGUE), "agents", "check", "--contract", agent, "--json"],
                env={**environment, "PATH": programs.path(agent), "ANTHROPIC_API_KEY": "not to be seen"},
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
            for agent in AGENTS
        }
        try:
            yield started
            assert not list(Path(root).iterdir())
        finally:
            for process in started.values():
                process.terminate()
                process.communicate()


@pytest.fixture(scope="session")
def outcomes(trials: dict[str, subprocess.Popen[str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Outcome and detail by agent and step."""
    found = {}
    for agent, process in trials.items():
        told = process.communicate(timeout=scaled(110))[0]
        for step in json.loads(told)["steps"]:
            found[agent, step["step"]] = (step["outcome"], step["detail"])
    return found


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("agent", AGENTS)
def test_it_keeps_the_contract(outcomes: dict[tuple[str, str], tuple[str, str]], agent: str, step: str) -> None:
    """Issue 7, item 8."""
    outcome, detail = outcomes[agent, step]
    assert outcome == ("left_out" if step in LEFT_OUT.get(agent, ()) else "kept"), detail
