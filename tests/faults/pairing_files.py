"""Single files in a game of pairing: read, compared, written as an agent or another program does it. Knows bytes."""

from __future__ import annotations

import difflib
import os
import stat
from pathlib import Path


def read(place: Path) -> bytes | None:
    """A file's bytes or a link's target; None for a folder and for nothing."""
    if place.is_symlink():
        return os.fsencode(place.readlink())
    return place.read_bytes() if place.is_file() else None


def difference(wanted: str, found: str) -> list[str]:
    """The lines in which two texts differ, a dozen at most."""
    pair = [text.splitlines(keepends=True) for text in (wanted, found)]
    told = [repr(line) for line in difflib.ndiff(*pair) if line[0] in "+-"] if max(map(len, pair)) < 500 else ["huge"]
    return told[:12]


def words(data: bytes | None) -> str:
    """Bytes to be compared line by line, and shown."""
    return "absent" if data is None else data.decode("utf-8", "backslashreplace")


def with_line(place: Path, after: str, word: str) -> bytes:
    """A file's bytes with a line behind the one that begins with `after`, in that line's own manner."""
    data = place.read_bytes()
    at = data.index(after.encode())
    old = data[at:].splitlines(keepends=True)[0]
    end = old[len(old.rstrip(b"\r\n")) :]
    if not end:
        return data + b"\n" + word.encode()
    at += len(old)
    return data[:at] + word.encode() + end + data[at:]


def replaced(place: Path, data: bytes) -> None:
    """Put a file in the place of the old one, with its mode."""
    beside = place.with_name(f".{place.name}.new")
    beside.write_bytes(data)
    if place.exists() and not place.is_symlink():
        beside.chmod(stat.S_IMODE(place.stat().st_mode))
    beside.rename(place)
