"""Why git does not take a folder, with the command that helps. Knows git's settings and ownership; changes nothing."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from segue.domain.errors import RepositoryUnusable
from segue.domain.ids import visible
from segue.git.names import text
from segue.git.outcome import Result
from segue.git.run import attempt, undiscovered

_TRUST = ("-c", "safe.directory=*")


def why_unusable(path: Path) -> RepositoryUnusable:
    """Found out by asking again with one obstacle after another out of the way."""
    asked = _ask(path, "rev-parse", "--git-dir")
    trusted = _ask(path, *_TRUST, "rev-parse", "--git-dir")
    if asked.status != 0 and trusted.status == 0:
        return _unsafe(path)
    is_bare = _ask(path, "-c", "safe.bareRepository=all", "rev-parse", "--is-bare-repository")
    if is_bare.stdout == b"true\n":
        return _bare(path)
    if is_bare.status == 0:
        message = f"The folder {visible(str(path))} lies inside a repository's git directory."
        return RepositoryUnusable("not_a_repository", message, action="Open the repository's own folder.")
    git_dir = next((above / ".git" for above in (path, *path.parents) if os.path.lexists(above / ".git")), None)
    if git_dir is not None:
        return _broken(git_dir, trusted)
    return RepositoryUnusable(
        "not_a_repository",
        f"The folder {visible(str(path))} is not in a git repository.",
        action="Open a folder of a repository, or make one: git init, then a first commit.",
    )


def _unsafe(path: Path) -> RepositoryUnusable:
    top = _ask(path, *_TRUST, "rev-parse", "--show-toplevel")
    if top.status != 0:
        top = _ask(path, *_TRUST, "rev-parse", "--absolute-git-dir")
    root = text(top.stdout).removesuffix("\n") or str(path)
    action = f"If you trust it: git config --global --add safe.directory {visible(shlex.quote(root))}"
    message = f"The repository at {visible(root)} belongs to another user."
    return RepositoryUnusable("unsafe_owner", message, action=action)


def _bare(path: Path) -> RepositoryUnusable:
    git_dir = Path(text(_ask(path, "rev-parse", "--absolute-git-dir").stdout).removesuffix("\n"))
    root = git_dir.parent
    if git_dir.name == ".git" and (git_dir / "index").is_file():
        found = _ask(path, "config", "--show-scope", "--get", "core.bare")
        command = "config --worktree" if found.stdout.startswith(b"worktree\t") else "config"
        return RepositoryUnusable(
            "bare_setting",
            f"The repository at {visible(str(root))} has files, but its setting core.bare says that it has none.",
            action=f"If it is no bare repository: git -C {visible(shlex.quote(str(root)))} {command} core.bare false",
        )
    return RepositoryUnusable(
        "bare",
        f"The repository at {visible(str(path))} is bare: it has no files to work on.",
        action="Open a clone or a worktree of it.",
    )


def _broken(git_dir: Path, failed: Result) -> RepositoryUnusable:
    shown = visible(str(git_dir))
    if git_dir.exists() and not os.access(git_dir, os.R_OK | (os.X_OK if git_dir.is_dir() else 0)):
        message, action = f"Segue has no permission to read {shown}.", "Open it as the user whom it belongs to."
        return RepositoryUnusable("repository_unreadable", message, action=action)
    said = visible(failed.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2])
    action = f"See what git says: git -C {visible(shlex.quote(str(git_dir.parent)))} status"
    return RepositoryUnusable("repository_damaged", f"git cannot use {shown}. It said: {said}.", action=action)


def _ask(path: Path, *words: str) -> Result:
    return attempt(undiscovered(path), *words)
