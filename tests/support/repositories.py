"""Real git repositories for tests. Knows how to make and ask them; knows nothing of Segue."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

GIT = shutil.which("git") or "git"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ann Example",
    "GIT_AUTHOR_EMAIL": "ann@example.invalid",
    "GIT_COMMITTER_NAME": "Ann Example",
    "GIT_COMMITTER_EMAIL": "ann@example.invalid",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(folder: Path, *arguments: str) -> str:
    """Standard output of a git command, without the last line end; raises CalledProcessError."""
    argv = [GIT, "-c", "maintenance.auto=false", "-C", str(folder), *arguments]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **IDENTITY}
    done = subprocess.run(argv, check=True, capture_output=True, env=environment)
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """A new repository on branch `main` with one commit of these files."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=Begin")
    return folder
