"""Makes sure that what was just written stays. Knows git's housekeeping, which deletes what no ref leads to yet.

`git gc --prune=now` looks at the refs first and deletes afterwards: what is written and referred to in between is gone
although a ref leads to it. So whoever writes looks again once no `gc` runs, and writes again what is missing.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from segue.domain.errors import GitFailed
from segue.git.names import split
from segue.git.run import Place, attempt
from segue.git.trees import is_running
from segue.system import processes

TRIES = 5
GC_ENDS_S, GC_BELIEVED_S = 20.0, 12 * 3600.0
_LINK = b"160000"

T = TypeVar("T")


def lasting(common_dir: Path, write: Callable[[], T], is_there: Callable[[T], bool]) -> T:
    """What `write` returns once it stays; it sets the ref and may be repeated. Raises what it does, or GitFailed."""
    for _ in range(TRIES):
        written = again(write)
        _outlast_gc(common_dir)
        if is_there(written):
            return written
    raise GitFailed(
        "objects_pruned",
        "Again and again, git's housekeeping deleted what was just written.",
        action="Nothing was lost. Run `git gc` without --prune=now, or wait for its end, then try again.",
        details={"repository": str(common_dir)},
    )


def again(work: Callable[[], T]) -> T:
    """`work`, repeated where git fails at it: what one command wrote may be gone when the next one reads it."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except GitFailed as failed:
            if failed.reason != "git_failed":
                raise
    return work()


def is_whole(place: Place, commit: str, than: str) -> bool:
    """Whether everything is there that a commit has and another one, which is known to be whole, has not."""
    # git looks into the index even here, and stops at one that is damaged: it is given none.
    place = place.using(GIT_INDEX_FILE=f"{place.variables['GIT_COMMON_DIR']}/segue-no-index")
    changed = attempt(place, "diff-tree", "-r", "-z", "--no-renames", "--diff-filter=d", than, commit)
    if changed.status != 0:
        return False
    facts = (entry.split(b" ") for entry in split(changed.stdout)[::2])
    wanted = b"".join(fact[3] + b"\n" for fact in facts if fact[1] != _LINK)
    if not wanted:
        return True
    found = attempt(place, "cat-file", "--batch-check", stdin=wanted)
    return found.status == 0 and not any(line.endswith(b" missing") for line in found.stdout.splitlines())


def _outlast_gc(common_dir: Path) -> None:
    """Wait for the end of the `gc` that runs now; one that begins later sees the ref."""
    if pid := _running_gc(common_dir / "gc.pid"):
        processes.wait_gone(processes.identity(pid), GC_ENDS_S)


def _running_gc(marker: Path) -> int:
    """The process that says it is one; 0 where none does here, or so long ago that git disbelieves it too."""
    with suppress(OSError, ValueError):
        pid, host = marker.read_text().split()
        is_recent = time.time() - marker.stat().st_mtime < GC_BELIEVED_S
        return int(pid) if is_recent and host == socket.gethostname() and is_running(int(pid)) else 0
    return 0
