"""What holds for a session whatever happens to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.domain.buckets import Bucket
from segue.domain.events import (
    AgentEnded,
    AgentStarted,
    AnyEvent,
    CheckpointTaken,
    MessageReceived,
    OptionKind,
    PermissionDecided,
    PermissionOption,
    PermissionRequested,
    Recorded,
    Role,
    SessionArchived,
    SessionCreated,
    SessionFailed,
    SessionRenamed,
    SessionRestored,
    StopReason,
    TurnEnded,
    TurnStarted,
    WorktreeReady,
)
from segue.domain.fold import fold
from segue.domain.ids import visible
from segue.domain.live_line import ACTIVITY_LIMIT
from segue.domain.permissions import in_order
from segue.domain.session import DECLINED, Session, State
from unit.strategies import SESSION, TEXTS, arbitrary_sequences, created, folded, recorded, valid_sequences

ALLOWED = {
    State.CREATING: {State.IDLE, State.FAILED},
    State.IDLE: {State.RUNNING, State.REQUIRES_ACTION},
    State.RUNNING: {State.REQUIRES_ACTION, State.IDLE},
    State.REQUIRES_ACTION: {State.RUNNING, State.IDLE},
    State.FAILED: {State.CREATING, State.RUNNING, State.REQUIRES_ACTION, State.IDLE},
}
"""Where each state may lead in one step; a turn begins in `requires_action` where an earlier request still waits."""


def steps(events: list[Recorded]) -> list[tuple[AnyEvent, Session]]:
    session, taken = None, []
    for event in events:
        session = fold(session, event)
        taken.append((event.event, session))
    return taken


@given(arbitrary_sequences())
def test_anything_may_follow_the_beginning(events: list[Recorded]) -> None:
    """D30: no journal that begins keeps the daemon from starting."""
    session = folded(events)
    assert session.seq == events[-1].seq
    assert session.bucket


@given(arbitrary_sequences())
def test_nothing_is_folded_without_its_beginning(events: list[Recorded]) -> None:
    for event in events[1:]:
        if not isinstance(event.event, SessionCreated):
            with pytest.raises(ValueError, match="no beginning"):
                fold(None, event)


@given(arbitrary_sequences())
def test_an_event_that_is_met_again_changes_nothing(events: list[Recorded]) -> None:
    """D30: exactly once, even where it is read twice."""
    once = folded(events)
    assert folded([event for event in events for _ in range(2)]) == once
    assert folded([*events, *events]) == once


@given(valid_sequences(), st.integers(0, 40))
def test_a_session_goes_on_from_anywhere_as_if_it_had_been_folded_in_one_go(events: list[Recorded], cut: int) -> None:
    cut = min(cut, len(events) - 1)
    session = folded(events[: cut + 1])
    for event in events[cut + 1 :]:
        session = fold(session, event)
    assert session == folded(events)


@given(valid_sequences())
def test_states_change_only_as_allowed(events: list[Recorded]) -> None:
    before = State.CREATING
    for event, session in steps(events):
        is_restored = isinstance(event, SessionRestored) and session.state is State.IDLE
        assert session.state is before or session.state in ALLOWED[before] or is_restored
        before = session.state


@given(valid_sequences())
def test_requires_action_means_that_a_running_turn_waits_for_a_person(events: list[Recorded]) -> None:
    for _, session in steps(events):
        waits = session.is_turn_running and bool(session.asks)
        assert (session.state is State.REQUIRES_ACTION) == waits
        assert session.is_turn_running == (session.state in {State.RUNNING, State.REQUIRES_ACTION})


@given(valid_sequences())
def test_nothing_stays_open_behind_a_turn(events: list[Recorded]) -> None:
    for event, session in steps(events):
        if isinstance(event, TurnEnded):
            assert not session.asks
            assert not session.is_stopping
            assert session.answer is None
            assert session.turn is not None
            assert session.turn.stop_reason is event.stop_reason


@given(valid_sequences())
def test_turns_are_numbered_from_one_and_only_the_newest_runs(events: list[Recorded]) -> None:
    session = folded(events)
    assert [turn.number for turn in session.turns] == list(range(1, len(session.turns) + 1))
    assert all(turn.stop_reason is not None for turn in session.turns[:-1])


@given(valid_sequences())
def test_a_row_is_one_inert_bounded_line(events: list[Recorded]) -> None:
    for _, session in steps(events):
        assert len(session.activity) <= ACTIVITY_LIMIT
        assert session.activity == visible(session.activity)


@given(st.lists(st.one_of(TEXTS, st.sampled_from(["\n", " ", "x" * 200, "\n\n", "`", "```", "~~~", "py"])), max_size=8))
def test_a_row_shows_the_same_however_a_message_was_cut(pieces: list[str]) -> None:
    """Agents send a few characters at a time; the row shows the line that they make."""
    in_pieces: list[AnyEvent] = [MessageReceived(Role.AGENT, "m1", piece) for piece in pieces]
    at_once = MessageReceived(Role.AGENT, "m1", "".join(pieces))
    assert folded(recorded([created(), *in_pieces])).activity == folded(recorded([created(), at_once])).activity


def test_a_row_shows_no_end_of_a_block_of_code() -> None:
    """A row read "```" as soon as an agent's answer ended with code."""
    said: list[AnyEvent] = [MessageReceived(Role.AGENT, "m1", "Like this:\n```python\nhello()\n```\n")]
    assert folded(recorded([created(), *said])).activity == "hello()"
    begun: list[AnyEvent] = [MessageReceived(Role.AGENT, "m1", "Like this:\n``")]
    assert folded(recorded([created(), *begun])).activity == "Like this:"


