"""Files as agents read and write them through their client. Knows ACP's two file requests and one session's roots;
knows no connection and no buffer. Blocking, each for a second at most: call it on a thread.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from segue.agents import jsonrpc
from segue.agents.replies import NOT_FOUND, Denied
from segue.domain.paths import SENTENCES, Inside, PathReason, verdict
from segue.system import safe_open

READ_LIMIT = 4 * 1024 * 1024
"""Bytes of one answer."""
SCAN_LIMIT = 64 * 1024 * 1024
"""Bytes that are looked through for the lines that were asked for."""
_BLOCK = 256 * 1024
_STAGED = "writing-"


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines of a file: from `first`, counted from 1, at most `count` of them or all."""

    first: int = 1
    count: int | None = None

    @property
    def is_everything(self) -> bool:
        return self.first <= 1 and self.count is None


class Files:
    """The files of one session. `staging` is a folder of Segue's own on the same file system: what is written stands
    there until it is whole, so that no checkpoint ever sees a half."""

    def __init__(self, worktree: Path, staging: Path) -> None:
        self._roots = tuple(dict.fromkeys((str(worktree), str(worktree.resolve()))))
        self._staging = staging

    def clear_staging(self) -> None:
        """Remove what a kill left half-written."""
        for left in self._staging.glob(f"{_STAGED}*"):
            left.unlink(missing_ok=True)

    def read(self, path: str, lines: Lines) -> str:
        """The text as it is on disk, line ends and all; raises Denied."""
        inside = self._judged(path)
        with _told(path), safe_open.root(self._roots[inside.root]) as root:
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY  # neither FIFOs nor terminals may hold this up
            descriptor = safe_open.open_following(self._roots, root, inside, flags)
            try:
                found = os.fstat(descriptor)
                _require_file(found, path)
                if lines.is_everything and found.st_size > READ_LIMIT:
                    raise _too_large(path)
                return _decoded(_picked(descriptor, lines, path), path)
            finally:
                os.close(descriptor)

    def write(self, path: str, content: str, token: str) -> None:
        """Replace the file in one step, keeping its mode, owner and attributes; folders are made. Raises Denied.

        Doing it twice is doing it once; `token` names the request.
        """
        inside = self._judged(path)
        with _told(path), safe_open.root(self._roots[inside.root]) as root:
            folder = safe_open.open_folder(root, inside.names[:-1])
            try:
                self._replace(folder, inside.names[-1], content.encode(), path, token)
            finally:
                os.close(folder)

    def _replace(self, folder: int, name: str, data: bytes, path: str, token: str) -> None:
        old = _standing(folder, name)
        if old is not None:
            _require_file(old, path)
            if not old.st_mode & stat.S_IWUSR:
                raise Denied(jsonrpc.INVALID_PARAMS, f"{path} is read-only; nothing was written.")
        staged = f"{_STAGED}{token}"
        with safe_open.root(str(self._staging)) as staging:
            with suppress(FileNotFoundError):
                os.unlink(staged, dir_fd=staging)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            try:
                file = os.open(staged, flags, 0o666 if old is None else 0o600, dir_fd=staging)
                with os.fdopen(file, "wb") as stream:
                    stream.write(data)
                    stream.flush()
                    if old is not None:
                        _dress(stream.fileno(), folder, name, old)
                os.rename(staged, name, src_dir_fd=staging, dst_dir_fd=folder)
            except OSError:
                with suppress(OSError):
                    os.unlink(staged, dir_fd=staging)
                raise

    def _judged(self, path: str) -> Inside:
        judged = verdict(self._roots, path)
        if isinstance(judged, PathReason):
            raise _refused(judged)
        return judged


@contextmanager
def _told(path: str) -> Iterator[None]:
    """The system's refusals in words for an agent."""
    try:
        yield
    except safe_open.Refused as refused:
        raise _refused(refused.reason) from refused
    except FileNotFoundError as failed:
        raise Denied(NOT_FOUND, f"{path} does not exist.") from failed
    except OSError as failed:
        if failed.errno in {errno.ELOOP, errno.EMLINK}:
            why = "a symbolic link stands in the way; name the file that it leads to"
        elif failed.errno == errno.ENXIO:
            why = "it is no regular file"
        else:
            why = (failed.strerror or "the system refused").lower()
        raise Denied(jsonrpc.INVALID_PARAMS, f"{path} cannot be used: {why}.") from failed


def _refused(reason: PathReason) -> Denied:
    return Denied(jsonrpc.INVALID_PARAMS, f"{SENTENCES[reason]} ({reason})")


def _too_large(path: str) -> Denied:
    size = READ_LIMIT // (1024 * 1024)
    return Denied(jsonrpc.INVALID_PARAMS, f"{path} has more than {size} MiB there; ask for fewer lines of it.")


def _require_file(found: os.stat_result, path: str) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise Denied(jsonrpc.INVALID_PARAMS, f"{path} is {what}.")


def _standing(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _picked(descriptor: int, lines: Lines, path: str) -> bytes:
    """The bytes of these lines; the file is read no further than it has to be."""
    picked = bytearray()
    before, wanted, scanned = max(lines.first, 1) - 1, lines.count, 0
    while wanted is None or wanted > 0:
        block = os.read(descriptor, _BLOCK)
        if not block:
            break
        scanned += len(block)
        if scanned > SCAN_LIMIT:
            raise _too_large(path)
        start, before = _skipped(block, before)
        end, wanted = (len(block), None) if wanted is None else _skipped(block, wanted, start)
        picked += block[start:end]
        if len(picked) > READ_LIMIT:
            raise _too_large(path)
    return bytes(picked)


def _skipped(block: bytes, count: int, start: int = 0) -> tuple[int, int]:
    """Where `count` lines from `start` on end in the block, and how many of them go on behind it."""
    while count > 0:
        end = block.find(b"\n", start)
        if end < 0:
            return len(block), count
        start, count = end + 1, count - 1
    return start, 0


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Denied(jsonrpc.INVALID_PARAMS, f"{path} is no UTF-8 text; it can be read as a file only.") from None


def _dress(file: int, folder: int, name: str, old: os.stat_result) -> None:
    """Give the new file what the old one had; a system that refuses owner or attributes leaves them (D17)."""
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.fchown(file, old.st_uid, old.st_gid)
    os.fchmod(file, stat.S_IMODE(old.st_mode))
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            source = safe_open.walk(folder, (name,), os.O_RDONLY | os.O_NONBLOCK)
            try:
                for attribute in os.listxattr(source):
                    with suppress(OSError):
                        os.setxattr(file, attribute, os.getxattr(source, attribute))
            finally:
                os.close(source)
