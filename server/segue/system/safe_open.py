"""Opening what stands below a folder, and nothing else, whatever moves meanwhile. Knows descriptors and names; knows no
request and no session. Blocking.

No path is ever opened by its whole name. Where the kernel has `openat2` it walks in one step and refuses every symbolic
link; elsewhere each folder is opened from the one before it. Links are followed by hand and for reading only: where one
leads is judged as if the agent had named it (D13), and the walk begins anew at the root. So a folder that is swapped
for a link is refused, or was opened before it was swapped (D14).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from segue.domain.paths import Inside, PathReason, name_reason, verdict

LINKS_LIMIT = 40
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPENAT2 = 437
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_MISSING = {errno.ENOSYS, errno.EPERM, errno.E2BIG, errno.EINVAL}
"""What `openat2` says where the kernel or a filter does not have it; the walk then says what is really wrong."""
_IS_LINK = {errno.ELOOP, errno.EMLINK, errno.ENOTDIR}

Names = tuple[str, ...]


class Refused(Exception):
    """A place that is not to be opened."""

    def __init__(self, reason: PathReason) -> None:
        super().__init__(reason)
        self.reason = reason


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_HAS_OPENAT2 = sys.platform == "linux" and platform.machine() not in {"alpha"}  # the one with other numbers
_syscall = ctypes.CDLL(None, use_errno=True).syscall if _HAS_OPENAT2 else None


@contextmanager
def root(path: str) -> Iterator[int]:
    """A root's descriptor; raises OSError, also where a link stands in its place."""
    descriptor = os.open(path, FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_exact(root_fd: int, names: Names, flags: int) -> int:
    """Open what these names lead to without any link on the way; raises OSError (ELOOP or ENOTDIR for a link)."""
    if not names:
        return os.open(".", flags, dir_fd=root_fd)
    found = _openat2(root_fd, names, flags)
    return found if found is not None else walk(root_fd, names, flags)


def walk(root_fd: int, names: Names, flags: int) -> int:
    """What `open_exact` does without `openat2`."""
    folder = os.dup(root_fd)
    try:
        for name in names[:-1]:
            below = os.open(name, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(names[-1], flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


def open_following(roots: Names, root_fd: int, inside: Inside, flags: int) -> int:
    """Open it, following links that stay inside; `root_fd` is the root that `inside` names.

    Raises OSError, and Refused for a link that leads elsewhere or to what is git's.
    """
    names = inside.names
    for _ in range(LINKS_LIMIT):
        try:
            return open_exact(root_fd, names, flags)
        except OSError as failed:
            if failed.errno not in _IS_LINK:
                raise
            followed = _follow(roots, root_fd, inside.root, names)
            if followed is None:
                raise
            names = followed
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def open_folder(root_fd: int, names: Names) -> int:
    """The folder of these names, made where it is missing; no links. Raises OSError."""
    try:
        return open_exact(root_fd, names, FOLDER)
    except FileNotFoundError:
        if not names:
            raise
    parent = open_folder(root_fd, names[:-1])
    try:
        with suppress(FileExistsError):
            os.mkdir(names[-1], dir_fd=parent)
        return os.open(names[-1], FOLDER, dir_fd=parent)
    finally:
        os.close(parent)


def _openat2(root_fd: int, names: Names, flags: int) -> int | None:
    """None where the kernel has no such call."""
    if _syscall is None:
        return None
    how = _How(flags | os.O_CLOEXEC, 0, _BENEATH | _NO_MAGICLINKS | _NO_SYMLINKS)
    path = os.fsencode("/".join(names))
    opened: int = _syscall(_OPENAT2, root_fd, path, ctypes.byref(how), ctypes.sizeof(how))
    if opened >= 0:
        return opened
    number = ctypes.get_errno()
    if number in _MISSING:
        return None
    raise OSError(number, os.strerror(number))


def _follow(roots: Names, root_fd: int, number: int, names: Names) -> Names | None:
    """The names with their first link replaced by where it leads; None where there is no link. Raises Refused."""
    folder = os.dup(root_fd)
    try:
        for index, name in enumerate(names):
            target = _link_at(folder, name)
            if target is not None:
                return _joined(roots, number, names[:index], target) + names[index + 1 :]
            if index + 1 < len(names):
                below = os.open(name, FOLDER, dir_fd=folder)
                os.close(folder)
                folder = below
    finally:
        os.close(folder)
    return None


def _link_at(folder: int, name: str) -> str | None:
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError as failed:
        if failed.errno == errno.EINVAL:
            return None
        raise


def _joined(roots: Names, number: int, before: Names, target: str) -> Names:
    if target.startswith("/"):
        judged = verdict(roots, os.path.normpath(target))
        if judged is PathReason.ROOT:
            return ()
        if not isinstance(judged, Inside) or judged.root != number:
            raise Refused(judged if isinstance(judged, PathReason) else PathReason.OUTSIDE)
        return judged.names
    names = list(before)
    for name in target.split("/"):
        if name == "..":
            if not names:
                raise Refused(PathReason.OUTSIDE)
            names.pop()
        elif name not in {"", "."}:
            reason = name_reason(name)
            if reason:
                raise Refused(reason)
            names.append(name)
    return tuple(names)
