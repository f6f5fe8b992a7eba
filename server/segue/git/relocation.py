"""Finds a session's repository after its folder was moved, renamed or replaced. Knows git's pointers; no journal."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import RepositoryUnusable, SegueError
from segue.domain.ids import SessionId, session_branch, visible
from segue.git.names import data
from segue.git.refs import branch_commit, listed, objects, resolve
from segue.git.repository import common_dir_of
from segue.git.worktrees import admin_dir_of


@dataclass(frozen=True, slots=True)
class Home:
    """Where a session's repository was when it was last seen."""

    session_id: SessionId
    repository: Path
    common_dir: Path
    worktree: Path
    base_commit: str


def is_plainly_there(home: Home) -> bool:
    """Whether folder and repository name each other: two short reads, no git. False means only: look closer."""
    with suppress(OSError):
        if not _is_own_path(home):
            return False
        pointer = (home.worktree / ".git").read_bytes().rstrip(b"\n")
        folder = data(f"gitdir: {home.common_dir}/worktrees/")
        if pointer.startswith(folder):
            entry = home.common_dir / "worktrees" / os.fsdecode(pointer.removeprefix(folder)) / "gitdir"
            return entry.read_bytes().rstrip(b"\n") == data(f"{home.worktree}/.git")
    return False


def is_there(home: Home) -> bool:
    """Whether the repository with this session is still at its path."""
    return _has_session(home, home.common_dir)


def find(home: Home, folders: Iterable[Path]) -> Home | None:
    """The session's repository at its new place: behind a link at the old path, or the one of one of these folders."""
    if not _is_own_path(home) and is_there(home):
        folders = [home.repository]
    elif is_there(home):
        return None
    for common_dir in _common_dirs(folders):
        if common_dir != home.common_dir and _has_session(home, common_dir):
            is_main = home.repository == home.common_dir.parent
            root = common_dir.parent if is_main else home.repository.resolve()
            return Home(home.session_id, root, common_dir, home.worktree, home.base_commit)
    return None


def lead_back(old: Home, new: Home) -> None:
    """Let the session's folder name the new place, where it still names the old one exactly as Segue wrote it."""
    admin_dir = admin_dir_of(new.common_dir, new.worktree.parent.resolve() / new.worktree.name)
    pointer = new.worktree / ".git"
    if admin_dir is None or pointer.is_symlink() or not pointer.is_file():
        return
    if pointer.read_bytes().rstrip(b"\n") == data(f"gitdir: {old.common_dir}/worktrees/{admin_dir.name}"):
        fresh = new.worktree.parent / ".pointer.new"
        fresh.write_bytes(data(f"gitdir: {admin_dir}\n"))
        fresh.replace(pointer)


def moved(home: Home, linked_to: str | None) -> RepositoryUnusable:
    """What to tell where it is not found."""
    old = visible(str(home.repository))
    if home.common_dir.is_dir():
        what = f"Another repository is now at {old}: it does not have this session."
    else:
        what = f"The session's repository is no longer at {old}: it was moved or renamed, or its disk is not mounted."
    files = f" The session's files are in {visible(str(home.worktree))}." if home.worktree.is_dir() else ""
    return RepositoryUnusable(
        "repository_moved",
        f"{what} Nothing was changed.{files} The session's checkpoints are in its repository.",
        action=f"It is paired with {visible(linked_to)}: move the repository back, then try again."
        if linked_to
        else "Try again from the repository's new folder, where Segue finds it, or move it back.",
        details={"repository": str(home.repository)},
    )


def require_checkout(checkout: str) -> None:
    """Raises RepositoryUnusable where a link cannot end, since its checkout is not there: one look, no git."""
    if Path(checkout).is_dir() and not Path(checkout).is_symlink():
        return
    where = visible(checkout)
    raise RepositoryUnusable(
        "checkout_moved",
        f"The checkout {where} is not there: it was moved or renamed, or its disk is not mounted. "
        "Nothing was changed; the agent's changes are still in its files.",
        action=f"Move it back to {where}, then try again. Or archive the session: then they stay in the moved folder.",
        details={"checkout": checkout},
    )


def _is_own_path(home: Home) -> bool:
    """Whether the path has no link in it: git writes paths without links."""
    return home.repository.resolve() == home.repository


def _has_session(home: Home, common_dir: Path) -> bool:
    if not common_dir.is_dir():
        return False
    if admin_dir_of(common_dir, home.worktree.parent.resolve() / home.worktree.name) is not None:
        return True
    place = objects(common_dir)
    with suppress(SegueError):
        refs = branch_commit(place, session_branch(home.session_id)) or listed(place, f"refs/segue/{home.session_id}/")
        return bool(refs) and resolve(place, home.base_commit) is not None
    return False


def _common_dirs(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        with suppress(SegueError):
            yield common_dir_of(folder)
