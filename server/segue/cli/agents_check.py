"""`segue agents check --contract`: an agent is tried on a scripted model. Knows how that is told; the steps are the
agents layer's. It runs in this process, so that it needs no daemon and ends with its terminal.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing

from segue import places
from segue.agents.agent_servers import config_file
from segue.agents.catalog import Catalog, load_catalog
from segue.agents.contract.trial import Outcome, Verdict, verdicts
from segue.cli.call import Call
from segue.cli.output import Cell, Colour
from segue.domain.ids import visible

MARKS = {
    Outcome.KEPT: Cell("✓", Colour.GREEN),
    Outcome.BROKEN: Cell("✗", Colour.RED),
    Outcome.LEFT_OUT: Cell("–", Colour.DIM),
}
WIDTH = 22


def contract(call: Call, name: str) -> int:
    """Print a line for each step; 1 where one was broken, or the agent could not be tried.

    Raises NotFound, and AgentFailed("agent_not_found").
    """
    catalog = load_catalog(places.find().data, config_file(os.environ))
    try:
        found = asyncio.run(_tried(call, catalog, name))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    broken, kept = (sum(each.outcome is outcome for each in found) for outcome in (Outcome.BROKEN, Outcome.KEPT))
    is_tried = any(each.step == "hello" and each.outcome is Outcome.KEPT for each in found)
    if call.options.json:
        steps = [{"step": each.step, "outcome": each.outcome, "detail": each.detail} for each in found]
        call.out.json({"agent": name, "steps": steps})
    elif broken:
        call.out.line(f"{visible(name)} breaks the contract in {broken} of {len(found)} steps.")
    elif is_tried:
        call.out.line(f"{visible(name)} keeps {kept} of {len(found)} steps and breaks none.")
    else:
        call.out.line(f"{visible(name)} could not be tried.")
    return 1 if broken or not is_tried else 0


async def _tried(call: Call, catalog: Catalog, name: str) -> list[Verdict]:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):  # the terminal is closed: what was started ends, too
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    found = []
    async with aclosing(verdicts(catalog, name, os.environ)) as steps:
        async for verdict in steps:
            found.append(verdict)
            if not call.options.json:
                detail = visible(verdict.detail)
                call.out.table([[MARKS[verdict.outcome], Cell(verdict.step.ljust(WIDTH)), Cell(detail)]])
    return found
