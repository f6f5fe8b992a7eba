"""The snapshot that precedes every removal. Knows what has to be kept; removes nothing itself.

A snapshot is a commit whose tree has every file, ignored ones that are precious too. Its parents: what was checked out,
a commit of what was staged, and the branch's tip where that is another one.
"""

from __future__ import annotations

from segue.domain.errors import WorktreeUnusable
from segue.domain.ids import visible
from segue.git.checkouts import Checkout
from segue.git.checkpoints import Checkpoint, head_of
from segue.git.refs import SEGUE, commit_tree, resolve, tree_of, try_change
from segue.git.trees import Precious, write_index_tree, write_whole_tree
from segue.git.worktrees import Worktree, verify

PRECIOUS = Precious()


def capture(worktree: Worktree, ref: str, message: str, precious: Precious = PRECIOUS) -> Checkpoint:
    """Record everything that must not be lost under a new ref; if it raises, nothing may be removed.

    Raises WorktreeUnusable("nested_repository") where a folder has a git directory of its own, whose history no
    snapshot could hold; `details["folders"]` lists them.
    """
    verify(worktree)
    place = worktree.place
    head = head_of(worktree)
    written = write_whole_tree(place, worktree.index, precious)
    if written.nested:
        raise _nested(written.nested)
    staged = write_index_tree(place, worktree.index) or tree_of(place, head)
    index_commit = commit_tree(place, staged, (head,), f"Staged: {message}")
    tip = resolve(place, worktree.branch_ref)
    parents = (head, index_commit, *((tip,) if tip and tip != head else ()))
    commit = commit_tree(place, written.tree, parents, message)
    try_change(place, "segue: archive", [f"create {ref} {commit}"]).require()
    return Checkpoint(ref, commit, written.tree, head)


def capture_checkout(checkout: Checkout, ref: str, message: str, precious: Precious = PRECIOUS) -> Checkpoint:
    """Record what a checkout of the user's holds, in the same shape; nothing in it changes, not even its index.

    Repositories inside it are kept by their files: nothing that Segue does there touches their history.
    """
    place = checkout.place.using(**SEGUE.variables())
    head = resolve(place, "HEAD")
    if head is None:
        raise WorktreeUnusable("no_commit", f"{visible(str(checkout.path))} has no commit checked out.")
    written = write_whole_tree(place, checkout.index, precious)
    staged = write_index_tree(place, checkout.index) or tree_of(place, head)
    index_commit = commit_tree(place, staged, (head,), f"Staged: {message}")
    commit = commit_tree(place, written.tree, (head, index_commit), message)
    try_change(place, "segue: snapshot", [f"create {ref} {commit}"]).require()
    return Checkpoint(ref, commit, written.tree, head, written.nested)


def _nested(folders: tuple[str, ...]) -> WorktreeUnusable:
    shown = ", ".join(visible(folder) for folder in folders[:5])
    return WorktreeUnusable(
        "nested_repository",
        f"There are git repositories inside the session's folder ({shown}) whose history no snapshot can hold.",
        action="Nothing was removed. Move them away or delete their .git, then try again.",
        details={"folders": list(folders)},
    )
