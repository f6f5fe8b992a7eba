"""A model on the loopback interface for real agents: no key, nothing leaves the machine.

    with ScriptedModel() as model:
        …  ANTHROPIC_BASE_URL=model.url
        model.asked[-1].said

Knows HTTP and who may speak which wire; what is said is `script.py`'s.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from segue.agents.contract.anthropic import Messages
from segue.agents.contract.gemini import GenerateContent
from segue.agents.contract.model_wire import INPUT_TOKENS, Event, Wire
from segue.agents.contract.openai import Chat, Responses
from segue.agents.contract.script import Conversation, Json, Reply, Words, next_reply

NAME = "scripted"
PAUSE_S = 0.1
WIRES: tuple[Wire, ...] = (Messages(), Chat(), Responses(), GenerateContent())
MODELS: Json = {
    "object": "list",
    "data": [{"id": NAME, "object": "model", "type": "model", "display_name": NAME, "owned_by": "segue", "created": 0}],
    "models": [{"name": f"models/{NAME}", "supportedGenerationMethods": ["generateContent"]}],
    "has_more": False,
}
COUNTED: Json = {"input_tokens": INPUT_TOKENS, "totalTokens": INPUT_TOKENS}


class ScriptedModel:
    """Serves on a free port from construction of the context to its end."""

    def __init__(self) -> None:
        self.asked: list[Conversation] = []
        """Every conversation that a reply was wanted to, oldest first."""
        self._server = _Server(self.asked)
        self._thread = threading.Thread(target=self._server.serve_forever, name="scripted model")
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, asked: list[Conversation]) -> None:
        self.asked = asked
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self._answer({})

    def do_GET(self) -> None:
        self._answer(MODELS)

    def do_POST(self) -> None:
        request = self._request()
        path = self.path.partition("?")[0]
        wire = next((wire for wire in WIRES if wire.fits(path)), None)
        with suppress(BrokenPipeError, ConnectionResetError):
            if wire is None:
                self._answer(COUNTED if path.endswith(("/count_tokens", ":countTokens")) else {})
                return
            conversation = wire.read(request)
            self.server.asked.append(conversation)
            reply = next_reply(conversation)
            if wire.streams(path, request):
                self._stream(wire.stream(request, reply), reply)
            else:
                self._answer(wire.whole(request, reply))

    def _request(self) -> Json:
        chunked = "chunked" in self.headers.get("transfer-encoding", "")
        body = b"".join(self._chunks()) if chunked else self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        with suppress(ValueError):
            request = json.loads(body)
            return request if isinstance(request, dict) else {}
        return {}

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _stream(self, events: Iterator[Event], reply: Reply) -> None:
        is_slow = isinstance(reply, Words) and len(reply.pieces) > 1
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for data, name in events:
            head = f"event: {name}\n" if name else ""
            text = data if isinstance(data, str) else json.dumps(data)
            self._chunk(f"{head}data: {text}\n\n".encode())
            if is_slow and self.server.ended.wait(PAUSE_S):
                return
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()
