"""A journal of an older version becomes one of this version, or stays what it was."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from segue.domain.errors import StoreFailed
from segue.store import migrations
from segue.store.database import open_database
from segue.store.migrations import MIGRATIONS, Migration
from store.journals import FIRST, created, journal_path, note, opened, raw

SECOND = Migration(2, ("ALTER TABLE event ADD COLUMN kind TEXT", "UPDATE event SET kind = 'x'"))
THIRD = Migration(3, ("CREATE TABLE extra (x)", "INSERT INTO extra SELECT seq FROM event"))
NEWER = (*MIGRATIONS, SECOND, THIRD)
BROKEN = (*MIGRATIONS, SECOND, Migration(3, ("CREATE TABLE extra (x)", "INSERT INTO nowhere VALUES (1)")))

DIES = """
import os, signal, sqlite3, sys
from pathlib import Path
from segue.store import database, migrations
from segue.store.migrations import MIGRATIONS, Migration

path, point = Path(sys.argv[1]), int(sys.argv[2])
connection = database.connect(path)
connection.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
statements = ["CREATE TABLE one (x)", "UPDATE event SET at_ms = -1", "CREATE TABLE two (x)"]
statements.insert(point, "SELECT die()")
migrations.migrate(connection, path, (*MIGRATIONS, Migration(2, tuple(statements))))
"""


async def older(tmp_path: Path) -> Path:
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        journal.append(FIRST, [created(), *[note(str(number)) for number in range(50)]])
    return path


def content(path: Path) -> tuple[int, list[tuple[object, ...]]]:
    with raw(path) as connection:
        version = migrations.version_of(connection)
        return version, connection.execute("SELECT seq, session_id, at_ms, body FROM event ORDER BY seq").fetchall()


def migrate_and_die(path: Path, point: int) -> int:
    """Migrate in a child that kills itself before statement `point`; how it ended."""
    return subprocess.run([sys.executable, "-c", DIES, str(path), str(point)], check=False).returncode


def test_steps_are_numbered_without_a_gap() -> None:
    assert [step.number for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


async def test_every_missing_step_is_made_behind_a_copy(tmp_path: Path) -> None:
    """D36."""
    path = await older(tmp_path)
    before = content(path)
    with closing(open_database(path, NEWER).connection) as connection:
        assert connection.execute("SELECT count(*) FROM extra").fetchone() == (51,)
        assert connection.execute("SELECT DISTINCT kind FROM event").fetchall() == [("x",)]
    assert content(path) == (3, before[1])
    copy = path.with_name(f"{path.name}.before-3")
    assert content(copy) == before
    assert copy.stat().st_mode & 0o777 == 0o600
    async with opened(copy) as journal:
        assert len(journal.events(FIRST)) == 51


async def test_a_journal_that_is_up_to_date_is_not_copied(tmp_path: Path) -> None:
    path = await older(tmp_path)
    open_database(path).connection.close()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


async def test_a_fresh_journal_has_every_step_and_no_copy(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    open_database(path, NEWER).connection.close()
    assert content(path) == (3, [])
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


async def test_a_step_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """D36."""
    path = await older(tmp_path)
    before = content(path)
    with pytest.raises(StoreFailed) as refused:
        open_database(path, BROKEN)
    assert refused.value.reason == "journal_failed"
    assert content(path) == (2, before[1])
    with raw(path) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT * FROM extra")
    open_database(path, NEWER).connection.close()
    assert content(path) == (3, before[1])


@pytest.mark.parametrize("point", range(4))
async def test_a_kill_in_mid_step_leaves_it_before_or_behind(tmp_path: Path, point: int) -> None:
    """D36 (K)."""
    path = await older(tmp_path)
    before = content(path)
    assert migrate_and_die(path, point) == -signal.SIGKILL
    assert content(path) == before
    open_database(path, NEWER).connection.close()
    assert content(path) == (3, before[1])
    assert content(path.with_name(f"{path.name}.before-2")) == before


async def test_a_copy_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    """D36."""
    path = await older(tmp_path)
    before = content(path)
    path.with_name(f"{path.name}.before-3.new").write_bytes(b"half")
    open_database(path, NEWER).connection.close()
    assert content(path.with_name(f"{path.name}.before-3")) == before
    assert not path.with_name(f"{path.name}.before-3.new").exists()
