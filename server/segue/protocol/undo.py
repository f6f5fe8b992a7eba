"""What crosses the wire about ways back: rollbacks, deletions and the undo log. Knows shapes only."""

from __future__ import annotations

from typing import Literal

from segue.protocol import views
from segue.protocol.wire import Wire


class RepositoryDiskView(Wire):
    """What Segue's own refs keep in a repository."""

    repository: str
    bytes: int
    snapshots: int
    """Entries of undo logs whose snapshots stand."""
    expired: int
    """Entries whose snapshots are gone."""


class DiskView(Wire):
    """What Segue takes on the disk, in bytes."""

    worktrees: int
    runners: int
    images: int = 0
    """Of prompts and answers."""
    """What agents wrote, as raw bytes."""
    journal: int
    logs: int
    keep_days: int
    """For how long snapshots are kept."""
    repositories: list[RepositoryDiskView]


class RollBackParams(Wire):
    session_id: str
    turn: int
    side: Literal["before", "after"] = "before"
    """Which checkpoint of the turn."""


class RollBackResult(Wire):
    session: views.SessionView
    number: int
    """Of the entry in the undo log that leads back."""
    notice: str | None = None
    """A prompt that tells the agent; None where it is none that reads."""


class DeleteResult(Wire):
    session_id: str
    number: int
    """Of the entry in the undo log that leads back."""
    expires_ms: int


class ListUndoParams(Wire):
    session_id: str | None = None
    """None means all sessions, deleted ones too."""


class ListUndoResult(Wire):
    actions: list[views.ActionView]
    """Newest first."""


class UndoParams(Wire):
    session_id: str
    number: int | None = None
    """An entry of its undo log; None means the newest that can be undone. An entry that is an undo is redone so."""


class UndoResult(Wire):
    session: views.SessionView
    action: views.ActionView
    """What was taken back."""
    notice: str | None = None


class ExportSnapshotParams(Wire):
    session_id: str
    number: int
    folder: str
    """Absolute; a new or empty folder."""


class ExportSnapshotResult(Wire):
    files: int
