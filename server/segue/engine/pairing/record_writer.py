"""Writes down what changed of a link, soon and one after the other. Knows what is unsaved; knows no meaning of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from segue.domain.errors import SegueError
from segue.engine.pairing.linked_file import LinkedFile


class Saving:
    """`keep` writes the link's own record, `failed` tells the person what could not be written."""

    def __init__(self, keep: Callable[[], Awaitable[None]], failed: Callable[[str], None]) -> None:
        self._keep = keep
        self._failed = failed
        self._files: set[LinkedFile] = set()
        self._is_kept = True
        self._is_due = asyncio.Event()

    def file(self, file: LinkedFile) -> None:
        """Its state is another one."""
        self._files.add(file)
        self._is_due.set()

    def link(self) -> None:
        """The link's own record is."""
        self._is_kept = False
        self._is_due.set()

    def forget(self, file: LinkedFile) -> None:
        self._files.discard(file)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            try:
                if not self._is_kept:
                    self._is_kept = True
                    await self._keep()
                while self._files:
                    await self._files.pop().save()
            except (SegueError, OSError) as failed:
                self._failed(str(failed))
