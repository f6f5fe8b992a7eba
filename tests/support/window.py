"""A window over the daemon's real socket: documents, typing, `workspace/applyEdit`. Knows LSP's bytes, ASCII only.

For tests and benchmarks that need to say exactly when something is sent, refused or seen.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue import connect
from segue.places import Places
from segue.protocol.wire import PROTOCOL_VERSION
from support.patience import scaled

Json = dict[str, Any]
LIMIT_S = 60.0


@dataclass
class Window:
    """Connect with `Window.open`, close with `close`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    texts: dict[Path, str] = field(default_factory=dict)
    versions: dict[Path, int] = field(default_factory=dict)
    refused: int = 0
    edits: list[tuple[float, str]] = field(default_factory=list)
    """When each edit that was asked for arrived (monotonic seconds), and all of its new text."""
    sessions: dict[str, Json] = field(default_factory=dict)
    """Rows, of a window that follows them."""
    _answers: dict[int, asyncio.Future[Json]] = field(default_factory=dict)
    _reading: asyncio.Task[None] | None = None
    _last_id: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def open(cls, places: Places) -> Window:
        sock = await asyncio.to_thread(connect.connect, places)
        sock.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=sock)
        window = cls(reader, writer)
        window._reading = asyncio.create_task(window._read(), name="window")
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}},
            "initializationOptions": {
                "segue": {"client": "window", "protocol": PROTOCOL_VERSION, "environment": dict(os.environ)}
            },
        }
        await window.request("initialize", params)
        window.notify("initialized", {})
        return window

    async def close(self) -> None:
        """As when a window's process ends."""
        if self._reading is not None:
            self._reading.cancel()
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def request(self, method: str, params: Json) -> Json:
        """The result of a request that has to succeed."""
        message = await self.answer(method, params)
        assert "error" not in message, message
        result: Json = message["result"]
        return result

    async def answer(self, method: str, params: Json) -> Json:
        """The whole response to a request."""
        self._last_id += 1
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._answers[self._last_id] = answer
        self._send({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        return await asyncio.wait_for(answer, scaled(LIMIT_S))

    def state_of(self, session_id: str) -> str | None:
        return str(self.sessions[session_id]["state"]) if session_id in self.sessions else None

    def notify(self, method: str, params: Json) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def show(self, path: Path) -> None:
        """Open a document."""
        self.texts[path] = path.read_text()
        self._opened(path)

    def show_again(self, other: Window) -> None:
        """Open what another window had, as an editor does after its server was started anew."""
        self.texts = dict(other.texts)
        for path in self.texts:
            self._opened(path)

    def _opened(self, path: Path) -> None:
        self.versions[path] = 1
        document = {"uri": path.as_uri(), "languageId": "plaintext", "version": 1, "text": self.texts[path]}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def type(self, path: Path, at: int, text: str) -> None:
        """Insert a text at an offset."""
        self._change(path, [(at, at, text)])

    def edit(self, path: Path, *edits: tuple[int, int, str]) -> None:
        """Several replacements in one message, each counted in what the one before left."""
        self._change(path, [*edits])

    async def until(self, is_reached: Callable[[], object]) -> None:
        async with asyncio.timeout(scaled(LIMIT_S)):
            while not is_reached():
                self.changed.clear()
                await self.changed.wait()

    def _change(self, path: Path, edits: list[tuple[int, int, str]]) -> None:
        changes = []
        for start, end, text in edits:
            old = self.texts[path]
            changes.append({"range": {"start": _place(old, start), "end": _place(old, end)}, "text": text})
            self.texts[path] = old[:start] + text + old[end:]
        self.versions[path] += 1
        document = {"uri": path.as_uri(), "version": self.versions[path]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        self.changed.set()

    def _send(self, message: Json) -> None:
        body = json.dumps(message).encode()
        self.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def follow(self) -> None:
        """Keep the sessions' rows up to date."""
        for row in (await self.request("segue/subscribe", {"resource": "sessions"}))["sessions"]:
            self.sessions[row["id"]] = row

    async def _read(self) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._receive()

    async def _receive(self) -> None:
        while True:
            header = await self.reader.readuntil(b"\r\n\r\n")
            lines = dict(line.split(b": ") for line in header.strip().split(b"\r\n"))
            message = json.loads(await self.reader.readexactly(int(lines[b"Content-Length"])))
            if message.get("method") == "workspace/applyEdit":
                self._apply(message)
            elif "method" in message and "id" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
            elif message.get("method") == "segue/items":
                self.sessions.update({row["id"]: row for row in message["params"]["sessions"]})
                self.changed.set()
            elif "method" in message:
                self.noticed(message["method"], message["params"])
            else:
                self._answers.pop(message["id"]).set_result(message)

    def noticed(self, method: str, params: Json) -> None:
        """Another notification; this window takes none."""

    def _apply(self, message: Json) -> None:
        (change,) = message["params"]["edit"]["documentChanges"]
        path = next(path for path in self.texts if path.as_uri() == change["textDocument"]["uri"])
        self.edits.append((time.monotonic(), "".join(edit["newText"] for edit in change["edits"])))
        is_current = change["textDocument"]["version"] == self.versions[path]
        if is_current:
            old = self.texts[path]
            edits = [
                (_offset(old, e["range"]["start"]), _offset(old, e["range"]["end"]), e["newText"])
                for e in change["edits"]
            ]
            self._change(path, edits[::-1])
        else:
            self.refused += 1
        self._send({"jsonrpc": "2.0", "id": message["id"], "result": {"applied": is_current}})


def _place(text: str, offset: int) -> Json:
    line = text.count("\n", 0, offset)
    return {"line": line, "character": offset - (text.rfind("\n", 0, offset) + 1)}


def _offset(text: str, place: Json) -> int:
    start = 0
    for _ in range(place["line"]):
        start = text.index("\n", start) + 1
    return start + int(place["character"])
