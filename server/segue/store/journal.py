"""What happened, durably and in order. Knows sequence numbers and durability; knows nothing of what events mean.

The event loop appends and is never held up by a disk; one thread writes. Acknowledged means durable: `committed` moves
only behind a commit that was synchronised to the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from segue.domain.errors import StoreFailed
from segue.domain.events import AnyEvent, Recorded
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.store import reader
from segue.store.codec import encode
from segue.store.database import Opened, connect, failure, open_database
from segue.store.reader import StoredSession
from segue.store.writer import Entry, Row, Writer, Written

BACKLOG_LIMIT = 64 * 1024 * 1024
"""Bytes that may wait in memory to be written. They only do while the disk refuses."""

_Report = TypeVar("_Report")

__all__ = ["BACKLOG_LIMIT", "Journal", "StoredSession"]


class Journal:
    """The journal of one data directory. Made by `open`; everything but `load` and `events` belongs to the loop."""

    def __init__(self, opened: Opened, loop: asyncio.AbstractEventLoop) -> None:
        self.notices: list[StoreFailed] = list(opened.notices)
        """What a person should know about how the journal was found; `load` adds to it. Not raised."""
        self.commit_observers: list[Callable[[int], None]] = []
        """Called on the loop after each commit with `committed`."""
        self.problem_observers: list[Callable[[StoreFailed | None], None]] = []
        """Called on the loop when `problem` changed."""
        self.problem: StoreFailed | None = None
        """Why nothing can be written at present; what was appended is kept and tried again every second."""
        self._path = opened.path
        self._loop = loop
        self._reader = connect(opened.path)
        self._reading = threading.Lock()
        self.committed = reader.last_seq(self._reader)
        """Every event up to here is durable."""
        self._last = self.committed
        self._accepted = self._settled = 0
        self._backlog = 0
        self._changed = asyncio.Event()
        self._is_closing = self._is_closed = False
        self._writer = Writer(opened.connection, self._on_loop(self._written), self._on_loop(self._failed))

    @classmethod
    def open(cls, path: Path, loop: asyncio.AbstractEventLoop | None = None) -> Journal:
        """Open the journal at `path`, made where it is missing; blocking. `loop` defaults to the running one.

        Its directory is created 0700. A damaged journal is kept aside and a fresh one started (see `notices`). Raises
        StoreFailed where it cannot be used or a newer version wrote it; nothing was changed then.
        """
        loop = loop or asyncio.get_running_loop()
        opened = open_database(path)
        try:
            journal = cls(opened, loop)
        except sqlite3.Error as error:
            opened.connection.close()
            raise failure(error, opened.path) from error
        journal._writer.start()
        return journal

    def append(
        self, session_id: SessionId, events: Sequence[AnyEvent], *, record: bytes | None = None
    ) -> tuple[Recorded, ...]:
        """Take events of a session, and its connection's new record, to be written in one transaction.

        Sequence numbers are given at once and grow by one over all sessions; those that a kill kept from the disk are
        given again, since nobody was told of them. Raises StoreFailed (`journal_backlog_full`, `journal_closed`) where
        it takes nothing.
        """
        bodies = [encode(event) for event in events]
        size = sum(map(len, bodies)) + len(record or b"") + 256 * len(bodies)
        self._admit(size)
        at_ms, seq = time.time_ns() // 1_000_000, self._last + 1
        self._last += len(bodies)
        rows = [Row(number, session_id, at_ms, body) for number, body in enumerate(bodies, seq)]
        self._put(Entry(session_id, rows, record, None, size))
        return tuple([Recorded(number, session_id, at_ms, event) for number, event in enumerate(events, seq)])

    def save_snapshot(self, session: Session) -> None:
        """Write the folded session behind everything that was appended, so that `load` can begin there."""
        if not self._is_closing:
            self._put(Entry(session.id, snapshot=session))

    async def durable(self, seq: int) -> None:
        """Return once everything up to `seq` is on the disk.

        Raises StoreFailed as soon as the disk refuses, rather than hang: what waits is not acknowledged then, but kept
        in memory and written when it can be. Whoever must learn of that observes commits.
        """
        if seq > self._last:
            raise ValueError(f"nothing was appended as {seq} yet")
        await self._until(lambda: self.committed >= seq)

    async def flushed(self) -> None:
        """Return once all that was handed over is on the disk, records and snapshots too; raises as `durable`."""
        accepted = self._accepted
        await self._until(lambda: self._settled >= accepted)

    def load(self) -> list[StoredSession]:
        """Every session as it stands on the disk, oldest first; blocking. Adds to `notices` what could not be read."""
        with self._read() as connection:
            sessions, notices = reader.load_sessions(connection)
        self.notices.extend(notices)
        return sessions

    def events(self, session_id: SessionId, after_seq: int = 0, limit: int | None = None) -> list[Recorded]:
        """Durable events of a session behind `after_seq`, in order, at most `limit`; blocking, from any thread.

        What this version cannot read is left out. Raises StoreFailed.
        """
        with self._read() as connection:
            return reader.events_of(connection, session_id, after_seq, limit)

    async def close(self) -> None:
        """Write what is left and end; raises StoreFailed (`journal_unwritten`) where the disk refuses to the last."""
        if self._is_closing:
            return
        self._is_closing = True
        self._writer.stop()
        await asyncio.to_thread(self._writer.join)
        # What the writer reported was queued on the loop before its end was, so all of it is known here.
        self._is_closed = True
        self._notify()
        with self._reading:
            self._reader.close()
        if (left := self._accepted - self._settled) > 0:
            message = f"{left} changes could not be written to {self._path} before the end and are lost."
            raise StoreFailed("journal_unwritten", message, details={"path": str(self._path)}) from self.problem

    def _admit(self, size: int) -> None:
        if self._is_closing:
            raise StoreFailed("journal_closed", "The journal is closed already.", action="Start Segue again.")
        if self._backlog + size > BACKLOG_LIMIT:
            message = "The journal has waited too long for its disk; nothing more can be taken."
            action = self.problem.action if self.problem else "Try again in a moment."
            raise StoreFailed("journal_backlog_full", message, action=action, details={"path": str(self._path)})
        self._backlog += size

    def _put(self, entry: Entry) -> None:
        self._accepted += 1
        self._writer.put(entry)

    async def _until(self, is_reached: Callable[[], bool]) -> None:
        while not is_reached():
            if self.problem is not None:
                problem = self.problem
                raise StoreFailed(problem.reason, problem.message, action=problem.action, details=problem.details)
            if self._is_closed:
                raise StoreFailed("journal_closed", "The journal was closed before this was written.")
            await self._changed.wait()

    def _notify(self) -> None:
        """Let everybody who waits look again; who waits from now on waits for the next change."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _on_loop(self, receive: Callable[[_Report], None]) -> Callable[[_Report], None]:
        def report(what: _Report) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone; what was written stays written
                self._loop.call_soon_threadsafe(receive, what)

        return report

    def _written(self, written: Written) -> None:
        self.committed = max(self.committed, written.seq)
        self._settled += written.entries
        self._backlog -= written.size
        had_problem, self.problem = self.problem, None
        self._notify()
        if had_problem is not None:
            self._tell_problem(None)
        for committed in self.commit_observers:
            committed(self.committed)

    def _failed(self, error: Exception) -> None:
        problem = failure(error, self._path)
        if self.problem is None or self.problem.reason != problem.reason:
            self.problem = problem
            self._notify()
            self._tell_problem(problem)

    def _tell_problem(self, problem: StoreFailed | None) -> None:
        for changed in self.problem_observers:
            changed(problem)

    @contextlib.contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._reading:
            try:
                yield self._reader
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise failure(error, self._path) from error
