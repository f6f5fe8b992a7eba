"""What a step of a linked file does on the disk, each only where that still is what the step was made of. Blocking."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from segue.domain.errors import StoreFailed
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

    def put_beneath(self, state: FileState, after: FileState) -> None:
        """What a buffer does not show: whether its file may be run, and that there is none any more."""
        new = after.whole.mine
        if new is None:
            if state.is_in_buffer or steps.is_mine(state, disk.read(self._sides.checkout, self._path)):
                disk.remove(self._sides.checkout, self._path)
        elif steps.has_other_mode(state, after):
            with suppress(FileNotFoundError):
                disk.set_mode(self._sides.checkout, self._path, new.mode)

    def put_theirs(self, state: FileState, after: FileState) -> bool:
        """Change the agent's file; False where somebody else did meanwhile."""
        found = disk.read(self._sides.worktree, self._path)
        is_same = steps.is_theirs(state, found)
        if is_same:
            self._put(self._sides.worktree, after.whole.theirs, steps.theirs_data(after) if after.text else None)
        return is_same

    def save(self, state: FileState, number: int) -> None:
        """Write a state down; raises StoreFailed."""
        try:
            self._sides.record.save_file(state, number)
        except OSError as failed:
            raise StoreFailed(
                "link_not_kept",
                f"The link's record cannot be written: {failed.strerror}.",
                action="Make room on the disk; nothing more flows until then.",
                details={"path": str(failed.filename)},
            ) from failed

    def clear_up(self) -> None:
        """Remove what a write that was cut short left beside the file."""
        for root in (self._sides.checkout, self._sides.worktree):
            disk.clear_up(root, self._path)

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
