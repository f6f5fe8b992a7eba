"""A child that writes a journal until it is killed, and says on stdout what was acknowledged.

    python writer_process.py <journal>

Each event says which one of its session it is; each record says the number of the last event beside it. A line on
stdout is `committed`, written once that is durable.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

from segue.domain.fold import fold
from segue.domain.session import Session
from segue.store.journal import Journal
from store.journals import created, note, session_number

SESSIONS = 5


async def write(path: Path) -> None:
    journal = Journal.open(path)
    journal.commit_observers.append(lambda watermark: void(os.write(1, b"%d\n" % watermark)))
    sessions: dict[str, Session] = {stored.session.id: stored.session for stored in journal.load()}
    counts = {session_id: len(journal.events(session.id)) for session_id, session in sessions.items()}
    chance = random.Random(os.getpid())
    while True:
        session_id = session_number(chance.randrange(SESSIONS))
        count = counts.get(session_id, 0)
        events = [note(str(count + offset)) for offset in range(chance.randrange(1, 9))]
        batch = events if count else [created(), *events[1:]]
        counts[session_id] = count + len(batch)
        record = b"%d" % (counts[session_id] - 1)
        session = sessions.get(session_id)
        for recorded in journal.append(session_id, batch, record=record):
            session = fold(session, recorded)
        assert session is not None
        sessions[session_id] = session
        if chance.randrange(4) == 0:
            journal.save_snapshot(session)
        if chance.randrange(3) == 0:
            await journal.durable(session.seq)


def void(_: object) -> None:
    return None


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
