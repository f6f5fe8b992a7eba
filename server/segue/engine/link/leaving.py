"""What the end of a link leaves of its files: the person's own, on the disk as in its buffer. Knows no sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from segue.domain.ids import visible
from segue.domain.link.unfinished import together
from segue.engine.link import disk
from segue.engine.link.file import LinkedFile
from segue.engine.link.texts import plain
from segue.engine.link.windows import Windows


async def leave(files: Iterable[LinkedFile], seen: tuple[Path, Windows], slots: asyncio.Semaphore) -> list[str]:
    """Take the agent's text out of a checkout and its windows; returns paths where it stays on the disk for now."""

    async def one(file: LinkedFile) -> str:
        async with slots:
            return file.path if await _leave(file, *seen) else ""

    return [path for path in await asyncio.gather(*map(one, files)) if path]


async def _leave(file: LinkedFile, checkout: Path, windows: Windows) -> bool:
    """Take the agent's text out. Where it had been saved with the person's, that is saved once more without it.

    Returns whether it stays on the disk, because the person has typed on since he saved: saving is his to do.
    """
    document, state = file.document, file.state
    if document is None or state is None or state.text is None:
        await file.leave()
        return False
    mine, own = state.text.mine, state.text.own
    saved = (await asyncio.to_thread(disk.read, checkout, file.path)).text
    await file.leave()
    now = file.document
    if now is None or saved is None or now.version == document.version:
        return False
    if saved == plain(document.text):
        if plain(now.text) == own:
            windows.ask_to_save(now)
        return False
    return together(mine, saved, own) not in {None, saved}


def sentence(paths: Sequence[str]) -> str:
    """What the person is told of such files."""
    shown = ", ".join(visible(path) for path in sorted(paths)[:5]) + (" and more" if len(paths) > 5 else "")
    return f"You saved {shown} with the agent's changes and typed on: on the disk they stay until you save."
