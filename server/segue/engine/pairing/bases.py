"""What both sides of a link agreed on, of files that no state is kept of. Knows git; reads many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from segue.engine.pairing.contents import Places
from segue.git import pairing

Found = tuple[bytes, str] | None
"""Bytes and mode; None where there is no file."""


class Bases:
    """Of one link."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._read: dict[str, Found] = {}
        """Of files that are about to be brought up."""

    async def read(self, path: str) -> Found:
        if path in self._read:
            return self._read.pop(path)
        return await asyncio.to_thread(pairing.read_in_tree, self._places.common_dir, self._places.base, path)

    async def fetch(self, paths: Sequence[str]) -> None:
        """They are about to be asked for."""
        self._read = await asyncio.to_thread(pairing.read_many, self._places.common_dir, self._places.base, paths)

    def forget(self) -> None:
        self._read = {}