def test_a_row_keeps_the_line_that_is_being_written() -> None:
    said = [MessageReceived(Role.AGENT, "m1", text) for text in ["Now ", "I ", "look", "."]]
    assert folded(recorded([created(), *said])).activity == "Now I look."


def test_an_agent_that_ended_late_does_not_take_its_successor_along() -> None:
    events = [created(), WorktreeReady(), AgentStarted(1), AgentStarted(2), AgentEnded(1, "killed")]
    assert folded(recorded(events)).is_agent_alive
    assert not folded(recorded([*events, AgentEnded(2)])).is_agent_alive


def test_a_request_outside_a_turn_waits_without_starting_one() -> None:
    """S5: an undecided permission stays pending, also when the next turn begins."""
    asked = PermissionRequested("r1", "May I?", ())
    events: list[AnyEvent] = [created(), WorktreeReady(), asked]
    session = folded(recorded(events))
    assert (session.state, session.permissions) == (State.IDLE, (asked,))
    session = folded(recorded([*events, TurnStarted(1, "p1", "go")]))
    assert (session.state, session.permissions) == (State.REQUIRES_ACTION, (asked,))
    session = folded(recorded([*events, PermissionDecided("r1", None, "user")]))
    assert (session.state, session.permissions) == (State.IDLE, ())


OFFERED = tuple(PermissionOption(kind, kind, OptionKind(kind)) for kind in ("allow_once", "reject_once"))


def declined(after: str) -> Session:
    """A session whose only request was refused, and whose turn ended with the files of tree `after`."""
    events: list[AnyEvent] = [created(), WorktreeReady(), TurnStarted(1, "p1", "go")]
    events += [CheckpointTaken(1, "before", "c1", "t1"), PermissionRequested("r1", "May I?", OFFERED)]
    events += [PermissionDecided("r1", "reject_once", "user"), CheckpointTaken(1, "after", "c2", after)]
    return folded(recorded([*events, TurnEnded(1, StopReason.END_TURN, DECLINED)]))


def test_a_refusal_that_changed_nothing_leaves_an_idle_session() -> None:
    """The user's own refusal was listed as a failure under Needs You."""
    session = declined(after="t1")
    assert (session.bucket, session.activity) == (Bucket.IDLE, "You declined; nothing changed")


def test_what_asks_is_more_urgent_than_what_failed() -> None:
    """*Next Session That Needs Me* went to the oldest failure, not to the one live question."""
    begun: list[AnyEvent] = [created(), WorktreeReady(), TurnStarted(1, "p1", "go")]
    asking = folded(recorded([*begun, PermissionRequested("r1", "May I?", OFFERED)]))
    failed = folded(recorded([*begun, TurnEnded(1, StopReason.FAILED)]))
    assert {asking.bucket, failed.bucket} == {Bucket.NEEDS_YOU}
    assert asking.urgency < failed.urgency


def test_a_refusal_after_changes_is_ready_for_review() -> None:
    session = declined(after="t2")
    assert (session.bucket, session.activity) == (Bucket.READY, "You declined.")


def test_a_later_permission_takes_the_refusal_back() -> None:
    events: list[AnyEvent] = [created(), WorktreeReady(), TurnStarted(1, "p1", "go")]
    for number, option in enumerate(("reject_once", "allow_once")):
        events += [
            PermissionRequested(f"r{number}", "May I?", OFFERED),
            PermissionDecided(f"r{number}", option, "user"),
        ]
        session = folded(recorded(events))
        assert session.turns[-1].is_declined is (option == "reject_once")


def test_answers_have_one_order_whatever_the_agent_sent() -> None:
    """Typing 1 allowed in the terminal and refused in the editor."""
    kinds = ("reject_always", "unknown", "allow_always", "reject_once", "allow_once")
    sent = tuple(PermissionOption(kind, kind, OptionKind(kind)) for kind in kinds)
    assert [option.kind for option in in_order(sent)] == [
        "allow_once",
        "allow_always",
        "reject_once",
        "reject_always",
        "unknown",
    ]


def test_a_second_end_of_a_turn_changes_nothing() -> None:
    begun: list[AnyEvent] = [created(), WorktreeReady(), TurnStarted(1, "p1", "go")]
    ended = TurnEnded(1, StopReason.END_TURN)
    session = folded(recorded([*begun, ended, TurnStarted(2, "p2", "on"), TurnEnded(1, StopReason.CANCELLED)]))
    assert session.state is State.RUNNING
    assert [turn.stop_reason for turn in session.turns] == [StopReason.END_TURN, None]


def test_a_session_is_begun_once() -> None:
    later = recorded([created(), SessionRenamed("Mine"), created()])
    assert folded(later).title == "Mine"
    assert folded(later).id == SESSION


@pytest.mark.parametrize("failed", ["session", "turn"])
def test_a_restored_session_does_not_show_what_failed_before(failed: str) -> None:
    begun: list[AnyEvent] = [created(), WorktreeReady(), TurnStarted(1, "p1", "go")]
    if failed == "session":
        begun += [TurnEnded(1, StopReason.END_TURN), SessionFailed("worktree_missing", "It is gone.", "")]
    else:
        begun += [TurnEnded(1, StopReason.FAILED, "It is gone.")]
    assert folded(recorded(begun)).activity == "It is gone."
    session = folded(recorded([*begun, SessionArchived("c" * 40, "refs/segue/x/archive/1"), SessionRestored()]))
    assert (session.activity, session.failure) == ("Restored", None)
