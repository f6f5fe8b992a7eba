"""The snapshot that precedes every removal. Knows what has to be kept; removes nothing itself.

A snapshot is a commit whose tree has every file, ignored ones that are precious too. Its parents: what was checked out,
a commit of what was staged, and the branch's tip where that is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import WorktreeUnusable
from segue.domain.ids import visible
from segue.git.checkouts import Checkout
from segue.git.checkpoints import Checkpoint, head_of, newest_turn
from segue.git.gc_protection import is_whole, lasting
from segue.git.refs import SEGUE, commit_tree, create_ref, resolve, tree_of, try_change
from segue.git.run import Place
from segue.git.submodules import keep_commits, with_own_work
from segue.git.trees import Earlier, Precious, no_earlier, write_index_tree, write_whole_tree
from segue.git.worktrees import Worktree, verify

PRECIOUS = Precious()


def capture(worktree: Worktree, ref: str, message: str, precious: Precious = PRECIOUS) -> Checkpoint:
    """Record everything that must not be lost under a new ref; if it raises, nothing may be removed.

    Raises WorktreeUnusable("nested_repository") where a folder has a git directory of its own, whose history no
    snapshot could hold, and for submodules with files that are not committed; `details["folders"]` lists them.
    """
    verify(worktree)
    place, head = worktree.place, head_of(worktree)
    tip = resolve(place, worktree.branch_ref)
    wanted = _Wanted(ref, message, precious, (tip,) if tip and tip != head else (), lambda: newest_turn(worktree))

    def write() -> Checkpoint:
        taken = _write(place, worktree.index, head, wanted)
        unkept = with_own_work(place, taken.tree, taken.nested, precious)
        if unkept:
            raise _nested(unkept)
        keep_commits(worktree, taken.nested)
        return taken

    return _lasting(worktree.common_dir, place, ref, write)


def capture_checkout(checkout: Checkout, ref: str, message: str, precious: Precious = PRECIOUS) -> Checkpoint:
    """Record what a checkout of the user's holds, in the same shape; nothing in it changes, not even its index.

    Repositories inside it are kept by their files: nothing that Segue does there touches their history.
    """
    place = checkout.place.using(**SEGUE.variables())
    head = resolve(place, "HEAD")
    if head is None:
        raise WorktreeUnusable("no_commit", f"{visible(str(checkout.path))} has no commit checked out.")
    wanted = _Wanted(ref, message, precious)
    return _lasting(checkout.common_dir, place, ref, lambda: _write(place, checkout.index, head, wanted))


@dataclass(frozen=True, slots=True)
class _Wanted:
    ref: str
    message: str
    precious: Precious
    more_parents: tuple[str, ...] = ()
    earlier: Earlier = no_earlier
    """Finds a commit that has what cannot be read now."""


def _write(place: Place, index: Path, head: str, wanted: _Wanted) -> Checkpoint:
    written = write_whole_tree(place, index, wanted.precious, wanted.earlier)
    staged = write_index_tree(place, index) or tree_of(place, head)
    index_commit = commit_tree(place, staged, (head,), f"Staged: {wanted.message}")
    commit = commit_tree(place, written.tree, (head, index_commit, *wanted.more_parents), wanted.message)
    return Checkpoint(wanted.ref, commit, written.tree, head, written.nested, written.unread)


def _lasting(common_dir: Path, place: Place, ref: str, write: Callable[[], Checkpoint]) -> Checkpoint:
    """The snapshot under its ref, which is new; one that the housekeeping took parts of is written again."""
    tries: list[str] = []

    def write_and_refer() -> Checkpoint:
        taken = write()
        tries.append(taken.commit)
        create_ref(place, ref, taken.commit, "segue: snapshot", earlier=tries)
        return taken

    def is_there(taken: Checkpoint) -> bool:
        if is_whole(place, taken.commit, taken.head) and is_whole(place, f"{taken.commit}^2", taken.head):
            return True
        try_change(place, "segue: snapshot", [f"delete {ref} {taken.commit}"])
        return False

    return lasting(common_dir, write_and_refer, is_there)


def _nested(folders: tuple[str, ...]) -> WorktreeUnusable:
    shown = ", ".join(visible(folder) for folder in folders[:5])
    return WorktreeUnusable(
        "nested_repository",
        f"Git repositories inside the session's folder ({shown}) have work that no snapshot can hold.",
        action="Nothing was removed. Commit it if that is a submodule; else move the repository away. Then try again.",
        details={"folders": list(folders)},
    )
