"""A command that lasts until it is let go or ended, and tells both by a pipe. Knows named pipes; knows no pid.

An agent may run commands in a sandbox with pids of its own, so a pid that a command tells says nothing out here, and
must never be signalled. The command holds a pipe open instead: its end is the end of the pipe.
"""

from __future__ import annotations

import os
import select
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_TOLD = b"here\n"


class Lasting:
    """`command` is for a shell. Whatever becomes of it, nothing waits any more behind the end of this context."""

    def __init__(self, folder: Path, name: str) -> None:
        """Makes two named pipes in that folder."""
        self._told, self._let_go = folder / f"{name}-told", folder / f"{name}-let-go"
        self.command = f"exec 3> {self._told} && echo here >&3 && read line < {self._let_go}"
        for pipe in (self._told, self._let_go):
            os.mkfifo(pipe, 0o600)
        self._reader = os.open(self._told, os.O_RDONLY | os.O_NONBLOCK)
        self._keeper = os.open(self._let_go, os.O_RDWR | os.O_NONBLOCK)
        """Held open, so that what is written into it waits for the command."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()
        os.close(self._reader)
        os.close(self._keeper)

    def fileno(self) -> int:
        """Readable once the command began, or ended."""
        return self._reader

    def has_begun(self) -> bool:
        """Whether the command said that it runs; true once."""
        return self._said() == _TOLD

    def wait_begun(self, limit_s: float) -> bool:
        """Block until the command runs; False where it does not after `limit_s` seconds."""
        return self._is_readable(limit_s) and self.has_begun()

    def wait_over(self, limit_s: float) -> bool:
        """Block until a command that had begun is over; False where it still runs after `limit_s` seconds."""
        until = time.monotonic() + limit_s
        while self._is_readable(until - time.monotonic()):
            if not self._said():
                return True
        return False

    def let_go(self) -> None:
        """Have the command end by itself, now or as soon as it begins."""
        os.write(self._keeper, b"\n")

    def _is_readable(self, limit_s: float) -> bool:
        return bool(select.select([self._reader], [], [], max(limit_s, 0))[0])

    def _said(self) -> bytes:
        return os.read(self._reader, 100)
