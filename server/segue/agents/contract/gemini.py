"""Google's generateContent API, as far as agents need it of a model that plays a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from segue.agents.contract.model_wire import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Event
from segue.agents.contract.script import Conversation, Json, Reply, Said, Speaker, ToolUse, texts


class GenerateContent:
    def fits(self, path: str) -> bool:
        return path.endswith((":generateContent", ":streamGenerateContent"))

    def streams(self, path: str, request: Json) -> bool:
        return path.endswith(":streamGenerateContent")

    def read(self, request: Json) -> Conversation:
        declared = [tool for group in request.get("tools") or [] for tool in group.get("functionDeclarations") or []]
        tools = {tool["name"]: tool.get("parametersJsonSchema") or tool.get("parameters") or {} for tool in declared}
        return Conversation(tuple(_said(request)), tools)

    def whole(self, request: Json, reply: Reply) -> Json:
        return _response([_call(reply) if isinstance(reply, ToolUse) else {"text": reply.text}], "STOP")

    def stream(self, request: Json, reply: Reply) -> Iterator[Event]:
        parts = [_call(reply)] if isinstance(reply, ToolUse) else [{"text": piece} for piece in reply.pieces]
        for number, part in enumerate(parts, 1):
            yield Event(_response([part], "STOP" if number == len(parts) else None))


def _said(request: Json) -> Iterator[Said]:
    for content in request.get("contents") or []:
        speaker = Speaker.MODEL if content.get("role") == "model" else Speaker.PERSON
        for part in content.get("parts") or []:
            if "functionResponse" in part:
                yield Said(Speaker.TOOL, "")
            else:
                yield from (Said(speaker, text) for text in texts([part]))


def _call(reply: ToolUse) -> Json:
    return {"functionCall": {"name": reply.name, "args": reply.arguments}}


def _response(parts: list[Json], finish: str | None) -> Json:
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": parts}}
    usage = {
        "promptTokenCount": INPUT_TOKENS,
        "candidatesTokenCount": OUTPUT_TOKENS,
        "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
        "cachedContentTokenCount": CACHED_TOKENS,
    }
    ended = {"finishReason": finish} if finish else {}
    answer = {"usageMetadata": usage, "modelVersion": "scripted", "responseId": uuid4().hex}
    return {"candidates": [{**candidate, **ended}], **answer}
