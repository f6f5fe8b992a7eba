"""What can happen to a session's result: merges, archives, snapshots and rollbacks. Knows facts in past tense."""

from __future__ import annotations

from typing import TypeAlias

from segue.domain.event import Event
from segue.domain.undo import ActionKind, Kept


class MergeIntended(Event, frozen=True, tag="merge_intended"):
    """Written before the first ref moves; a restart finds out from the refs whether it happened."""

    number: int
    strategy: str
    base_ref: str
    base_before: str
    result: str
    left: int = 0


class MergeCompleted(Event, frozen=True, tag="merge_completed"):
    number: int
    commit: str
    """What the base branch points at now."""
    base_ref: str
    base_before: str
    result: str = ""
    """Later work is measured from here: the checkpoint that was merged, without what was left out."""
    left: int = 0
    """Changes that were left out, since they need uncommitted work of the user's."""


class MergeAbandoned(Event, frozen=True, tag="merge_abandoned"):
    number: int
    message: str


class MergeUndoIntended(Event, frozen=True, tag="merge_undo_intended"):
    """Written before the branch moves back; a restart finds out from the refs whether it happened."""

    number: int


class MergeUndoAbandoned(Event, frozen=True, tag="merge_undo_abandoned"):
    number: int
    message: str


class MergeUndone(Event, frozen=True, tag="merge_undone"):
    number: int


class SessionArchived(Event, frozen=True, tag="session_archived"):
    """Everything in the worktree is in `snapshot`, and the folder may be removed. Repeated to say what stays of it."""

    snapshot: str
    snapshot_ref: str
    folder_kept: str = ""
    """What stays of the folder, and why; empty where nothing does."""
    is_whole: bool = False
    """No snapshot of the folder could be taken: all of it stays, and `snapshot` is the last checkpoint."""


class SessionRestored(Event, frozen=True, tag="session_restored"):
    pass


class RepositoryMoved(Event, frozen=True, tag="repository_moved"):
    """The session's repository was found at another path."""

    repository: str
    common_dir: str


class SnapshotTaken(Event, frozen=True, tag="snapshot_taken"):
    """A destructive action may begin: all that it could destroy is kept. The same number again adds to the first."""

    number: int
    kind: ActionKind
    kept: tuple[Kept, ...]
    turn: int = 0
    side: str = ""
    undoes: int = 0
    """Number of the action whose snapshot is brought back."""
    merge: int = 0


class RolledBack(Event, frozen=True, tag="rolled_back"):
    """The worktree's files are as they were: at a turn's checkpoint, or before action `undoes`."""

    number: int
    turn: int = 0
    side: str = ""
    undoes: int = 0


class RollbackAbandoned(Event, frozen=True, tag="rollback_abandoned"):
    number: int
    message: str


class SurroundingsPutBack(Event, frozen=True, tag="surroundings_put_back"):
    """What had changed outside the worktree, as action `undoes` has it, is as it was."""

    number: int
    undoes: int


class SnapshotsExpired(Event, frozen=True, tag="snapshots_expired"):
    numbers: tuple[int, ...]


class SessionDeleted(Event, frozen=True, tag="session_deleted"):
    """Out of every list; it comes back while its snapshots are kept."""


class SessionUndeleted(Event, frozen=True, tag="session_undeleted"):
    """Archived again, as before it was deleted."""


LandingEvent: TypeAlias = (
    MergeIntended
    | MergeCompleted
    | MergeAbandoned
    | MergeUndoIntended
    | MergeUndoAbandoned
    | MergeUndone
    | SessionArchived
    | SessionRestored
    | RepositoryMoved
    | SnapshotTaken
    | RolledBack
    | RollbackAbandoned
    | SurroundingsPutBack
    | SnapshotsExpired
    | SessionDeleted
    | SessionUndeleted
)
