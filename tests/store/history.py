"""A long history in a journal, as a daemon leaves it. Knows how many sessions and events; judges nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from segue.domain import events
from segue.domain.fold import fold
from segue.domain.session import Session
from store.journals import created, opened, session_number

SESSIONS = 100
EVENTS = 100_000
TURNS = 10


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


def _turn(number: int, turn: int) -> list[events.AnyEvent]:
    begin: list[events.AnyEvent] = (
        [created(f"Task {number}"), events.WorktreeReady()] if turn == 1 else [events.SessionSeen()] * 2
    )
    said = EVENTS // SESSIONS // TURNS - 6
    return [
        *begin,
        events.PromptQueued(f"p{turn}", "go"),
        events.TurnStarted(turn, f"p{turn}", "go"),
        *(events.MessageReceived(events.Role.AGENT, f"m{turn}", f"word {word} " + "x" * 60) for word in range(said)),
        events.PromptAnswered(events.StopReason.END_TURN),
        events.TurnEnded(turn, events.StopReason.END_TURN),
    ]
