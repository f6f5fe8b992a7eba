"""The shape of the journal's tables, step by step. Knows SQL; knows nothing of events or of who asks.

Each step runs in a transaction of its own together with its number, so a kill leaves the database before it or behind
it. A database that holds anything is copied first.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from segue.domain.errors import StoreFailed

APPLICATION_ID = 0x53656775
"""Marks the file as Segue's ("Segu")."""


class Migration(NamedTuple):
    """One step: its statements bring a database from `number` less one to `number`."""

    number: int
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(
        1,
        (
            f"PRAGMA application_id = {APPLICATION_ID}",
            "CREATE TABLE event (seq INTEGER PRIMARY KEY, session_id TEXT NOT NULL, at_ms INTEGER NOT NULL,"
            " body BLOB NOT NULL)",
            "CREATE INDEX event_by_session ON event (session_id, seq)",
            # One row for each session: its newest snapshot, NULL before the first.
            "CREATE TABLE session (session_id TEXT PRIMARY KEY, seq INTEGER NOT NULL DEFAULT 0,"
            " fold_version INTEGER NOT NULL DEFAULT 0, snapshot BLOB) WITHOUT ROWID",
            "CREATE TABLE record (session_id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
        ),
    ),
)


def version_of(connection: sqlite3.Connection) -> int:
    """The number of the last step that was made; 0 for an empty file."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def refuse_newer(connection: sqlite3.Connection, path: Path, steps: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Raise StoreFailed (`newer_schema`) where a newer version of Segue wrote the database."""
    version, newest = version_of(connection), steps[-1].number
    if version > newest:
        raise StoreFailed(
            "newer_schema",
            f"The journal {path} was written by a newer version of Segue (its format is {version}, known is {newest}).",
            action="Update Segue, or set SEGUE_DATA_DIR to another folder. Nothing in it was changed.",
            details={"path": str(path), "version": version, "known": newest},
        )


def has_its_shape(connection: sqlite3.Connection, steps: tuple[Migration, ...] = MIGRATIONS) -> bool:
    """Whether a database has exactly the tables and indices that its steps made."""
    made = tuple(step for step in steps if step.number <= version_of(connection))
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        apply(fresh, made)
        return _shape(fresh) == _shape(connection)


def _shape(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    # SQLite's own tables (statistics, say) come and go.
    return set(
        connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite^_%' ESCAPE '^'")
    )


def migrate(connection: sqlite3.Connection, path: Path, steps: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Bring an existing database up to date, with a copy `<name>.before-<number>` of it first.

    Raises StoreFailed (`newer_schema`), or sqlite3.Error where the disk refuses; each step is whole or not there then.
    """
    refuse_newer(connection, path, steps)
    newest = steps[-1].number
    if version_of(connection) < newest:
        _back_up(connection, path.with_name(f"{path.name}.before-{newest}"))
        apply(connection, steps)


def apply(connection: sqlite3.Connection, steps: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Make every step that is still missing."""
    version = version_of(connection)
    for step in steps:
        if step.number > version:
            _make(connection, step)


def _make(connection: sqlite3.Connection, step: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in step.statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {step.number}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _back_up(connection: sqlite3.Connection, copy: Path) -> None:
    """A whole copy at `copy`; one from an earlier try that was cut off is replaced."""
    unfinished = copy.with_name(f"{copy.name}.new")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    try:
        connection.execute("VACUUM INTO ?", (str(unfinished),))
        handle = os.open(unfinished, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        unfinished.replace(copy)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
