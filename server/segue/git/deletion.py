"""Deletes folders as far as it is safe. Knows permissions and links; knows no git.

What cannot be read was never recorded by anybody, so it stays.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from segue.git.unreadable_files import is_readable


def delete(root: Path) -> tuple[Path, ...]:
    """Delete a file or folder, folders without write permission inside it as well; a link is never followed.

    Returns what is still there: what could not be read, and what could not be deleted.
    """
    if root.is_symlink() or not root.is_dir():
        return (root,) if _is_unread(root) or not _removed(root, Path.unlink) else ()
    stays: list[Path] = []
    found: list[Path] = []
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        if not os.access(folder, os.R_OK | os.X_OK):
            stays.append(folder)
            continue
        found.append(folder)
        for entry in list(os.scandir(folder)):
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif _is_unread(path) or not _removed(path, Path.unlink):
                stays.append(path)
    for folder in reversed(found):
        if not _removed(folder, Path.rmdir) and not any(path.is_relative_to(folder) for path in stays):
            stays.append(folder)
    return tuple(sorted(stays))


def _is_unread(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.lstat().st_mode) and not is_readable(file)
    except OSError:
        return False


def _removed(path: Path, remove: Callable[[Path], None]) -> bool:
    try:
        try:
            remove(path)
        except PermissionError:
            path.parent.chmod(0o700)
            remove(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
