"""What is watched for a link: the agent's files, git in the checkout, both sides now and then. Knows when to look."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from segue.engine.pairing import file_watcher
from segue.engine.pairing.git_watcher import GitWatch, Look

if TYPE_CHECKING:
    from segue.engine.pairing.link import Link

COMPARE_S = 30.0
"""How often both sides are compared as a whole."""


class Watches:
    """Each of its methods runs until the link stops."""

    def __init__(self, link: Link, git: GitWatch, stop: asyncio.Event) -> None:
        self._link = link
        self._git = git
        self._stop = stop

    async def worktree(self) -> None:
        async for paths in file_watcher.below(self._link.worktree, self._stop):
            try:
                await (self._link.wrote(paths) if paths else self._link.compare())
            except Exception as failed:  # the comparison finds them
                self._link.troubles.met("", failed)

    async def git(self) -> None:
        async for look in self._git.looks(lambda: self._link.stored.head):
            if look is Look.SWITCHED:
                self._link.switched()
                return
            if not self._link.is_window_away:
                for file in list(self._link.files.values()):
                    try:
                        await file.came_from_git(self._git.committed)
                    except Exception as failed:
                        self._link.troubles.met(file.path, failed)
                await self._link.bring_all_up(list(self._link.files))

    async def now_and_then(self) -> None:
        """The file system does not tell everything, of folders that are made and filled at once above all."""
        while not self._stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), COMPARE_S)
            if not self._stop.is_set() and not self._link.is_held():
                await self._link.compare()
