"""What the end of a link leaves of one file: the person's own, on the disk as in its buffer. Knows no sessions."""

from __future__ import annotations

import asyncio
from pathlib import Path

from segue.engine.link import disk
from segue.engine.link.file import LinkedFile
from segue.engine.link.texts import plain
from segue.engine.link.windows import Windows


async def leave(file: LinkedFile, checkout: Path, windows: Windows) -> None:
    """Take the agent's text out. Where it had been saved with the person's, that is saved once more without it."""
    document, state = file.document, file.state
    own = state.text.own if state is not None and state.text is not None else None
    was_saved = document is not None and await asyncio.to_thread(_reads, checkout, file.path, document.text)
    await file.leave()
    now = file.document
    if was_saved and document is not None and now is not None:
        is_mine = now.version != document.version and plain(now.text) == own
        if is_mine:
            windows.ask_to_save(now)


def _reads(checkout: Path, path: str, text: str) -> bool:
    found = disk.read(checkout, path).text
    return found is not None and found == plain(text)
