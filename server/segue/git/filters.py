"""Programs that git runs over the content of files: Git LFS, git-crypt and the like. Knows how they fail; runs none."""

from __future__ import annotations

import re
import shlex
import shutil
from contextlib import suppress
from pathlib import Path

from segue.domain.errors import GitFailed, SegueError
from segue.domain.ids import visible
from segue.git.git_config import read_settings
from segue.git.run import Place, search_path

_STATE = ("git-crypt", "crypt")
"""Folders in which git-crypt and transcrypt keep their keys. They look in a worktree's own git directory."""
_LINES = 3
_FILE = re.compile(r"^fatal: (.+): clean filter '[^'\n]+' failed$", re.MULTILINE)
_NAMED = re.compile(r": (?:clean|smudge) filter '?([^'\n]+?)'? failed$", re.MULTILINE)


def filter_failure(place: Place, stderr: str) -> GitFailed | None:
    """The error of a filter that made a git command fail; None where it was none."""
    found = _failed_filter(place, stderr)
    if found is None:
        return None
    name, command = found
    said = " ".join(visible(line) for line in stderr.splitlines()[:_LINES])
    program = _program(command)
    if program and shutil.which(program, path=search_path(place)) is None:
        action = (
            f"“{visible(program)}” is not on the PATH of the window that the session was started from. Install it, "
        )
        action += "or send the next prompt from a window or terminal in which git finds it."
    elif command:
        action = "Nothing was lost. See why that command fails there, then try again."
    else:
        pattern = visible(shlex.quote(f"^filter[.]{name}[.]"))
        action = f"Nothing was lost. See which of its commands is missing: git config --get-regexp {pattern}"
    return GitFailed(
        "filter_failed",
        f"The filter “{visible(name)}” of this repository failed. It said: {said.rstrip('.')}.",
        action=action,
        details={"filter": name, "command": command, "stderr": stderr},
    )


def refused_file(failed: GitFailed) -> str | None:
    """The file at which such an error came, where git names it."""
    if failed.reason != "filter_failed":
        return None
    found = _FILE.search(str(failed.details["stderr"]))
    return found[1] if found is not None else None


def share_filter_state(admin_dir: Path, common_dir: Path) -> None:
    """Let filters find their keys from a worktree."""
    for name in _STATE:
        link = admin_dir / name
        if (common_dir / name).is_dir() and not link.is_symlink() and not link.exists():
            with suppress(OSError):
                link.symlink_to(Path("..", "..", name))


def _failed_filter(place: Place, stderr: str) -> tuple[str, str] | None:
    with suppress(SegueError):
        settings = read_settings(place)
        for key in ("process", "smudge", "clean"):
            for name in settings.names("filter", key):
                command = settings.get(f"filter.{name}.{key}") or ""
                if command and command in stderr:
                    return name, command
    # git names no command where a filter that is required has none for this direction.
    named = _NAMED.search(stderr)
    return (named[1], "") if named is not None else None


def _program(command: str) -> str:
    try:
        return next(iter(shlex.split(command)), "")
    except ValueError:
        return ""
