"""Whether a worktree can begin where a person stands. Knows folders and trees; changes nothing."""

from __future__ import annotations

from pathlib import Path

from segue.domain.errors import RepositoryUnusable
from segue.domain.ids import visible
from segue.git.repository import Base, Located
from segue.git.run import attempt


def require_folder(repository: Located, base: Base) -> None:
    """Raise RepositoryUnusable (`folder_not_in_base`) where the folder that was opened is not in the base commit."""
    folder = repository.subfolder
    if not folder:
        return
    found = attempt(repository.place, "cat-file", "-t", f"{base.commit}:{folder}")
    if found.stdout.strip() == b"tree":
        return
    branch = (base.ref or base.commit[:10]).removeprefix("refs/heads/")
    ignored = attempt(repository.place, "check-ignore", "--quiet", "--", f"{folder}/").status == 0
    why = "it is ignored" if ignored else "nothing in it is committed there"
    raise RepositoryUnusable(
        "folder_not_in_base",
        f"The folder {visible(folder)} is not part of {visible(branch)}: {why}. "
        "A session's worktree would not have it. Nothing was created.",
        action=f"Start from {visible(str(repository.root))}, or commit the folder first.",
        details={"folder": folder, "root": str(repository.root)},
    )


def require_outside(repository: Located, data: Path) -> None:
    """Raise RepositoryUnusable (`data_in_repository`) where worktrees would be files of the repository themselves."""
    root, inside = repository.root.resolve(), data.resolve()
    if not inside.is_relative_to(root):
        return
    raise RepositoryUnusable(
        "data_in_repository",
        f"Segue's data directory {visible(str(data))} lies inside this repository, {visible(str(root))}, "
        "so the worktrees of sessions would be part of it. Nothing was created.",
        action="Set SEGUE_DATA_DIR to a directory outside of it, then run `segue daemon stop`.",
        details={"data": str(data), "root": str(root)},
    )
