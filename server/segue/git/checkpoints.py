"""Checkpoints: a worktree's content as a commit under Segue's own refs. Knows trees and refs; knows no turn.

Index, HEAD and branches of the worktree stay untouched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from segue.domain.errors import WorktreeUnusable
from segue.git.gc_protection import is_whole, lasting
from segue.git.refs import commit_tree, listed, resolve, set_ref
from segue.git.trees import write_accepted
from segue.git.worktrees import Worktree, verify

_TURN = re.compile(r"(\d+)/(before|after)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A commit with everything that was not ignored at that moment; its first parent is what HEAD was."""

    ref: str
    commit: str
    tree: str
    head: str
    """The commit that the worktree had checked out."""
    nested: tuple[str, ...] = ()
    """Folders with a git directory of their own: their files are in the tree, their history is not."""
    unread: tuple[str, ...] = ()
    """What could not be read; the tree has it as it was before, or not at all."""
    refused: tuple[str, ...] = ()
    """The same for what a filter refused."""
    why: str = ""
    """What the filter said."""


def capture(worktree: Worktree, ref: str, message: str, parents: tuple[str, ...] | None = None) -> Checkpoint:
    """Record the worktree under `ref`, which is created or moved; raises WorktreeUnusable or GitFailed."""
    verify(worktree)
    head, place = head_of(worktree), worktree.place

    def write() -> Checkpoint:
        written = write_accepted(place, worktree.index, lambda: newest_turn(worktree))
        commit = commit_tree(place, written.tree, parents if parents is not None else (head,), message)
        set_ref(place, ref, commit, message=message.partition("\n")[0])
        special = (written.nested, written.unread, written.refused, written.why)
        return Checkpoint(ref, commit, written.tree, head, *special)

    return lasting(worktree.common_dir, write, lambda taken: is_whole(place, taken.commit, head))


def newest_turn(worktree: Worktree) -> str | None:
    """The commit of the newest checkpoint of a turn that is there."""
    return next((commit for commit in _turns(worktree) if resolve(worktree.place, commit)), None)


def _turns(worktree: Worktree) -> list[str]:
    """The commits of all checkpoints of turns, the newest first."""
    folder = f"refs/segue/{worktree.session_id}/turns/"
    found = [(_TURN.fullmatch(ref.removeprefix(folder)), oid) for ref, oid in listed(worktree.place, folder).items()]
    turns = [(int(match[1]), match[2] == "after", oid) for match, oid in found if match]
    return [oid for _, _, oid in sorted(turns, reverse=True)]


def head_of(worktree: Worktree) -> str:
    """The commit that a worktree has checked out; with its branch gone or damaged, the one of its newest checkpoint."""
    place = worktree.place
    commit = resolve(place, "HEAD") or resolve(place, worktree.branch_ref)
    if commit is not None:
        return commit
    for recorded in (*_turns(worktree), *listed(place, f"refs/segue/{worktree.session_id}/").values()):
        commit = resolve(place, f"{recorded}^1")
        if commit is not None:
            return commit
    raise WorktreeUnusable(
        "branch_gone",
        f"The session's branch {worktree.branch_ref} was deleted or damaged before anything was recorded.",
        action=f"Its files are untouched in {worktree.path}; make the branch again from a commit of your choice.",
    )
