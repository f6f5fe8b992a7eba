"""`make bench`: every goal in turn, with both absolute figures, and plainly whether it is met."""

from __future__ import annotations

import os
import sys

import load
import pairing
import restart
import start
import switch
from measure import Outcome, say


def main() -> int:
    """Print a line for each goal; the exit status does not judge, since timings move with the machine."""
    say(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}; medians of ratios within interleaved rounds")
    outcomes: list[Outcome] = [start.warm_start(), start.cold_start()]
    for files in (1_000, 11_000):
        outcomes.append(start.worktree_start(files))
    outcomes.append(restart.measure())
    outcomes += load.measure()
    outcomes += pairing.measure()
    outcomes += switch.measure()
    for outcome in outcomes:
        print(outcome.line())
    print(f"{sum(outcome.is_met for outcome in outcomes)} of {len(outcomes)} goals met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
