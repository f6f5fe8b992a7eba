"""In which bucket a session is, how it looks there, and in which order rows are shown: as tables."""

from __future__ import annotations

import msgspec
import pytest

from segue.domain import events
from segue.domain.buckets import FACTS, Bucket, Tone, look, order
from segue.domain.events import StopReason
from segue.domain.questions import Action
from segue.domain.session import Session
from unit.strategies import created, folded, recorded

READY = events.WorktreeReady()
QUEUED = events.PromptQueued("p2", "then this")
START = events.TurnStarted(1, "p1", "do it")
CHANGED = events.StatMeasured(events.Stat(files=1, added=2))
ASK = events.PermissionRequested("r1", "May I?", ())
SEEN = events.SessionSeen()
MERGED = (
    events.MergeIntended(1, "squash", "refs/heads/main", "b", "r"),
    events.MergeCompleted(1, "c", "refs/heads/main", "b"),
)
ARCHIVED = events.SessionArchived("s", "refs/segue/x/archive/1")


def end(reason: StopReason = StopReason.END_TURN) -> events.TurnEnded:
    return events.TurnEnded(1, reason)


CASES: list[tuple[str, list[events.AnyEvent], Bucket]] = [
    ("its worktree is being made", [], Bucket.WORKING),
    ("its worktree could not be made", [events.SessionFailed("x", "no")], Bucket.NEEDS_YOU),
    ("it is tried again with a prompt", [events.SessionFailed("x", "no"), QUEUED], Bucket.WORKING),
    ("it was never prompted", [READY], Bucket.IDLE),
    ("a prompt waits to be run", [READY, QUEUED], Bucket.QUEUED),
    ("a turn runs", [READY, START], Bucket.WORKING),
    ("a turn runs and more is queued", [READY, START, QUEUED], Bucket.WORKING),
    ("a turn waits for a person", [READY, START, ASK], Bucket.NEEDS_YOU),
    ("a turn waits with a question", [READY, START, events.QuestionAsked("q1", "Which?")], Bucket.NEEDS_YOU),
    (
        "its question was answered",
        [READY, START, events.QuestionAsked("q1", "Which?"), events.QuestionAnswered("q1", Action.DECLINE, "user")],
        Bucket.WORKING,
    ),
    ("it was answered", [READY, START, ASK, events.PermissionDecided("r1", "yes", "user")], Bucket.WORKING),
    ("a request came outside a turn", [READY, ASK], Bucket.NEEDS_YOU),
    ("a turn ended unseen, nothing changed", [READY, START, end()], Bucket.READY),
    ("a turn ended, seen, nothing changed", [READY, START, end(), SEEN], Bucket.IDLE),
    ("a turn ended with changes, seen", [READY, START, CHANGED, end(), SEEN], Bucket.READY),
    ("a turn ended and the next prompt waits", [READY, START, end(), QUEUED], Bucket.QUEUED),
    ("a turn was stopped, nothing changed", [READY, START, end(StopReason.CANCELLED)], Bucket.IDLE),
    ("a turn was stopped with changes", [READY, START, CHANGED, end(StopReason.CANCELLED)], Bucket.READY),
    ("a turn was refused", [READY, START, end(StopReason.REFUSAL)], Bucket.READY),
    ("the agent died", [READY, START, end(StopReason.INTERRUPTED)], Bucket.NEEDS_YOU),
    ("the agent died and it was seen", [READY, START, end(StopReason.INTERRUPTED), SEEN], Bucket.NEEDS_YOU),
    ("the turn failed with a queue behind it", [READY, START, end(StopReason.FAILED), QUEUED], Bucket.QUEUED),
    ("it was merged", [READY, START, CHANGED, end(), *MERGED], Bucket.DONE),
    ("it was merged after its agent died", [READY, START, end(StopReason.INTERRUPTED), *MERGED], Bucket.DONE),
    ("it was merged and prompted again", [READY, START, end(), *MERGED, QUEUED], Bucket.QUEUED),
    (
        "new work began behind a merge",
        [
            READY,
            START,
            end(),
            *MERGED,
            events.TurnStarted(2, "p2", "more"),
            CHANGED,
            events.TurnEnded(2, StopReason.END_TURN),
        ],
        Bucket.READY,
    ),
    ("the merge was undone", [READY, START, CHANGED, end(), *MERGED, events.MergeUndone(1)], Bucket.READY),
    ("it was archived", [READY, START, CHANGED, end(), ARCHIVED], Bucket.DONE),
    ("it failed and was archived", [events.SessionFailed("x", "no"), ARCHIVED], Bucket.DONE),
    ("it was archived while it waited", [READY, START, ASK, ARCHIVED], Bucket.DONE),
    ("it was restored", [READY, START, CHANGED, end(), ARCHIVED, events.SessionRestored()], Bucket.READY),
]


