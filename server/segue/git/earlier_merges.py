"""What of a session's work a base branch has already, and what is left to merge. Knows histories; moves no ref."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segue.domain.ids import SessionId
from segue.git.merge_tree import MergedTree, merge, merge_since
from segue.git.refs import is_ancestor, listed, objects, tree_of
from segue.git.run import Place
from segue.git.ways_back import ways_back


@dataclass(frozen=True, slots=True)
class Previous:
    """A merge that the base branch has: its commit, and the session's work that it brought over."""

    after: str
    work: str


def merge_work(common_dir: Path, base: str, session: tuple[str, str], previous: Previous | str | None) -> MergedTree:
    """Merge a session's result, given as the commit that it has checked out and its checkpoint, into a base.

    Only what it has beyond `previous` is merged where that is a commit, and where the session's history does not tell.
    """
    if isinstance(previous, str):
        return merge_since(common_dir, previous, base, session[1])
    place, (head, result) = objects(common_dir), session
    known = previous and (is_ancestor(place, previous.after, head) or is_ancestor(place, previous.work, head))
    if previous is None or known:
        return merge(common_dir, base, result)
    # What an earlier merge brought over is in the base already, though the session's history does not tell.
    return merge_since(common_dir, previous.work, base, result)


def previous_merge(place: Place, session_id: SessionId, base: str) -> Previous | None:
    """The newest merge of the session that the base has; an undone one does not count."""
    refs = listed(place, f"refs/segue/{session_id}/merges/")
    numbers = {int(ref.split("/")[4]) for ref in refs if ref.endswith("/after")}
    for number in sorted(numbers, reverse=True):
        folder = ways_back(session_id, number)
        after, work = refs[f"{folder}/after"], refs.get(f"{folder}/work")
        if work is not None and is_ancestor(place, after, base):
            return Previous(after, work)
    return None


def work_parents_of(place: Place, session: tuple[str, str], base: str, previous: Previous | None) -> tuple[str, ...]:
    head, result = session
    if tree_of(place, result) == tree_of(place, head):
        return ()
    # The work of a squashed merge is a checkpoint, which no branch should come to contain.
    if previous is None or not is_ancestor(place, previous.work, base) or is_ancestor(place, previous.work, head):
        return (head,)
    return (previous.work,) if is_ancestor(place, head, previous.work) else (head, previous.work)
