"""SIGKILL at any point costs nothing that was acknowledged."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from segue.domain.events import SessionCreated
from store.journals import journal_path, notes, opened, raw

ROUNDS = 15
TESTS = Path(__file__).parent.parent


async def test_what_was_acknowledged_survives_kills_exactly_once(tmp_path: Path) -> None:
    """D30, S8, issue 4.2: every acknowledged event once and in order, its record in the same transaction."""
    path = journal_path(tmp_path)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    acknowledged = 0
    for _ in range(ROUNDS):
        reached = _write_until_killed(path, lines=chance.choice([1, 2, 5, 20, 40]))
        assert reached >= acknowledged
        acknowledged = reached
        await _is_whole(path, acknowledged)
    print(f"{acknowledged} events over {ROUNDS} kills")


def _write_until_killed(path: Path, lines: int) -> int:
    """Let a child write until it acknowledged `lines` times, kill it; the highest number that it acknowledged."""
    argv = [sys.executable, str(TESTS / "store" / "writer_process.py"), str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env={"PYTHONPATH": str(TESTS)}) as child:
        assert child.stdout is not None
        heard = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        heard += child.stdout.readlines()
    whole = [line for line in heard if line.endswith(b"\n")]
    assert whole
    return int(whole[-1])


async def _is_whole(path: Path, acknowledged: int) -> None:
    async with opened(path) as journal:
        assert not journal.notices
        assert journal.committed >= acknowledged
        for stored in journal.load():
            events = journal.events(stored.session.id)
            assert isinstance(events[0].event, SessionCreated)
            assert notes(events) == [str(number) for number in range(1, len(events))]
            assert stored.record == b"%d" % (len(events) - 1)
            assert stored.session.seq == events[-1].seq
    with raw(path) as connection:
        count, last = connection.execute("SELECT count(*), max(seq) FROM event").fetchone()
        assert count == last >= acknowledged
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
