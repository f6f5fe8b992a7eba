"""What can be done with a session in each of its states, and that what is offered is what the engine accepts."""

from __future__ import annotations

import pytest
from hypothesis import given

from segue.domain import events, verbs
from segue.domain.events import Recorded, StopReason
from segue.domain.pairing_events import SessionLinked
from segue.domain.plans import PlanningBegun, PlanProposed
from segue.domain.undo import ActionKind, Kept
from segue.domain.verbs import Verb
from unit.strategies import created, folded, recorded, valid_sequences

READY = events.WorktreeReady()
QUEUED = events.PromptQueued("p2", "then this")
START = events.TurnStarted(1, "p1", "do it")
CHANGED = events.StatMeasured(events.Stat(files=1, added=2))
ASK = events.PermissionRequested("r1", "May I?", ())
END = events.TurnEnded(1, StopReason.END_TURN)
CUT_OFF = events.TurnEnded(1, StopReason.INTERRUPTED)
DONE = (READY, START, CHANGED, END)
INTENDED = events.MergeIntended(1, "squash", "refs/heads/main", "b", "r")
MERGED = (INTENDED, events.MergeCompleted(1, "c", "refs/heads/main", "b"))
PARTLY = (INTENDED, events.MergeCompleted(1, "c", "refs/heads/main", "b", left=2))
PLANNED = (READY, PlanningBegun(), START, PlanProposed(1, "Do this."), END)
LINKED = SessionLinked("/repository", "test")
ARCHIVED = (
    events.SnapshotTaken(1, ActionKind.ARCHIVE, (Kept("worktree", "refs/segue/x/archive/1", "s"),)),
    events.SessionArchived("s", "refs/segue/x/archive/1"),
)

CASES: list[tuple[str, list[events.AnyEvent], int | None, str]] = [
    ("its worktree is being made", [], None, "open prompt configure stop discard copy pin"),
    (
        "its worktree could not be made",
        [events.SessionFailed("x", "no")],
        None,
        "open prompt configure discard copy pin",
    ),
    ("it was never prompted", [READY], None, "open prompt configure discard copy link pin"),
    ("it is queued", [READY, QUEUED], 1, "open prompt configure stop queue discard copy link pin"),
    ("a turn runs", [READY, START, CHANGED], None, "open review prompt say configure stop discard copy link pin"),
    (
        "it is being stopped",
        [READY, START, events.StopRequested()],
        None,
        "open prompt configure discard copy link pin",
    ),
    ("it asks", [READY, START, ASK], None, "answer open prompt say configure stop discard copy link pin"),
    (
        "it asks in the editor",
        [READY, LINKED, START, ASK],
        None,
        "answer open prompt say configure stop discard copy unlink background pin",
    ),
    ("its plan waits", [*PLANNED], None, "answer open prompt configure rollback discard copy link pin"),
    (
        "its plan waits in the editor",
        [*PLANNED, LINKED],
        None,
        "answer open prompt configure rollback discard copy unlink background pin",
    ),
    (
        "its turn was interrupted",
        [READY, START, CUT_OFF],
        None,
        "open resume prompt configure rollback discard copy link pin",
    ),
    ("it has changes", [*DONE], None, "open review merge prompt configure rollback discard copy link pin"),
    (
        "it has changes in the editor",
        [*DONE, LINKED],
        None,
        "open review prompt configure rollback discard copy unlink pin",
    ),
    ("it was merged", [*DONE, *MERGED], None, "open review undo prompt configure rollback discard copy link pin"),
    (
        "a part of it was merged",
        [*DONE, *PARTLY],
        None,
        "open review merge undo prompt configure rollback discard copy link pin",
    ),
    (
        "its worktree could not be made, and its prompt is still queued",
        [QUEUED, events.SessionFailed("x", "no")],
        None,
        "open prompt configure stop discard copy pin",
    ),
    (
        "it waits for a sign-in",
        [READY, START, events.SignInRequired("p3", "do it"), END],
        None,
        "signin open prompt configure stop rollback discard copy link pin",
    ),
    ("it was merged and archived", [*DONE, *MERGED, *ARCHIVED], None, "open review back restore delete pin"),
    ("it is archived", [*DONE, *ARCHIVED], None, "open review back restore delete pin"),
    ("it is pinned", [READY, events.SessionPinned()], None, "open prompt configure discard copy link unpin"),
]


@pytest.mark.parametrize(("state", "happened", "place", "allowed"), CASES, ids=[case[0] for case in CASES])
def test_allowed(state: str, happened: list[events.AnyEvent], place: int | None, allowed: str) -> None:
    session = folded(recorded([created(), *happened]))
    assert " ".join(verbs.offer(session, place).allowed) == allowed


@pytest.mark.parametrize(
    ("happened", "verb", "reason"),
    [
        ([*DONE, LINKED], Verb.MERGE, "“Fix it” is linked to your checkout, which has its changes already."),
        ([READY, START], Verb.MERGE, "“Fix it” is still running."),
        ([*DONE, *MERGED], Verb.MERGE, "“Fix it” is merged already."),
        ([READY], Verb.MERGE, "“Fix it” has no changed files."),
        ([*DONE, *ARCHIVED], Verb.LINK, "“Fix it” is archived."),
        ([events.SessionFailed("x", "no")], Verb.LINK, "“Fix it” has no worktree yet."),
        ([READY], Verb.RESTORE, "“Fix it” is not archived."),
        ([READY], Verb.STOP, "“Fix it” is not running."),
        ([*DONE, *MERGED, *ARCHIVED], Verb.UNDO, "“Fix it” is archived."),
        ([READY], Verb.UNLINK, "“Fix it” is not in your editor."),
        ([READY, START], Verb.BACK, "“Fix it” is still running."),
        ([READY], Verb.UNDO, "“Fix it” has no merge that could be undone."),
        ([READY], Verb.BACK, "“Fix it” has nothing that could be undone."),
    ],
)
def test_reason(happened: list[events.AnyEvent], verb: Verb, reason: str) -> None:
    session = folded(recorded([created(), *happened]))
    assert verbs.offer(session, None).reasons[verb] == reason


@given(valid_sequences())
def test_nothing_is_offered_that_the_engine_refuses(history: list[Recorded]) -> None:
    session = folded(history)
    for place in (None, 1):
        offer = verbs.offer(session, place)
        assert not any(verbs.refusal(verb, session) for verb in offer.allowed)
        assert not set(offer.allowed) & set(offer.reasons)


def test_a_turn_that_asks_is_refused_with_what_it_waits_for() -> None:
    running = [created(), events.WorktreeReady(), events.TurnStarted(1, "p", "x")]
    asking = folded(recorded([*running, events.PermissionRequested("r", "May I?", ())]))
    refused = verbs.refusal(Verb.MERGE, asking)
    assert refused is not None and (refused.message, refused.action) == (
        "“Fix it” waits for your answer.",
        "Answer it, or stop its turn.",
    )
