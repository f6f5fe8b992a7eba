"""The frames between a runner and its client. Knows their layout and one connection; knows nothing of what they cause.
Standard library only: the runner imports it.

Both ways: kind (1 byte), 3 zero bytes, payload length (u32), argument (u64), payload; network byte order.
    to the runner  A attach from offset | G output may be sent up to offset | C output is safe up to offset | L line n |
                   S stop, grace in ms (only L has a payload)
    from it        A attached {…} | O output at offset | T line n is on record | R n came before | F n refused: why |
                   W n is in the agent's pipe | U n never will be | N trouble with the disk, "" when it is over |
                   B another client took over | E stdout ended at offset | X the agent's exit {…}, after all output |
                   S stopped {…}, the last
Output is sent on credit (G) only, so that no answer ever waits behind output that nobody takes.
"""

# pathlib would cost each runner 1 MB
# ruff: noqa: PTH103, PTH108, PTH120

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

from segue.runner.numbered_lines import Line

FRAME = struct.Struct("!cxxxIQ")
VERSION = 1
LINE_LIMIT = 64 << 20
BACKLOG = 8
"""Connections that may be open without having attached."""


class BadFrame(Exception):
    """The other side does not keep to the layout, or asks for what it may not have."""


class Peer:
    """A runner's side of a connection: half a frame that arrived, what has still to be sent, and output's progress."""

    def __init__(self, connection: socket.socket, directory: str) -> None:
        self.connection = connection
        self.descriptor = connection.fileno()
        self.outbox = bytearray()
        self.sent = self.granted = 0
        self.told = ""
        self._directory = directory
        self._header = b""
        self._line: Line | None = None

    def send(self, kind: bytes, argument: int, payload: bytes = b"") -> None:
        """Send a frame, or keep what the socket does not take; a lost peer is noticed when it is read from."""
        header = FRAME.pack(kind, len(payload), argument)
        count = 0
        if not self.outbox:
            with suppress(OSError):
                count = self.connection.send(header + payload)
        if count < len(header):
            self.outbox += header[count:]
            count = len(header)
        if count < len(header) + len(payload):
            self.outbox += memoryview(payload)[count - len(header) :]

    def flush(self) -> None:
        """Send what the socket takes of what was kept; raises OSError when the peer is lost."""
        with suppress(BlockingIOError):
            while self.outbox:
                del self.outbox[: self.connection.send(self.outbox)]

    def frames(self, data: bytes) -> Iterator[tuple[bytes, int, Line | None]]:
        """The frames that are complete with `data`, as (kind, argument, line); raises BadFrame."""
        rest = memoryview(data)
        while rest:
            if self._line is None:
                missing = FRAME.size - len(self._header)
                self._header += rest[:missing]
                rest = rest[missing:]
                if len(self._header) < FRAME.size:
                    return
                kind, length, argument = FRAME.unpack(self._header)
                self._header = b""
                if kind != b"L":
                    if length:
                        raise BadFrame
                    yield kind, argument, None
                    continue
                if not 0 < length <= LINE_LIMIT or not self.told:
                    raise BadFrame
                self._line = Line(argument, length, self._directory)
            piece = rest[: self._line.length - self._line.arrived]
            self._line.add(piece)
            rest = rest[len(piece) :]
            if self._line.arrived == self._line.length:
                line, self._line = self._line, None
                yield b"L", line.number, line

    def close(self) -> None:
        self.connection.close()
        if self._line:
            self._line.close()


def listen(path: str) -> socket.socket:
    """A socket that only this user may enter; one that a dead runner left behind is replaced."""
    with socket.socket(socket.AF_UNIX) as probe, suppress(FileNotFoundError):
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(mask)
    listener.listen(BACKLOG)
    listener.settimeout(0)
    return listener


def listen_again(listener: socket.socket) -> socket.socket | None:
    """A new socket at the same path where the old one's file was removed, with its directory if need be; else None."""
    path = listener.getsockname()
    if os.path.lexists(path):
        return None
    with suppress(OSError):
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        return listen(path)
    return None
