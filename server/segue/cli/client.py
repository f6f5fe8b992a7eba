"""A plain client of the daemon: blocking, standard library only. Knows the socket, framing and JSON-RPC; knows no verb.

Tests use it too: `with Client.over(connection) as client: client.request("segue/status")`.
"""

from __future__ import annotations

import json
import os
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

from segue import connect
from segue.domain.errors import DaemonUnavailable, InputRefused, SegueError
from segue.places import Places

Json: TypeAlias = dict[str, Any]

PROTOCOL_VERSION = 2
"""`segue.protocol.wire.PROTOCOL_VERSION`, again, because importing it would load pydantic; a test compares."""
ANSWER_LIMIT_S = 300.0
"""Seconds until a request without an answer is given up."""
INVALID_PARAMS = -32602


class Client:
    """One connection with its `initialize` done; requests are answered in order, notifications are kept until read."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = bytearray()
        self._last_id = 0
        self._notifications: deque[tuple[str, Json]] = deque()
        self.server: Json = {}
        """The answer to `initialize`."""

    @classmethod
    def over(cls, connection: socket.socket, *, name: str = "cli", **info: Any) -> Self:
        """A client over a connected socket that has sent its greeting line; closes it where `initialize` fails.

        `info` are keys of the protocol's ClientInfo, such as `environment`; what is left out is the terminal's.
        """
        client = cls(connection)
        info = {"client": name, "protocol": PROTOCOL_VERSION, "showsPermissions": True, **info}
        params = {
            "processId": os.getpid(),
            "rootUri": None,
            "capabilities": {},
            "clientInfo": {"name": f"segue {name}", "version": info.get("version", "")},
            "initializationOptions": {"segue": info},
        }
        try:
            client.server = client.request("initialize", params)
            client.notify("initialized", {})
        except BaseException:
            client.close()
            raise
        return client

    @classmethod
    def connected(cls, places: Places, **info: Any) -> Self:
        """A client of the daemon in these places, which is started where none runs; see `over` for the rest.

        A daemon that goes at that very moment is replaced by a new one, once.
        """
        try:
            return cls.over(connect.connect(places), **info)
        except ConnectionEnded:
            return cls.over(connect.connect(places), **info)

    def request(self, method: str, params: Mapping[str, Any] | None = None, *, limit_s: float = ANSWER_LIMIT_S) -> Any:
        """The result of one request.

        Raises SegueError as the daemon described it, DaemonUnavailable where no answer comes.
        """
        self._last_id += 1
        number = self._last_id
        self._send({"id": number, "method": method, "params": dict(params or {})})
        while True:
            message = self._receive(limit_s)
            if message.get("id") == number and "method" not in message:
                break
            self._take(message)
        if "error" in message:
            raise error_from(message["error"])
        return message.get("result")

    def notify(self, method: str, params: Mapping[str, Any]) -> None:
        """Send a notification."""
        self._send({"method": method, "params": dict(params)})

    def notifications(self, method: str, *, limit_s: float | None = None) -> Iterator[Json]:
        """Params of the notifications of one method, as they come; waits `limit_s` seconds for each, or for ever.

        Ends where the daemon ends. Raises DaemonUnavailable after `limit_s`.
        """
        while True:
            while self._notifications:
                name, params = self._notifications.popleft()
                if name == method:
                    yield params
            try:
                self._take(self._receive(limit_s))
            except ConnectionEnded:
                return

    def close(self) -> None:
        """End the connection; the daemon and its agents go on."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self, message: Json) -> None:
        if "method" not in message:
            return
        if "id" in message:
            self._send({"id": message["id"], "result": None})
        else:
            self._notifications.append((message["method"], message.get("params") or {}))

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode("ascii")
        self._socket.settimeout(ANSWER_LIMIT_S)
        try:
            self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        except TimeoutError as stuck:
            raise _no_answer(ANSWER_LIMIT_S) from stuck
        except OSError as broken:
            raise ConnectionEnded from broken

    def _receive(self, limit_s: float | None) -> Json:
        self._socket.settimeout(limit_s)
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._read(limit_s)
        length = _content_length(bytes(self._received[:end]))
        start = end + 4
        while len(self._received) < start + length:
            self._read(limit_s)
        body = bytes(self._received[start : start + length])
        del self._received[: start + length]
        message: Json = json.loads(body)
        return message

    def _read(self, limit_s: float | None) -> None:
        try:
            data = self._socket.recv(1 << 18)
        except TimeoutError as slow:
            raise _no_answer(limit_s) from slow
        except OSError as broken:
            raise ConnectionEnded from broken
        if not data:
            raise ConnectionEnded
        self._received += data


class ConnectionEnded(DaemonUnavailable):
    """The daemon closed the connection."""

    def __init__(self) -> None:
        super().__init__(
            "connection_ended",
            "The daemon ended the connection.",
            action="What it had acknowledged is kept; try again, or see `segue status`.",
        )


def error_from(error: Json) -> SegueError:
    """The SegueError that an error response describes."""
    data = error.get("data") or {}
    if not isinstance(data, dict) or "reason" not in data:
        return SegueError("unexpected", str(error.get("message", "The daemon answered with an error.")))
    kind = InputRefused if error.get("code") == INVALID_PARAMS else SegueError
    if data["reason"] == "incompatible_version":
        kind = DaemonUnavailable
    return kind(data["reason"], data.get("message", ""), action=data.get("action", ""), details=data.get("details"))


def own_environment() -> dict[str, str]:
    """This process's variables as far as JSON can carry them; the daemon keeps what an agent's allow-list names."""
    return {name: value for name, value in os.environ.items() if is_text(name) and is_text(value)}


def is_text(text: str) -> bool:
    """Whether it can cross the wire: undecodable bytes stand as lone surrogates, which are no JSON text."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _content_length(header: bytes) -> int:
    for line in header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    raise DaemonUnavailable(
        "bad_framing", "What answers on Segue's socket does not speak LSP.", action="See `segue doctor`."
    )


def _no_answer(limit_s: float | None) -> DaemonUnavailable:
    return DaemonUnavailable(
        "no_answer",
        f"The daemon did not answer within {limit_s:g} seconds.",
        action="It may still do what was asked; see `segue list`.",
    )
