"""What each message does to the state of a conversation, without a process."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.talk import OPTIONS, Conversation, chunk
from segue.agents.connection_record import PromptEnded
from segue.domain import events
from segue.domain.events import MessageReceived, OptionKind, PermissionRequested, Role, StopReason, ToolCallReported


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


@pytest.mark.parametrize(
    "message",
    [
        {"method": "session/update", "params": {"sessionId": "other", "update": chunk("x")}},
        {"method": "session/update", "params": {"update": chunk("x")}},
        {"method": "session/update", "params": []},
        {"method": "session/update"},
        {"method": 5},
        {"id": 99, "result": {"stopReason": "end_turn"}},
        {"id": "1", "result": {"stopReason": "end_turn"}},
        {"id": True, "result": {"stopReason": "end_turn"}},
        {"id": None, "error": {"code": 1, "message": "x"}},
    ],
)
def test_strays_are_ignored_and_noted(talk: Conversation, message: dict[str, Any]) -> None:
    """D3"""
    assert talk.take(message) == ()
    assert talk.answers == []
    assert talk.inbox.prompt_id == 1
    assert len(talk.diagnostics.notes) == 1


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        ({"result": {"stopReason": "end_turn"}}, PromptEnded(StopReason.END_TURN)),
        ({"result": {"stopReason": "refusal"}}, PromptEnded(StopReason.REFUSAL)),
        (
            {
                "result": {
                    "stopReason": "end_turn",
                    "usage": {"inputTokens": 5, "outputTokens": -1, "thoughtTokens": "x"},
                }
            },
            PromptEnded(StopReason.END_TURN, tokens=events.Tokens(5)),
        ),
        (
            # Codex's thought is part of its output, which its total tells.
            {
                "result": {
                    "stopReason": "end_turn",
                    "usage": {
                        "totalTokens": 1000,
                        "inputTokens": 100,
                        "cachedReadTokens": 700,
                        "cachedWriteTokens": 0,
                        "outputTokens": 200,
                        "thoughtTokens": 150,
                    },
                }
            },
            PromptEnded(StopReason.END_TURN, tokens=events.Tokens(100, 50, 700, 150, 0)),
        ),
        ({"result": {"stopReason": "end_turn", "usage": 5}}, PromptEnded(StopReason.END_TURN)),
        ({"result": {"stopReason": "bored"}}, PromptEnded(StopReason.END_TURN)),
        ({"error": {"code": -32603, "message": "Broken"}}, PromptEnded(StopReason.FAILED, "Broken")),
        (
            {"error": {"code": -32603, "message": "Internal error", "data": {"details": "no disk"}}},
            PromptEnded(StopReason.FAILED, "Internal error: no disk"),
        ),
        ({"error": {"code": -32800, "message": "x"}}, PromptEnded(StopReason.CANCELLED)),
    ],
)
def test_the_answer_to_the_prompt(talk: Conversation, answer: dict[str, Any], end: PromptEnded) -> None:
    talk.inbox.take(json.dumps({"id": 1, **answer}).encode(), 0)
    assert talk.inbox.drain()[1] == end
    talk.take({"id": 1, "result": {"stopReason": "refusal"}})
    assert talk.inbox.ended is None, "a second answer is ignored (D3)"


@pytest.mark.parametrize("result", [None, 5, {}, {"stopReason": 7}, []])
def test_an_answer_without_a_stop_reason_fails_the_turn(talk: Conversation, result: object) -> None:
    """D9"""
    talk.inbox.take(json.dumps({"id": 1, "result": result}).encode(), 0)
    ended = talk.inbox.drain()[1]
    assert ended is not None and ended.stop_reason is StopReason.FAILED


def test_an_error_after_a_cancel_counts_as_cancelled(talk: Conversation) -> None:
    talk.inbox.cancel("s")
    talk.inbox.take(b'{"id": 1, "error": {"code": -32603, "message": "aborted"}}', 0)
    assert talk.inbox.drain()[1] == PromptEnded(StopReason.CANCELLED)


def test_a_permission_request_shows_the_full_command(talk: Conversation) -> None:
    """D43"""
    raw = {"command": ["git", "commit", "-m", "two words"], "cwd": "/elsewhere"}
    (event,) = talk.ask("α", rawInput=raw, locations=[{"path": "/a"}])
    assert event == PermissionRequested(
        "3-0",
        "Run it",
        (
            events.PermissionOption("yes", "Yes", OptionKind.ALLOW_ONCE),
            events.PermissionOption("no", "No", OptionKind.UNKNOWN),
        ),
        tool_call_id="t",
        command="git commit -m 'two words'",
        directory="/elsewhere",
        paths=("/a",),
    )
    talk.inbox.answer("3-0", "yes")
    assert talk.answers == [{"id": "α", "result": {"outcome": {"outcome": "selected", "optionId": "yes"}}}]


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ({"command": "a && b"}, "a && b"),
        ({"command": "npm", "args": ["run", "a b"]}, "npm run 'a b'"),
        ({"cmd": ["ls"]}, "ls"),
        ({"command": 5}, ""),
        ({"command": ["ls", 5]}, ""),
        ("text", ""),
    ],
)
def test_the_command_of_a_permission_request(talk: Conversation, raw: object, command: str) -> None:
    (event,) = talk.ask(1, rawInput=raw)
    assert isinstance(event, PermissionRequested)
    assert (event.command, event.directory) == (command, "/work tree")


def test_a_diff_in_a_permission_request_is_shown_as_its_tool_call(talk: Conversation) -> None:
    diff = {"type": "diff", "path": "/a", "oldText": "old", "newText": "new"}
    call, request = talk.ask(1, content=[diff])
    assert isinstance(call, ToolCallReported) and call.content == (events.ToolContent("diff", "new", "/a", "old"),)
    assert isinstance(request, PermissionRequested) and request.paths == ("/a",)


def test_a_duplicate_id_in_flight_is_refused_and_the_first_stays(talk: Conversation) -> None:
    """D4"""
    assert len(talk.ask(7)) == 1
    assert talk.ask(7) == ()
    assert talk.refused == [(7, -32600)]
    assert len(talk.ask("7")) == 1, "a string is another id than a number"
    assert len(talk.inbox.waiting) == 2


def test_a_cancel_denies_what_waits_and_whatever_comes_after(talk: Conversation) -> None:
    """D42"""
    talk.ask(7)
    talk.inbox.cancel("s")
    talk.ask(8)
    cancelled = {"outcome": {"outcome": "cancelled"}}
    assert talk.answers == [
        {"method": "session/cancel"},
        {"id": 7, "result": cancelled},
        {"id": 8, "result": cancelled},
    ]


def test_the_end_of_a_turn_answers_what_waits(talk: Conversation) -> None:
    talk.ask(7)
    talk.take({"id": 1, "result": {"stopReason": "end_turn"}})
    assert talk.answers == [{"id": 7, "result": {"outcome": {"outcome": "cancelled"}}}]
    talk.ask(8)
    assert talk.answers == [{"id": 8, "result": {"outcome": {"outcome": "cancelled"}}}], "nobody asks without a turn"


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ({"id": 5, "method": "fs/read_text_file", "params": {}}, (5, -32601)),
        ({"id": 5, "method": 7}, (5, -32601)),
        ({"id": None, "method": "x"}, (None, -32600)),
        ({"id": 1.5, "method": "x"}, (None, -32600)),
        ({"id": True, "method": "x"}, (None, -32600)),
        ({"id": 10**30, "method": "x"}, (None, -32600)),
        ({"id": "x" * 1000, "method": "x"}, (None, -32600)),
        ({"id": 5, "method": "session/request_permission"}, (5, -32602)),
        ({"id": 5, "method": "session/request_permission", "params": {"sessionId": "other"}}, (5, -32602)),
        ({"id": 5, "method": "session/request_permission", "params": {"sessionId": "s", "toolCall": 4}}, (5, -32602)),
        ('{"jsonrpc":"2.0","id":5,"method":"x","params":NaN}', (5, -32602)),
        ('{"jsonrpc":"2.0","id":5,"method":"x",', (None, -32700)),
    ],
)
def test_what_cannot_be_answered_is_refused(talk: Conversation, message: Any, refused: tuple[object, int]) -> None:
    """D8, D9"""
    assert talk.take(message) == ()
    assert talk.refused == [refused]


@pytest.mark.parametrize(
    "options",
    [
        None,
        [],
        [{"name": "x", "kind": "allow_once"}],
        [{"optionId": 5, "name": "x"}],
        [OPTIONS[0], OPTIONS[0]],
        [{**OPTIONS[0], "optionId": str(number)} for number in range(60)],
    ],
)
def test_a_permission_request_needs_distinct_options(talk: Conversation, options: object) -> None:
    """D42"""
    params = {"sessionId": "s", "toolCall": {"toolCallId": "t"}, "options": options}
    talk.take({"id": 5, "method": "session/request_permission", "params": params})
    assert talk.refused == [(5, -32602)]


def test_what_json_cannot_carry_is_told_but_never_approved(talk: Conversation) -> None:
    """D9, S5"""
    assert talk.take(
        r'{"method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk",'
        r'"content":{"type":"text","text":"half \ud83d"}}}}'
    ) == (MessageReceived(Role.AGENT, "3-0", "half �"),)
    assert (
        talk.take(
            r'{"id":5,"method":"session/request_permission","params":{"sessionId":"s","toolCall":{"toolCallId":"t",'
            r'"rawInput":{"command":"rm \udead"}},"options":[{"optionId":"a","name":"A","kind":"allow_once"}]}}'
        )
        == ()
    )
    assert talk.refused == [(5, -32602)]


def test_diagnostics_are_bounded_and_inert(talk: Conversation) -> None:
    """D1, D9: nothing that an agent writes forges a line of a log."""
    for number in range(500):
        talk.take(f"{number}\r\x1b[2J fake entry " + "x" * 10_000)
    assert len(talk.diagnostics.notes) == 200
    assert all(note.isprintable() and len(note) < 500 for note in talk.diagnostics.notes)
    assert talk.diagnostics.is_not_acp


FIELDS = (
    *(
        "jsonrpc",
        "id",
        "method",
        "params",
        "result",
        "error",
        "sessionId",
        "update",
        "sessionUpdate",
        "content",
        "type",
    ),
    *("text", "toolCall", "toolCallId", "title", "kind", "status", "options", "optionId", "name", "locations", "path"),
    *("line", "rawInput", "command", "args", "cwd", "entries", "used", "size", "cost", "amount", "messageId", "code"),
    *("oldText", "newText", "resource", "stopReason", "message", "data", "details"),
)
WORDS = (
    *("2.0", "s", "session/update", "session/request_permission", "session/prompt", "agent_message_chunk", "plan"),
    *("tool_call", "tool_call_update", "usage_update", "content", "diff", "terminal", "text", "resource", "end_turn"),
)
VALUES = st.recursive(
    st.sampled_from(WORDS) | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=25,
)


OBJECTS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6)
UPDATES = st.builds(lambda kind, rest: {**rest, "sessionUpdate": kind}, st.sampled_from(WORDS), OBJECTS)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(OBJECTS, max_size=5), UPDATES | VALUES, OBJECTS | VALUES)
def test_no_message_raises_and_every_request_is_answered_once(messages: list[Any], update: Any, call: Any) -> None:
    """D9"""
    talk = Conversation()
    msgspec.json.encode(talk.take({"method": "session/update", "params": {"sessionId": "s", "update": update}}))
    params = {"sessionId": "s", "toolCall": call, "options": OPTIONS}
    talk.take({"id": 500, "method": "session/request_permission", "params": params})
    msgspec.json.encode(talk.take(*messages))
    answers = talk.answers
    requests = [message for message in messages if "id" in message and "method" in message]
    assert len(answers) + len(talk.inbox.waiting) == len(requests) + 1
    msgspec.json.encode(talk.inbox.record(talk.offset))
