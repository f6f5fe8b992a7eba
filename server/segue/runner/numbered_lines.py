"""Lines on their way to the agent, each written at most once. Knows numbers, one file and one pipe; knows nothing of
what the lines say. Standard library only: the runner imports it.

The file `lines` is append-only: "+n" line n was taken (on disk before a byte of it is in the pipe), "-n" it is in the
pipe, "!n" it never will be, not whole. A "+n" that nothing follows once the runner is gone means: unknown.
"""

# pathlib would cost each runner 1 MB
# ruff: noqa: PTH108, PTH123

from __future__ import annotations

import errno
import os
from collections import deque
from contextlib import suppress

from segue.runner.spool import READ

LARGE = 1 << 20
"""A longer line waits on disk, so that the runner stays small."""
PENDING_LIMIT = 4 << 20
"""Bytes of lines that may wait for an agent which does not read its stdin."""

Answer = tuple[bytes, int, bytes]
"""What to tell the client of a line: the frame's kind, the number, a reason."""


class Record:
    """Which lines were taken, and what became of them. Numbers start at 1 and leave few gaps."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._size = self._all_below = 0
        self._above: set[int] = set()

    def has(self, number: int) -> bool:
        return number <= self._all_below or number in self._above

    def take(self, numbers: list[int]) -> None:
        """Put numbers on record for good; raises OSError, and then none of them is."""
        text = b"".join(b"+%d\n" % number for number in numbers)
        self._append(text)
        try:
            getattr(os, "fdatasync", os.fsync)(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(text)
        self._above.update(numbers)
        while self._all_below + 1 in self._above:
            self._all_below += 1
            self._above.discard(self._all_below)

    def note(self, mark: bytes, number: int) -> None:
        """Add what became of a line; where the disk refuses, the line counts as unknown."""
        text = b"%b%d\n" % (mark, number)
        with suppress(OSError):
            self._append(text)
            self._size += len(text)

    def _append(self, text: bytes) -> None:
        if os.write(self._file, text) != len(text):
            os.ftruncate(self._file, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Line:
    """A line on its way to the agent, in memory or, when it is large, in a nameless file."""

    def __init__(self, number: int, length: int, directory: str) -> None:
        self.number, self.length = number, length
        self.arrived = 0
        self.problem = ""
        self._written = 0
        self._memory = bytearray()
        self._file = -1
        if length > LARGE:
            path = f"{directory}/line.{number}"
            try:
                self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
                os.unlink(path)
            except OSError as failed:
                self.problem = os.strerror(failed.errno or errno.EIO)

    def add(self, piece: memoryview) -> None:
        """Take the next piece from the client; a full disk makes the whole line refusable, see `problem`."""
        self.arrived += len(piece)
        if self.length <= LARGE:
            self._memory += piece
        elif not self.problem:
            try:
                while piece:
                    piece = piece[os.write(self._file, piece) :]
            except OSError as failed:
                self.problem = os.strerror(failed.errno or errno.EIO)

    def write_to(self, pipe: int) -> bool:
        """Write on where it stopped; True when the whole line is in the pipe. Raises OSError as `os.write` does."""
        while self._written < self.length:
            if self._file >= 0:
                piece: bytes | memoryview = os.pread(self._file, READ, self._written)
            else:
                piece = memoryview(self._memory)[self._written :]
            count = os.write(pipe, piece)
            self._written += count
            if count < len(piece):
                return False
        return True

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Stdin:
    """The agent's stdin, which may be closed at any time, and the lines that wait for it."""

    def __init__(self, descriptor: int, directory: str) -> None:
        self.descriptor = descriptor
        self.waiting: deque[Line] = deque()
        self._record = Record(f"{directory}/lines")

    def take(self, lines: list[Line]) -> list[Answer]:
        """Put lines on record, all with one write, and only then into the queue; what is refused is on no record."""
        answers: list[Answer] = []
        fresh: dict[int, Line] = {}
        pending = sum(line.length for line in self.waiting)
        for line in lines:
            if self._record.has(line.number) or line.number in fresh:
                answers.append(self._settled(b"R", line))
            elif self.descriptor < 0:
                answers.append(self._settled(b"F", line, "agent_closed_stdin"))
            elif line.problem:
                answers.append(self._settled(b"F", line, line.problem))
            elif pending and pending + line.length > PENDING_LIMIT:
                answers.append(self._settled(b"F", line, "agent_not_reading"))
            else:
                fresh[line.number] = line
                pending += line.length
        try:
            if fresh:
                self._record.take(list(fresh))
        except OSError as failed:
            reason = os.strerror(failed.errno or errno.EIO)
            return answers + [self._settled(b"F", line, reason) for line in fresh.values()]
        self.waiting += fresh.values()
        return answers + [(b"T", number, b"") for number in fresh]

    def write(self) -> list[Answer]:
        """Write what the pipe takes; an agent that closed its end gets nothing more."""
        answers: list[Answer] = []
        try:
            while self.waiting and self.waiting[0].write_to(self.descriptor):
                line = self.waiting.popleft()
                self._record.note(b"-", line.number)
                answers.append(self._settled(b"W", line))
        except BlockingIOError:
            pass
        except OSError:
            answers += self.close()
        return answers

    def close(self) -> list[Answer]:
        """Close the pipe; lines that are not wholly in it never will be."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        answers = []
        while self.waiting:
            line = self.waiting.popleft()
            self._record.note(b"!", line.number)
            answers.append(self._settled(b"U", line))
        return answers

    def _settled(self, kind: bytes, line: Line, reason: str = "") -> Answer:
        line.close()
        return kind, line.number, reason.encode()


def read_marks(path: str) -> dict[int, str]:
    """The last mark of each line on record: `+` (nobody knows more), `-` written, `!` never written."""
    with open(path, encoding="ascii") as file:
        return {int(line[1:]): line[0] for line in file.read().split("\n")[:-1]}
