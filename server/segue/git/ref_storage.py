"""What Segue's own refs keep in a repository: how much, how it gets out, how it goes. Knows refs; no session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from segue.domain.errors import InputRefused, NotFound
from segue.domain.ids import SessionId, session_branch, visible
from segue.git.damaged_refs import loose_names
from segue.git.names import split
from segue.git.refs import branch_commit, create_ref, listed, objects, resolve, try_change
from segue.git.run import CHECKOUT_TIMEOUT_S, git, pinned
from segue.git.trees import private_index


def held_bytes(common_dir: Path) -> int:
    """Bytes on the disk that only refs below `refs/segue/` keep in a repository."""
    words = (
        "--objects",
        "--ignore-missing",
        "--disk-usage",
        "--glob=refs/segue/*",
        "--not",
        "--branches",
        "--tags",
        "--remotes",
    )
    return int(git(objects(common_dir), "rev-list", *words, timeout_s=CHECKOUT_TIMEOUT_S) or 0)


def write_out(common_dir: Path, commit: str, folder: Path) -> int:
    """Write the files of a snapshot into a new folder; returns how many. Nothing else is touched."""
    if resolve(objects(common_dir), commit) is None:
        raise NotFound("snapshot_gone", "That snapshot is gone from the repository.")
    if not folder.is_absolute() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise InputRefused(
            "folder_taken", f"{visible(str(folder))} is not a new or empty folder.", action="Name another one."
        )
    if not folder.parent.is_dir():
        raise InputRefused("folder_missing", f"There is no folder {visible(str(folder.parent))}.")
    folder.mkdir(exist_ok=True)
    place = pinned(common_dir, common_dir, folder).configured({"core.sparseCheckout": "false"})
    with private_index(place) as private:
        git(private, "read-tree", commit)
        git(private, "checkout-index", "--all", "--quiet", timeout_s=CHECKOUT_TIMEOUT_S)
        return len(split(git(private, "ls-files", "-z")))


def keep(common_dir: Path, ref: str, commit: str) -> None:
    """Hold a commit under a new ref of Segue's own."""
    create_ref(objects(common_dir), ref, commit, "segue: keep")


def keep_first(common_dir: Path, ref: str, commits: Sequence[str]) -> str:
    """Hold the first of these commits that is there; where none is, or the repository is gone, the first is named."""
    if common_dir.is_dir():
        for commit in commits:
            if try_change(objects(common_dir), "segue: keep", [f"create {ref} {commit}"]).status == 0:
                return commit
    return commits[0]


def let_go(common_dir: Path, commits_by_ref: Mapping[str, str]) -> None:
    """Drop refs that still stand where they are said to; one that does not is left alone."""
    for ref, commit in commits_by_ref.items():
        try_change(objects(common_dir), "segue: expired", [f"delete {ref} {commit}"])


def let_go_of_session(common_dir: Path, session_id: SessionId) -> None:
    """Drop every ref below a session's own."""
    let_go(common_dir, listed(objects(common_dir), f"refs/segue/{session_id}/"))


def newest_number(common_dir: Path, folder: str) -> int:
    """The highest number that a ref right below `folder` carries; 0 where there is none."""
    refs = listed(objects(common_dir), folder)
    parts = {ref.removeprefix(folder).partition("/")[0] for ref in refs} | loose_names(common_dir, folder)
    return max((int(part) for part in parts if part.isdigit()), default=0)


def branch_tip(common_dir: Path, session_id: SessionId) -> str | None:
    """The commit of a session's branch; None where it is gone."""
    return branch_commit(objects(common_dir), session_branch(session_id))
