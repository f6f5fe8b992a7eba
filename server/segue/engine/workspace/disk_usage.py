"""What Segue takes on the disk. Knows where to look; lets go of nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import SegueError
from segue.domain.session import Session
from segue.git import ref_storage
from segue.places import Places


@dataclass(frozen=True, slots=True)
class RepositoryUsage:
    """What Segue's own refs keep in a repository."""

    repository: str
    bytes: int
    snapshots: int
    """Entries of undo logs whose snapshots are there."""
    expired: int
    """Entries whose snapshots are gone."""


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """What Segue takes on the disk, in bytes."""

    worktrees: int
    runners: int
    images: int
    journal: int
    logs: int
    repositories: tuple[RepositoryUsage, ...]


def measure(places: Places, sessions: Iterable[Session]) -> DiskUsage:
    """Bytes by kind, and what snapshots keep in each repository; blocking, takes as long as a walk of the files."""
    by_repository: dict[str, list[Session]] = {}
    for session in sessions:
        by_repository.setdefault(session.common_dir, []).append(session)
    return DiskUsage(
        worktrees=_bytes_below(places.worktrees),
        runners=_bytes_below(places.runners),
        images=_bytes_below(places.images("")),
        journal=sum(_size(file) for file in places.data.glob("journal.sqlite3*")),
        logs=_bytes_below(places.logs),
        repositories=tuple(_repository(Path(common_dir), found) for common_dir, found in sorted(by_repository.items())),
    )


def _repository(common_dir: Path, sessions: list[Session]) -> RepositoryUsage:
    try:
        held = ref_storage.held_bytes(common_dir)
    except SegueError:  # the repository is gone, or moved away
        held = 0
    actions = [action for session in sessions for action in session.actions if action.kept]
    return RepositoryUsage(
        repository=sessions[0].repository,
        bytes=held,
        snapshots=sum(not action.is_expired for action in actions),
        expired=sum(action.is_expired for action in actions),
    )


def _bytes_below(folder: Path) -> int:
    return sum(_size(Path(root) / name) for root, _, names in os.walk(folder) for name in names)


def _size(file: Path) -> int:
    try:
        return file.lstat().st_blocks * 512
    except OSError:  # gone meanwhile
        return 0
