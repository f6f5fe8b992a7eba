"""Patches that clients read piece by piece. Knows temporary files and offsets; knows no session."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import IO, TypeAlias

from segue.git.patch import patch_file

PIECE = 1024 * 1024
"""Bytes of one answer."""
PATCH_LIMIT = 512 * 1024 * 1024
"""Bytes of a whole patch."""
KEPT = 2
"""Patches kept for clients that have read a part; any other one is made again, with the same bytes."""

Key: TypeAlias = tuple[Path, str, str]
"""The repository and the two commits."""


class Patches:
    """See the module."""

    def __init__(self, *, piece: int = PIECE) -> None:
        self._piece = piece
        self._files: dict[Key, IO[bytes]] = {}
        """The one read last at the end. A file that is being read is not in here, so that nothing closes it."""

    async def read(self, key: Key, offset: int) -> tuple[bytes, int]:
        """The bytes from an offset on, as many as one answer has, and the size of the whole; raises SegueError."""
        file = self._files.pop(key, None)
        if file is None:
            file = await asyncio.to_thread(patch_file, *key, PATCH_LIMIT)
        piece, size = await asyncio.to_thread(_read, file, offset, self._piece)
        if offset + len(piece) < size:
            self._keep(key, file)
        else:
            file.close()
        return piece, size

    def close(self) -> None:
        """Forget all of them."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _keep(self, key: Key, file: IO[bytes]) -> None:
        if (same := self._files.pop(key, None)) is not None:
            same.close()
        self._files[key] = file
        while len(self._files) > KEPT:
            self._files.pop(next(iter(self._files))).close()


def _read(file: IO[bytes], offset: int, length: int) -> tuple[bytes, int]:
    size = file.seek(0, os.SEEK_END)
    file.seek(min(offset, size))
    return file.read(length), size
