"""A boundary of turns: the agent's side takes what the person changed. Knows the order of files; edits none itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from segue.domain.errors import SegueError
from segue.engine.pairing import transitions
from segue.engine.pairing.file_problems import InTheWay
from segue.engine.pairing.tree_entries import with_accepted, with_agreed, with_files_of, with_own
from segue.git import pairing

if TYPE_CHECKING:
    from segue.engine.pairing.link import Link

log = logging.getLogger(__name__)


class Boundary:
    """Of one link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._sharing = asyncio.Lock()

    async def share(self) -> str:
        """A boundary: the agent's side takes all that the person changed. Returns the tree of the person's part.

        From `accepted` (the tree that is returned) to the agent's files is the agent's work alone.
        """
        async with self._sharing:
            if self._link.is_held():
                return ""
            self._link.has_typed = False
            outside = self._link.outside
            differing, theirs = await self._compared()
            unsaved = (document.path for document in self._link.windows.documents() if document.is_dirty is not False)
            opened = {str(path.relative_to(self._link.checkout)) for path in unsaved}
            wanted = {*differing, *self._link.room.unshared, *opened, *self._link.cut_short()}
            await self._share_all(outside.without(sorted(wanted)))
            if not theirs:
                return ""
            files = self._link.files
            states = [s for path in outside.without(files) if (s := files[path].state) is not None]
            settled = [state for state in states if transitions.is_settled(state)]
            rest = [state for state in states if not transitions.is_settled(state)]
            unknown = [path for path in differing if self._link.file(path).state is None]
            kept = await asyncio.to_thread(with_files_of, self._link, theirs, unknown)
            base = await asyncio.to_thread(with_agreed, self._link, kept, settled)
            accepted = await asyncio.to_thread(with_accepted, self._link, base, rest)
            self._link.agree_on(base)
            await self._link.keep()
            for state in settled:
                await self._link.drop(state)
            return accepted

    async def _compared(self) -> tuple[Sequence[str], str]:
        """Paths that the two sides do not have alike, and the agent's tree; none where git cannot say."""
        try:
            found = await self._link.outside.differing()
        except (SegueError, OSError) as failed:
            self._link.troubles.met("", failed)
            return (), ""
        self._link.troubles.over("")
        return found

    async def _share_all(self, paths: Sequence[str]) -> None:
        """Each for itself; what waits for a folder or file to go first is tried again behind the others."""
        waiting = list(paths)
        while waiting:
            blocked: dict[str, InTheWay] = {}
            for path in waiting:
                try:
                    await self._link.file(path).share()
                except InTheWay as failed:
                    blocked[path] = failed
                except Exception as failed:
                    self._link.troubles.met(path, failed)
                else:
                    self._link.troubles.over(path)
            if len(blocked) == len(waiting):
                for path, found in blocked.items():
                    if not self._link.room.is_disputed_around(path):
                        self._link.troubles.met(path, found)
                return
            waiting = list(blocked)

    async def accepted(self) -> str:
        """The person's part as the agent has it, without a boundary."""
        states = [file.state for file in self._link.files.values() if file.state is not None]
        return await asyncio.to_thread(with_accepted, self._link, self._link.stored.base, states)

    async def kept_own(self, paths: Sequence[str], ref: str) -> str:
        """A commit with the person's own versions of files that hold more than those; empty where git makes none."""
        if not paths:
            return ""
        states = [state for path in paths if (state := self._link.files[path].state) is not None]
        try:
            tree = await asyncio.to_thread(with_own, self._link, self._link.stored.base, states)
            return await asyncio.to_thread(
                pairing.keep_tree, self._link.common_dir, tree, ref, "The user's own versions"
            )
        except (SegueError, OSError) as failed:
            log.warning("link %s: nothing was kept of %s: %s", self._link.session_id, paths, failed)
            return ""
