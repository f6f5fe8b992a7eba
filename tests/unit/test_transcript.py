"""A client that applies a snapshot and every later change sees what the server sees."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from segue.domain.events import (
    Location,
    MessageReceived,
    PermissionDecided,
    PermissionRequested,
    Recorded,
    Role,
    StopReason,
    ToolCallReported,
    ToolContent,
    TurnEnded,
    TurnStarted,
)
from segue.domain.fold import fold
from segue.domain.transcript import CUT, TEXT_LIMIT, Append, Change, Item, ItemKind, Transcript
from unit.strategies import arbitrary_sequences, created, recorded, valid_sequences


class ClientCopy:
    """What a client does with changes, and nothing more."""

    def __init__(self, snapshot: tuple[Item, ...] = ()) -> None:
        self.items = {item.id: item for item in snapshot}

    def apply(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            if isinstance(change, Append):
                item = self.items[change.item_id]
                self.items[item.id] = replace(item, text=item.text + change.text, seq=change.seq)
            else:
                self.items[change.item.id] = change.item


def transcript_of(events: list[Recorded]) -> Transcript:
    transcript = Transcript()
    for event in events:
        transcript.apply(event)
    return transcript


def open_requests(transcript: Transcript) -> set[str]:
    asked = [item.request for item in transcript.items if item.request is not None and item.decision is None]
    questions = [item.question for item in transcript.items if item.question is not None and item.answer is None]
    return {request.request_id for request in (*asked, *questions)}


@given(st.one_of(valid_sequences(), arbitrary_sequences()), st.integers(0, 40))
def test_a_snapshot_and_later_changes_make_the_servers_view(events: list[Recorded], cut: int) -> None:
    transcript = transcript_of(events[:cut])
    client = ClientCopy(transcript.items)
    for event in events[cut:]:
        client.apply(transcript.apply(event))
        assert tuple(client.items.values()) == transcript.items


@given(valid_sequences())
def test_every_end_of_turn_settles_tool_calls_and_permissions(events: list[Recorded]) -> None:
    transcript = Transcript()
    for event in events:
        transcript.apply(event)
        if isinstance(event.event, TurnEnded):
            tools = [item for item in transcript.items if item.kind is ItemKind.TOOL_CALL]
            assert not [item for item in tools if item.status in {"", "pending", "in_progress"}]
            assert not open_requests(transcript)


@given(valid_sequences())
def test_transcript_and_session_wait_for_the_same_answers(events: list[Recorded]) -> None:
    """S5: what is shown as undecided is what can be decided."""
    transcript, session = Transcript(), None
    for event in events:
        transcript.apply(event)
        session = fold(session, event)
        assert open_requests(transcript) == {request.request_id for request in session.asks}


@given(valid_sequences())
def test_items_keep_their_place_and_their_turn(events: list[Recorded]) -> None:
    transcript, known = Transcript(), list[tuple[str, int]]()
    for event in events:
        transcript.apply(event)
        places = [(item.id, item.turn) for item in transcript.items]
        assert places[: len(known)] == known
        known = places


@given(valid_sequences())
def test_what_changed_carries_the_number_of_its_event(events: list[Recorded]) -> None:
    transcript = Transcript()
    for event in events:
        for change in transcript.apply(event):
            item_id, seq = (
                (change.item_id, change.seq) if isinstance(change, Append) else (change.item.id, change.item.seq)
            )
            assert seq == event.seq == transcript.item(item_id).seq


def test_a_permission_shows_its_first_decision() -> None:
    """S5: each permission is decided once."""
    first, second = PermissionDecided("r1", "yes", "user"), PermissionDecided("r1", None, "stop")
    transcript = transcript_of(recorded([created(), PermissionRequested("r1", "May I?", ()), first, second]))
    assert [item.decision for item in transcript.items] == [first]


def test_pieces_of_a_message_are_one_item_per_turn_and_role() -> None:
    def said(role: Role, text: str) -> MessageReceived:
        return MessageReceived(role, "m1", text)

    first = [said(Role.THOUGHT, "hm"), said(Role.AGENT, "Hel"), said(Role.USER, "echo"), said(Role.AGENT, "lo")]
    second = [TurnEnded(1, StopReason.END_TURN), TurnStarted(2, "p2", "again"), said(Role.AGENT, "Bye")]
    transcript = transcript_of(recorded([created(), TurnStarted(1, "p1", "go"), *first, *second]))
    assert [(item.kind, item.turn, item.text) for item in transcript.items] == [
        (ItemKind.PROMPT, 1, "go"),
        (ItemKind.THOUGHT, 1, "hm"),
        (ItemKind.MESSAGE, 1, "Hello"),
        (ItemKind.PROMPT, 2, "again"),
        (ItemKind.MESSAGE, 2, "Bye"),
    ]


def test_a_message_stops_growing_at_its_limit() -> None:
    half = "x" * (TEXT_LIMIT // 2 + 1)
    transcript = transcript_of(recorded([MessageReceived(Role.AGENT, "m1", half) for _ in range(3)]))
    assert [len(item.text) for item in transcript.items] == [TEXT_LIMIT + len(CUT)]


def test_a_tool_call_keeps_what_an_update_leaves_out() -> None:
    began = ToolCallReported("t1", "Edit a.py", "edit", "in_progress", locations=(Location("a.py", 3),), input="{}")
    ended = ToolCallReported("t1", status="completed", content=(ToolContent("text", "done"),))
    (item,) = transcript_of(recorded([began, ended])).items
    assert (item.title, item.tool_kind, item.status, item.input) == ("Edit a.py", "edit", "completed", "{}")
    assert (item.locations, item.content) == (began.locations, ended.content)
