"""A daemon that starts on a long history, as a person meets it: until the first window shows every session."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from store.history import EVENTS, SESSIONS, TURNS, write_history
from store.journals import session_number
from support.daemon import installation
from support.panel import Panel

USABLE_S = 2.0
TICKS = os.sysconf("SC_CLK_TCK")


def test_a_long_history_is_usable_soon_after_a_start(tmp_path: Path) -> None:
    """Issue 4.2: 100 sessions and 100,000 events. Judged by CPU time, which other work on the machine leaves alone."""
    with installation() as segue:
        segue.places.prepare()
        asyncio.run(write_history(segue.places.journal))
        begun = time.monotonic()
        with segue.client() as client:
            panel = Panel(client)
            took = time.monotonic() - begun
            pid = client.request("segue/status")["pid"]
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used = (int(fields[11]) + int(fields[12])) / TICKS
            begun = time.monotonic()
            panel.open(session_number(0))
            opened_s = time.monotonic() - begun
            assert len(panel.sessions) == SESSIONS
            assert all(row["turns"] == TURNS and row["state"] == "idle" for row in panel.sessions.values())
            assert client.request("segue/status")["seq"] == EVENTS
    print(
        f"restart: {SESSIONS} sessions and {EVENTS:,} events shown {took:.2f} s after the start"
        f" ({used:.2f} s of CPU), a transcript {opened_s * 1000:.0f} ms later"
    )
    assert used < USABLE_S
