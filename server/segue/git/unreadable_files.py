"""What in a folder cannot be recorded: files and folders without read permission, sockets, pipes. Knows paths; no refs.

git stops at the first such file. So they are found here, left out, and named.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from segue.git.names import joined, split, text
from segue.git.run import Place, attempt

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})


def unreadable(place: Place) -> tuple[str, ...]:
    """What git would fail at while it stages everything; ignored paths are not looked at."""
    root = place.directory
    folders = _not_ignored(place, [str(folder.relative_to(root)) for folder in closed_folders(root)])
    others = attempt(place, "ls-files", "-z", "--others", "--exclude-standard")
    changed = attempt(place, "diff-files", "-z", "--name-only", "--ignore-submodules=all")
    paths = {text(path) for path in (*split(others.stdout), *split(changed.stdout)) if not path.endswith(b"/")}
    files = [path for path in paths if not _below(path, folders) and not is_readable(root / path)]
    return tuple(sorted({*folders, *files}))


def closed_folders(root: Path) -> Iterator[Path]:
    """Folders below `root` that cannot be listed or entered."""
    for folder, names, _ in os.walk(root):
        for path in [Path(folder, name) for name in names]:
            if path.name == ".git" or path.is_symlink() or not os.access(path, os.R_OK | os.X_OK):
                names.remove(path.name)
                if path.name != ".git" and not path.is_symlink():
                    yield path


def is_readable(file: Path) -> bool:
    """Whether git can record what is there: nothing, a link, a folder, or a file that opens."""
    try:
        mode = file.lstat().st_mode
        if stat.S_ISREG(mode):
            os.close(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW))
    except OSError as failed:
        return failed.errno in _GONE
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)


def _not_ignored(place: Place, paths: list[str]) -> list[str]:
    if not paths:
        return []
    found = attempt(place, "check-ignore", "-z", "--stdin", stdin=joined(paths))
    ignored = {text(path) for path in split(found.stdout)}
    return [path for path in paths if path not in ignored]


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)
