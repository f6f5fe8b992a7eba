"""Reads an agent's file when it looks whole. Knows what a torn write looks like; knows no states."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from segue.engine.link import disk
from segue.engine.link.disk import Content

TORN_S = 0.1
"""What a write gets to be completed that looks torn: empty, or the beginning of what was there."""


async def settled(root: Path, path: str, known: str, written: asyncio.Event) -> Content:
    """A file below a root; one that looks as if it were being written gets a moment, or until `written`."""
    found = await asyncio.to_thread(disk.read, root, path)
    if known and found.text is not None and len(found.text) < len(known) and known.startswith(found.text):
        written.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(written.wait(), TORN_S)
        found = await asyncio.to_thread(disk.read, root, path)
    return found
