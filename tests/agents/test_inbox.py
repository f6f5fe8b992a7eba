"""What each message does to the state of a conversation, without a process."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.agents.failures import Diagnostics
from segue.agents.outbox import Outbox
from segue.agents.reading import Inbox
from segue.agents.record import ConnectionRecord, PromptEnded
from segue.domain import events as e
from segue.domain.events import MessageReceived, OptionKind, PermissionRequested, Role, StopReason, ToolCallReported

OPTIONS = [{"optionId": "yes", "name": "Yes", "kind": "allow_once"}, {"optionId": "no", "name": "No", "kind": "later"}]


class Nowhere:
    async def send(self, number: int, line: bytes) -> None:
        raise AssertionError("nothing is sent here")


class Conversation:
    """An inbox in mid-turn: the prompt has id 1."""

    def __init__(self) -> None:
        self.outbox = Outbox(Nowhere(), 1, {})
        self.diagnostics = Diagnostics()
        self.inbox = Inbox(3, "/work tree", ConnectionRecord(session_id="s"), self.outbox, self.diagnostics)
        self.inbox.begin_turn("s", {})
        self.outbox.unsent.clear()
        self.offset = 0

    def take(self, *messages: dict[str, Any] | str) -> tuple[e.AnyEvent, ...]:
        for message in messages:
            line = (message if isinstance(message, str) else json.dumps({"jsonrpc": "2.0", **message})).encode()
            self.inbox.take(line, self.offset)
            self.offset += len(line) + 1
        return self.inbox.drain()[0]

    def update(self, *updates: dict[str, Any]) -> tuple[e.AnyEvent, ...]:
        return self.take(
            *({"method": "session/update", "params": {"sessionId": "s", "update": update}} for update in updates)
        )

    def ask(self, rpc_id: object, **call: object) -> tuple[e.AnyEvent, ...]:
        tool_call = {"toolCallId": "t", "title": "Run it", **call}
        params = {"sessionId": "s", "toolCall": tool_call, "options": OPTIONS}
        return self.take({"id": rpc_id, "method": "session/request_permission", "params": params})

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What would be sent, without its wrapping; forgotten afterwards."""
        lines = [json.loads(line) for line in self.outbox.unsent.values()]
        self.outbox.unsent.clear()
        return [{name: line[name] for name in ("id", "result", "error", "method") if name in line} for line in lines]

    @property
    def refused(self) -> list[tuple[object, int]]:
        return [(answer["id"], answer["error"]["code"]) for answer in self.answers]


def chunk(text: str, kind: str = "agent_message_chunk", **more: object) -> dict[str, Any]:
    return {"sessionUpdate": kind, "content": {"type": "text", "text": text}, **more}


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
    assert reported == e.UsageReported(5, 10, 0.5, "USD")
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
        e.ToolContent("text", "out"),
        e.ToolContent("diff", "new", "/a"),
        e.ToolContent("terminal", "term"),
        e.ToolContent("chart", '{"type":"chart","x":1}'),
    )
    assert event.locations == (e.Location("/a", 3), e.Location("/b"))
    assert event.input is not None and len(event.input) == 8 * 1024


def test_updates_of_one_tool_call_within_a_batch_become_one_event(talk: Conversation) -> None:
    update = {"sessionUpdate": "tool_call_update", "toolCallId": "t"}
    found = talk.update({**update, "title": "T"}, {**update, "status": "in_progress"}, {**update, "status": "failed"})
    assert found == (ToolCallReported("t", title="T", status="failed"),)


def test_unknown_updates_are_noted_once_per_kind_and_turn(talk: Conversation) -> None:
    """D8"""
    assert len(talk.update({"sessionUpdate": "a\nb"}, {"sessionUpdate": "a\nb"}, {"sessionUpdate": "c"})) == 2
    assert talk.update({"sessionUpdate": "c"}, {"sessionUpdate": "available_commands_update"}) == ()


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
        (e.PermissionOption("yes", "Yes", OptionKind.ALLOW_ONCE), e.PermissionOption("no", "No", OptionKind.UNKNOWN)),
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
    assert isinstance(call, ToolCallReported) and call.content == (e.ToolContent("diff", "new", "/a", "old"),)
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


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), max_size=5), VALUES, VALUES)
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


async def test_a_line_is_sent_once_it_is_durable_and_forgotten_once_it_is_taken() -> None:
    sent: list[tuple[int, bytes]] = []
    is_durable, taken = asyncio.Event(), asyncio.Event()

    class Carrier:
        async def send(self, number: int, line: bytes) -> None:
            sent.append((number, line))
            await taken.wait()

    outbox = Outbox(Carrier(), 4, {3: "early\n"})
    running = asyncio.create_task(outbox.run(is_durable.wait))
    number = outbox.put("late\n")
    await asyncio.sleep(0)
    assert (sent, outbox.unsent) == ([], {3: "early\n", 4: "late\n"})
    is_durable.set()
    taken.set()
    await outbox.settled(number)
    assert sent == [(3, b"early\n"), (4, b"late\n")]
    assert outbox.unsent == {}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
