"""What a step of a linked file does on the disk, each only where that still is what the step was made of. Blocking."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from segue.domain.link.whole import Entry
from segue.engine.link import disk, steps
from segue.engine.link.disk import Content
from segue.engine.link.record import FileState, LinkRecord


class Sides(Protocol):
    """Where the two sides of a link lie, and what is kept of them."""

    @property
    def checkout(self) -> Path: ...
    @property
    def worktree(self) -> Path: ...
    @property
    def record(self) -> LinkRecord: ...


class Effects:
    """Of one file."""

    def __init__(self, path: str, sides: Sides) -> None:
        self._path = path
        self._sides = sides

    def put_mine(self, state: FileState, after: FileState) -> bool:
        """Change the checkout's file; False where somebody else did meanwhile."""
        if not steps.is_mine(state, disk.read(self._sides.checkout, self._path)):
            return False
        self._put(self._sides.checkout, after.whole.mine, steps.mine_data(after) if after.text else None)
        return True

    def put_theirs(self, state: FileState, after: FileState) -> bool:
        """Change the agent's file; False where somebody else did meanwhile."""
        found = disk.read(self._sides.worktree, self._path)
        if state.text is None:
            is_same = disk.opaque(found) == state.whole.theirs
        else:
            is_same = found.entry == state.whole.theirs and (found.text or "") == state.text.theirs
        if is_same:
            self._put(self._sides.worktree, after.whole.theirs, steps.theirs_data(after) if after.text else None)
        return is_same

    def keep_contents(self, state: FileState, theirs: Content) -> None:
        """Keep the bytes that a decision may ask for."""
        mine = disk.read(self._sides.checkout, self._path)
        for content in (mine, theirs):
            if content.entry is not None:
                self._sides.record.keep(content.data)
        if state.text is not None:
            for data in (steps.mine_data(state), steps.own_data(state)):
                self._sides.record.keep(data)

    def _put(self, root: Path, side: Entry | None, data: bytes | None) -> None:
        if side is None:
            disk.remove(root, self._path)
        else:
            disk.write(root, self._path, self._sides.record.content(side.content) if data is None else data, side.mode)
