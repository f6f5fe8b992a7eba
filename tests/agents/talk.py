"""A conversation with an agent, without a process: what it says is taken, what would be answered is told."""

from __future__ import annotations

import json
from typing import Any

from segue.agents.acp_session import Inbox
from segue.agents.connection_record import ConnectionRecord
from segue.agents.connection_setup import USUAL, Options, Start
from segue.agents.failures import Diagnostics
from segue.agents.outbox import Outbox
from segue.domain.events import AnyEvent

OPTIONS = [{"optionId": "yes", "name": "Yes", "kind": "allow_once"}, {"optionId": "no", "name": "No", "kind": "later"}]


class Nowhere:
    async def send(self, number: int, line: bytes) -> None:
        raise AssertionError("nothing is sent here")


class Conversation:
    """An inbox in mid-turn: the prompt has id 1."""

    def __init__(self, record: ConnectionRecord | None = None, options: Options = USUAL) -> None:
        self.outbox = Outbox(Nowhere(), 1, {})
        self.diagnostics = Diagnostics()
        known = record or ConnectionRecord(session_id="s")
        self.inbox = Inbox(Start(3, "/work tree"), known, self.outbox, self.diagnostics, options)
        if record is None:
            self.inbox.begin_turn("s", {})
        self.outbox.unsent.clear()
        self.offset = 0

    def take(self, *messages: dict[str, Any] | str) -> tuple[AnyEvent, ...]:
        for message in messages:
            line = (message if isinstance(message, str) else json.dumps({"jsonrpc": "2.0", **message})).encode()
            self.inbox.take(line, self.offset)
            self.offset += len(line) + 1
        return self.inbox.drain()[0]

    def update(self, *updates: dict[str, Any]) -> tuple[AnyEvent, ...]:
        return self.take(
            *({"method": "session/update", "params": {"sessionId": "s", "update": update}} for update in updates)
        )

    def ask(self, rpc_id: object, **call: object) -> tuple[AnyEvent, ...]:
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
