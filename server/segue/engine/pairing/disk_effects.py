"""What a step of a linked file does on the disk, each only where that still is what the step was made of. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from segue.domain.errors import StoreFailed
from segue.domain.pairing.whole_files import TEXT, Entry
from segue.engine.pairing import disk, file_problems, git_copies, sides, suspension, transitions, unshowable_files
from segue.engine.pairing.disk import Content, NewFile
from segue.engine.pairing.file_problems import Side
from segue.engine.pairing.folders import PersonsFolders
from segue.engine.pairing.held_changes import Holding
from segue.engine.pairing.link_record import FileState, LinkRecord
from segue.engine.pairing.transitions import Next, Shown


class Sides(Protocol):
    """Where the two sides of a link lie, and what is kept of them."""

    @property
    def checkout(self) -> Path: ...
    @property
    def worktree(self) -> Path: ...
    @property
    def common_dir(self) -> Path: ...
    @property
    def record(self) -> LinkRecord: ...
    def content(self, path: str, name: str) -> bytes:
        """Bytes of a file that is no text, by their name; blocking; raises StoreFailed."""
        ...


class Effects:
    """Of one file. Everything here raises SegueError where the disk does not let it."""

    def __init__(self, path: str, sides: Sides) -> None:
        self._path = path
        self._sides = sides

    def read_mine(self) -> Content:
        """The checkout's file."""
        with self._told(Side.CHECKOUT, "read"):
            return disk.read(self._sides.checkout, self._path)

    def read_theirs(self) -> Content:
        """The agent's file."""
        with self._told(Side.WORKTREE, "read"):
            return disk.read(self._sides.worktree, self._path)

    def gone(self, state: FileState) -> FileState:
        """A new file of the agent's that is not there any more: where a stash has it, that was no decision."""
        return suspension.stashed(state) if git_copies.is_stashed(state, self._sides.common_dir) else state

    def up(self, holding: Holding, state: FileState, theirs: Content, shown: Shown) -> Next:
        """The step that the agent's file asks for, which may have no place on the person's side."""
        is_coming = theirs.entry is not None and state.whole.mine is None
        blocked = disk.in_the_way(self._sides.checkout, self._path) if is_coming else ""
        return holding.up(replace(state, blocked=blocked), theirs, Shown.BLOCKED if blocked else shown)

    def put_mine(self, state: FileState, after: FileState) -> bool:
        """Change the checkout's file; False where somebody else did meanwhile."""
        if not transitions.is_mine(state, self.read_mine()):
            return False
        side, folders = after.whole.mine, self._folders(state)
        data = self._data(side, lambda: sides.mine_data(after))
        with self._told(Side.CHECKOUT, "written"):
            if side is None or data is None:
                disk.remove(self._sides.checkout, self._path, folders)
            else:
                disk.write(self._sides.checkout, self._path, NewFile(data, side.mode, after.bits), folders)
        return True

    def put_beneath(self, state: FileState, after: FileState) -> None:
        """What a buffer does not show: whether its file may be run, and that there is none any more."""
        new = after.whole.mine
        if new is None:
            if state.is_in_buffer or transitions.is_mine(state, self.read_mine()):
                with self._told(Side.CHECKOUT, "removed"):
                    disk.remove(self._sides.checkout, self._path, self._folders(state))
        elif sides.has_other_mode(state, after):
            with self._told(Side.CHECKOUT, "written"), suppress(FileNotFoundError):
                disk.set_mode(self._sides.checkout, self._path, new.mode, after.bits)

    def put_theirs(self, state: FileState, after: FileState) -> bool:
        """Change the agent's file; False where somebody else did meanwhile."""
        if not transitions.is_theirs(state, self.read_theirs()):
            return False
        side = after.whole.theirs
        data = self._data(side, lambda: sides.theirs_data(after))
        with self._told(Side.WORKTREE, "written"):
            if side is None or data is None:
                disk.remove(self._sides.worktree, self._path)
            else:
                disk.write(self._sides.worktree, self._path, NewFile(data, side.mode))
        return True

    def save(self, state: FileState, number: int) -> None:
        """Write a state down; raises StoreFailed."""
        with kept():
            self._sides.record.save_file(state, number)

    def clear_up(self) -> None:
        """Remove what a write that was cut short left beside the file."""
        for root in (self._sides.checkout, self._sides.worktree):
            disk.clear_up(root, self._path)

    def keep_contents(self, after: FileState, contents: tuple[Content, ...], *texts: FileState) -> None:
        """Keep what a state names by its bytes: they are of what was read, or of what was a text before."""
        if after.text is not None and not unshowable_files.is_held(after):
            return
        whole = after.whole
        named = (whole.own, whole.mine, whole.base, whole.theirs)
        wanted = {side.content for side in named if side is not None and side.content != TEXT}
        found = [disk.bytes_of(content) for content in contents if content.entry is not None]
        for data in (*found, *(data for state in texts for data in sides.contents(state))):
            if sha256(data).hexdigest() in wanted:
                with kept():
                    self._sides.record.keep(data)

    def _data(self, side: Entry | None, words: Callable[[], bytes]) -> bytes | None:
        """A side's bytes: of its text, or those that are kept; None where there is no file."""
        if side is None:
            return None
        return words() if side.content == TEXT else self._sides.content(self._path, side.content)

    def _folders(self, state: FileState) -> PersonsFolders:
        return PersonsFolders(self._sides.record, is_own=state.whole.own is not None)

    @contextmanager
    def _told(self, side: Side, done: str) -> Iterator[None]:
        root = self._sides.checkout if side is Side.CHECKOUT else self._sides.worktree
        try:
            yield
        except OSError as failed:
            raise file_problems.of_disk(root, self._path, side, done, failed) from failed


@contextmanager
def kept() -> Iterator[None]:
    """A link's record is written; raises StoreFailed where the disk does not let it."""
    try:
        yield
    except OSError as failed:
        raise StoreFailed(
            "link_not_kept",
            f"The link's record cannot be written: {failed.strerror}.",
            action="Make room on the disk; nothing more flows until then.",
            details={"path": str(failed.filename)},
        ) from failed
