"""The user's settings for the daemon, read whenever they are needed. Knows `settings.toml`; knows no editor.

They lie in the data directory because what they rule outlives every window: an editor that is not open yet could not
say for how long a snapshot is kept.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import InputRefused
from segue.domain.ids import visible
from segue.git.trees import Precious

KEEP_DAYS = 30


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """The table `[snapshots]`."""

    keep_days: int = KEEP_DAYS
    precious: tuple[str, ...] = Precious().names
    """Globs of the names of ignored files that snapshots keep."""


def read(path: Path) -> SnapshotSettings:
    """What is set, else what is usual; raises InputRefused("bad_settings"), and then nothing may be let go."""
    try:
        table = tomllib.loads(path.read_text("utf-8")).get("snapshots", {})
    except FileNotFoundError:
        return SnapshotSettings()
    except (OSError, ValueError) as failed:
        raise _bad(path, str(failed)) from failed
    if not isinstance(table, dict):
        raise _bad(path, "`snapshots` is not a table.")
    days, names = table.get("keep_days", KEEP_DAYS), table.get("precious", list(Precious().names))
    if type(days) is not int or days < 1:
        raise _bad(path, "`keep_days` is not a whole number of at least 1.")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _bad(path, "`precious` is not a list of file name patterns.")
    return SnapshotSettings(days, tuple(names))


def _bad(path: Path, why: str) -> InputRefused:
    message = f"The settings in {visible(str(path))} cannot be read: {visible(why)}"
    return InputRefused("bad_settings", message, action="Correct that file; until then no snapshot is let go.")
