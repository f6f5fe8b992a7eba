"""What is worth knowing about a repository before work starts. Knows settings and shapes; refuses nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from segue.domain.ids import named
from segue.git.git_config import Settings
from segue.git.names import text
from segue.git.run import Place, attempt

COMMIT_HOOKS = (
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-merge-commit",
    "post-merge",
    "post-checkout",
    "reference-transaction",
)


@dataclass(frozen=True, slots=True)
class RepositoryNote:
    """A stable word and a sentence for a person."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a repository lies and what git says about its kind."""

    root: Path
    git_dir: Path
    common_dir: Path
    is_shallow: bool
    is_sha256: bool
    is_detached: bool = False
    has_identity: bool = True
    damaged: tuple[str, ...] = ()
    """Branches that git cannot read."""


def repository_notes(place: Place, shape: Shape, settings: Settings) -> tuple[RepositoryNote, ...]:
    """Everything worth saying, most surprising first."""
    found = [
        *_about_refs(shape),
        *_about_head(shape),
        *_about_commits(shape, settings),
        *_about_content(place, shape, settings),
        *_about_history(shape, settings),
    ]
    return tuple(RepositoryNote(reason, message) for reason, message in found)


def _about_refs(shape: Shape) -> list[tuple[str, str]]:
    if not shape.damaged:
        return []
    message = (
        f"git cannot read {named(shape.damaged)}: the commit is missing or the file is damaged. "
        "Nothing else is affected. `git fsck` tells more."
    )
    return [("damaged_refs", message)]


def _about_head(shape: Shape) -> list[tuple[str, str]]:
    found = []
    if shape.is_detached:
        found.append(
            ("detached", "No branch is checked out: work starts from this commit; name a branch when you merge.")
        )
    if shape.git_dir != shape.common_dir:
        found.append(
            ("linked_worktree", f"This folder is a worktree of the repository at {shape.common_dir}; that is fine.")
        )
    elif (shape.root / ".git").is_file() and "modules" in shape.git_dir.parts:
        found.append(("is_submodule", "This folder is a submodule: work is done in it alone, not in what contains it."))
    return found


def _about_commits(shape: Shape, settings: Settings) -> list[tuple[str, str]]:
    found = []
    if settings.is_true("commit.gpgsign"):
        message = (
            "Commits are to be signed here: Segue never asks for a key, so the commits that it makes are unsigned."
        )
        found.append(("signing", message))
    if not shape.has_identity:
        message = "git does not know your name and e-mail: set user.name and user.email before you merge."
        found.append(("no_identity", message))
    hooks = _commit_hooks(shape, settings)
    if hooks:
        message = f"Your hooks ({', '.join(hooks)}) do not run for commits that Segue makes."
        found.append(("hooks", message))
    return found


def _about_content(place: Place, shape: Shape, settings: Settings) -> list[tuple[str, str]]:
    found = []
    modules, attributes = _has_files(place, ".gitmodules", ".gitattributes")
    if modules:
        found.append(("submodules", "Submodules are not filled in worktrees; a changed pointer is shown as such."))
    if (shape.common_dir / "lfs").is_dir() or (attributes and _names_lfs(place)):
        message = "Git LFS is used: its files are handled by your own LFS setup, and shown as LFS pointers."
        if "lfs" not in {*settings.names("filter", "process"), *settings.names("filter", "clean")}:
            message = "Git LFS is used but not set up for you: its files are pointers until you run `git lfs install`."
        found.append(("lfs", message))
    if settings.is_true("core.sparsecheckout"):
        found.append(("sparse", "The checkout is sparse; worktrees are sparse in the same way."))
    return found


def _about_history(shape: Shape, settings: Settings) -> list[tuple[str, str]]:
    found = []
    if shape.is_shallow:
        found.append(("shallow", "The history is shallow: merges work as far back as it reaches."))
    if settings.get("extensions.partialclone") or settings.names("remote", "promisor"):
        found.append(
            ("partial", "The clone is partial: git fetches missing files from its remote when they are needed.")
        )
    if shape.is_sha256:
        found.append(("sha256", "The repository uses SHA-256 object names; that is fine."))
    return found


def _commit_hooks(shape: Shape, settings: Settings) -> list[str]:
    configured = settings.get("core.hookspath")
    folder = shape.root / Path(configured).expanduser() if configured else shape.common_dir / "hooks"
    return [name for name in COMMIT_HOOKS if os.access(folder / name, os.X_OK) and (folder / name).is_file()]


def _has_files(place: Place, *names: str) -> list[bool]:
    """Which of these files the commit has that is checked out."""
    stdin = "".join(f"HEAD:{name}\n" for name in names).encode()
    lines = attempt(place, "cat-file", "--batch-check", stdin=stdin).stdout.splitlines()
    return [not line.endswith(b" missing") for line in lines] if len(lines) == len(names) else [False] * len(names)


def _names_lfs(place: Place) -> bool:
    attributes = attempt(place, "cat-file", "blob", "HEAD:.gitattributes")
    return attributes.status == 0 and "filter=lfs" in text(attributes.stdout)
