"""What a runner keeps on disk of an agent's output. Knows files and offsets; knows nothing of processes or ACP.
Standard library only: the runner imports it. In a runner's directory, which nobody else may enter, stand:

    spool/<offset>      the agent's stdout; each file is named by the offset of its first byte
    stderr, stderr.old  the last of its stderr, at most 1 MiB together
    lines               what became of the lines for the agent, see `numbered_lines.py`
    status.json         who runs, how it ended, what is wrong, what could not be killed
    runner.log          empty, unless the runner itself failed
"""

# pathlib would cost each runner 1 MB
# ruff: noqa: PTH102, PTH105, PTH108, PTH123, PTH208

from __future__ import annotations

import errno
import json
import os
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress

READ = 64 << 10
"""The most that is read from the agent at once, in bytes."""
_STDERR_HALF = (512 << 10) - READ
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_NAME = "{:020d}"


class Spool:
    """The agent's stdout on disk. What does not fit is held, and nothing more may be read until it does.

    `limits` in bytes: `chunk` per file, `keep` although read (the raw ACP log), `unread` before the agent has to wait.
    """

    def __init__(self, directory: str, limits: dict[str, int]) -> None:
        self.directory, self.limits = directory, limits
        self.end = self.consumed = 0
        self.problem = ""
        self._held = b""
        self.starts: list[int] = []
        self._file = self._reading = -1
        self._reading_from = 0
        os.mkdir(directory, 0o700)
        self._roll()

    def append(self, data: bytes) -> bool:
        """Keep `data`; False when part of it is held because the disk refuses it."""
        self._held = data
        return self.flush()

    def flush(self) -> bool:
        """Try again to write what is held."""
        try:
            while self._held:
                if self.end - self.starts[-1] >= self.limits["chunk"]:
                    self._roll()
                count = os.write(self._file, self._held)
                self.end += count
                self._held = self._held[count:]
        except OSError as failed:
            self.problem = os.strerror(failed.errno or errno.EIO)
            return False
        self.problem = ""
        return True

    def is_full(self) -> bool:
        """Whether the agent has to wait until something was consumed or the disk has room."""
        return bool(self._held) or self.end - self.consumed >= self.limits["unread"]

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`, never across a file's end; raises OSError."""
        index = bisect_right(self.starts, offset) - 1
        start = self.starts[index]
        stop = self.starts[index + 1] if index + 1 < len(self.starts) else self.end
        if self._reading < 0 or self._reading_from != start:
            file = os.open(self._path(start), os.O_RDONLY)
            if self._reading >= 0:
                os.close(self._reading)
            self._reading, self._reading_from = file, start
        return os.pread(self._reading, min(size, stop - offset), offset - start)

    def consume(self, offset: int) -> None:
        """The client has everything before `offset`: drop whole files beyond what is kept."""
        self.consumed = max(self.consumed, min(offset, self.end))
        while len(self.starts) > 1 and self.starts[1] <= min(self.consumed, self.end - self.limits["keep"]):
            with suppress(OSError):
                os.unlink(self._path(self.starts[0]))
            del self.starts[0]

    def _roll(self) -> None:
        file = os.open(self._path(self.end), _WRITE, 0o600)
        if self._file >= 0:
            os.close(self._file)
        self._file = file
        self.starts.append(self.end)

    def _path(self, start: int) -> str:
        return f"{self.directory}/{_NAME.format(start)}"


class Tail:
    """The last of a stream, in two files that take turns; what the disk refuses is dropped."""

    def __init__(self, path: str) -> None:
        self._path, self._size = path, 0
        self._file = os.open(path, _WRITE, 0o600)

    def append(self, data: bytes) -> None:
        with suppress(OSError):
            if self._size >= _STDERR_HALF:
                os.replace(self._path, f"{self._path}.old")
                file = os.open(self._path, _WRITE, 0o600)
                os.close(self._file)
                self._file, self._size = file, 0
            self._size += os.write(self._file, data)


def write_status(directory: str, status: dict[str, object]) -> None:
    """Replace status.json at once; raises OSError."""
    path = f"{directory}/status.json"
    file = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        text = json.dumps(status).encode()
        if os.write(file, text) != len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(file)
    os.replace(f"{path}.new", path)


def read_spool(directory: str, offset: int, size: int) -> Iterator[tuple[int, bytes]]:
    """What is on disk from `offset` on, as (offset, at most `size` bytes), for when the runner is gone.

    Raises FileNotFoundError when the file with `offset` was dropped already.
    """
    starts = sorted(int(name) for name in os.listdir(directory))
    index = bisect_right(starts, offset) - 1
    if index < 0:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{directory}/{_NAME.format(offset)}")
    for start in starts[index:]:
        with open(f"{directory}/{_NAME.format(start)}", "rb") as file:
            file.seek(max(offset - start, 0))
            while data := file.read(size):
                yield offset, data
                offset += len(data)
