"""Long output of one agent, whole, in files beside its runner's. Knows files; knows neither ACP nor terminals.

They are for the user to open: what a transcript shows of them is cut. They go with the runner's directory.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FILE_LIMIT = 16 * 1024 * 1024
"""Bytes of one output that are kept; of more, the last ones."""
ROOM = 256 * 1024 * 1024
"""Bytes that the outputs of one agent process may take."""

Keep = Callable[[str], str]
"""Has a text on the disk and returns its path, or an empty text where it could not be kept."""


class Outputs:
    """The outputs of one agent process, by names that it or Segue chose."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, name: str, text: str) -> str:
        """Have a text in the file of that name, in place of what it had; see `Keep`."""
        data = text.encode(errors="replace")
        if len(data) > FILE_LIMIT:
            return ""
        with suppress(OSError):
            path = self._path(name)
            if self._has_room(path, len(data)):
                new = path.with_suffix(".new")
                new.write_bytes(data)
                new.replace(path)
                return str(path)
        return ""

    def gather(self, name: str, spool: Path) -> str:
        """The same for what a runner's spool has, at most a little more than `FILE_LIMIT` bytes."""
        with suppress(OSError, ValueError):
            pieces = sorted(spool.iterdir(), key=lambda piece: int(piece.name))
            path = self._path(name)
            if self._has_room(path, sum(piece.stat().st_size for piece in pieces)):
                new = path.with_suffix(".new")
                with new.open("wb") as out:
                    for piece in pieces:
                        with piece.open("rb") as source:
                            shutil.copyfileobj(source, out)
                new.replace(path)
                return str(path)
        return ""

    def _path(self, name: str) -> Path:
        return self._directory / f"{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:16]}.txt"

    def _has_room(self, path: Path, size: int) -> bool:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        others = [entry.stat().st_size for entry in os.scandir(self._directory) if entry.name != path.name]
        return sum(others) + size <= ROOM


def kept_nowhere(_text: str) -> str:
    """A `Keep` for what has no place."""
    return ""
