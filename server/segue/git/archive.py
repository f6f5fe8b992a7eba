"""The snapshot that precedes every removal. Knows what has to be kept; removes nothing itself.

A snapshot is a commit whose tree has every file, ignored ones that are precious too. Its parents: what was checked out,
a commit of what was staged, and the branch's tip where that is another one.
"""

from __future__ import annotations

from segue.domain.errors import WorktreeUnusable
from segue.domain.ids import visible
from segue.git.checkpoints import Checkpoint, head_of
from segue.git.refs import commit_tree, resolve, tree_of, try_change
from segue.git.trees import write_index_tree, write_whole_tree
from segue.git.worktrees import Worktree, verify

PRECIOUS = (".env*",)
"""Names of ignored files that are kept all the same."""


def capture(worktree: Worktree, ref: str, message: str, precious: tuple[str, ...] = PRECIOUS) -> Checkpoint:
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
    # An attempt that was cut short may have left the ref; nothing was removed on its strength.
    try_change(place, "segue: archive", [f"update {ref} {commit}"]).require()
    return Checkpoint(ref, commit, written.tree, head)


def _nested(folders: tuple[str, ...]) -> WorktreeUnusable:
    shown = ", ".join(visible(folder) for folder in folders[:5])
    return WorktreeUnusable(
        "nested_repository",
        f"There are git repositories inside the session's folder ({shown}) whose history no snapshot can hold.",
        action="Nothing was removed. Move them away or delete their .git, then try again.",
        details={"folders": list(folders)},
    )
