"""Appending, durability and reading back."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.domain import events
from segue.domain.errors import StoreFailed
from segue.store import codec, journal
from segue.store.writer import GROUP_S
from store.journals import FIRST, SECOND, THIRD, created, held, journal_path, note, notes, opened, raw
from unit.strategies import PATHS, any_event


async def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    """S8."""
    path = journal_path(tmp_path)
    async with opened(path) as first:
        one = first.append(FIRST, [created(), events.WorktreeReady()])
        two = first.append(SECOND, [created("Other")])
        three = first.append(FIRST, [note("later")])
        await first.durable(three[-1].seq)
    async with opened(path) as again:
        assert again.events(FIRST) == [*one, *three]
        assert again.events(SECOND) == [*two]
        assert again.committed == 4


async def test_numbers_grow_by_one_over_all_sessions_and_go_on_after_a_restart(tmp_path: Path) -> None:
    """D35: order is the sequence number, never the clock."""
    path = journal_path(tmp_path)
    seqs: list[int] = []
    for _ in range(3):
        async with opened(path) as journal:
            for session_id in (FIRST, SECOND, THIRD):
                seqs += [recorded.seq for recorded in journal.append(session_id, [created(), note("x")])]
    assert seqs == list(range(1, 19))


async def test_appending_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        with held(path):
            (recorded,) = journal.append(FIRST, [created()])
            acknowledged = asyncio.ensure_future(journal.durable(recorded.seq))
            await asyncio.sleep(0)
            assert (journal.committed, acknowledged.done()) == (0, False)
            assert journal.events(FIRST) == []
        await acknowledged
        assert journal.events(FIRST) == [recorded]


async def test_a_commit_is_told_on_the_loop_and_only_behind_the_disk(tmp_path: Path) -> None:
    """S8: at each mark, another connection finds everything up to it."""
    path = journal_path(tmp_path)
    marks: list[int] = []
    async with opened(path) as journal:

        def committed(watermark: int) -> None:
            assert threading.current_thread() is threading.main_thread()
            assert watermark == journal.committed
            with raw(path) as connection:
                assert connection.execute("SELECT count(*) FROM event WHERE seq <= ?", (watermark,)).fetchone() == (
                    watermark,
                )
            marks.append(watermark)

        journal.commit_observers.append(committed)
        for number in range(20):
            for session_id in (FIRST, SECOND):
                (*_, last) = journal.append(session_id, [created(), note(str(number))])
            if number % 5 == 0:
                await journal.durable(last.seq)
        await journal.durable(last.seq)
    assert marks == sorted(marks)
    assert marks[-1] == 80


async def test_what_is_appended_together_is_committed_together(tmp_path: Path) -> None:
    """G8: one synchronisation for everything of 20 ms."""
    marks: list[int] = []
    async with opened(journal_path(tmp_path)) as journal:
        journal.commit_observers.append(marks.append)
        begin = asyncio.get_running_loop().time()
        for number in range(5_000):
            (last,) = journal.append(FIRST, [note(str(number))])
        await journal.durable(last.seq)
        took = asyncio.get_running_loop().time() - begin
    assert len(marks) <= 2 + took / GROUP_S


async def test_a_record_is_kept_until_the_next_one(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        journal.append(FIRST, [created()], record=b"one")
        journal.append(SECOND, [created()])
        journal.append(FIRST, [note("x")])
        journal.append(FIRST, [], record=b"two \xff")
        await journal.flushed()
        assert {stored.session.id: stored.record for stored in journal.load()} == {FIRST: b"two \xff", SECOND: None}
    async with opened(path) as journal:
        journal.append(FIRST, [note("y")])
        await journal.flushed()
        assert {stored.session.id: stored.record for stored in journal.load()} == {FIRST: b"two \xff", SECOND: None}


async def test_events_are_read_page_by_page(tmp_path: Path) -> None:
    async with opened(journal_path(tmp_path)) as journal:
        for number in range(30):
            journal.append(SECOND, [note("other")])
            journal.append(FIRST, [note(str(number))])
        await journal.flushed()
        pages, after = [], 0
        while page := journal.events(FIRST, after, 7):
            pages.append(notes(page))
            after = page[-1].seq
        assert [len(page) for page in pages] == [7, 7, 7, 7, 2]
        assert [text for page in pages for text in page] == [str(number) for number in range(30)]
        assert journal.events(FIRST, after) == []


async def test_reading_in_threads_while_writing_sees_a_growing_whole(tmp_path: Path) -> None:
    async with opened(journal_path(tmp_path)) as journal:

        def read() -> list[int]:
            return [len(journal.events(FIRST)) for _ in range(20)]

        readers = [asyncio.to_thread(read) for _ in range(3)]
        reading = asyncio.gather(*readers)
        number = 0
        while not reading.done():
            journal.append(FIRST, [note(str(number)), note("second")])
            number += 1
            await journal.flushed()
        for counts in await reading:
            assert counts == sorted(counts)
            assert not [count for count in counts if count % 2]


async def test_closing_writes_what_is_left_and_takes_nothing_more(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        for number in range(1000):
            (last,) = journal.append(FIRST, [note(str(number))])
        acknowledged = asyncio.ensure_future(journal.durable(last.seq))
        await journal.close()
        await acknowledged
        with pytest.raises(StoreFailed) as refused:
            journal.append(FIRST, [note("too late")])
        assert refused.value.reason == "journal_closed"
    async with opened(path) as journal:
        assert notes(journal.events(FIRST)) == [str(number) for number in range(1000)]
    assert sorted(entry.name for entry in path.parent.iterdir()) == [path.name]


async def test_nothing_is_awaited_that_was_never_appended(tmp_path: Path) -> None:
    async with opened(journal_path(tmp_path)) as journal:
        with pytest.raises(ValueError, match="nothing was appended"):
            await journal.durable(1)


async def test_a_cancelled_wait_disturbs_nobody(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        with held(path):
            (recorded,) = journal.append(FIRST, [created()])
            first, second = (asyncio.ensure_future(journal.durable(recorded.seq)) for _ in range(2))
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.sleep(0)
        await second
        assert first.cancelled()


async def test_the_backlog_is_bounded_and_what_is_refused_leaves_no_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D31: a disk that refuses for long costs bounded memory."""
    monkeypatch.setattr(journal, "BACKLOG_LIMIT", 100_000)
    path = journal_path(tmp_path)
    async with opened(path) as held_up:
        taken = []
        with held(path):
            with pytest.raises(StoreFailed) as refused:
                while True:
                    taken += held_up.append(FIRST, [note("x" * 1000)])
            assert refused.value.reason == "journal_backlog_full"
            assert 50 < len(taken) < 100
        await held_up.flushed()
        taken += held_up.append(FIRST, [note("again")])
        await held_up.flushed()
        assert held_up.events(FIRST) == taken
        assert [recorded.seq for recorded in taken] == list(range(1, len(taken) + 1))


@given(any_event(PATHS))
@settings(max_examples=300)
def test_every_event_comes_back_as_it_was(event: events.AnyEvent) -> None:
    """D25: file names that are no valid UTF-8 too."""
    assert codec.decode_event(codec.encode(event)) == event


@given(st.binary(max_size=60))
def test_bytes_that_are_no_event_are_said_to_be_unreadable(body: bytes) -> None:
    with pytest.raises(codec.Unreadable):
        codec.decode_event(body)


async def test_names_that_are_no_valid_utf8_survive_in_the_journal(tmp_path: Path) -> None:
    """D25."""
    path = journal_path(tmp_path)
    strange = events.SessionFailed("x", "the file caf\udce9 is in the way")
    async with opened(path) as journal:
        journal.append(FIRST, [created("caf\udce9"), strange])
        await journal.flushed()
        (stored,) = journal.load()
        journal.save_snapshot(stored.session)
    async with opened(path) as journal:
        assert journal.events(FIRST)[1].event == strange
        assert journal.load() == [stored]
