"""What was done to a session that a person may want back. Knows which action can be undone; knows no git and no clock.

Every destructive action is in a session's undo log before it begins, with the snapshots that lead back from it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ActionKind(StrEnum):
    """Whatever may destroy something, and so is preceded by a snapshot."""

    ARCHIVE = "archive"
    DELETE = "delete"
    MERGE = "merge"
    UNDO_MERGE = "undo_merge"
    ROLLBACK = "rollback"
    UNDO = "undo"
    """A rollback was taken back; undoing that is a redo."""
    AROUND = "around"
    """Something outside the worktree changed while the agent worked, or, with `undoes`, was put back."""


RESTORES_FILES = frozenset({ActionKind.ROLLBACK, ActionKind.UNDO})
"""What is undone by bringing the files of its snapshot back."""


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """One snapshot."""

    what: str
    """`worktree`, `checkout` (the user's), `branch`, or `around-before` and `around-after`."""
    ref: str
    commit: str
    path: str = ""
    """The folder that it was taken of."""


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of an undo log."""

    number: int
    """Counted from 1 within the session; names its refs."""
    kind: ActionKind
    at_ms: int
    kept: tuple[Kept, ...] = ()
    turn: int = 0
    """Of a rollback: the turn, and in `side` which of its checkpoints."""
    side: str = ""
    undoes: int = 0
    """Of an undo: the number of what it takes back."""
    merge: int = 0
    is_undone: bool = False
    is_expired: bool = False
    """Its snapshots are gone."""

    def snapshot(self, what: str) -> Kept | None:
        """The first snapshot of that kind: how things were before the action began."""
        return next((kept for kept in self.kept if kept.what == what), None)


Log = tuple[Action, ...]


def find(log: Log, number: int) -> Action | None:
    return next((action for action in log if action.number == number), None)


def toggled(log: Log, number: int) -> Log:
    """The log with an action taken back; what that one had taken back counts again, and so on."""
    action = find(log, number)
    if action is None:
        return log
    flipped = msgspec.structs.replace(action, is_undone=not action.is_undone)
    log = tuple(flipped if each is action else each for each in log)
    return toggled(log, action.undoes) if 0 < action.undoes < number else log


def expirable(log: Log, before_ms: int) -> tuple[Action, ...]:
    """Entries older than `before_ms` whose snapshots may go: never the newest one's, whatever its age."""
    alive = [action for action in log if action.kept and not action.is_expired]
    return tuple(action for action in alive[:-1] if action.at_ms < before_ms)
