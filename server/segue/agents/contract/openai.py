"""OpenAI's Chat Completions and Responses APIs, as far as agents need them of a model that plays a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import uuid4

from segue.agents.contract.model_wire import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Event
from segue.agents.contract.script import Conversation, Json, Reply, Said, Speaker, ToolUse, texts

SPEAKERS = {"user": Speaker.PERSON, "assistant": Speaker.MODEL}
TOTAL_TOKENS = INPUT_TOKENS + OUTPUT_TOKENS
CHAT_USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": TOTAL_TOKENS,
    "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
}
RESPONSES_USAGE = {
    "input_tokens": INPUT_TOKENS,
    "input_tokens_details": {"cached_tokens": CACHED_TOKENS},
    "output_tokens": OUTPUT_TOKENS,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": TOTAL_TOKENS,
}


class Chat:
    def fits(self, path: str) -> bool:
        return path.endswith("/chat/completions")

    def streams(self, path: str, request: Json) -> bool:
        return bool(request.get("stream"))

    def read(self, request: Json) -> Conversation:
        functions = [tool["function"] for tool in request.get("tools") or [] if "function" in tool]
        said: list[Said] = []
        for message in request.get("messages") or []:
            if message["role"] == "tool":
                said.append(Said(Speaker.TOOL, ""))
            elif speaker := SPEAKERS.get(message["role"]):
                said += [Said(speaker, text) for text in texts(message.get("content"))]
        return Conversation(tuple(said), {each["name"]: each.get("parameters") or {} for each in functions})

    def whole(self, request: Json, reply: Reply) -> Json:
        words = None if isinstance(reply, ToolUse) else reply.text
        message = {"role": "assistant", "content": words, **self._calls(reply)}
        choice = {"index": 0, "message": message, "finish_reason": self._finish(reply)}
        return {**self._head(request), "object": "chat.completion", "choices": [choice], "usage": CHAT_USAGE}

    def stream(self, request: Json, reply: Reply) -> Iterator[Event]:
        head = {**self._head(request), "object": "chat.completion.chunk"}

        def chunk(delta: Json, finish: str | None = None) -> Event:
            return Event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

        yield chunk({"role": "assistant", "content": ""})
        deltas = [self._calls(reply)] if isinstance(reply, ToolUse) else [{"content": each} for each in reply.pieces]
        yield from map(chunk, deltas)
        yield chunk({}, self._finish(reply))
        yield Event({**head, "choices": [], "usage": CHAT_USAGE})
        yield Event("[DONE]")

    def _calls(self, reply: Reply) -> Json:
        if not isinstance(reply, ToolUse):
            return {}
        function = {"name": reply.name, "arguments": json.dumps(reply.arguments)}
        return {
            "tool_calls": [{"index": 0, "id": f"call_{uuid4().hex[:20]}", "type": "function", "function": function}]
        }

    def _finish(self, reply: Reply) -> str:
        return "tool_calls" if isinstance(reply, ToolUse) else "stop"

    def _head(self, request: Json) -> Json:
        return {"id": f"chatcmpl-{uuid4().hex}", "created": 0, "model": request.get("model")}


class Responses:
    def fits(self, path: str) -> bool:
        return path.endswith("/responses")

    def streams(self, path: str, request: Json) -> bool:
        return bool(request.get("stream"))

    def read(self, request: Json) -> Conversation:
        entered = request.get("input")
        items: list[Any] = [{"role": "user", "content": entered}] if isinstance(entered, str) else entered or []
        said: list[Said] = []
        for item in items:
            kind = item.get("type", "message")
            if kind.endswith("_output"):
                said.append(Said(Speaker.TOOL, ""))
            elif kind == "message" and (speaker := SPEAKERS.get(item.get("role"))):
                said += [Said(speaker, text) for text in texts(item.get("content"))]
        functions = [tool for tool in request.get("tools") or [] if tool.get("type") == "function"]
        return Conversation(tuple(said), {each["name"]: each.get("parameters") or {} for each in functions})

    def whole(self, request: Json, reply: Reply) -> Json:
        return {**self._head(request), "status": "completed", "output": [self._item(reply)], "usage": RESPONSES_USAGE}

    def stream(self, request: Json, reply: Reply) -> Iterator[Event]:
        numbers = count()

        def event(kind: str, **fields: object) -> Event:
            return Event({"type": kind, "sequence_number": next(numbers), **fields}, kind)

        head, item = self._head(request), self._item(reply)
        yield event("response.created", response={**head, "status": "in_progress", "output": []})
        place = {"output_index": 0, "item_id": item["id"]}
        yield event("response.output_item.added", output_index=0, item={**item, **_unfilled(reply)})
        if isinstance(reply, ToolUse):
            yield event("response.function_call_arguments.delta", delta=item["arguments"], **place)
            yield event("response.function_call_arguments.done", arguments=item["arguments"], **place)
        else:
            part = item["content"][0]
            yield event("response.content_part.added", content_index=0, part={**part, "text": ""}, **place)
            for piece in reply.pieces:
                yield event("response.output_text.delta", content_index=0, delta=piece, **place)
            yield event("response.output_text.done", content_index=0, text=reply.text, **place)
            yield event("response.content_part.done", content_index=0, part=part, **place)
        yield event("response.output_item.done", output_index=0, item=item)
        yield event(
            "response.completed", response={**head, "status": "completed", "output": [item], "usage": RESPONSES_USAGE}
        )

    def _head(self, request: Json) -> Json:
        return {"id": f"resp_{uuid4().hex}", "object": "response", "created_at": 0, "model": request.get("model")}

    def _item(self, reply: Reply) -> Json:
        item: Json = {"id": f"item_{uuid4().hex[:16]}", "status": "completed"}
        if isinstance(reply, ToolUse):
            called = {"call_id": f"call_{uuid4().hex[:20]}", "name": reply.name}
            return {**item, "type": "function_call", **called, "arguments": json.dumps(reply.arguments)}
        content = [{"type": "output_text", "text": reply.text, "annotations": []}]
        return {**item, "type": "message", "role": "assistant", "content": content}


def _unfilled(reply: Reply) -> Json:
    return {"status": "in_progress", **({"arguments": ""} if isinstance(reply, ToolUse) else {"content": []})}
