"""The contract on an agent of the tests: what keeps it, what each fault breaks, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.agents.catalog import Catalog, load_catalog
from segue.agents.contract import checks, stage
from segue.agents.contract.trial import Outcome, Verdict, verdicts
from segue.domain.errors import AgentFailed, InputRefused

AGENT = Path(__file__).with_name("model_agent.py")
BROKEN, LEFT_OUT = Outcome.BROKEN, Outcome.LEFT_OUT
WINDOW = {"PATH": os.environ["PATH"], "HOME": "/home/of/the/person", "OPENAI_API_KEY": "a real one"}


def catalog(folder: Path, *faults: str, more: str = "") -> Catalog:
    (folder / "agents").mkdir(parents=True)
    command = [sys.executable, "-I", str(AGENT), *faults]
    (folder / "agents" / "tried.toml").write_text(f'name = "tried"\ncommand = {command!r}\n{more}')
    return load_catalog(folder)


async def tried(folder: Path, *faults: str, more: str = "") -> dict[str, Verdict]:
    return {each.step: each async for each in verdicts(catalog(folder, *faults, more=more), "tried", WINDOW)}


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where definitions go; trials have their folders beside it, of which none is left."""
    trials = tmp_path / "t"
    trials.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(trials))
    monkeypatch.setattr(checks, "CANCEL_S", 1.0)
    yield tmp_path / "d"
    assert not list(trials.iterdir())


async def test_an_agent_that_keeps_the_contract(scratch: Path) -> None:
    """Issue 7, item 8."""
    found = await tried(scratch, more='facts = { asks = ["edit", "execute"] }\n')
    assert {each.step: each.detail for each in found.values() if each.outcome is not Outcome.KEPT} == {
        "question": "It gives its model no tool for that which the script knows."
    }
    assert found["usage"].detail == "5 tokens in and 6 out"
    assert found["permission denied"].detail == "for edit and run; nothing was done"
    assert found["resume after kill -9"].detail.startswith("killed in mid-command")
    assert found["end"].detail == "it was started 2 times, nothing is left"


FAULTS = {
    "eager": ("permission allowed", BROKEN, "It acted before it was answered: write, bash."),
    "wilful": ("permission denied", BROKEN, "It did what was denied: denied-edit.txt."),
    "deaf": ("cancel in mid-command", BROKEN, "It did not answer in time."),
    "leaving": ("cancel in mid-command", BROKEN, "It left its command running, which its definition does not say."),
    "forgetful": ("resume after kill -9", BROKEN, "It loaded the session and knew nothing of what was said."),
    "no-load": ("resume after kill -9", LEFT_OUT, "It says that it cannot load a conversation"),
    "mute": ("hello", LEFT_OUT, "It did not ask the scripted model"),
    "signed-out": ("start", LEFT_OUT, "It wants its user to sign in, and sees nothing of theirs here."),
    "crashing": ("command", BROKEN, "The agent ended"),
}


async def test_each_fault_breaks_its_step_and_leaves_nothing(scratch: Path) -> None:
    trials = await asyncio.gather(*(tried(scratch / fault, fault) for fault in FAULTS))
    for (fault, (step, outcome, detail)), found in zip(FAULTS.items(), trials, strict=True):
        assert (fault, found[step].outcome, found[step].detail[: len(detail)]) == (fault, outcome, detail)
        assert found["end"].outcome is not BROKEN


async def test_what_a_definition_claims_is_looked_at(scratch: Path) -> None:
    facts = 'cost = "USD", leaves_processes_on_cancel = true, asks = ["edit", "execute"]'
    found = await tried(scratch, "leaving", more=f"facts = {{ {facts} }}\n")
    assert "no cost in USD, which its definition names" in found["usage"].detail
    assert "its command ran on" in found["cancel in mid-command"].detail
    assert not [each for each in found.values() if each.outcome is BROKEN]


def test_nothing_of_the_persons_reaches_an_agent_on_trial(tmp_path: Path) -> None:
    """Neither keys nor home nor settings: not from the window, not from the definition."""
    more = '[env]\nMY_KEY = "a real one"\nMY_BASE_URL = "https://real.invalid"\nQUIET = "1"\n'
    more += '[trial.env]\nMY_BASE_URL = "{model}/v2"\nSETTINGS = "{home}/x"\n'
    found = catalog(tmp_path, more=more)
    home, scratch = tmp_path / "trial" / "home", tmp_path / "trial" / "tmp"
    scratch.mkdir(parents=True)
    words = {"model": "http://model.invalid", "home": str(home)}
    environment = stage.environment_for(found, found.find("tried"), WINDOW, words)
    assert "a real one" not in environment.values()
    assert environment["MY_BASE_URL"] == "http://model.invalid/v2"
    assert environment["SETTINGS"] == f"{home}/x"
    assert (environment["HOME"], environment["TMPDIR"]) == (str(home), str(scratch))
    assert (environment["QUIET"], environment["PATH"]) == ("1", WINDOW["PATH"])
    assert environment["OPENAI_BASE_URL"] == "http://model.invalid/v1"


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/../../outside"])
async def test_a_definition_writes_nothing_outside_of_the_home_it_is_tried_in(scratch: Path, name: str) -> None:
    with pytest.raises(InputRefused, match="outside of the home"):
        await tried(scratch, more=f'[trial.files]\n"{name}" = "x"\n')
    assert not (scratch.parent / "t" / "outside").exists()


async def test_an_agent_that_is_not_installed_is_not_tried(scratch: Path) -> None:
    with pytest.raises(AgentFailed) as refused:
        _ = [each async for each in verdicts(load_catalog(scratch), "claude", {"PATH": "/nonexistent"})]
    assert refused.value.reason == "agent_not_found"
