"""The scripted model over HTTP, in each wire that agents speak: tools by their schema, words, what is not scripted."""

from __future__ import annotations

import gzip
import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from segue.agents.contract.script import END, TEXT, Conversation, Said, Speaker, ToolUse, Words, next_reply
from segue.agents.contract.scripted_model import ScriptedModel

Json = dict[str, Any]
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}}}
USED = {"path": "/w/a.txt", "content": TEXT}


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as made:
        yield made


def post(model: ScriptedModel, path: str, request: Json) -> str:
    body = gzip.compress(json.dumps(request).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with urllib.request.urlopen(urllib.request.Request(model.url + path, body, headers)) as response:
        text: str = response.read().decode()
        return text


def anthropic(prompt: str, results: int) -> Json:
    done = [{"role": "user", "content": [{"type": "tool_result", "content": "x"}]}] * results
    tools = [{"name": "write", "input_schema": SCHEMA}]
    return {"model": "m", "messages": [{"role": "user", "content": prompt}, *done], "tools": tools}


def chat(prompt: str, results: int) -> Json:
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": prompt}]
    tools = [{"type": "function", "function": {"name": "write", "parameters": SCHEMA}}]
    return {"model": "m", "messages": [*messages, *[{"role": "tool", "content": "x"}] * results], "tools": tools}


def responses(prompt: str, results: int) -> Json:
    entered = [{"role": "user", "content": [{"type": "input_text", "text": prompt}]}]
    entered += [{"type": "function_call_output", "output": "x"}] * results  # type: ignore[list-item]
    return {"model": "m", "input": entered, "tools": [{"type": "function", "name": "write", "parameters": SCHEMA}]}


def gemini(prompt: str, results: int) -> Json:
    done = [{"role": "user", "parts": [{"functionResponse": {}}]}] * results
    declared = [{"name": "write", "parametersJsonSchema": SCHEMA}]
    said = {"role": "user", "parts": [{"text": prompt}]}
    return {"contents": [said, *done], "tools": [{"functionDeclarations": declared}]}


WIRES: list[Any] = [
    pytest.param(
        anthropic, ("/v1/messages",) * 2, lambda a: a["content"][0]["input"], lambda a: a["content"][0]["text"], id="a"
    ),
    pytest.param(
        chat,
        ("/v1/chat/completions",) * 2,
        lambda a: json.loads(a["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]),
        lambda a: a["choices"][0]["message"]["content"],
        id="chat",
    ),
    pytest.param(
        responses,
        ("/v1/responses",) * 2,
        lambda a: json.loads(a["output"][0]["arguments"]),
        lambda a: a["output"][0]["content"][0]["text"],
        id="responses",
    ),
    pytest.param(
        gemini,
        ("/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent?alt=sse"),
        lambda a: a["candidates"][0]["content"]["parts"][0]["functionCall"]["args"],
        lambda a: a["candidates"][0]["content"]["parts"][0]["text"],
        id="gemini",
    ),
]


@pytest.mark.parametrize(("request_of", "paths", "call", "words"), WIRES)
def test_a_script_is_played_step_by_step(
    model: ScriptedModel,
    request_of: Callable[[str, int], Json],
    paths: tuple[str, str],
    call: Callable[[Json], Json],
    words: Callable[[Json], str],
) -> None:
    """Item 8 of issue 7: one scripted model, whatever API an agent speaks."""
    whole, streamed = paths
    prompt = "Do [[edit=/w/a.txt;ask=Which?;say=Done now.]]"
    assert call(json.loads(post(model, whole, request_of(prompt, 0)))) == USED
    assert words(json.loads(post(model, whole, request_of(prompt, 1)))) == "Done now.", "nobody has a tool to ask"
    assert model.asked[-1].said[0] == Said(Speaker.PERSON, prompt)
    assert words(json.loads(post(model, whole, request_of(prompt, 2)))) == END
    assert words(json.loads(post(model, whole, request_of("no script", 0)))) == "ok"
    events = post(model, streamed, {**request_of(prompt, 0), "stream": True})
    assert json.dumps(TEXT)[1:-1] in events.replace("\\\\n", "\\n")
    events = post(model, streamed, {**request_of("[[slow=3]]", 0), "stream": True})
    assert [events.count(f'"tick {number} "') for number in range(3)] == [1, 1, 1]


def test_tools_get_what_their_schema_declares() -> None:
    def reply(prompt: str, name: str, schema: Json) -> Any:
        made = next_reply(Conversation((Said(Speaker.PERSON, prompt),), {name: schema}))
        assert isinstance(made, ToolUse)
        return made.arguments

    argv = {"properties": {"command": {"type": "array"}}}
    assert reply("[[run=ls]]", "shell", argv) == {"command": ["bash", "-lc", "ls"]}
    assert reply("[[run=ls]]", "Bash", {"properties": {"command": {"type": "STRING"}}}) == {"command": "ls"}
    labels = {"properties": {"label": {"type": "string"}}}
    options = {"type": "array", "items": labels}
    several = {"properties": {"questions": {"type": "array", "items": {"properties": {"options": options}}}}}
    asked = {"questions": [{"options": [{"label": "Python"}, {"label": "TypeScript"}]}]}
    assert reply("[[ask=Which?]]", "AskUserQuestion", several) == asked
    assert next_reply(Conversation((Said(Speaker.PERSON, "[[say=x]]"),), {})) == Words(("ok",)), "a title, a probe"
