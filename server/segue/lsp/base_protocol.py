"""LSP's base protocol without I/O: bytes in, message bodies out. Knows headers and lengths; knows nothing of JSON."""

from __future__ import annotations

MESSAGE_LIMIT = 64 * 1024 * 1024
"""Bytes of the largest message that is taken."""
HEADER_LIMIT = 4096


def frame(body: bytes) -> bytes:
    """A message with its header."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Framer:
    """Cuts one connection's bytes into messages."""

    def __init__(self, limit: int = MESSAGE_LIMIT) -> None:
        self.is_lost = False
        """A header made no sense: where the next message begins cannot be known."""
        self._limit = limit
        self._buffer = bytearray()
        self._position = 0
        self._length: int | None = None
        self._to_skip = 0

    def feed(self, data: bytes) -> list[bytes | None]:
        """The messages that are complete now; None stands for one over the limit, which is skipped, not kept."""
        self._buffer += data
        messages: list[bytes | None] = []
        while not self.is_lost and self._step(messages):
            pass
        del self._buffer[: self._position]
        self._position = 0
        return messages

    def _step(self, messages: list[bytes | None]) -> bool:
        """Get one header, one body or one piece to skip out of the way; False where bytes are missing."""
        if self._to_skip:
            return self._skip(messages)
        if self._length is None:
            return self._read_header()
        end = self._position + self._length
        if len(self._buffer) < end:
            return False
        messages.append(bytes(self._buffer[self._position : end]))
        self._position, self._length = end, None
        return True

    def _skip(self, messages: list[bytes | None]) -> bool:
        skipped = min(self._to_skip, len(self._buffer) - self._position)
        self._position += skipped
        self._to_skip -= skipped
        if not self._to_skip:
            messages.append(None)
        return not self._to_skip

    def _read_header(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", self._position, self._position + HEADER_LIMIT)
        if end < 0:
            self.is_lost = len(self._buffer) - self._position >= HEADER_LIMIT
            return False
        length = _content_length(bytes(self._buffer[self._position : end]))
        if length is None:
            self.is_lost = True
            return False
        self._position = end + 4
        if length > self._limit:
            self._to_skip = length
        else:
            self._length = length
        return True


def _content_length(header: bytes) -> int | None:
    found = None
    for line in header.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon:
            return None
        if name.strip().lower() == b"content-length":
            digits = value.strip()
            if found is not None or not digits.isdigit() or len(digits) > 15:
                return None
            found = int(digits)
    return found
