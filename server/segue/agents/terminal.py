"""One command of an agent. Knows its runner, the last of its output, and how much of that people were told; knows no
request."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from segue.agents import runners
from segue.agents.connection_record import TerminalRecord
from segue.agents.jsonrpc import Message
from segue.agents.runner_client import RunnerClient
from segue.agents.runners import AgentExit, Leftovers
from segue.domain.errors import AgentFailed
from segue.domain.events import AnyEvent, TerminalEnded, TerminalPrinted
from segue.domain.terminals import SHOWN_LIMIT as KEPT_SHOWN
from segue.domain.terminals import incomplete, last

HELD = 256 * 1024
"""Bytes of output that are kept at least."""
SHOWN_LIMIT = 256 * 1024
"""Characters of one terminal that are journaled while it runs; what comes later is told at its end, in short."""
PIECE, LAST_PIECE = 8 * 1024, 16 * 1024
"""Characters that are told at once, and at the end."""
PACE_S = 0.2
"""How often people are told."""

Keep = Callable[[], str]
"""Keeps its whole output for the user; returns the path, or an empty text."""
Tell = Callable[[tuple[AnyEvent, ...]], None]


class Terminal:
    """A command that runs or ran. Made when its runner stands, or to go on with an earlier daemon's."""

    def __init__(self, terminal_id: str, record: TerminalRecord, tell: Tell, keep: Keep = str) -> None:
        self.record = record
        self.exit: AgentExit | None = None
        self._id = terminal_id
        self._tell = tell
        self._keep = keep
        self._whole = ""
        self._link: RunnerClient | None = None
        self._kept = bytearray()
        self._end = 0
        """Bytes of output there were, the last of which are kept."""
        self._begun, self._changed, self._over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._ending = asyncio.Lock()

    async def run(self, link: RunnerClient | None) -> None:
        """Take its output until it has ended; without a link there is nothing left of it."""
        self._link = link
        self._begun.set()
        showing = asyncio.create_task(self._show(), name=f"show {self._id}")
        try:
            if link is not None:
                with suppress(AgentFailed):
                    async for chunk in link.chunks():
                        self._take(chunk.offset, chunk.data)
                        await link.consumed(self._end)
                with suppress(AgentFailed):
                    self.exit = await link.wait()
            self.exit = self.exit or AgentExit()
            if self._may_be_cut():
                self._whole = await asyncio.to_thread(self._keep)
            self._over.set()
            self._changed.set()
            await showing
        finally:
            showing.cancel()

    def output(self) -> Message:
        """The answer to `terminal/output`: whole characters, the last of them where there are too many (D20)."""
        known = bytes(self._kept)
        if self.exit is None:
            known = known[: len(known) - incomplete(known)]
        kept = last(known, self.record.limit)
        text = kept.decode(errors="replace")
        status = None if self.exit is None else status_of(self.exit)
        return {"output": text, "truncated": self._end - len(self._kept) + len(known) > len(kept), "exitStatus": status}

    async def exit_status(self) -> Message:
        """The answer to `terminal/wait_for_exit`, once it has ended."""
        await self._over.wait()
        return status_of(self.exit or AgentExit())

    async def kill(self, grace_s: float) -> Leftovers:
        """End it with all its processes, and its runner; returns what could not be ended. Doing it again is nothing."""
        async with self._ending:
            await self._begun.wait()
            link, self._link = self._link, None
            if link is None:
                return ()
            try:
                left = await link.stop(grace_s)
            except AgentFailed:
                left = ()
            self.exit = self.exit or link.exit
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await self._over.wait()
            return left

    async def detach(self) -> None:
        """Let go; it runs on."""
        link, self._link = self._link, None
        if link is not None:
            await link.detach()

    def _take(self, offset: int, data: bytes) -> None:
        if not self._kept:
            self._end = offset
        self._kept += data
        self._end += len(data)
        room = max(self.record.limit, HELD)
        if len(self._kept) > 2 * room:
            del self._kept[:-room]
        self._changed.set()

    def _may_be_cut(self) -> bool:
        """Whether people will not have been told all of it; rather too often than too seldom."""
        record = self.record
        untold = self._end - record.told
        return not record.is_over and (record.is_cut or untold > PIECE or self._end > KEPT_SHOWN)

    async def _show(self) -> None:
        while not self.record.is_over:
            await self._changed.wait()
            self._changed.clear()
            self._tell_new()
            with suppress(TimeoutError):
                async with asyncio.timeout(PACE_S):
                    await self._over.wait()
            if self._over.is_set():
                self._tell_new()

    def _tell_new(self) -> None:
        record, is_over = self.record, self._over.is_set()
        if record.is_over or (record.shown >= SHOWN_LIMIT and not is_over):
            return
        first = self._end - len(self._kept)
        data = bytes(self._kept[max(record.told - first, 0) :])
        if not is_over:
            data = data[: len(data) - incomplete(data)]
        text = data.decode(errors="replace")
        piece = text[-(LAST_PIECE if is_over else PIECE) :]
        skipped = len(text) - len(piece) + max(first - record.told, 0)
        told, shown = max(record.told, first) + len(data), record.shown + len(piece)
        is_cut = record.is_cut or skipped > 0 or shown > KEPT_SHOWN
        self.record = replace(record, told=told, shown=shown, is_over=is_over, is_cut=is_cut)
        events: tuple[AnyEvent, ...] = (TerminalPrinted(self._id, piece, skipped),) if piece else ()
        if is_over:
            whole = self._whole if is_cut else ""
            dropped = max(self._end - _size(whole), 0) if whole else 0
            events += (TerminalEnded(self._id, (self.exit or AgentExit()).description, whole, dropped),)
        if events:
            self._tell(events)


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def status_of(status: AgentExit) -> Message:
    """ACP's exit status; a command that went down with its runner was killed."""
    if status.code is not None:
        return {"exitCode": status.code, "signal": None}
    names = {number.value: number.name for number in signal.Signals}
    return {"exitCode": None, "signal": names.get(status.signal or signal.SIGKILL, str(status.signal))}


async def take_over(directory: Path, socket: Path) -> RunnerClient:
    """A terminal's runner of an earlier daemon, or what it left, from the oldest output that is kept.

    Raises AgentFailed, OSError or ValueError where nothing is left of it.
    """
    names = await asyncio.to_thread(os.listdir, directory / "spool")
    offset = min(int(name) for name in names)
    try:
        return await RunnerClient.attach(directory, runners.socket_of(directory, socket), offset)
    except AgentFailed as failed:
        if failed.reason != "runner_gone":
            raise
        return RunnerClient.remains(directory, offset)
