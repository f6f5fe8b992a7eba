"""What was read of files, kept until one of them looks different. Knows how files look from outside; runs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

TRIES = 5
"""How often is read anew where it turns out that more files take part."""
LIMIT = 256
"""How much is kept at most."""
RACY_NS = 20_000_000
"""A file that changed less than this ago could change once more and look the same: clocks of file systems tick."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Look(NamedTuple):
    """What changes whenever a file does."""

    mtime_ns: int
    ctime_ns: int
    size: int
    inode: int


def look_of(files: tuple[Path, ...]) -> tuple[Look | None, ...]:
    """How each of these files looks; None for one that cannot be looked at."""
    found: list[Look | None] = []
    for file in files:
        try:
            stat = file.stat()
            found.append(Look(stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino))
        except OSError:
            found.append(None)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    value: Value
    files: tuple[Path, ...]
    look: tuple[Look | None, ...]


class FileMemory(Generic[Key, Value]):
    """Returns the same object as long as nothing changed, so that what follows from it can be kept beside it."""

    def __init__(self) -> None:
        self._kept: dict[Key, _Kept[Value]] = {}

    def read(self, key: Key, files: tuple[Path, ...], read: Callable[[], tuple[Value, tuple[Path, ...]]]) -> Value:
        """What `read` returns with the files that it depends on; `files` are those that are known before."""
        kept = self._kept.get(key)
        if kept is not None:
            if look_of(kept.files) == kept.look:
                return kept.value
            files = kept.files
        for _ in range(TRIES):
            looks = dict(zip(files, look_of(files), strict=True))  # before the reading: a change meanwhile is seen
            racy_ns = time.time_ns() - RACY_NS
            is_racy = any(look is not None and look.ctime_ns > racy_ns for look in looks.values())
            value, files = read()
            if looks.keys() >= set(files):
                if not is_racy:
                    self._keep(key, _Kept(value, files, tuple(looks[file] for file in files)))
                break
        return value

    def _keep(self, key: Key, kept: _Kept[Value]) -> None:
        if len(self._kept) >= LIMIT:
            self._kept.clear()
        self._kept[key] = kept
