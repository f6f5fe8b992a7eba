"""Brings a worktree's files back to an earlier tree. Knows how to lose nothing on the way; takes no snapshot itself.

Ignored files that the tree does not have stay. HEAD and the branch stay: the agent's own commits are history, and what
differs from them stands there as uncommitted changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import GitFailed, SegueError, WorktreeUnusable
from segue.domain.ids import visible
from segue.git.checkpoints import head_of
from segue.git.conversions import as_checked_out
from segue.git.filters import filter_failure
from segue.git.outcome import Result
from segue.git.partial_checkouts import put_back
from segue.git.refs import parents_of, tree_of
from segue.git.run import CHECKOUT_TIMEOUT_S, Place, attempt, git
from segue.git.trees import add_everything, add_ignored, in_place_of, private_index, unhide
from segue.git.worktrees import Worktree, verify


@dataclass(frozen=True, slots=True)
class Target:
    """What a worktree shall hold."""

    tree: str
    staged: str | None = None
    """A snapshot whose index is brought back too; None means that nothing is staged afterwards."""


def bring_back(worktree: Worktree, target: Target, snapshot: str) -> None:
    """Make the files those of `target`, deletions included; `snapshot` has to hold everything that is there now.

    Completely or not at all. Raises WorktreeUnusable: `worktree_locked`, `worktree_changed` where something was
    written since the snapshot, `worktree_unwritable`, or `worktree_half_written` where not even that could be put back.
    """
    verify(worktree)
    _refuse_locked(worktree)
    place = worktree.place
    with private_index(place, worktree.index) as private:
        unhide(private)
        add_everything(private)
        add_ignored(private, in_place_of(private, target.tree))
        now = git(private, "write-tree").decode().strip()
        # A file that is there now and that the snapshot has otherwise, or not at all, was written in between.
        words = ("-r", "--name-only", "-z", "--no-renames", "--diff-filter=d")
        if git(private, "diff-tree", *words, tree_of(place, snapshot), _recorded(private)):
            raise _changed(worktree)
        # Two trees and an index with fresh stat data: git refuses whatever is written from now on.
        whole = private.configured({"core.sparseCheckout": "false"})
        moved = attempt(whole, "read-tree", "-m", "-u", now, target.tree, timeout_s=CHECKOUT_TIMEOUT_S)
        if moved.status != 0:
            try:
                put_back(whole, worktree.path, now, target.tree)
            except GitFailed as failed:
                raise _half_written(worktree) from failed
            add_everything(private)
            is_as_it_was = git(private, "write-tree").decode().strip() == now
            raise _unwritable(worktree, moved) if is_as_it_was else _changed(worktree)
    _set_index(place, worktree, target)


def _recorded(private: Place) -> str:
    """The tree that a snapshot has of what a private index holds, which stays as it is: with the files' times."""
    with private_index(private, Path(private.variables["GIT_INDEX_FILE"])) as second:
        as_checked_out(second)
        return git(second, "write-tree").decode().strip()


def _set_index(place: Place, worktree: Worktree, target: Target) -> None:
    head = head_of(worktree)
    tree = tree_of(place, head)
    parents = parents_of(place, target.staged) if target.staged else ()
    if len(parents) > 1 and parents[0] == head:
        tree = tree_of(place, parents[1])
    git(place, "read-tree", "--reset", tree)
    attempt(place, "update-index", "-q", "--refresh")


def _refuse_locked(worktree: Worktree) -> None:
    lock = worktree.admin_dir / "index.lock"
    if lock.exists():
        raise WorktreeUnusable(
            "worktree_locked",
            f"Another git command is at work in {visible(str(worktree.path))}.",
            action=f"Nothing was changed. Wait for it; if none runs, delete {visible(str(lock))}, then try again.",
        )


def _unwritable(worktree: Worktree, failed: Result) -> SegueError:
    told = filter_failure(worktree.place, failed.stderr.decode("utf-8", "replace"))
    if told is not None:
        return told
    return WorktreeUnusable(
        "worktree_unwritable",
        f"The files in {visible(str(worktree.path))} could not be written, so nothing was rolled back.",
        action="Everything is as it was. See whether that disk is full or read-only, then try again.",
        details={"status": failed.status, "stderr": failed.stderr.decode("utf-8", "replace")},
    )


def _half_written(worktree: Worktree) -> WorktreeUnusable:
    return WorktreeUnusable(
        "worktree_half_written",
        f"The files in {visible(str(worktree.path))} could neither be rolled back nor put back.",
        action="Nothing is lost: make room on that disk, then undo this rollback.",
    )


def _changed(worktree: Worktree) -> WorktreeUnusable:
    return WorktreeUnusable(
        "worktree_changed",
        f"Something wrote to {visible(str(worktree.path))} at the same moment, so nothing was rolled back.",
        action="Wait until the session is quiet, then try again.",
    )
