"""Bytes into lines. Knows line ends and offsets; knows nothing of what a line says."""

from __future__ import annotations

LINE_LIMIT = 32 * 1024 * 1024


class Framer:
    """Cuts a stream into lines, however it was torn; holds at most one unfinished line of at most `limit` bytes."""

    def __init__(self, offset: int, limit: int = LINE_LIMIT) -> None:
        self.offset = offset
        """Where the line that is not finished yet begins in the stream."""
        self._limit = limit
        self._pieces: list[bytes] = []
        self._held = 0
        self.is_overlong = False
        """A line passed the limit; nothing more is framed."""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without their line feeds."""
        if self.is_overlong:
            return []
        *lines, rest = data.split(b"\n")
        if lines and self._pieces:
            lines[0] = b"".join((*self._pieces, lines[0]))
            self._pieces, self._held = [], 0
        if rest:
            self._pieces.append(rest)
            self._held += len(rest)
        if self._held > self._limit:
            self._pieces, self.is_overlong = [], True
        for number, line in enumerate(lines):
            if len(line) > self._limit:
                self.is_overlong = True
                return lines[:number]
        return lines

    def taken(self, line: bytes) -> None:
        """A line that `feed` returned was dealt with."""
        self.offset += len(line) + 1
