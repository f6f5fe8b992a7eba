"""The user's settings for the daemon, read whenever they are needed. Knows `settings.toml`; knows no editor.

They lie in the data directory because what they rule outlives every window: an editor that is not open yet could not
say for how long a snapshot is kept.
"""

from __future__ import annotations

import logging
import math
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.domain.errors import InputRefused
from segue.domain.ids import visible
from segue.git.trees import Precious

log = logging.getLogger(__name__)

KEEP_DAYS = 30
MAX_RUNNING = 8
"""Agents take 200 to 400 MB each."""
IDLE_MINUTES = 30.0


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """The table `[snapshots]`."""

    keep_days: int = KEEP_DAYS
    precious: tuple[str, ...] = Precious().names
    """Globs of the names of ignored files that snapshots keep."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """The table `[sessions]`."""

    max_running: int = MAX_RUNNING
    """Sessions that may work at a time; 0 for no limit."""
    idle_minutes: float = IDLE_MINUTES
    """After how many minutes without any work an agent's process is ended; 0 for never."""


def read(path: Path) -> SnapshotSettings:
    """What is set, else what is usual; raises InputRefused("bad_settings"), and then nothing may be let go."""
    table = _table(path, "snapshots")
    days, names = table.get("keep_days", KEEP_DAYS), table.get("precious", list(Precious().names))
    if type(days) is not int or days < 1:
        raise _bad(path, "`keep_days` is not a whole number of at least 1.")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _bad(path, "`precious` is not a list of file name patterns.")
    return SnapshotSettings(days, tuple(names))


def read_sessions(path: Path) -> SessionSettings:
    """What is set, else what is usual; raises InputRefused("bad_settings")."""
    table = _table(path, "sessions")
    running, minutes = table.get("max_running", MAX_RUNNING), table.get("idle_minutes", IDLE_MINUTES)
    if type(running) is not int or running < 0:
        raise _bad(path, "`max_running` is not a whole number of at least 0.")
    if type(minutes) not in {int, float} or not 0 <= minutes < math.inf:
        raise _bad(path, "`idle_minutes` is not a number of at least 0.")
    return SessionSettings(running, float(minutes))


class Current:
    """The settings of sessions as they stand, for those who ask often; read again where the file has changed.

    A file that cannot be read counts as none: work goes on as usual, and *Doctor* says what is wrong.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._known = SessionSettings()

    @property
    def sessions(self) -> SessionSettings:
        seen = None
        with suppress(OSError):
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._seen = seen
            try:
                self._known = read_sessions(self._path)
            except InputRefused as failed:
                log.warning("%s", failed)
                self._known = SessionSettings()
        return self._known


def _table(path: Path, name: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text("utf-8")).get(name, {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as failed:
        raise _bad(path, str(failed)) from failed
    if not isinstance(table, dict):
        raise _bad(path, f"`{name}` is not a table.")
    return table


def _bad(path: Path, why: str) -> InputRefused:
    message = f"The settings in {visible(str(path))} cannot be read: {visible(why)}"
    action = "Correct that file; until then no snapshot is let go, and of sessions the usual holds."
    return InputRefused("bad_settings", message, action=action)
