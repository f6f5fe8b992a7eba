"""Drives one agent through the contract, step by step. Knows verdicts; knows no terminal and no daemon."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from segue.agents.catalog import Catalog
from segue.agents.contract.checks import STEPS, Bench, Broken, LeftOut, Step
from segue.agents.contract.scripted_model import ScriptedModel
from segue.agents.contract.stage import staged
from segue.domain.errors import SegueError

NEEDED = {"start": "It did not start.", "hello": "It did not say hello."}
"""Steps without which the others say nothing."""
LAST = "end"
"""Whatever was started has to end."""


class Outcome(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    LEFT_OUT = "left_out"
    """It could not be run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one step; `detail` is a sentence, or part of one where it was kept."""

    step: str
    outcome: Outcome
    detail: str


async def verdicts(catalog: Catalog, name: str, window: Mapping[str, str]) -> AsyncGenerator[Verdict]:
    """One for each step, as soon as it is known; raises NotFound, and AgentFailed where the agent is not installed.

    Nothing of it is left behind, and nothing of the person's is seen by the agent but its program and their PATH.
    """
    with ScriptedModel() as model:
        async with staged(catalog, name, window, model.url) as stage:
            bench = Bench(stage, model)
            try:
                because = ""
                for step, perform in STEPS.items():
                    is_needless = because and step != LAST
                    verdict = _left_out(step, because) if is_needless else await _judged(bench, step, perform)
                    yield verdict
                    if verdict.outcome is not Outcome.KEPT and not because:
                        because = NEEDED.get(step, "")
            finally:
                await bench.close()


async def _judged(bench: Bench, step: str, perform: Step) -> Verdict:
    try:
        return Verdict(step, Outcome.KEPT, await perform(bench))
    except LeftOut as why:
        return _left_out(step, str(why))
    except Broken as why:
        detail = str(why)
    except TimeoutError:
        detail = "It did not answer in time."
    except SegueError as failed:
        if failed.reason == "authentication_required":
            return _left_out(step, f"It wants its user to sign in, and sees nothing of theirs here. {failed.message}")
        detail = str(failed)
    with suppress(SegueError):
        await bench.close()
    return Verdict(step, Outcome.BROKEN, detail)


def _left_out(step: str, because: str) -> Verdict:
    return Verdict(step, Outcome.LEFT_OUT, because)
