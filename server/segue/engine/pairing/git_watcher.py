"""Notices when git works in a checkout, and when it has another branch (rule 9). Knows git's files; changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from enum import Enum

from segue.engine.pairing import file_watcher
from segue.git import pairing
from segue.git.checkouts import Checkout

BUSY_S = 0.1
"""How often it is looked whether git still works in the checkout."""
NAMES = frozenset(("HEAD", "index", "index.lock", "MERGE_HEAD", "rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD"))


class Look(Enum):
    """What is to be done about it."""

    TOUCHED = "touched"
    """Git did something and is done; texts may have come from it."""
    SWITCHED = "switched"
    """Something else is checked out."""


class GitWatch:
    """Of one checkout."""

    def __init__(self, checkout: Checkout, stop: asyncio.Event) -> None:
        self._checkout = checkout
        self._stop = stop
        self.is_busy = False
        """Nothing may flow: git is at work, or in the middle of a merge or a rebase."""

    async def looks(self, head: Callable[[], str]) -> AsyncIterator[Look]:
        """One for each time that git was done; `head` is what shall be checked out."""
        yield await self._look(head())
        async for names in file_watcher.inside(self._checkout.git_dir, self._stop):
            if names & NAMES:
                yield await self._look(head())

    async def _look(self, head: str) -> Look:
        await self._until_free()
        if await asyncio.to_thread(pairing.head_of, self._checkout) == head:
            return Look.TOUCHED
        self.is_busy = True
        return Look.SWITCHED

    async def _until_free(self) -> None:
        while await asyncio.to_thread(pairing.is_busy, self._checkout) and not self._stop.is_set():
            self.is_busy = True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), BUSY_S)
        self.is_busy = False

    def committed(self, path: str) -> tuple[bytes, str] | None:
        """What a file reads in the commit that is checked out; blocking."""
        return pairing.read_in_tree(self._checkout.common_dir, pairing.commit_of(self._checkout), path)
