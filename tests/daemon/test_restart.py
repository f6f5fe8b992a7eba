"""A daemon that starts on a long history, as a person meets it: until the first window shows every session."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from segue.domain import events as e
from segue.domain.fold import fold
from segue.domain.session import Session
from store.journals import created, opened, session_number
from support.daemon import installation
from support.panel import Panel

SESSIONS = 100
EVENTS = 100_000
TURNS = 10
USABLE_S = 2.0
TICKS = os.sysconf("SC_CLK_TCK")


async def write_history(path: Path) -> None:
    """A journal as a daemon leaves it: sessions of ten talkative turns, each with its snapshot."""
    async with opened(path) as journal:
        for number in range(SESSIONS):
            session: Session | None = None
            for turn in range(TURNS):
                for recorded in journal.append(session_number(number), _turn(number, turn + 1)):
                    session = fold(session, recorded)
            assert session is not None
            journal.save_snapshot(session)
            await asyncio.sleep(0)


def _turn(number: int, turn: int) -> list[e.AnyEvent]:
    begin: list[e.AnyEvent] = [created(f"Task {number}"), e.WorktreeReady()] if turn == 1 else [e.SessionSeen()] * 2
    said = EVENTS // SESSIONS // TURNS - 6
    return [
        *begin,
        e.PromptQueued(f"p{turn}", "go"),
        e.TurnStarted(turn, f"p{turn}", "go"),
        *(e.MessageReceived(e.Role.AGENT, f"m{turn}", f"word {word} " + "x" * 60) for word in range(said)),
        e.PromptAnswered(e.StopReason.END_TURN),
        e.TurnEnded(turn, e.StopReason.END_TURN),
    ]


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
