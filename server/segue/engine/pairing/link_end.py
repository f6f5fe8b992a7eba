"""What the end of a link leaves of its files: the person's own, on the disk as in its buffer. Knows no sessions.

Text that went with a window is in no file then; it is kept for a commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segue.domain import events
from segue.domain.errors import InputRefused
from segue.domain.ids import visible
from segue.domain.pairing.uncommitted_lines import together
from segue.engine.pairing import disk, file_marks, file_problems, git_copies, sides, suspension, transitions
from segue.engine.pairing.buffer_offsets import plain
from segue.engine.pairing.file_problems import Troubles
from segue.engine.pairing.git_copies import Copies
from segue.engine.pairing.link_record import Leaving
from segue.engine.pairing.linked_file import LinkedFile
from segue.engine.pairing.windows import Windows
from segue.git.pairing import Replaced


@dataclass(slots=True)
class Left:
    """Files in which more than the person's own stays."""

    with_both: list[str] = field(default_factory=list)
    """Until he saves them: paths."""
    failed: dict[str, str] = field(default_factory=dict)
    """What could not be taken away: why, by path."""


async def leave(files: Iterable[LinkedFile], checkout: Path, windows: Windows, slots: asyncio.Semaphore) -> Left:
    """Take the agent's text out of a checkout and its windows. Files that go make room for those that come back."""
    left = Left()

    async def one(file: LinkedFile) -> None:
        async with slots:
            try:
                if await _leave(file, checkout, windows):
                    left.with_both.append(file.path)
            except Exception as failed:
                left.failed[file.path] = file_problems.said(file.path, failed)
            else:
                left.failed.pop(file.path, None)

    going: list[LinkedFile] = []
    staying: list[LinkedFile] = []
    for file in files:
        (going if _goes(file) else staying).append(file)
    for some in (going, staying):
        await asyncio.gather(*map(one, some))
    return left


async def accept(files: Iterable[LinkedFile], met: Troubles) -> None:
    """All that nobody has decided on, but for what runs something; each file for itself."""
    for file in [file for file in files if file.state is not None and not has_orders(file)]:
        try:
            await file.decide(transitions.accept_all)
        except Exception as failed:
            met.met(file.path, failed)


def _goes(file: LinkedFile) -> bool:
    return file.state is not None and file.state.whole.own is None


async def _leave(file: LinkedFile, checkout: Path, windows: Windows) -> bool:
    """Take the agent's text out. Where it had been saved with the person's, that is saved once more without it.

    Returns whether it stays on the disk, because the person has typed on since, here or in another window: saving is
    theirs to do.
    """
    document, state = file.document, file.state
    if document is None or state is None or state.text is None:
        await file.leave()
        return False
    mine, own = state.text.mine, state.text.own
    found = await asyncio.to_thread(disk.readable, checkout, file.path)
    saved = found.text if found is not None else None
    await file.leave()
    now = file.document
    if saved is not None and saved != plain(document.text) and suspension.holds(state, saved):
        return True  # saved by one window, while the text of another one counts
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


@dataclass(frozen=True, slots=True)
class Undecided:
    """Changes of the agent that are not only where the link takes them out."""

    suspended: list[str]
    """Paths of suspended files in whose texts some are left."""
    copies: Copies


def undecided(files: Iterable[LinkedFile], checkout: Path) -> Undecided:
    """As they are before the link ends. Blocking."""
    states = [file.state for file in files if file.state is not None]
    left = sorted(state.path for state in states if state.suspended and suspension.left(state) is not None)
    return Undecided(left, git_copies.copies_of(states, checkout))


def lost(files: Iterable[LinkedFile], checkout: Path) -> list[Lost]:
    """What went with a window that did not come back. Blocking."""
    found = []
    for file in files:
        state = file.state
        if state is not None and state.before is not None and state.suspended == suspension.LOST:
            state = state.before
        elif not file.is_away:
            continue
        on_disk = disk.readable(checkout, file.path) or disk.ABSENT
        if state is None or state.text is None or state.whole.mine is None or on_disk.text == state.text.mine:
            continue
        text = Replaced(file.path, state.whole.mine.mode, sides.mine_data(state))
        now = Replaced(file.path, on_disk.entry.mode if on_disk.entry else "", on_disk.data if on_disk.entry else None)
        found.append(Lost(text, now))
    return found


def notes(left: Left, kept: str) -> list[events.AgentNoted]:
    """What is told of `leave`; `kept` is the commit with the person's own of what failed."""
    found = [events.AgentNoted("saved_with_both", sentence(left.with_both))] if left.with_both else []
    return [*found, *([events.AgentNoted("left_behind", failure(left, kept))] if left.failed else [])]


def notes_on_undecided(found: Undecided, how: Leaving) -> list[events.AgentNoted]:
    """What is told of `undecided`, by what was chosen."""
    is_kept = how is Leaving.KEEP
    said = about_suspended(found.suspended, is_kept=is_kept) if found.suspended else ""
    notes = [events.AgentNoted("suspended_files", said)] if said else []
    return notes if is_kept else notes + git_copies.notes(found.copies)


def about_suspended(paths: Sequence[str], *, is_kept: bool) -> str:
    """What the user is told of suspended files."""
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
    return (
        f"You saved {_names(paths)} with the agent's changes and typed on, here or in another window: "
        "on the disk they stay until you save."
    )


def failure(left: Left, kept: str) -> str:
    """What the person is told of files that still hold the agent's changes; `kept` is the commit with their own."""
    paths = sorted(left.failed)
    why = left.failed[paths[0]]
    own = f" Your own version: git show {kept[:12]}:{visible(paths[0])}" if kept else ""
    return f"The agent's changes could not be taken out of {_names(paths)}. {why}{own}"


def has_more_away(file: LinkedFile) -> bool:
    """Whether what is away with its window is not the person's alone."""
    return file.is_away and file.state is not None and bool(transitions.own_alone(file.state).edits)


def has_orders(file: LinkedFile) -> bool:
    """Whether changes of it run something on the person's machine: those have a decision of their own."""
    return file.state is not None and bool(file_marks.hunk_marks(file.state) and file_marks.runs(file.state))


def window_gone(title: str) -> InputRefused:
    """What it leaves is in buffers that nobody can edit now."""
    return InputRefused(
        "window_gone",
        f"Some of the files that “{title}” leaves are unsaved in a window that is gone.",
        action="It goes to the background when the window is back. Say it again to go on without it.",
    )
