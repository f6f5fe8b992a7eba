"""Sessions after a restart: from snapshots where they serve, from their events where not."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.domain import events
from segue.domain.fold import FOLD_VERSION, fold
from segue.domain.session import Session
from store.journals import FIRST, SECOND, THIRD, created, journal_path, note, opened, raw, session_number
from unit.strategies import valid_sequences

SESSIONS = 100
EVENTS = 100_000


@given(st.lists(valid_sequences(15), min_size=1, max_size=3), st.data())
@settings(max_examples=20)
def test_loading_makes_the_session_that_was_folded_wherever_snapshots_were_taken(
    sequences: list[list[events.Recorded]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(_snapshots_are_as_good_as_events(journal_path(Path(directory)), sequences, data))


async def _snapshots_are_as_good_as_events(
    path: Path, sequences: list[list[events.Recorded]], data: st.DataObject
) -> None:
    folded: dict[str, Session] = {}
    async with opened(path) as journal:
        for number, sequence in enumerate(sequences):
            session: Session | None = None
            for event in sequence:
                for recorded in journal.append(session_number(number), [event.event]):
                    session = fold(session, recorded)
                assert session is not None
                folded[session.id] = session
                if data.draw(st.integers(0, 3)) == 0:
                    journal.save_snapshot(session)
                if data.draw(st.integers(0, 5)) == 0:
                    await journal.flushed()
    async with opened(path) as journal:
        loaded = journal.load()
        assert {stored.session.id: stored.session for stored in loaded} == folded
        assert [stored.session.seq for stored in loaded] == sorted(session.seq for session in folded.values())
        assert not journal.notices


async def saved(path: Path) -> Session:
    """One session with a snapshot and an event behind it; what it is after both."""
    async with opened(path) as journal:
        session: Session | None = None
        for recorded in journal.append(FIRST, [created(), events.WorktreeReady(), events.SessionRenamed("Second")]):
            session = fold(session, recorded)
        assert session is not None
        journal.save_snapshot(session)
        (last,) = journal.append(FIRST, [events.SessionRenamed("Third")])
    return fold(session, last)


async def test_a_snapshot_spares_the_events_before_it(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    session = await saved(path)
    with raw(path) as connection:
        connection.execute("DELETE FROM event WHERE seq < 4")
    async with opened(path) as journal:
        assert [stored.session for stored in journal.load()] == [session]


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE session SET fold_version = fold_version + 1, snapshot = replace(snapshot, 'Second', 'Wrong')",
        "UPDATE session SET fold_version = 0, snapshot = replace(snapshot, 'Second', 'Wrong')",
        "UPDATE session SET snapshot = x'7b7d'",
        "UPDATE session SET snapshot = substr(snapshot, 1, 40)",
        "UPDATE session SET snapshot = x''",
        "UPDATE session SET snapshot = NULL",
    ],
)
async def test_a_snapshot_that_does_not_serve_is_made_anew_from_the_events(tmp_path: Path, spoil: str) -> None:
    path = journal_path(tmp_path)
    session = await saved(path)
    with raw(path) as connection:
        connection.execute(spoil)
    for _ in range(2):
        async with opened(path) as journal:
            assert [stored.session for stored in journal.load()] == [session]
            journal.save_snapshot(session)
    with raw(path) as connection:
        assert connection.execute("SELECT fold_version, instr(snapshot, 'Third') > 0 FROM session").fetchone() == (
            FOLD_VERSION,
            1,
        )


async def test_an_older_snapshot_never_replaces_a_newer_one(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        session: Session | None = None
        older = None
        for recorded in journal.append(FIRST, [created(), events.WorktreeReady()]):
            older, session = session, fold(session, recorded)
        assert session is not None
        assert older is not None
        journal.save_snapshot(session)
        await journal.flushed()
        journal.save_snapshot(older)
    with raw(path) as connection:
        assert connection.execute("SELECT seq FROM session").fetchone() == (2,)


@pytest.mark.parametrize("body", [b'{"event":"invented_later","x":1}', b'{"event":', b"", b"\xff\x00"])
async def test_an_event_that_cannot_be_read_costs_only_itself(tmp_path: Path, body: bytes) -> None:
    """D36: an older version opens what a newer one wrote."""
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        journal.append(FIRST, [created(), note("unreadable"), events.SessionRenamed("Mine")])
        journal.append(SECOND, [created()])
    with raw(path) as connection:
        connection.execute("UPDATE event SET body = ? WHERE seq = 2", (body,))
    async with opened(path) as journal:
        loaded = {stored.session.id: stored.session.title for stored in journal.load()}
        assert loaded == {FIRST: "Mine", SECOND: "Fix it"}
        assert [recorded.seq for recorded in journal.events(FIRST)] == [1, 3]
        assert [(notice.reason, notice.details["session"]) for notice in journal.notices] == [
            ("events_unreadable", FIRST)
        ]
    with raw(path) as connection:
        assert connection.execute("SELECT body FROM event WHERE seq = 2").fetchone() == (body,)


async def test_a_session_without_its_beginning_does_not_keep_the_others_away(tmp_path: Path) -> None:
    """D33."""
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        journal.append(FIRST, [created(), events.WorktreeReady()])
        journal.append(SECOND, [created(), events.WorktreeReady()])
    with raw(path) as connection:
        connection.execute("UPDATE event SET body = x'00' WHERE seq = 1")
    async with opened(path) as journal:
        assert [stored.session.id for stored in journal.load()] == [SECOND]
        assert [notice.reason for notice in journal.notices] == ["events_unreadable"]
        journal.append(THIRD, [created()])


async def test_a_hundred_thousand_events_load_in_time(tmp_path: Path) -> None:
    """Issue 4: usable 2 s after a restart with 100 sessions and 100,000 events. The figures are printed."""
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        begin = time.perf_counter()
        for turn in range(EVENTS // SESSIONS // 10):
            for number in range(SESSIONS):
                journal.append(session_number(number), _tenth(turn), record=json.dumps({"offset": turn}).encode())
            await asyncio.sleep(0)
        await journal.flushed()
        wrote = time.perf_counter() - begin
    async with opened(path) as journal:
        begin = time.perf_counter()
        refolded = journal.load()
        refold = time.perf_counter() - begin
        for stored in refolded:
            journal.save_snapshot(stored.session)
    begin = time.process_time()
    async with opened(path) as journal:
        loaded = journal.load()
        load = time.process_time() - begin
    print(f"{EVENTS / wrote:,.0f} events/s written, opened and loaded in {load * 1e3:.0f} ms, refold {refold:.2f} s")
    assert loaded == refolded
    assert len(loaded) == SESSIONS
    assert load < 2


def _tenth(turn: int) -> list[events.AnyEvent]:
    """Ten events of a turn that talks."""
    begin: list[events.AnyEvent] = (
        [created(), events.WorktreeReady()] if turn == 0 else [note("again"), events.SessionSeen()]
    )
    said = [events.MessageReceived(events.Role.AGENT, "m1", f"word {number} " + "x" * 60) for number in range(5)]
    end = events.TurnEnded(turn + 1, events.StopReason.END_TURN)
    return [*begin, events.PromptQueued("p1", "go"), events.TurnStarted(turn + 1, "p1", "go"), *said, end]
