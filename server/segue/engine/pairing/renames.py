"""Finds which files of a link are one under another name, and keeps such pairs true. Knows states; touches no file.

Both sides keep their files as they are: a pair changes only whose text counts as whose, and what is decided on at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec.structs import replace

from segue.domain.errors import SegueError
from segue.domain.pairing import renames
from segue.engine.pairing import disk, rename_pairs, transitions
from segue.engine.pairing.link_record import FileState
from segue.engine.pairing.linked_file import LinkedFile

log = logging.getLogger(__name__)


class Renaming:
    """Of one link."""

    def __init__(self, files: Mapping[str, LinkedFile], checkout: Path) -> None:
        self._files = files
        self._checkout = checkout
        self._is_due = asyncio.Event()

    def moved(self, file: LinkedFile) -> None:
        """Its state is another one."""
        state = file.state
        if state is not None and (_is_named(state) or rename_pairs.has_come(state) or rename_pairs.has_gone(state)):
            self._is_due.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            self._part()
            await self._join()

    async def _join(self) -> None:
        old = {state.path: state for state in self._alone() if rename_pairs.has_gone(state)}
        new = {state.path: state for state in self._alone() if rename_pairs.has_come(state)}
        if not old or not new:
            return
        found = await asyncio.to_thread(_found, old.values(), new.values())
        for path, before in found.items():
            pair = self._files.get(before), self._files.get(path)
            if pair[0] is not None and pair[1] is not None:
                states = rename_pairs.joined(old[before], new[path])
                if _can_become(pair[0], old[before]) and _can_become(pair[1], new[path]):
                    pair[0].become(states[0])
                    pair[1].become(states[1])
                    await asyncio.to_thread(self._give_bits, states[1])

    def _give_bits(self, new: FileState) -> None:
        """A file that only its owner may read is for them alone under its new name, too."""
        mine = new.whole.mine
        if new.renamed_from and mine is not None and mine.mode != disk.LINK:
            try:
                disk.set_mode(self._checkout, new.path, mine.mode, new.bits)
            except (OSError, SegueError) as failed:
                log.warning("%r keeps the usual permissions: %s", new.path, failed)

    def _part(self) -> None:
        """Pairs of which one is something else by now."""
        for file in tuple(self._files.values()):
            state = file.state
            if state is None or not _is_named(state) or not _can_become(file, state):
                continue
            other = self._files.get(state.renamed_from or state.renamed_to)
            if not _is_pair(state, other.state if other is not None else None):
                file.become(replace(transitions.apart(state), renamed_to=""))

    def carry_back(self) -> None:
        """Nobody took the new names: what the person typed there goes with the old ones."""
        for file in tuple(self._files.values()):
            new = file.state
            other = self._files.get(new.renamed_from) if new is not None and new.renamed_from else None
            if new is not None and other is not None and other.state is not None:
                other.become(replace(rename_pairs.carried(other.state, new), renamed_to=""))
                file.become(transitions.apart(new))

    def _alone(self) -> list[FileState]:
        states = (file.state for file in self._files.values())
        return [state for state in states if state is not None and not _is_named(state)]


def _can_become(file: LinkedFile, state: FileState) -> bool:
    """Whether that is its state, and nothing is on the way to another one."""
    return file.state is state and not (file.is_gone or file.lock.locked())


def _is_named(state: FileState) -> bool:
    return bool(state.renamed_from or state.renamed_to)


def _is_pair(state: FileState, other: FileState | None) -> bool:
    if other is None:
        return False
    old, new = (other, state) if state.renamed_from else (state, other)
    is_named = old.renamed_to == new.path and (new.renamed_from == old.path or rename_pairs.is_kept(old))
    return is_named and rename_pairs.has_gone(old) and rename_pairs.has_come(new)


def _found(old: Iterable[FileState], new: Iterable[FileState]) -> dict[str, str]:
    """Texts are compared with texts, all else with all else."""
    pairs: dict[str, str] = {}
    for is_text in (True, False):
        gone = {state.path: rename_pairs.old_content(state) for state in old if (state.text is not None) is is_text}
        come = {state.path: rename_pairs.new_content(state) for state in new if (state.text is not None) is is_text}
        pairs |= renames.found(gone, come)
    return pairs
