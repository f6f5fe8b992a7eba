"""What the end of a link leaves of its files: the person's own, on the disk as in its buffer. Knows no sessions.

Text that went with a window is in no file then; it is kept for a commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.domain.ids import visible
from segue.domain.link.unfinished import together
from segue.engine.link import disk, steps, suspension
from segue.engine.link.file import LinkedFile
from segue.engine.link.texts import plain
from segue.engine.link.windows import Windows
from segue.git.linking import Replaced


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


@dataclass(frozen=True, slots=True)
class Lost:
    """A text of the user's that only the link's record has, and what the file has instead."""

    text: Replaced
    file: Replaced


def suspended(files: Iterable[LinkedFile]) -> list[str]:
    """Paths of suspended files in whose texts some of the agent's changes are left."""
    states = [file.state for file in files if file.state is not None and file.state.suspended]
    return sorted(state.path for state in states if suspension.left(state) is not None)


def lost(files: Iterable[LinkedFile], checkout: Path) -> list[Lost]:
    """What went with a window that did not come back. Blocking."""
    found = []
    for file in files:
        state = file.state
        if state is not None and state.before is not None and state.suspended == suspension.LOST:
            state = state.before
        elif not file.is_away:
            continue
        on_disk = disk.read(checkout, file.path)
        if state is None or state.text is None or state.whole.mine is None or on_disk.text == state.text.mine:
            continue
        text = Replaced(file.path, state.whole.mine.mode, steps.mine_data(state))
        now = Replaced(file.path, on_disk.entry.mode if on_disk.entry else "", on_disk.data if on_disk.entry else None)
        found.append(Lost(text, now))
    return found


def about_suspended(paths: Sequence[str], *, is_kept: bool) -> str:
    """What the user is told of `suspended`."""
    if is_kept:
        return f"The agent's undecided changes stay in {_names(paths)}, as you chose."
    return f"The agent's changes were taken out of {_names(paths)}, whose text had been replaced meanwhile. Check it."


def about_lost(texts: Sequence[Lost], ref: str) -> str:
    """What the user is told of `lost`."""
    paths = [each.text.path for each in texts]
    return (
        f"{_names(paths)} had unsaved text in a window that is gone. Your file stays as it was saved. "
        f"The unsaved text is kept: git show {ref}:{visible(paths[0])}"
    )


def _names(paths: Sequence[str]) -> str:
    return ", ".join(visible(path) for path in sorted(paths)[:5]) + (" and more" if len(paths) > 5 else "")


def sentence(paths: Sequence[str]) -> str:
    """What the person is told of such files."""
    return f"You saved {_names(paths)} with the agent's changes and typed on: on the disk they stay until you save."
