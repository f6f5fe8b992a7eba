"""The decisions that can be taken back, newest last, over restarts of the daemon. Knows their order; undoes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from segue.domain.errors import StoreFailed
from segue.engine.pairing.link_record import FileState, LinkRecord

Steps = Sequence[tuple[FileState, FileState]]
"""What a decision made of each file: before and after."""
UNDO_LIMIT = 50
"""Decisions that can be taken back."""
BYTES_LIMIT = 64 * 1024 * 1024
"""Of all of them on the disk; the newest one stays, however large it is."""


class History:
    """Of one link. Nothing of it stays in memory but numbers and sizes."""

    def __init__(self, record: LinkRecord) -> None:
        self._record = record
        self._sizes: dict[int, int] | None = None
        """In bytes, by number, the oldest first; None before it was looked at."""

    async def add(self, steps: Steps) -> None:
        """Durable when this returns; raises StoreFailed."""
        sizes = await self._known()
        number = max(sizes, default=0) + 1
        try:
            sizes[number] = await asyncio.to_thread(self._record.keep_decision, number, steps)
        except OSError as failed:
            raise StoreFailed(
                "link_not_kept",
                f"This was decided, but it cannot be undone: {failed.strerror}.",
                action="Make room on the disk.",
                details={"path": str(failed.filename)},
            ) from failed
        while len(sizes) > UNDO_LIMIT or (sum(sizes.values()) > BYTES_LIMIT and len(sizes) > 1):
            await self._drop(next(iter(sizes)))

    async def newest(self) -> Steps | None:
        """The last decision; None where there is none, or none that can be read."""
        sizes = await self._known()
        return await asyncio.to_thread(self._record.decision, max(sizes)) if sizes else None

    async def drop_newest(self) -> None:
        """It was taken back, or never can be."""
        await self._drop(max(await self._known()))

    async def _drop(self, number: int) -> None:
        (await self._known()).pop(number)
        await asyncio.to_thread(self._record.drop_decision, number)

    async def _known(self) -> dict[int, int]:
        if self._sizes is None:
            self._sizes = await asyncio.to_thread(self._record.decisions)
        return self._sizes
