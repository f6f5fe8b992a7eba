"""Session updates become events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agents.talk import Conversation, chunk
from segue.agents.connection_record import ConnectionRecord
from segue.agents.fields import CONTENT_LIMIT
from segue.agents.mapper import tool_call
from segue.agents.outputs import Outputs
from segue.domain import events
from segue.domain.events import MessageReceived, Role, ToolCallReported


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def test_chunks_of_one_message_become_one_event(talk: Conversation) -> None:
    assert talk.update(chunk("a"), chunk("b")) == (MessageReceived(Role.AGENT, "3-0", "ab"),)


def test_a_message_goes_on_in_the_next_batch(talk: Conversation) -> None:
    first, second = talk.update(chunk("a")), talk.update(chunk("b"))
    assert [event.message_id for event in (*first, *second)] == ["3-0", "3-0"]


def test_text_after_a_tool_call_is_a_new_message(talk: Conversation) -> None:
    tool = {"sessionUpdate": "tool_call", "toolCallId": "t", "title": "T"}
    first, _, third = talk.update(chunk("a"), tool, chunk("b"))
    assert first.message_id != third.message_id


def test_a_usage_update_does_not_part_a_message(talk: Conversation) -> None:
    usage = {"sessionUpdate": "usage_update", "used": 5, "size": 10, "cost": {"amount": 0.5, "currency": "USD"}}
    first, reported, third = talk.update(chunk("a"), usage, chunk("b"))
    assert reported == events.UsageReported(5, 10, 0.5, "USD")
    assert first.message_id == third.message_id


def test_message_ids_of_the_agent_part_its_messages(talk: Conversation) -> None:
    found = talk.update(chunk("a", messageId="x"), chunk("b", messageId="y"), chunk("c", messageId="x"))
    assert [(event.message_id, event.text) for event in found] == [("3-x", "a"), ("3-y", "b"), ("3-x", "c")]


def test_thoughts_and_messages_are_told_apart(talk: Conversation) -> None:
    found = talk.update(chunk("a"), chunk("b", "agent_thought_chunk"), chunk("c"))
    assert [event.role for event in found] == [Role.AGENT, Role.THOUGHT, Role.AGENT]
    assert len({event.message_id for event in found}) == 3


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"type": "text", "text": "\x1b[31mred\0"}, "\x1b[31mred\0"),
        ({"type": "image", "mimeType": "image/png", "data": "…"}, "[image image/png]"),
        ({"type": "resource_link", "name": "notes.md", "uri": "file:///n"}, "[resource notes.md]"),
        ({"type": "resource", "resource": {"uri": "file:///n", "text": "inside"}}, "inside"),
        ({"type": "hologram"}, "[hologram]"),
    ],
)
def test_content_blocks_as_text(talk: Conversation, content: dict[str, Any], shown: str) -> None:
    (event,) = talk.update({"sessionUpdate": "agent_message_chunk", "content": content})
    assert event.text == shown


def test_a_tool_call_with_all_its_parts(talk: Conversation) -> None:
    call = {
        "sessionUpdate": "tool_call",
        "toolCallId": "t",
        "title": "Edit",
        "kind": "edit",
        "status": "pending",
        "content": [
            {"type": "content", "content": {"type": "text", "text": "out"}},
            {"type": "diff", "path": "/a", "oldText": None, "newText": "new"},
            {"type": "terminal", "terminalId": "term"},
            {"type": "chart", "x": 1},
        ],
        "locations": [{"path": "/a", "line": 3}, {"path": "/b"}, {"line": 1}, "nonsense"],
        "rawInput": {"command": "x" * 20_000},
    }
    (event,) = talk.update(call)
    assert isinstance(event, ToolCallReported)
    assert event.content == (
        events.ToolContent("text", "out"),
        events.ToolContent("diff", "new", "/a"),
        events.ToolContent("terminal", "term"),
        events.ToolContent("chart", '{"type":"chart","x":1}'),
    )
    assert event.locations == (events.Location("/a", 3), events.Location("/b"))
    assert event.input is not None and len(event.input) == 8 * 1024


def test_updates_of_one_tool_call_within_a_batch_become_one_event(talk: Conversation) -> None:
    update = {"sessionUpdate": "tool_call_update", "toolCallId": "t"}
    found = talk.update({**update, "title": "T"}, {**update, "status": "in_progress"}, {**update, "status": "failed"})
    assert found == (ToolCallReported("t", title="T", status="failed"),)
    assert talk.update({**update, "_meta": {"elapsed": 3}}) == (), "nothing that is known changed"


def test_unknown_updates_are_noted_once_per_kind_and_turn(talk: Conversation) -> None:
    """D8"""
    assert len(talk.update({"sessionUpdate": "a\nb"}, {"sessionUpdate": "a\nb"}, {"sessionUpdate": "c"})) == 2
    assert talk.update({"sessionUpdate": "c"}, {"sessionUpdate": "session_info_update"}) == ()


@pytest.mark.parametrize("amount", [-1, True, "1", 1 << 60, None])
def test_a_cost_that_is_no_sum_of_money_is_unknown(talk: Conversation, amount: object) -> None:
    cost = {"amount": amount, "currency": "USD"}
    (reported,) = talk.update({"sessionUpdate": "usage_update", "used": 5, "size": 10, "cost": cost})
    assert reported == events.UsageReported(5, 10)


def test_what_is_too_long_to_be_shown_is_in_a_file_that_is_named(tmp_path: Path) -> None:
    outputs, long = Outputs(tmp_path / "outputs"), "é" * (CONTENT_LIMIT + 5)
    shown = [{"type": "content", "content": {"type": "text", "text": text}} for text in (long, "short")]
    piece, short = tool_call("t", {"content": shown}, None, outputs).content or ()
    (file,) = (tmp_path / "outputs").iterdir()
    assert piece.text == f"{long[:-5]}… (5 more characters; all of it: {file})"
    assert file.read_text() == long and short.text == "short"
    tool_call("t", {"content": [{"type": "diff", "path": "a", "newText": f"{long}!"}]}, None, outputs)
    assert file.read_text() == f"{long}!", "what an agent sends again and again takes room once"


def test_what_could_not_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("a file where a folder is needed")
    long = {"content": [{"type": "content", "content": {"type": "text", "text": "x" * (CONTENT_LIMIT + 1)}}]}
    for outputs in (None, Outputs(tmp_path / "outputs")):
        (piece,) = tool_call("t", long, None, outputs).content or ()
        assert piece.text.endswith("x… (1 more characters; they were not kept)")


def test_a_plan_that_comes_after_its_request_completes_that(talk: Conversation) -> None:
    """Met with Claude, whose updates may come in any order; one request is told again with its plan, and once."""
    (asked,) = talk.ask(7, kind="switch_mode")
    update = {"sessionUpdate": "tool_call_update", "toolCallId": "t", "rawInput": {"plan": "# Plan"}}
    assert talk.update({**update, "toolCallId": "other"})[1:] == ()
    _, again = talk.update(update)
    assert again == replace(asked, plan="# Plan")
    assert not [
        event for event in talk.update({**update, "title": "x"}) if isinstance(event, events.PermissionRequested)
    ]
    talk.inbox.answer(again.request_id, "yes")
    assert talk.answers == [{"id": 7, "result": {"outcome": {"outcome": "selected", "optionId": "yes"}}}]


def test_a_plan_may_come_after_a_restart_of_the_daemon(talk: Conversation) -> None:
    (asked,) = talk.ask(7, kind="switch_mode")
    record = msgspec.json.decode(msgspec.json.encode(talk.inbox.record(talk.offset)), type=ConnectionRecord)
    later = Conversation(record)
    update = {"sessionUpdate": "tool_call_update", "toolCallId": "t", "rawInput": {"plan": "# Plan"}}
    assert later.update(update)[-1] == replace(asked, plan="# Plan")
