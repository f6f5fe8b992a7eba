"""All permission bits of the user's files, of which git's mode has one. Knows files; runs nothing.

Where git brings a file along it makes a new one, with the usual permissions. A file that only its owner may read is
given back the ones that it had.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

EXECUTABLE = 0o100
"""What git's mode is made of: whether the owner may run it."""


def of_files(root: Path, paths: Iterable[str]) -> dict[str, int]:
    """The bits of those paths that are regular files."""
    found: dict[str, int] = {}
    for path in paths:
        try:
            mode = (root / path).lstat().st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode):
            found[path] = stat.S_IMODE(mode)
    return found


def give_back(root: Path, known: Mapping[str, int]) -> None:
    """The same bits again, as far as git's mode of each file lets it; what cannot be changed stays."""
    for path, now in of_files(root, known).items():
        wanted = with_mode(known[path], "100755" if now & EXECUTABLE else "100644")
        if wanted != now:
            try:
                (root / path).chmod(wanted, follow_symlinks=True)
            except OSError:
                continue


def with_mode(bits: int, mode: str) -> int:
    """Permission bits as git's mode has them: exactly these where they agree with it."""
    if bool(bits & EXECUTABLE) == (mode == "100755"):
        return bits
    return bits | ((bits & 0o444) >> 2) if mode == "100755" else bits & ~0o111
