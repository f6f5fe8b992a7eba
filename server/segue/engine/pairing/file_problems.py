"""Why a step of a link did not happen, in words, and which of that is known already. Knows no sessions.

What is raised for one file ends that step for that file only: it is tried again at the next change or boundary, and
said once, however often it fails.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from segue.domain.errors import InputRefused, RepositoryUnusable, SegueError, WorktreeUnusable
from segue.domain.ids import visible
from segue.engine.pairing import disk

log = logging.getLogger(__name__)

_PLACES = {errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.EEXIST, errno.ENOTEMPTY}
_WORDS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.ENAMETOOLONG: "the name is too long for this file system",
    errno.EINVAL: "this file system does not allow the name",
}


class Side(Enum):
    """Whose file it is."""

    CHECKOUT = "your checkout"
    WORKTREE = "the agent's worktree"


class InTheWay(InputRefused):
    """A folder stands where a file has to go, or a file where a folder has to."""


def of_disk(root: Path, path: str, side: Side, done: str, failed: OSError) -> SegueError:
    """What a file's step says that the disk did not let happen; `done` is a participle."""
    name, way = visible(path), disk.in_the_way(root, path)
    if failed.errno in _PLACES and way:
        kind = "a folder" if way == path else "not a folder"
        return InTheWay(
            "in_the_way",
            f"{name} cannot be {done}: {visible(way)} is {kind} in {side.value}.",
            action="Move it away or rename it, then try again." if side is Side.CHECKOUT else "",
        )
    kinds = {Side.CHECKOUT: RepositoryUnusable, Side.WORKTREE: WorktreeUnusable}
    words = reason(failed)
    return kinds[side](
        f"file_not_{done}",
        f"{name} cannot be {done} in {side.value}: {words}.",
        action="Nothing was lost. Fix that, and it is tried again with the next change or turn.",
        details={"path": path, "errno": failed.errno},
    )


def reason(failed: OSError) -> str:
    """What the disk said, as part of a sentence."""
    return _WORDS.get(failed.errno or 0) or (failed.strerror or "the disk failed").lower()


def said(path: str, failed: Exception) -> str:
    """A failure of one file's step as one sentence or two; what nobody planned for goes to the log as well."""
    if isinstance(failed, SegueError):
        return str(failed)
    log.error("%r: a step failed", path, exc_info=failed)
    what = f"{visible(path)} was left as it is" if path else "Not everything could be brought up to date"
    if isinstance(failed, OSError):
        return f"{what}: {reason(failed)}."
    return f"{what}: Segue made a mistake ({type(failed).__name__}). The log has details."


class Troubles:
    """Of one link: what went wrong with each file, until it goes right."""

    def __init__(self, show: Callable[[], None]) -> None:
        self._show = show
        self._by_path: dict[str, str] = {}
        self._untold: list[str] = []
        self._told: set[str] = set()

    def met(self, path: str, failed: Exception) -> None:
        """A step of a file, or of all ("") did not happen."""
        self._say(path, said(path, failed))

    def over(self, path: str) -> None:
        """The step happened."""
        if self._by_path.pop(path, None) is not None:
            self._show()

    def notice(self, sentence: str) -> None:
        """Something that is of no one file; it stands there as long as the link."""
        self._say(sentence, sentence)

    def _say(self, key: str, sentence: str) -> None:
        if self._by_path.get(key) == sentence:
            return
        self._by_path[key] = sentence
        if sentence not in self._told:
            self._told.add(sentence)
            self._untold.append(sentence)
            log.warning("%s", sentence)
        self._show()

    @property
    def sentences(self) -> list[str]:
        """Those that there are."""
        return list(dict.fromkeys(self._by_path.values()))

    def untold(self) -> list[str]:
        """Those that came since this was asked last."""
        found, self._untold = self._untold, []
        return found
