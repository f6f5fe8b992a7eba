"""Opens the journal's database, or says why not. Knows files, permissions and damage; knows no event and no table.

A damaged database is never repaired in place or deleted: it is kept aside with its WAL and a fresh one takes its place.
One that cannot be opened for another reason (rights, a full disk, a newer version) is left alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from segue import places
from segue.domain.errors import DaemonUnavailable, StoreFailed
from segue.store import migrations
from segue.store.migrations import MIGRATIONS, Migration

CHECK_LIMIT = 256 * 1024 * 1024
"""Bytes up to which everything is checked at every start (about two milliseconds per megabyte)."""
BUSY_TIMEOUT_S = 5.0
COMPANIONS = ("", "-wal", "-shm")
"""What belongs to one database, as endings of its name."""
_LEAST_SIZE = 512
"""Bytes of the smallest page."""
_MAGIC = b"SQLite format 3\0"
_LEAST_ROOM = 1024 * 1024
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})


@dataclass(frozen=True)
class Opened:
    """A database that can be written, and what a person should know about how it was found."""

    path: Path
    connection: sqlite3.Connection
    notices: tuple[StoreFailed, ...]


def open_database(path: Path, steps: tuple[Migration, ...] = MIGRATIONS) -> Opened:
    """Open the database at `path` for writing, made where it is missing and migrated where it is older; blocking.

    Raises StoreFailed: the directory is not ours alone (D32), the file is another's, was written by a newer version, or
    the disk refuses. A damaged one (D33) is kept aside as `<name>.corrupt-<UTC time>` and named in `notices`.
    """
    notices: list[StoreFailed] = []
    try:
        path = _in_safe_directory(path)
        for ending in COMPANIONS:
            _refuse_foreign(path.with_name(path.name + ending))
        connection = _existing(path, steps, notices) or _created(path, steps)
    except sqlite3.Error as error:
        raise failure(error, path) from error
    except OSError as error:
        message = f"The journal {path} cannot be opened: {error.strerror}."
        raise StoreFailed("journal_unusable", message, action=_room(path), details={"path": str(path)}) from error
    return Opened(path, connection, tuple(notices))


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a database that exists, usable from any one thread at a time."""
    connection = _attached(path)
    try:
        _configure(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _text(stored: bytes) -> str:
    """Damaged text is text all the same; sqlite3 would raise an error that looks like any other."""
    return stored.decode("utf-8", "replace")


def failure(error: Exception, path: Path) -> StoreFailed:
    """What an error of the database at `path` means to a person."""
    code = primary_code(error)
    details = {"path": str(path), "error": str(error)}
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _has_no_room(path)):
        message, reason = f"The disk that holds {path} is full.", "disk_full"
    elif code == sqlite3.SQLITE_READONLY:
        message, reason = f"The journal {path} cannot be written to.", "journal_read_only"
    elif code in _DAMAGE:
        message = f"The journal {path} is damaged."
        return StoreFailed("journal_corrupt", message, action="Restart Segue: it is kept aside then.", details=details)
    else:
        message, reason = f"The journal {path} cannot be read or written ({error}).", "journal_failed"
    return StoreFailed(reason, message, action=_room(path), details=details)


