"""The one thread that writes the journal. Knows transactions and retries; knows nothing of the event loop.

Whatever is handed over is written in order, everything of 20 ms in one transaction. What cannot be written is kept and
tried again until it can be: a full disk costs nothing but time.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from segue.domain.fold import FOLD_VERSION
from segue.domain.session import Session
from segue.store.codec import encode

GROUP_S = 0.02
"""At least this long from one commit to the next; the first event after a pause is written at once."""
RETRY_S = 1.0

# One statement per table and batch, not one per row: each step of SQLite gives up Python's lock, and behind a busy
# event loop it takes up to 5 ms to get it back. Measured: 700 rows take 16 ms this way, seconds with `executemany`.
_INSERT_EVENTS = """
INSERT INTO event (seq, session_id, at_ms, body)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       substr(?2, json_extract(value, '$[3]'), json_extract(value, '$[4]'))
FROM json_each(?1)
"""
_INSERT_SESSIONS = "INSERT OR IGNORE INTO session (session_id) SELECT value FROM json_each(?1)"
_REPLACE_RECORDS = """
INSERT OR REPLACE INTO record (session_id, body)
SELECT json_extract(value, '$[0]'), substr(?2, json_extract(value, '$[1]'), json_extract(value, '$[2]'))
FROM json_each(?1)
"""
_SAVE_SNAPSHOT = "UPDATE session SET seq = ?, fold_version = ?, snapshot = ? WHERE session_id = ? AND seq <= ?"
_ENCODER = msgspec.json.Encoder()


class Row(NamedTuple):
    """One event as it is stored."""

    seq: int
    session_id: str
    at_ms: int
    body: bytes


class Entry(NamedTuple):
    """What is written together or not at all."""

    session_id: str
    rows: Sequence[Row] = ()
    record: bytes | None = None
    snapshot: Session | None = None
    size: int = 0
    """Bytes that it takes in memory, roughly."""


class Written(NamedTuple):
    """What one commit brought."""

    seq: int
    """Of its last event; 0 where it had none."""
    entries: int
    size: int


@dataclass
class _Batch:
    rows: list[Row] = field(default_factory=list)
    records: dict[str, bytes] = field(default_factory=dict)
    snapshots: dict[str, Session] = field(default_factory=dict)
    entries: int = 0
    size: int = 0

    def add(self, entry: Entry) -> None:
        self.rows.extend(entry.rows)
        if entry.record is not None:
            self.records[entry.session_id] = entry.record
        if entry.snapshot is not None:
            self.snapshots[entry.session_id] = entry.snapshot
        self.entries += 1
        self.size += entry.size

    def write(self, connection: sqlite3.Connection) -> None:
        if self.rows:
            session_ids = {row.session_id for row in self.rows}
            connection.execute(_INSERT_SESSIONS, (_json(list(session_ids)),))
            connection.execute(_INSERT_EVENTS, _packed([(row[:3], row.body) for row in self.rows]))
        if self.records:
            connection.execute(_REPLACE_RECORDS, _packed([((key,), body) for key, body in self.records.items()]))
        for session in self.snapshots.values():
            values = (session.seq, FOLD_VERSION, encode(session), session.id, session.seq)
            connection.execute(_SAVE_SNAPSHOT, values)


class Writer:
    """Owns the writing connection from `start` to `join`. `put` and `stop` never wait."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        on_written: Callable[[Written], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        """Both are called on the writer's thread; `on_failed` at every try that fails."""
        self._connection = connection
        self._on_written = on_written
        self._on_failed = on_failed
        self._entries: deque[Entry] = deque()
        self._has_news = threading.Event()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Hand something over to be written; from one thread only."""
        self._entries.append(entry)
        if not self._has_news.is_set():
            self._has_news.set()

    def stop(self) -> None:
        """Write what is there, once more where it fails, then end."""
        self._is_stopping.set()
        self._has_news.set()

    def join(self) -> None:
        """Wait for the end; blocking."""
        self._thread.join()

    def _run(self) -> None:
        batch, next_commit = _Batch(), 0.0
        try:
            while True:
                self._has_news.wait()
                self._has_news.clear()
                is_last = self._is_stopping.is_set()
                self._is_stopping.wait(max(0.0, next_commit - time.monotonic()))
                self._gather(batch)
                next_commit = time.monotonic() + GROUP_S
                while batch.entries and not self._commit(batch):
                    if is_last:
                        return
                    is_last = self._is_stopping.wait(RETRY_S)
                    self._gather(batch)
                batch = _Batch()
                if is_last:
                    return
        finally:
            self._connection.close()

    def _gather(self, batch: _Batch) -> None:
        while self._entries:
            batch.add(self._entries.popleft())

    def _commit(self, batch: _Batch) -> bool:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            batch.write(self._connection)
            self._connection.execute("COMMIT")
        except Exception as error:  # nothing may end this thread: what is in memory would be lost with it
            self._roll_back()
            self._on_failed(error)
            return False
        self._on_written(Written(batch.rows[-1].seq if batch.rows else 0, batch.entries, batch.size))
        return True

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            self._on_failed(error)


def _packed(rows: Sequence[tuple[tuple[object, ...], bytes]]) -> tuple[str, bytes]:
    """Rows as a JSON index, each with where its body begins (from 1) and its length, and all bodies in one."""
    index, begin = [], 1
    for key, body in rows:
        index.append((*key, begin, len(body)))
        begin += len(body)
    return _json(index), b"".join([body for _, body in rows])


def _json(value: object) -> str:
    return _ENCODER.encode(value).decode()
