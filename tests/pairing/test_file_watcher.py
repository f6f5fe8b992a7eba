"""What the file system tells of a folder: also behind a name that cannot be told."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from segue.engine.pairing import file_watcher


def write(folder: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(os.urandom(4))


async def test_a_name_that_is_no_utf_8_does_not_end_the_watch(tmp_path: Path) -> None:
    stop = asyncio.Event()
    told: asyncio.Queue[set[str]] = asyncio.Queue()

    async def watch() -> None:
        async for paths in file_watcher.below(tmp_path, stop):
            told.put_nowait(paths)

    watches = asyncio.create_task(watch())

    async def until(wanted: set[str], name: bytes) -> None:
        """Written again and again, because nobody is told when a watch has begun."""
        while not watches.done():
            write(tmp_path, name)
            with suppress(TimeoutError):
                if await asyncio.wait_for(told.get(), 0.3) == wanted:
                    return

    await until({"a.txt"}, b"a.txt")
    await until(set(), b"n\xff.txt")
    await until({"b.txt"}, b"b.txt")
    assert not watches.done()
    stop.set()
    await watches
