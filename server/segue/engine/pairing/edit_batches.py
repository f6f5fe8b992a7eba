"""Holds edits of one buffer back until they are due (rule 13). The rule is `domain.pairing.edit_timing`."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from segue.domain.pairing.edit_timing import Pace


class Batching:
    """What is written while somebody waits here is read, and shown, together with what he waited for."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._hurry = asyncio.Event()

    def typed(self) -> None:
        self._pace.typed(_now())

    def saved(self) -> None:
        self._pace.saved(_now())

    def edited(self) -> None:
        self._pace.edited(_now())

    def wrote(self) -> None:
        self._pace.wrote(_now())

    def hurry(self) -> None:
        """Whoever waits goes on at once: a boundary has come."""
        self._hurry.set()

    async def until_due(self, pause_s: float | None) -> None:
        """Until the next edit may go into the buffer; `pause_s` as for `Pace.due`."""
        self._hurry.clear()
        while not self._hurry.is_set():
            wait_s = self._pace.due(_now(), pause_s) - _now()
            if wait_s <= 0:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), wait_s)


def _now() -> float:
    return asyncio.get_running_loop().time()
