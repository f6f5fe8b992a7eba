"""A model on loopback for real agents: speaks Anthropic's Messages API and plays the script that the prompt carries.

    with scripted_model() as url: …  ANTHROPIC_BASE_URL=url

A prompt says `[[edit=/abs/file;run=echo hi;slow=20;say=done]]`; step n is played once n tool results follow it.
edit writes TEXT into a file, run runs a command, slow streams n pieces with a pause (until the reader goes away), say
answers, ask asks a person to choose between Python and TypeScript. A request without a script or without tools (titles,
probes) is answered with "ok". Nothing leaves the machine.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

TEXT = "hello from the scripted model\n"
SCRIPT = re.compile(r"\[\[((?:edit|run|ask|slow|say)=.*?)\]\]", re.DOTALL)
PAUSE_S = 0.1
CHOICES = [{"label": "Python", "description": "3.11 or newer"}, {"label": "TypeScript", "description": "Node 24"}]
USAGE = {
    "input_tokens": 1200,
    "output_tokens": 34,
    "cache_read_input_tokens": 800,
    "cache_creation_input_tokens": 0,
}


def next_step(request: dict[str, Any]) -> tuple[str, str]:
    """What to do now, as (verb, argument), derived from the conversation alone."""
    steps: list[str] = []
    done = 0
    for kind, text in _said(request):
        if kind == "result":
            done += 1
        elif found := SCRIPT.findall(text):
            steps, done = found[-1].split(";"), 0
    if not steps or not request.get("tools"):
        return "say", "ok"
    verb, _, argument = steps[done].partition("=") if done < len(steps) else ("say", "", "All steps are done.")
    return verb, argument


def _said(request: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for message in request.get("messages", []):
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if block["type"] == "tool_result":
                yield "result", ""
            elif block["type"] == "text" and message["role"] == "user":
                yield "user", block["text"]


def tool_use(verb: str, argument: str) -> dict[str, Any] | None:
    """The content block for a step that uses a tool."""
    inputs = {
        "edit": ("Write", {"file_path": argument, "content": TEXT}),
        "run": ("Bash", {"command": argument, "description": "run it"}),
        "ask": ("AskUserQuestion", {"questions": [{"question": argument, "header": "Stack", "options": CHOICES}]}),
    }
    if verb not in inputs:
        return None
    name, value = inputs[verb]
    return {"type": "tool_use", "id": f"toolu_{uuid4().hex[:20]}", "name": name, "input": value}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self._answer({})

    def do_GET(self) -> None:
        self._answer({"data": [{"id": "scripted", "type": "model", "display_name": "scripted"}], "has_more": False})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        with suppress(BrokenPipeError, ConnectionResetError):
            if path.endswith("/count_tokens"):
                self._answer({"input_tokens": 1200})
            elif not path.endswith("/messages"):
                self._answer({})
            else:
                request = json.loads(body)
                verb, argument = next_step(request)
                if request.get("stream"):
                    self._stream(request.get("model"), verb, argument)
                else:
                    self._whole(request.get("model"), verb, argument)

    def _answer(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _whole(self, model: object, verb: str, argument: str) -> None:
        block = tool_use(verb, argument)
        content = block or {"type": "text", "text": argument}
        self._answer({**_message(model), "content": [content], "stop_reason": "tool_use" if block else "end_turn"})

    def _stream(self, model: object, verb: str, argument: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._event("message_start", message=_message(model))
        block = tool_use(verb, argument)
        start = {**block, "input": {}} if block else {"type": "text", "text": ""}
        self._event("content_block_start", index=0, content_block=start)
        if block:
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            self._event("content_block_delta", index=0, delta=delta)
        else:
            for text in self._pieces(verb, argument):
                self._event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
        self._event("content_block_stop", index=0)
        stop = {"stop_reason": "tool_use" if block else "end_turn", "stop_sequence": None}
        self._event("message_delta", delta=stop, usage={"output_tokens": 34})
        self._event("message_stop")
        self.wfile.write(b"0\r\n\r\n")

    def _pieces(self, verb: str, argument: str) -> Iterator[str]:
        if verb != "slow":
            yield argument
            return
        for number in range(int(argument)):
            yield f"tick {number} "
            if self.server.ended.wait(PAUSE_S):
                return

    def _event(self, kind: str, **fields: object) -> None:
        data = f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that went away is no news."""


def _message(model: object) -> dict[str, Any]:
    return {
        "id": f"msg_{uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": USAGE,
    }


@contextmanager
def scripted_model() -> Iterator[str]:
    """Serve on a free port of the loopback interface; gives the base URL."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, name="scripted model")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
