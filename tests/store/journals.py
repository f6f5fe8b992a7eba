"""Journals in a test's own directory. Knows how one is opened, looked into and taken its disk; judges nothing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from segue.domain import events
from segue.domain.ids import SessionId, session_id_from
from segue.store.journal import Journal

IS_ROOT = os.geteuid() == 0


def session_number(number: int) -> SessionId:
    return session_id_from((number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big"))


FIRST, SECOND, THIRD = (session_number(number) for number in (1, 2, 3))


def created(title: str = "Fix it") -> events.SessionCreated:
    return events.SessionCreated(
        title, "fake", "/r", "/r/.git", "refs/heads/main", "b" * 40, "refs/heads/segue/x/work", "/w"
    )


def note(text: str) -> events.AgentNoted:
    return events.AgentNoted("note", text)


def notes(recorded: list[events.Recorded]) -> list[str]:
    return [event.event.text for event in recorded if isinstance(event.event, events.AgentNoted)]


def journal_path(directory: Path) -> Path:
    return directory / "data" / "journal.sqlite3"


@contextlib.asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Journal]:
    journal = Journal.open(path)
    try:
        yield journal
    finally:
        await journal.close()


@contextlib.contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The database itself, past the journal; committed at once."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Nobody else can write meanwhile."""
    with raw(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextlib.contextmanager
def tmpfs(point: Path, options: str) -> Iterator[Path]:
    """A file system of its own at `point`; root only."""
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "segue-test", str(point)], check=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)


def make_read_only(point: Path) -> None:
    """Of a `tmpfs`."""
    subprocess.run(["mount", "-o", "remount,ro", str(point)], check=True)


def fill(directory: Path) -> Path:
    """Take all the room that is left; the file to remove is returned."""
    hog = directory / "hog"
    with contextlib.suppress(OSError), hog.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    return hog
