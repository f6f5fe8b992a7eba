"""Takes back what git had written when it stopped in the middle of a checkout: a full disk, a filter that fails.

Knows files and the two trees between which git was on its way. Nothing that somebody else wrote meanwhile is touched.
"""

from __future__ import annotations

import os
from pathlib import Path

from segue.git.names import joined
from segue.git.run import Place, attempt, git
from segue.git.trees import changed_paths


def put_back(place: Place, root: Path, old: str, new: str) -> None:
    """Make files below `root` those of `old` again where git had begun to make them those of `new`.

    The index of `place` is `old`'s still. Raises GitFailed where not even that can be written.
    """
    changed = changed_paths(place, old, new)
    kept: list[str] = []
    for path, letter in changed.items():
        file = root / path
        is_there = os.path.lexists(file)
        if letter == "A":
            if is_there and _is_written_from(place, file, f"{new}:{path}"):
                file.unlink()
                _drop_empty(root, file.parent)
        elif not is_there or _is_written_from(place, file, f"{new}:{path}"):
            kept.append(path)
    for path in kept:
        (root / path).unlink(missing_ok=True)  # all of them first: on a full disk each one needs another's room
    git(place, "checkout-index", "--force", "--quiet", "-z", "--stdin", stdin=joined(kept))


def _is_written_from(place: Place, file: Path, name: str) -> bool:
    """Whether a file is the beginning or all of a blob: then git wrote it just now."""
    if file.is_dir() and not file.is_symlink():
        return False
    content = os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
    wanted = attempt(place, "cat-file", "--filters", name)
    if wanted.status != 0:
        wanted = attempt(place, "cat-file", "blob", name)
    return wanted.status == 0 and wanted.stdout.startswith(content)


def _drop_empty(root: Path, folder: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
