"""Anthropic's Messages API, as far as agents need it of a model that plays a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

from segue.agents.contract.model_wire import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Event
from segue.agents.contract.script import Conversation, Json, Reply, Said, Speaker, ToolUse, texts

USAGE = {
    "input_tokens": INPUT_TOKENS,
    "output_tokens": OUTPUT_TOKENS,
    "cache_read_input_tokens": CACHED_TOKENS,
    "cache_creation_input_tokens": 0,
}


class Messages:
    def fits(self, path: str) -> bool:
        return path.endswith("/messages")

    def streams(self, path: str, request: Json) -> bool:
        return bool(request.get("stream"))

    def read(self, request: Json) -> Conversation:
        tools = {tool["name"]: tool.get("input_schema") or {} for tool in request.get("tools") or []}
        return Conversation(tuple(_said(request)), tools)

    def whole(self, request: Json, reply: Reply) -> Json:
        filling: Json = {"input": reply.arguments} if isinstance(reply, ToolUse) else {"text": reply.text}
        content = {**_block(reply), **filling}
        return {**_message(request), "content": [content], "stop_reason": _stop(reply)}

    def stream(self, request: Json, reply: Reply) -> Iterator[Event]:
        yield _event("message_start", message=_message(request))
        yield _event("content_block_start", index=0, content_block=_block(reply))
        if isinstance(reply, ToolUse):
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(reply.arguments)}]
        else:
            deltas = [{"type": "text_delta", "text": piece} for piece in reply.pieces]
        for delta in deltas:
            yield _event("content_block_delta", index=0, delta=delta)
        yield _event("content_block_stop", index=0)
        stop = {"stop_reason": _stop(reply), "stop_sequence": None}
        yield _event("message_delta", delta=stop, usage={"output_tokens": OUTPUT_TOKENS})
        yield _event("message_stop")


def _said(request: Json) -> Iterator[Said]:
    for message in request.get("messages") or []:
        content, is_person = message["content"], message["role"] == "user"
        for block in [content] if isinstance(content, str) else content:
            if isinstance(block, dict) and block.get("type") == "tool_result":
                yield Said(Speaker.TOOL, "")
            else:
                for text in texts([block] if isinstance(block, dict) else block):
                    yield Said(Speaker.PERSON if is_person else Speaker.MODEL, text)


def _block(reply: Reply) -> Json:
    if isinstance(reply, ToolUse):
        return {"type": "tool_use", "id": f"toolu_{uuid4().hex[:20]}", "name": reply.name, "input": {}}
    return {"type": "text", "text": ""}


def _stop(reply: Reply) -> str:
    return "tool_use" if isinstance(reply, ToolUse) else "end_turn"


def _event(kind: str, **fields: object) -> Event:
    return Event({"type": kind, **fields}, kind)


def _message(request: Json) -> Json:
    return {
        "id": f"msg_{uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": request.get("model"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": USAGE,
    }
