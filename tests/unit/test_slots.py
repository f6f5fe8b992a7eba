"""Who may begin a turn, and when: the order of the line, the limit, and that nobody waits for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.domain import queue_positions, slots
from segue.domain.buckets import Bucket
from segue.domain.events import (
    AnyEvent,
    PermissionDecided,
    PermissionRequested,
    PlaceTaken,
    PromptDropped,
    PromptQueued,
    Recorded,
    SessionLinked,
    SessionUnlinked,
    StartWanted,
    StopReason,
    TurnEnded,
    TurnStarted,
    WorktreeReady,
)
from segue.domain.fold import fold
from segue.domain.ids import SessionId
from segue.domain.queue_positions import GAP, Move
from segue.domain.session import Session
from unit.strategies import created, folded, recorded

IDS = [SessionId(letter) for letter in "abcdef"]
RANKS = st.dictionaries(st.sampled_from(IDS), st.integers(-3 * GAP, 3 * GAP) | st.integers(0, 3), min_size=1)


@given(RANKS, st.data())
def test_a_session_stands_where_it_was_moved_to_and_the_others_stay_in_order(
    ranks: dict[SessionId, int], data: st.DataObject
) -> None:
    line = list(queue_positions.order(ranks))
    session, move = data.draw(st.sampled_from(line)), data.draw(st.sampled_from(Move))
    at = line.index(session)
    after = list(queue_positions.order(ranks | queue_positions.moved(ranks, session, move)))
    to = {Move.FIRST: 0, Move.UP: max(at - 1, 0), Move.DOWN: min(at + 1, len(line) - 1), Move.LAST: len(line) - 1}
    assert after.index(session) == to[move]
    assert [each for each in after if each != session] == [each for each in line if each != session]


def test_moving_changes_one_rank_as_long_as_there_is_room() -> None:
    ranks = {session: (place + 1) * GAP for place, session in enumerate(IDS)}
    for session in IDS:
        for move in Move:
            assert len(queue_positions.moved(ranks, session, move)) <= 1


@given(RANKS)
def test_who_comes_last_stands_last(ranks: dict[SessionId, int]) -> None:
    newcomer = SessionId("z")
    assert queue_positions.order({**ranks, newcomer: queue_positions.behind(ranks)})[-1] == newcomer


@dataclass
class House:
    """Sessions over one journal, with an engine that does nothing but let turns begin."""

    limit: int
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    seq: int = 0
    prompts: int = 0
    past_limit: set[SessionId] = field(default_factory=set)
    """Who began by hand or was answered, and works since."""

    def tell(self, session_id: SessionId, *events: AnyEvent) -> None:
        for event in events:
            self.seq += 1
            now = fold(self.sessions.get(session_id), Recorded(self.seq, session_id, self.seq, event))
            self.sessions[session_id] = now

    def all(self) -> tuple[Session, ...]:
        return tuple(self.sessions.values())

    def line(self) -> list[SessionId]:
        return sorted(slots.places(self.all()), key=lambda each: slots.places(self.all())[each])

    def ask(self, session_id: SessionId) -> None:
        """What the engine does with one that has a prompt: it begins, or gets a place."""
        session = self.sessions[session_id]
        if not session.queue or session.is_turn_running:
            return
        if not slots.may_begin(session, self.all(), self.limit):
            if session.rank is None:
                self.tell(session_id, PlaceTaken(queue_positions.behind(slots.ranks(self.all()))))
            return
        if slots.is_by_hand(session):
            self.past_limit.add(session_id)
        else:
            assert not self.limit or slots.free(self.all(), self.limit) > 0
            assert not self.line() or self.line()[0] == session_id or session_id in slots.due(self.all(), self.limit)
        prompt = session.queue[0]
        self.tell(session_id, TurnStarted(len(session.turns) + 1, prompt.prompt_id, prompt.text))

    def settle(self) -> None:
        while due := slots.due(self.all(), self.limit):
            for session_id in due:
                self.ask(session_id)

    def prompt(self, session_id: SessionId, *, is_first: bool = False) -> None:
        self.prompts += 1
        self.tell(session_id, PromptQueued(f"p{self.prompts}", "do it", is_first))
        self.ask(session_id)

    def end(self, session_id: SessionId) -> None:
        self.tell(session_id, TurnEnded(len(self.sessions[session_id].turns), StopReason.END_TURN))
        self.past_limit.discard(session_id)
        self.ask(session_id)

    def check(self) -> None:
        working = [session.id for session in self.all() if slots.is_working(session)]
        if self.limit:
            assert len(set(working) - self.past_limit) <= self.limit
        for session in self.all():
            assert (session.rank is None) or not session.is_turn_running
            if session.id in slots.places(self.all()):
                assert session.bucket is Bucket.QUEUED
        if self.line() and self.limit:
            assert len(working) >= self.limit, "somebody waits although there is a slot"


def house(limit: int) -> House:
    made = House(limit)
    for session_id in IDS:
        made.tell(session_id, created(), WorktreeReady())
    return made


STEPS = st.tuples(
    st.sampled_from(
        ["prompt", "prompt", "now", "end", "end", "ask", "answer", "move", "start", "link", "unlink", "drop"]
    ),
    st.sampled_from(IDS),
    st.sampled_from(Move),
)


def step(at: House, what: str, session_id: SessionId, move: Move) -> None:
    session = at.sessions[session_id]
    is_waiting = session_id in slots.places(at.all())
    match what:
        case "prompt":
            at.prompt(session_id)
        case "now" if not session.is_turn_running:
            at.prompt(session_id, is_first=True)
        case "end" if session.is_turn_running:
            at.end(session_id)
        case "ask" if session.is_turn_running and not session.asks:
            at.tell(session_id, PermissionRequested(f"r{at.seq}", "May I?", ()))
        case "answer" if session.asks:
            at.tell(session_id, PermissionDecided(session.asks[0].request_id, None, "user"))
            at.past_limit.add(session_id)
        case "move" if is_waiting:
            for each, rank in queue_positions.moved(slots.ranks(at.all()), session_id, move).items():
                at.tell(each, PlaceTaken(rank))
        case "start" if is_waiting:
            at.tell(session_id, StartWanted())
        case "link":
            at.tell(session_id, SessionLinked("/repository"))
        case "unlink":
            at.tell(session_id, SessionUnlinked("background"))
            at.past_limit |= {session_id} if session.linked_to and session.is_turn_running else set()
        case "drop" if session.queue:
            at.tell(session_id, PromptDropped(session.queue[0].prompt_id))
    at.settle()


@given(st.integers(0, 3), st.lists(STEPS, max_size=40))
def test_the_limit_is_passed_by_hand_only_and_no_slot_stays_empty(
    limit: int, steps: list[tuple[str, SessionId, Move]]
) -> None:
    """Issue 7: by hand is also what was answered, and what was linked while it worked."""
    at = house(limit)
    for what, session_id, move in steps:
        step(at, what, session_id, move)
        at.check()


@given(st.integers(1, 3), st.lists(STEPS, max_size=30))
def test_whoever_waits_comes_to_its_turn(limit: int, steps: list[tuple[str, SessionId, Move]]) -> None:
    """However the line came about, and although every session has more to do as soon as it ends: no one starves."""
    at = house(limit)
    for what, session_id, move in steps:
        step(at, what, session_id, move)
    before = {session.id: len(session.turns) for session in at.all()}
    hopeful = set(at.line())
    for _ in range(3 * len(IDS)):
        for session in at.all():
            if slots.is_working(session):
                at.prompt(session.id)
                at.end(session.id)
                at.settle()
    assert {each for each in hopeful if len(at.sessions[each].turns) > before[each]} == hopeful


@given(st.lists(st.sampled_from(IDS), min_size=2, max_size=6, unique=True))
def test_the_line_is_first_come_first_served(comers: list[SessionId]) -> None:
    at = house(1)
    for session_id in comers:
        at.prompt(session_id)
    assert at.line() == comers[1:]
    for session_id, following in pairwise(comers):
        at.end(session_id)
        at.settle()
        assert [each.id for each in at.all() if slots.is_working(each)] == [following]


def test_a_session_that_waits_for_its_person_lets_another_begin_and_goes_on_at_once() -> None:
    at = house(1)
    at.prompt(IDS[0])
    at.prompt(IDS[1])
    step(at, "ask", IDS[0], Move.UP)
    assert [each.id for each in at.all() if slots.is_working(each)] == [IDS[1]]
    at.prompt(IDS[2])
    step(at, "answer", IDS[0], Move.UP)
    assert [each.id for each in at.all() if slots.is_working(each)] == IDS[:2]
    at.end(IDS[0])
    at.settle()
    assert at.line() == [IDS[2]], "more than the limit worked: nobody begins until there are fewer"


@pytest.mark.parametrize(
    "way",
    [[StartWanted()], [SessionLinked("/repository")], [PromptQueued("p9", "at once", is_first=True)]],
    ids=["start now", "linked", "interrupt and say"],
)
def test_by_hand_it_begins_past_the_limit(way: list[AnyEvent]) -> None:
    at = house(1)
    for session_id in IDS[:3]:
        at.prompt(session_id)
    at.tell(IDS[2], *way)
    at.settle()
    assert at.line() == [IDS[1]]
    assert at.sessions[IDS[2]].is_turn_running


def test_a_place_goes_with_what_waited() -> None:
    """A dropped prompt leaves the line; a rank of old journals' sessions is none."""
    queued = [created(), WorktreeReady(), PromptQueued("p1", "x"), PlaceTaken(GAP), StartWanted()]
    session = folded(recorded([*queued, PromptDropped("p1")]))
    assert (session.rank, session.starts_now, session.bucket) == (None, False, Bucket.IDLE)
    session = folded(recorded([*queued, TurnStarted(1, "p1", "x")]))
    assert (session.rank, session.starts_now, session.bucket) == (None, False, Bucket.WORKING)
