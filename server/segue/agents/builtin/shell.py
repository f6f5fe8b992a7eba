"""Starting a command, following its output, ending its whole group. Knows processes; knows nothing of ACP.

Standard library only, no asyncio.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

KEPT = 96 * 1024
"""Bytes of output that are kept, and shown when the command has ended."""
ARGUMENT_LIMIT = 100 * 1024
"""Bytes; Linux takes no single argument of 128 KiB or more, and everything counts towards a second limit."""
TAIL = 8 * 1024
"""Bytes of output that are shown while it runs."""
READ = 64 * 1024
GRACE_S = 1.5
"""From TERM to KILL."""
GROUP_END_S = 0.2
"""How long killed processes are waited for, so that nothing writes to the tree behind the end of a turn."""
LINGER_S = 0.4
"""How long output of others in the group is awaited once the command itself has ended."""


class Tail:
    """The last `KEPT` bytes of a stream. What is left out of a text is counted in it."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._dropped_lines = 0
        self._is_torn = False
        """What is kept begins within a line."""

    def append(self, data: bytes) -> None:
        self._bytes += data
        if len(self._bytes) > 2 * KEPT:
            start, self._is_torn = self._start(KEPT)
            self._dropped_lines += self._bytes.count(b"\n", 0, start)
            del self._bytes[:start]

    def text(self, limit: int = KEPT) -> str:
        """The last `limit` bytes at most, from the beginning of a line; bytes that are not UTF-8 become U+FFFD."""
        start, is_torn = self._start(limit)
        lines = self._dropped_lines + self._bytes.count(b"\n", 0, start)
        kept = bytes(self._bytes[start:])
        if is_torn:
            kept = kept[next((i for i, byte in enumerate(kept[:4]) if byte & 0xC0 != 0x80), 0) :]
        many = lines > 1
        head = f"… {lines:,} earlier line{'s were' if many else ' was'} left out and not kept\n" if lines else ""
        if is_torn:
            head += "… the beginning of this line was left out and not kept: "
        return head + _without_torn_end(kept).decode(errors="replace")

    def _start(self, limit: int) -> tuple[int, bool]:
        """Where the last `limit` bytes begin, at a line where there is one; whether that is within a line."""
        start = max(0, len(self._bytes) - limit)
        if not start:
            return 0, self._is_torn
        line = self._bytes.find(b"\n", start - 1, len(self._bytes) - 1) + 1
        return (line, False) if line else (start, True)

    def last_line(self) -> str:
        lines = [line.strip() for line in self.text(TAIL).splitlines()]
        return next((line for line in reversed(lines) if line), "")


def _without_torn_end(data: bytes) -> bytes:
    """`data` without the beginning of a character whose rest has not arrived yet."""
    for length in range(1, min(3, len(data)) + 1):
        byte = data[-length]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return data[:-length] if needed > length else data
    return data


class Command:
    """A running command in a process group of its own; its output arrives at `output`, a descriptor."""

    def __init__(self, argv: list[str], cwd: str, environment: Mapping[str, str]) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.output = self.process.stdout.fileno()
        os.set_blocking(self.output, False)
        self.tail = Tail()
        self.is_output_open = True
        self.kill_at: float | None = None
        """When whatever is left of the group is killed; None while it may take its time."""

    @property
    def duration_s(self) -> float:
        return time.monotonic() - self.started

    def read(self) -> bool:
        """Take some output, False where there is none; `is_output_open` says whether there can be more."""
        try:
            data = os.read(self.output, READ)
        except BlockingIOError:
            return False
        self.tail.append(data)
        self.is_output_open = bool(data)
        return bool(data)

    def terminate(self) -> None:
        """TERM to the whole group, KILL after a while."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + GRACE_S
            self._signal(signal.SIGTERM)

    def has_ended(self) -> bool:
        """Whether it is over: the command has ended, and its output too, or what still holds it was killed."""
        now = time.monotonic()
        if not self._has_exited():
            if self.kill_at is not None and now >= self.kill_at:
                self._signal(signal.SIGKILL)
            return False
        if self.is_output_open and (self.kill_at is None or self.kill_at > now + LINGER_S):
            self.kill_at = now + LINGER_S
        return not self.is_output_open or (self.kill_at is not None and now >= self.kill_at)

    def close(self) -> int:
        """End what is left of the group, take the rest of the output; returns the command's exit status."""
        self._signal(signal.SIGKILL)
        status = self.process.wait()
        deadline = time.monotonic() + GROUP_END_S
        while self._signal(0) and time.monotonic() < deadline:
            time.sleep(0.001)  # the dying ones are no children of ours, nothing else tells that they are gone
        with suppress(OSError):
            for _ in range(64):
                if not (data := os.read(self.output, READ)):
                    break
                self.tail.append(data)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def _has_exited(self) -> bool:
        """Looks without reaping, so that the group's id stays taken until `close` has signalled it."""
        if not hasattr(os, "waitid"):
            return self.process.poll() is not None
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _signal(self, number: int) -> bool:
        """Signal the group; False where nobody is left in it."""
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True


def described(returncode: int) -> str:
    """How a process ended, as the end of a sentence."""
    if returncode >= 0:
        return f"ended with exit status {returncode}"
    name = next((known.name for known in signal.Signals if known == -returncode), "unknown")
    return f"was ended by signal {-returncode} ({name})"


def command_line(prompt: str, script: Path) -> list[str]:
    """What to start for a prompt: `script`, written here, where it begins with `#!` or is long, else a shell."""
    is_script = prompt.startswith("#!")
    if not is_script and len(prompt.encode(errors="replace")) <= ARGUMENT_LIMIT:
        return ["/bin/sh", "-c", prompt]
    if "\0" in prompt:
        raise ValueError("it has a NUL character in it")
    script.write_text(prompt if prompt.endswith("\n") else prompt + "\n", encoding="utf-8", newline="\n")
    script.chmod(0o700)
    return [str(script)] if is_script else ["/bin/sh", str(script)]
