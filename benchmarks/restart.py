"""R1: from nothing running to the first window's list, on a journal of 100 sessions and 100,000 events.

The journal has to be as a daemon leaves it, so each round stops the one before in the ordinary way.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from machine import client, own_machine, own_places, stop_daemon
from measure import Goal, Outcome, paired, say, timed

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from store.history import EVENTS, SESSIONS, write_history

USABLE_S = 2.0
RESTART = Goal("R1", f"restart with {SESSIONS} sessions and {EVENTS:,} events", 1, "until usable", "of")


def measure() -> Outcome:
    """How long a person waits, beside what is allowed."""
    with own_machine():
        say(f"R1: writing a journal of {EVENTS:,} events")
        where = own_places()
        where.prepare()
        asyncio.run(write_history(where.journal))

        def start() -> None:
            with client() as first:
                listed = first.request("segue/subscribe", {"resource": "sessions"})
                assert len(listed["sessions"]) == SESSIONS, listed

        def ours() -> float:
            stop_daemon()
            return timed(start)

        return paired(RESTART, ours, lambda: USABLE_S)
