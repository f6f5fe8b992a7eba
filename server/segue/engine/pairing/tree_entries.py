"""Files of a link as entries of trees, and folders as files. Knows states and paths; changes nothing. Blocking."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace as replace_whole
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from segue.domain.errors import StoreFailed
from segue.domain.pairing.contribution import Contribution
from segue.domain.pairing.text_format import encode
from segue.domain.pairing.whole_files import TEXT
from segue.engine.pairing.link_record import FileState
from segue.git import pairing
from segue.git.pairing import Replaced
from segue.git.worktrees import Worktree

log = logging.getLogger(__name__)


class Kept(Protocol):
    """Where a link keeps what is no text, and its objects."""

    @property
    def common_dir(self) -> Path: ...
    @property
    def base(self) -> str: ...
    def content(self, path: str, name: str) -> bytes: ...


def with_agreed(link: Kept, tree: str, states: Sequence[FileState]) -> str:
    """A tree with files as both sides have them."""
    return _with(link, tree, states, lambda text: text.theirs)


def with_accepted(link: Kept, tree: str, states: Sequence[FileState]) -> str:
    """A tree with what the agent has of the person's part of files."""
    return _with(link, tree, states, lambda text: text.accepted)


def with_files_of(link: Kept, tree: str, paths: Sequence[str]) -> str:
    """A tree with files as the link's base has them: of these nobody knows what both sides have."""
    found = pairing.read_many(link.common_dir, link.base, paths)
    files = [Replaced(path, kept[1], kept[0]) if kept else Replaced(path, "", None) for path, kept in found.items()]
    return pairing.with_files(link.common_dir, tree, files)


def with_own(link: Kept, tree: str, states: Sequence[FileState]) -> str:
    """A tree with files as the person alone has them."""
    own = [replace(state, whole=replace_whole(state.whole, base=state.whole.own)) for state in states]
    return _with(link, tree, own, lambda text: text.own)


def _with(link: Kept, tree: str, states: Sequence[FileState], words: Callable[[Contribution], str]) -> str:
    files = []
    for state in states:
        try:
            files.append(_as_replaced(state, words, link))
        except StoreFailed as failed:  # the tree's own stays
            log.warning("%r is measured as it is: %s", state.path, failed)
    return pairing.with_files(link.common_dir, tree, files)


def _as_replaced(state: FileState, words: Callable[[Contribution], str], link: Kept) -> Replaced:
    """A file without what nobody has decided on, by a text of its state or by bytes that are kept."""
    side = state.whole.own if state.whole.is_undecided else state.whole.base
    if side is None:
        return Replaced(state.path, "", None)
    text = state.text
    if text is not None and side.content == TEXT:
        return Replaced(state.path, side.mode, encode(words(text), side.shape))
    return Replaced(state.path, side.mode, link.content(state.path, side.content))


class Flowing:
    """Which paths of a worktree no ignore rule leaves out; what is known is not asked again. Blocking."""

    def __init__(self, worktree: Worktree) -> None:
        self._worktree = worktree
        self._known: set[str] = set()

    def among(self, paths: set[str], linked: set[str]) -> set[str]:
        """Those of these paths that flow, folders as the files in them; what is linked already does."""
        if not self._known or any(path.rpartition("/")[2] == ".gitignore" for path in paths):
            self._known = pairing.tracked(self._worktree.place)
        new = sorted(paths - self._known - linked)
        left_out = pairing.ignored(self._worktree.place, new)
        found = _files_below(self._worktree.path, [path for path in paths if path not in left_out])
        inside = pairing.ignored(self._worktree.place, sorted(found - paths - self._known - linked))
        self._known |= found - inside
        gone = _behind_links(self._worktree.path, paths, self._known | linked)
        return paths - set(new) | found - inside | gone


def _behind_links(root: Path, paths: set[str], known: set[str]) -> set[str]:
    """Known files of folders that are symbolic links now: nothing tells of them, since their names lead elsewhere."""
    links = [f"{path}/" for path in paths if (root / path).is_symlink()]
    return {path for path in known if path.startswith(tuple(links))} if links else set()


def _files_below(root: Path, paths: list[str]) -> set[str]:
    """Paths with folders replaced by what is in them: files may be written before a new folder is watched."""
    found: set[str] = set()
    for path in paths:
        place = root / path
        if place.is_dir() and not place.is_symlink():
            found |= {
                str(file.relative_to(root)) for file in place.rglob("*") if file.is_symlink() or not file.is_dir()
            }
        else:
            found.add(path)
    return found
