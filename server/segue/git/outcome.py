"""How a git command ended, and what its failure means to a user. Knows git's words for locks; runs nothing."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from segue.domain.errors import GitFailed
from segue.domain.ids import visible
from segue.git import packed_refs

_FULL = re.compile("No space left on device|Disk quota exceeded")
_LOCK = re.compile(r"'(/[^'\n]+\.lock)'")


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended, for callers that plan for its failure."""

    argv: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes

    def require(self) -> bytes:
        """The output of a command that has to have succeeded; raises GitFailed."""
        if self.status != 0:
            raise self.failure()
        return self.stdout

    def failure(self) -> GitFailed:
        """The error of a command that failed."""
        return failure_of("git_failed", self, f"git {verb(self.argv)} failed with status {self.status}.")


def failure_of(reason: str, result: Result, message: str) -> GitFailed:
    """The error of a command; git's own reason counts where it is a known one."""
    stderr = result.stderr.decode("utf-8", "replace").strip()
    lock = _lock_in(stderr)
    if lock is not None:
        return GitFailed(
            "git_locked",
            f"Another git command holds {visible(lock)}, or one that was killed has left it.",
            action="Nothing was lost. Wait for it; if no git command runs any more, delete that file, then try again.",
            details={"argv": ["git", *result.argv], "status": result.status, "lock": lock},
        )
    if _FULL.search(stderr):
        return GitFailed(
            "disk_full",
            f"The disk is full, so git {verb(result.argv)} could not write.",
            action="Nothing was lost: all files are as they were. Make room on the disk, then try again.",
            details={"argv": ["git", *result.argv], "status": result.status, "stderr": stderr},
        )
    damaged = packed_refs.stopped_at(stderr)
    if damaged is not None:
        message, action = packed_refs.sentences(damaged)
        return GitFailed("refs_damaged", message, action=action, details={"stderr": stderr})
    last = visible(stderr.splitlines()[-1]) if stderr else ""
    return GitFailed(
        reason,
        f"{message} It said: {last}" if last else message,
        action="Nothing was lost.",
        details={"argv": ["git", *result.argv], "status": result.status, "stderr": stderr},
    )


def _lock_in(stderr: str) -> str | None:
    """The lock file that git stumbled over, if it names one that is there."""
    return next((path for path in _LOCK.findall(stderr) if os.path.lexists(path)), None)


def verb(args: tuple[str, ...]) -> str:
    """Which of git's commands it is."""
    words = iter(args)
    for word in words:
        if word == "-c":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""
