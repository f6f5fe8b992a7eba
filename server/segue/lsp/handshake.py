"""How a connection begins: the token's line, then `initialize`, answered from a static value. Knows no I/O and nothing
of what follows.

Standard library only, because the first window waits for it: pygls and its types are imported behind the answer, and
a test compares the answer with what pygls would have worked out.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

from segue.domain.errors import DaemonUnavailable, InputRefused, SegueError
from segue.lsp import answers
from segue.lsp.base_protocol import Framer, frame
from segue.lsp.command_names import COMMANDS
from segue.version import VERSION

PROTOCOL = 2
"""`protocol.wire.PROTOCOL_VERSION`, again, because importing it would load pydantic; a test compares."""
OLDEST_PROTOCOL = 1
"""Clients from this one on are served: all that they read is still sent, beside what was added."""
LINE_LIMIT = 256
ANSWER: dict[str, Any] = {
    "capabilities": {
        "positionEncoding": "utf-16",
        "textDocumentSync": {"openClose": True, "change": 2, "save": True},
        "codeActionProvider": {"codeActionKinds": ["quickfix", "refactor"], "resolveProvider": False},
        "codeLensProvider": {"resolveProvider": False},
        "executeCommandProvider": {"commands": COMMANDS},
        "workspace": {
            "workspaceFolders": {"supported": True, "changeNotifications": True},
            "fileOperations": {},
            "textDocumentContent": {"schemes": ["segue"]},
        },
        "experimental": {"segue": {"protocol": PROTOCOL}},
    },
    "serverInfo": {"name": "segue", "version": VERSION},
}
"""The result of `initialize`."""


class Opening:
    """The beginning of one connection."""

    def __init__(self, token: str, failure: Callable[[], SegueError | None] = lambda: None) -> None:
        """`failure` says why nothing can be served, where that is known; `initialize` then fails with it."""
        self.framer = Framer()
        self.params: dict[str, Any] | None = None
        """Of the accepted `initialize`."""
        self.following: list[bytes | None] = []
        """Messages that came behind it."""
        self.is_over = False
        """It ended here: nothing more is to be read, the connection is to be closed."""
        self._expected = f"SEGUE/1 {token}\n".encode()
        self._line: bytearray | None = bytearray()
        self._failure = failure

    @property
    def is_open(self) -> bool:
        """`initialize` was accepted and answered."""
        return self.params is not None

    def feed(self, data: bytes) -> bytes:
        """Take what came in; returns what is to be sent."""
        if self._line is not None:
            self._line += data
            line, found, rest = self._line.partition(b"\n")
            if not found:
                self.is_over = len(self._line) > LINE_LIMIT
                return b""
            self._line = None
            if not hmac.compare_digest(bytes(line + found), self._expected):
                self.is_over = True
                return b""
            data = bytes(rest)
        said = b""
        for message in self.framer.feed(data):
            if self.is_open:
                self.following.append(message)
            elif not self.is_over:
                said += self._take(message)
        if self.framer.is_lost and not self.is_open:
            self.is_over = True
            said += frame(answers.error_body(None, answers.PARSE_ERROR, "The message header makes no sense."))
        return said

    def _take(self, body: bytes | None) -> bytes:
        """One message before or at `initialize`; returns what is to be sent."""
        try:
            message = json.loads(body or b"")
        except (ValueError, RecursionError):
            return frame(answers.error_body(None, answers.PARSE_ERROR, "The message is not JSON."))
        if not isinstance(message, dict):
            return frame(answers.error_body(None, answers.INVALID_REQUEST, "A message is an object."))
        message_id, method = message.get("id"), message.get("method")
        if method == "exit":
            self.is_over = True
        if method is None or type(message_id) not in {int, str}:
            return b""  # a notification; the specification wants them dropped
        if method != "initialize":
            text = f"{str(method)[:60]!r} came before `initialize`."
            return frame(answers.error_body(message_id, answers.NOT_INITIALIZED, text))
        try:
            params = message.get("params")
            refuse_unfit(params)
            failed = self._failure()
        except SegueError as unfit:
            failed = unfit
        if failed is not None:
            return frame(answers.failure_body(message_id, failed))
        self.params = params
        return frame(answers.result_body(message_id, ANSWER))


def refuse_unfit(params: object) -> None:
    """Raise InputRefused for parameters of the wrong shape, DaemonUnavailable for a client that is too old or new."""
    if not isinstance(params, dict):
        raise InputRefused("bad_params", "`initialize` needs an object as parameters.")
    options = params.get("initializationOptions")
    info = options.get("segue") if isinstance(options, dict) else None
    if info is None:
        return  # any editor: plain LSP is all that it knows
    environment = info.get("environment", {}) if isinstance(info, dict) else None
    is_fit = (
        isinstance(environment, dict)
        and all(isinstance(value, str) for value in environment.values())
        and all(isinstance(info.get(name, ""), str) for name in ("client", "version"))
        and all(isinstance(info.get(name, False), bool) for name in ("showsPermissions", "showsHunks"))
        and isinstance(info.get("commands", []), list)
        and all(isinstance(name, str) for name in info.get("commands", []))
        and type(info.get("protocol", PROTOCOL)) is int
    )
    if not is_fit:
        raise InputRefused("bad_params", "`initializationOptions.segue` has the wrong shape.")
    _refuse_other_protocol(info.get("protocol", PROTOCOL), info.get("version", ""))


def _refuse_other_protocol(protocol: int, version: str) -> None:
    if OLDEST_PROTOCOL <= protocol <= PROTOCOL:
        return
    raise DaemonUnavailable(
        "incompatible_version",
        f"The Segue daemon that runs is version {VERSION} (protocol {PROTOCOL}), "
        f"this client is version {version[:40] or 'unknown'} (protocol {protocol}).",
        action=(
            "Run `segue daemon stop` and try again; agents go on meanwhile."
            if protocol > PROTOCOL
            else "Update this client, or install the Segue that belongs to it and run `segue daemon stop`."
        ),
        details={"version": VERSION, "protocol": PROTOCOL},
    )
