"""Takes a folder that is still there as a session's worktree again. Knows pointers and missing files; deletes nothing.

Archiving may have had to leave the folder: the repository was away, a pointer was changed, a file could not be deleted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from segue.domain.errors import WorktreeUnusable
from segue.domain.ids import SessionId, session_branch, visible
from segue.git.git_config import read_file
from segue.git.names import data, joined, split, text
from segue.git.refs import objects, tree_of
from segue.git.repository import Located
from segue.git.run import CHECKOUT_TIMEOUT_S, attempt, git
from segue.git.trees import private_index
from segue.git.worktrees import (
    HARMLESS_SETTINGS,
    Worktree,
    admin_dir_of,
    make_unfilled,
    open_worktree,
    snapshot_parts,
    verify,
)


def adopt(repository: Located, session_id: SessionId, snapshot: str, path: Path) -> Worktree:
    """Make the folder the session's worktree with exactly the files that are in it. Raises SegueError."""
    worktree, is_new = _with_pointers(repository, session_id, snapshot, path)
    if is_new:
        _set_index(worktree, snapshot)
    return worktree


def complete(repository: Located, session_id: SessionId, snapshot: str, path: Path) -> Worktree:
    """The same, and bring back each file of the snapshot that is missing: the rest of a removal that got stuck."""
    worktree, _ = _with_pointers(repository, session_id, snapshot, path)
    with private_index(worktree.place) as private:
        git(private, "read-tree", tree_of(private, snapshot))
        paths = [text(name) for name in split(git(private, "ls-files", "-z"))]
        missing = [name for name in paths if not os.path.lexists(path / name)]
        words = ("--quiet", "--ignore-skip-worktree-bits", "-z", "--stdin")
        attempt(private, "checkout-index", *words, stdin=joined(missing), timeout_s=CHECKOUT_TIMEOUT_S)
    _set_index(worktree, snapshot)
    return worktree


def _set_index(worktree: Worktree, snapshot: str) -> None:
    head, staged = snapshot_parts(worktree.place, snapshot)
    git(worktree.place, "read-tree", "--reset", tree_of(worktree.place, staged or head))
    attempt(worktree.place, "update-index", "-q", "--refresh")


def _with_pointers(repository: Located, session_id: SessionId, snapshot: str, path: Path) -> tuple[Worktree, bool]:
    """The worktree with every pointer as Segue sets it, and whether its entry had to be made anew."""
    common_dir = repository.common_dir.resolve()
    path = path.parent.resolve() / path.name
    with suppress(WorktreeUnusable):
        return open_worktree(session_id, path, common_dir), False
    if path.is_symlink():
        raise WorktreeUnusable(
            "worktree_exists",
            f"There is a link at {visible(str(path))} instead of the session's folder.",
            action="Nothing was changed. Move it away, then try again.",
        )
    admin_dir = admin_dir_of(common_dir, path) or _lost_entry(common_dir, session_id)
    is_new = admin_dir is None or admin_dir.is_symlink()
    if admin_dir is None or is_new:
        admin_dir = _new_entry(repository, session_id, snapshot, path)
    worktree = Worktree(session_id, path, admin_dir, common_dir)
    _set_pointers(worktree)
    verify(worktree)
    return worktree, is_new


def _lost_entry(common_dir: Path, session_id: SessionId) -> Path | None:
    """The entry that has the session's branch and leads to no worktree that leads back."""
    head = b"ref: " + data(session_branch(session_id))
    for entry in sorted((common_dir / "worktrees").glob("*/HEAD")):
        with suppress(OSError):
            if not entry.is_symlink() and entry.read_bytes().rstrip(b"\n") == head and not _leads_back(entry.parent):
                return entry.parent
    return None


def _leads_back(admin_dir: Path) -> bool:
    with suppress(OSError):
        pointer = Path(text((admin_dir / "gitdir").read_bytes().rstrip(b"\n")))
        return pointer.read_bytes().rstrip(b"\n") == data(f"gitdir: {admin_dir}")
    return False


def _new_entry(repository: Located, session_id: SessionId, snapshot: str, path: Path) -> Path:
    beside = next(name for name in _beside(path, "new") if not os.path.lexists(name))
    made = make_unfilled(repository, session_id, snapshot, beside)
    (beside / ".git").unlink()
    beside.rmdir()
    return made.admin_dir


def _set_pointers(worktree: Worktree) -> None:
    """Write the files that say what belongs together; what stood there instead is moved beside the folder."""
    pointer = worktree.path / ".git"
    if pointer.is_dir() and not pointer.is_symlink():
        pointer.rename(next(name for name in _beside(worktree.path, "git") if not os.path.lexists(name)))
    own = worktree.admin_dir / "config.worktree"
    kept = _allowed(worktree, own)
    if own.is_symlink() or (own.exists() and len(kept) < len(read_file(objects(worktree.common_dir), own))):
        own.rename(next(name for name in _beside(own, "found") if not os.path.lexists(name)))
        for key, value in kept:
            git(objects(worktree.common_dir), "config", "--file", str(own), "--add", key, value)
    _write(pointer, f"gitdir: {worktree.admin_dir}")
    _write(worktree.admin_dir / "gitdir", str(pointer))
    _write(worktree.admin_dir / "commondir", "../..")
    if not (worktree.admin_dir / "locked").exists():
        _write(worktree.admin_dir / "locked", f"in use by Segue session {worktree.session_id}")


def _allowed(worktree: Worktree, own: Path) -> list[tuple[str, str]]:
    if own.is_symlink():
        return []
    place = objects(worktree.common_dir)
    shared = set(read_file(place, worktree.common_dir / "config.worktree"))
    return [entry for entry in read_file(place, own) if entry[0] in HARMLESS_SETTINGS or entry in shared]


def _write(file: Path, content: str) -> None:
    with suppress(FileNotFoundError):
        file.unlink()
    file.write_bytes(data(content) + b"\n")


def _beside(path: Path, word: str) -> Iterator[Path]:
    yield path.with_name(f"{path.name}.{word}")
    yield from (path.with_name(f"{path.name}.{word}-{number}") for number in range(2, 1000))