@pytest.mark.parametrize(("events", "bucket"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_panel_groups_by_what_happened(events: list[events.AnyEvent], bucket: Bucket) -> None:
    assert folded(recorded([created(), *events])).bucket is bucket


def test_every_bucket_has_facts_in_the_order_of_the_enum() -> None:
    assert list(FACTS) == list(Bucket)


LOOKS: list[tuple[str, list[events.AnyEvent], tuple[str, str, Tone]]] = [
    ("a turn runs", [READY, START], ("working", "▶", Tone.ACTIVE)),
    ("its turn is being stopped", [READY, START, events.StopRequested()], ("stopping", "▶", Tone.ACTIVE)),
    ("it asks", [READY, START, ASK], ("waits for your answer", "?", Tone.ATTENTION)),
    (
        "it waits for a sign-in",
        [READY, events.SignInRequired("p1", "do it")],
        ("waits for you to sign in", "?", Tone.ATTENTION),
    ),
    ("its agent died", [READY, START, end(StopReason.INTERRUPTED)], ("failed", "✗", Tone.FAILURE)),
    ("it was merged", [READY, START, CHANGED, end(), *MERGED], ("merged", "■", Tone.MERGED)),
    ("it was archived", [READY, START, CHANGED, end(), ARCHIVED], ("archived", "■", Tone.QUIET)),
]


@pytest.mark.parametrize(("events", "expected"), [case[1:] for case in LOOKS], ids=[case[0] for case in LOOKS])
def test_a_row_shows_its_state_in_words_a_sign_and_a_tone(
    events: list[events.AnyEvent], expected: tuple[str, str, Tone]
) -> None:
    found = look(folded(recorded([created(), *events])))
    assert (str(found.status), found.sign, found.tone) == expected


def session(*recorded_events: events.AnyEvent, updated_ms: int = 0, created_ms: int = 0) -> Session:
    found = folded(recorded([created(), *recorded_events]))
    return msgspec.structs.replace(found, updated_ms=updated_ms, created_ms=created_ms)


def test_rows_are_shown_by_bucket_then_pin_then_what_asks_then_the_newest() -> None:
    failed, pinned = [READY, START, end(StopReason.INTERRUPTED)], events.SessionPinned()
    rows = {
        "pinned failure": session(*failed, pinned),
        "asks, newer": session(READY, START, ASK, updated_ms=9),
        "asks, older": session(READY, START, ASK, updated_ms=1),
        "failed": session(*failed, updated_ms=99),
        "working, pinned": session(READY, START, pinned, created_ms=1),
        "working, newer": session(READY, START, created_ms=3, updated_ms=4),
        "working, older": session(READY, START, created_ms=2, updated_ms=5),
        "archived": session(READY, START, CHANGED, end(), ARCHIVED, created_ms=9),
    }
    assert sorted(rows, key=lambda name: order(rows[name], None)) == list(rows)


def test_queued_rows_are_shown_by_their_position_pinned_or_not() -> None:
    first = session(READY, QUEUED)
    last = session(READY, QUEUED, events.SessionPinned())
    assert order(first, 1) < order(last, 2)
