"""ACP's lines from an agent's side. Knows JSON-RPC over stdin and stdout; knows nothing of what an agent does.

Standard library only, no asyncio: the built-in agents start within a few dozen milliseconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

Message = dict[str, Any]
READ = 256 * 1024
LINE_LIMIT = 64 * 1024 * 1024

METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Stdio:
    """Reads what the client sends as messages, writes answers, updates and requests."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._last_id = 0
        self._awaiting: dict[int, Callable[[Message], None]] = {}

    def receive(self) -> list[Message] | None:
        """What has arrived; None at the end of stdin. Blocks where nothing has arrived yet."""
        data = os.read(0, READ)
        if not data or len(self._received) > LINE_LIMIT:
            return None
        self._received += data
        return list(self._messages(len(data)))

    def _messages(self, fresh: int) -> Iterator[Message]:
        if b"\n" not in self._received[-fresh:]:
            return
        *lines, rest = self._received.split(b"\n")
        self._received = rest
        for line in lines:
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(message, dict):
                yield message

    def write(self, message: Message) -> None:
        line = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":"))
        view = memoryview(line.encode() + b"\n")
        while view:
            view = view[os.write(1, view) :]

    def update(self, session_id: str, update: Message) -> None:
        self.write({"method": "session/update", "params": {"sessionId": session_id, "update": update}})

    def say(self, session_id: str, text: str) -> None:
        content = {"type": "text", "text": text}
        self.update(session_id, {"sessionUpdate": "agent_message_chunk", "content": content})

    def respond(self, request_id: object, result: Message) -> None:
        self.write({"id": request_id, "result": result})

    def refuse(self, request_id: object, refused: Refused) -> None:
        self.write({"id": request_id, "error": {"code": refused.code, "message": refused.message}})

    def request(self, method: str, params: Message, answered: Callable[[Message], None]) -> None:
        """Ask the client; `answered` gets the response message."""
        self._last_id += 1
        self._awaiting[self._last_id] = answered
        self.write({"id": self._last_id, "method": method, "params": params})

    def take_response(self, message: Message) -> None:
        """Hand a response to whoever waits for it."""
        request_id = message.get("id")
        if isinstance(request_id, int) and (answered := self._awaiting.pop(request_id, None)):
            answered(message)


def initialized(name: str, version: str) -> Message:
    """The answer to `initialize` of an agent that loads sessions and takes text."""
    return {
        "protocolVersion": 1,
        "agentCapabilities": {"loadSession": True, "promptCapabilities": {}},
        "agentInfo": {"name": name, "version": version},
        "authMethods": [],
    }


def prompt_text(params: Message) -> str:
    """The text of a prompt's blocks; raises Refused where there is none."""
    blocks = params.get("prompt")
    texts = [
        str(block.get("text", ""))
        for block in (blocks if isinstance(blocks, list) else [])
        if isinstance(block, dict) and block.get("type") == "text"
    ]
    if not any(text.strip() for text in texts):
        raise Refused(INVALID_PARAMS, "The prompt is empty.")
    return "\n".join(texts)


def working_directory(params: Message) -> str:
    """The directory of a session; raises Refused where it is none."""
    cwd = params.get("cwd")
    if not isinstance(cwd, str) or not os.path.isabs(cwd) or not os.path.isdir(cwd):  # noqa: PTH112, PTH117 - start-up
        raise Refused(INVALID_PARAMS, "`cwd` must be the absolute path of a directory.")
    return cwd