def primary_code(error: BaseException) -> int:
    """SQLite's primary result code of an error; 0 where it has none."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def sync_directory(path: Path) -> None:
    """Make what was created or renamed in a directory durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _attached(path: Path) -> sqlite3.Connection:
    """A connection that has not looked into its file yet."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)


def _configure(connection: sqlite3.Connection) -> None:
    connection.text_factory = _text
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA journal_size_limit = 67108864")


def _in_safe_directory(path: Path) -> Path:
    try:
        places.directory(str(path.parent), "The data directory", "SEGUE_DATA_DIR")
    except DaemonUnavailable as refused:
        details = {"path": str(path.parent)}
        raise StoreFailed(refused.reason, refused.message, action=refused.action, details=details) from refused
    return path.parent.resolve(strict=True) / path.name


def _refuse_foreign(path: Path) -> None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        message = f"{path} is not a plain file of yours."
        raise StoreFailed("journal_foreign", message, action="Move it away.", details={"path": str(path)})
    if stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o600)


def _existing(path: Path, steps: tuple[Migration, ...], notices: list[StoreFailed]) -> sqlite3.Connection | None:
    """The database that stands at `path`, checked and migrated; None where there is none, or none any more."""
    if not path.exists():
        if any(path.with_name(path.name + ending).exists() for ending in COMPANIONS):
            # A WAL without its database would be replayed into the next one.
            notices.append(_lost(path, _keep_aside(path), "its main file is missing"))
        return None
    connection: sqlite3.Connection | None = None
    damage = _obvious_damage(path)
    if damage is None:
        connection = _attached(path)
        try:
            damage = _damage(connection, path, steps)
            if damage is None:
                migrations.migrate(connection, path, steps)
                return connection
        except BaseException as error:
            if not _is_damage(error):
                connection.close()
                raise
            damage = str(error)
    kept = _keep_aside(path)
    if connection is not None:
        connection.close()  # after the renaming: closing would fold the WAL in and remove it
    notices.append(_lost(path, kept, damage))
    return None


def _damage(connection: sqlite3.Connection, path: Path, steps: tuple[Migration, ...]) -> str | None:
    """What is wrong with a database, None where it is sound; raises sqlite3.Error, and StoreFailed for a newer one."""
    try:
        return _inspected(connection, path, steps)
    except UnicodeDecodeError:  # damaged names in SQLite's own message
        return "its tables cannot be read"
    except sqlite3.Error as error:
        # Our statements are sound, so what SQLite cannot run at all is the file's fault.
        if primary_code(error) == sqlite3.SQLITE_ERROR or _is_damage(error):
            return str(error)
        raise


def _inspected(connection: sqlite3.Connection, path: Path, steps: tuple[Migration, ...]) -> str | None:
    _configure(connection)
    if connection.execute("PRAGMA application_id").fetchone()[0] != migrations.APPLICATION_ID:
        return "it is no journal of Segue's"
    migrations.refuse_newer(connection, path, steps)
    if not migrations.has_its_shape(connection, steps):
        return "its tables are not what they should be"
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise sqlite3.OperationalError("write-ahead logging is not available there")
    if path.stat().st_size > CHECK_LIMIT:
        return None
    found: str = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    return None if found == "ok" else found.splitlines()[-1]


def _obvious_damage(path: Path) -> str | None:
    """What the first bytes tell. SQLite is not asked: it would throw away the WAL of an empty file."""
    with path.open("rb") as file:
        head = file.read(_LEAST_SIZE)
    if not head:
        return "it is empty"
    is_whole = len(head) == _LEAST_SIZE and head.startswith(_MAGIC)
    # Where these two bytes, the versions for writing and reading, are unknown, SQLite opens it for reading only.
    return None if is_whole and {head[18], head[19]} <= {1, 2} else "it is no database"


def _is_damage(error: BaseException) -> bool:
    is_short = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHORT_READ
    return is_short or primary_code(error) in _DAMAGE


def _keep_aside(path: Path) -> Path:
    """Rename a database and its companions; the name keeps them together, so that SQLite can still open them."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for number in range(1, 1000):
        kept = path.with_name(f"{path.name}.corrupt-{stamp}" + (f"-{number}" if number > 1 else ""))
        if not any(kept.with_name(kept.name + ending).exists() for ending in COMPANIONS):
            break
    for ending in reversed(COMPANIONS):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(kept.with_name(kept.name + ending))
    sync_directory(path.parent)
    return kept


def _created(path: Path, steps: tuple[Migration, ...]) -> sqlite3.Connection:
    """A fresh database. It is made under another name, so that no kill leaves half of one at `path`."""
    fresh = path.with_name(f"{path.name}.new")
    for ending in COMPANIONS:
        fresh.with_name(fresh.name + ending).unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    with contextlib.closing(connect(fresh)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrations.apply(connection, steps)
    fresh.rename(path)
    sync_directory(path.parent)
    return connect(path)


def _lost(path: Path, kept: Path, damage: str) -> StoreFailed:
    return StoreFailed(
        "journal_corrupt",
        f"The journal {path.name} was damaged ({damage}). It is kept as {kept.name} and a new one was started.",
        action="Sessions are found again from their worktrees and refs; their transcripts are not shown.",
        details={"path": str(path), "kept": str(kept)},
    )


def _has_no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_ROOM
    except OSError:
        return False


def _room(path: Path) -> str:
    if _has_no_room(path):
        return f"Free some space there; {path.parent} needs it."
    return f"See to {path.parent}: its disk, its rights and its free space."
