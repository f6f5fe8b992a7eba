"""The undo log as data: what can be taken back, and what may be let go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segue.domain import events
from segue.domain.session import Session
from segue.domain.undo import Action, ActionKind, Kept, expirable
from unit.strategies import arbitrary_sequences, created, folded, recorded

TURN = (events.WorktreeReady(), events.TurnStarted(1, "p", "go"), events.TurnEnded(1, events.StopReason.END_TURN))


def taken(number: int, kind: ActionKind, *, undoes: int = 0, merge: int = 0, ref: str = "") -> events.SnapshotTaken:
    kept = (Kept("worktree", ref or f"r{number}", "c"),)
    return events.SnapshotTaken(number, kind, kept, turn=0 if undoes else 1, side="before", undoes=undoes, merge=merge)


def rolled(number: int, undoes: int = 0) -> tuple[events.AnyEvent, ...]:
    kind = ActionKind.UNDO if undoes else ActionKind.ROLLBACK
    return taken(number, kind, undoes=undoes), events.RolledBack(number, 0 if undoes else 1, "before", undoes)


def after(*events: events.AnyEvent) -> Session:
    return folded(recorded([created(), *TURN, *events]))


def next_numbers(session: Session) -> tuple[int | None, int | None]:
    undo, redo = session.next_undo, session.next_redo
    return (undo.number if undo else None, redo.number if redo else None)


def test_undo_and_redo_take_turns() -> None:
    assert next_numbers(after(*rolled(1))) == (1, None)
    assert next_numbers(after(*rolled(1), *rolled(2, undoes=1))) == (None, 2)
    assert next_numbers(after(*rolled(1), *rolled(2, undoes=1), *rolled(3, undoes=2))) == (1, 3)
    assert next_numbers(after(*rolled(1), *rolled(2, undoes=1), *rolled(3))) == (3, None)
    assert next_numbers(after(*rolled(1), *rolled(2), *rolled(3, undoes=2))) == (1, 3)


def test_a_rollback_that_was_abandoned_can_still_be_undone() -> None:
    """Whatever it may have changed, its snapshot leads back."""
    session = after(taken(1, ActionKind.ROLLBACK), events.RollbackAbandoned(1, "Something wrote there."))
    assert (session.pending_rollback, next_numbers(session)) == (None, (1, None))


def test_what_is_done_to_a_session_limits_what_can_be_undone() -> None:
    archived = (taken(2, ActionKind.ARCHIVE, ref="a"), events.SessionArchived("c", "a"))
    deleted = (events.SnapshotTaken(3, ActionKind.DELETE, ()), events.SessionDeleted())
    assert next_numbers(after(*rolled(1), *archived)) == (2, None)
    assert next_numbers(after(*rolled(1), *archived, *deleted)) == (3, None)
    assert next_numbers(after(*rolled(1), *archived, *deleted, events.SessionUndeleted())) == (2, None)
    assert next_numbers(after(*rolled(1), *archived, events.SessionRestored())) == (1, None)
    assert next_numbers(after(*rolled(1), events.SnapshotsExpired((1,)))) == (None, None)


def test_a_merge_can_be_undone_until_something_else_stands_there() -> None:
    merged = (
        taken(1, ActionKind.MERGE, merge=1),
        events.MergeIntended(1, "squash", "refs/heads/main", "b", "r"),
        events.MergeCompleted(1, "c", "refs/heads/main", "b"),
    )
    assert next_numbers(after(*merged)) == (1, None)
    assert next_numbers(after(*merged, events.MergeUndone(1))) == (None, None)
    assert next_numbers(after(*merged, *rolled(2))) == (2, None)


@given(arbitrary_sequences())
def test_what_undo_offers_can_be_undone(events: list[events.Recorded]) -> None:
    session = folded(events)
    for action in (session.next_undo, session.next_redo):
        assert action is None or session.can_undo(action)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), max_size=8), st.integers(0, 10))
def test_the_newest_snapshot_never_expires(entries: list[tuple[int, bool, bool]], before: int) -> None:
    """D35: whatever the clock says."""
    log = tuple(
        Action(number, ActionKind.ROLLBACK, at, (Kept("worktree", "r", "c"),) if has_kept else (), is_expired=gone)
        for number, (at, has_kept, gone) in enumerate(entries, 1)
    )
    alive = [action for action in log if action.kept and not action.is_expired]
    gone = expirable(log, before)
    assert set(gone) <= set(alive[:-1])
    assert all(action.at_ms < before for action in gone)
