"""Reads and writes single files below a root, never through a link that leads elsewhere. Knows bytes and modes.

Blocking; for worker threads. Writing is whole or not at all: a new file takes the old one's place.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from segue.domain.errors import InputRefused
from segue.domain.ids import visible
from segue.domain.link.shapes import Shape, decode
from segue.domain.link.whole import TEXT, Entry, Side

PLAIN = Shape()
BESIDE = ".segue-"
"""In the names of files that are being written."""
REGULAR, EXECUTABLE, LINK = "100644", "100755", "120000"


@dataclass(frozen=True, slots=True)
class Content:
    """A file as it was read: `text` where it is one."""

    entry: Side
    data: bytes = b""
    text: str | None = None
    shape: Shape = PLAIN


ABSENT = Content(None)


def opaque(content: Content) -> Side:
    """The same file, compared by its bytes."""
    entry = content.entry
    return entry and Entry(entry.mode, sha256(content.data).hexdigest())


def content_of(data: bytes, mode: str) -> Content:
    """Bytes of git or of a file, with what they mean."""
    decoded = decode(data) if mode != LINK else None
    if decoded is None:
        return Content(Entry(mode, sha256(data).hexdigest()), data)
    return Content(Entry(mode, TEXT), data, *decoded)


def read(root: Path, path: str) -> Content:
    """A file below a root; folders, sockets and what lies behind a link count as absent."""
    file = _place(root, path)
    if file is None:
        return ABSENT
    try:
        found = file.lstat()
        if stat.S_ISLNK(found.st_mode):
            return content_of(os.fsencode(file.readlink()), LINK)
        if not stat.S_ISREG(found.st_mode):
            return ABSENT
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as source:
            return content_of(source.read(), EXECUTABLE if found.st_mode & stat.S_IXUSR else REGULAR)
    except OSError:
        return ABSENT


def write(root: Path, path: str, data: bytes, mode: str) -> None:
    """Put a file in the place of whatever file is there; raises OSError, or InputRefused behind a link."""
    file = _require_place(root, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file = _require_place(root, path)
    beside = file.with_name(f".{file.name[:100]}{BESIDE}{secrets.token_hex(4)}")
    try:
        if mode == LINK:
            beside.symlink_to(os.fsdecode(data))
        else:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            with os.fdopen(handle, "wb") as target:
                target.write(data)
                os.fchmod(target.fileno(), _permissions(file, target.fileno(), mode))
        beside.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def is_ours(path: str) -> bool:
    """Whether a file is one that `write` is about to put in another one's place."""
    name = path.rpartition("/")[2]
    return name.startswith(".") and name[:-8].endswith(BESIDE)


def remove(root: Path, path: str) -> None:
    """Remove a file, and the folders above it that it leaves empty."""
    file = _require_place(root, path)
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
    for above in file.parents:
        if above == root:
            return
        try:
            above.rmdir()
        except OSError:
            return


def _permissions(file: Path, handle: int, mode: str) -> int:
    """Those of the file that is replaced, else what the umask left; with or without the bit that `mode` says."""
    try:
        bits = stat.S_IMODE(file.lstat().st_mode)
    except OSError:
        bits = stat.S_IMODE(os.fstat(handle).st_mode)
    if mode == EXECUTABLE:
        return bits | ((bits & 0o444) >> 2)
    return bits & ~0o111


def _require_place(root: Path, path: str) -> Path:
    file = _place(root, path)
    if file is None:
        raise InputRefused("outside_of_root", f"{visible(path)} leads out of {visible(str(root))}; it was left alone.")
    return file


def _place(root: Path, path: str) -> Path | None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or any(part.lower() == ".git" for part in parts):
        return None
    above = root
    for part in parts[:-1]:
        above = above / part
        if above.is_symlink():
            return None
    return root / path
