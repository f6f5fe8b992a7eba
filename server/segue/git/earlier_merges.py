"""What of a session's work a base branch has already, and what is left to merge. Knows histories; moves no ref."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segue.domain.ids import SessionId
from segue.git.dropped_commits import without
from segue.git.merge_refs import ways_back
from segue.git.merge_tree import MergedTree, merge, merge_since, require_related
from segue.git.refs import is_ancestor, listed, objects, tree_of
from segue.git.run import Place, git


@dataclass(frozen=True, slots=True)
class Previous:
    """A merge that the base branch has: its commit, and the session's work that it brought over."""

    after: str
    work: str
    is_rewritten: bool = False
    """The branch has an amended or rebased copy of that commit instead."""


def merge_work(
    common_dir: Path,
    base: str,
    session: tuple[str, str],
    previous: Previous | str | None,
    dropped: tuple[str, ...] = (),
) -> MergedTree:
    """Merge a session's result, given as the commit that it has checked out and its checkpoint, into a base.

    Only what it has beyond `previous` is merged where that is a commit, and where the session's history does not tell.
    Of the session's history, `dropped_commits` commits and their ancestors are no work of the session's.
    """
    if isinstance(previous, str):
        return merge_since(common_dir, previous, base, session[1])
    place, (head, result) = objects(common_dir), session
    if previous is None or _is_told(place, previous, head):
        require_related(place, base, result)
        return merge(common_dir, without(place, base, dropped), result)
    # What an earlier merge brought over is in the base already, though the session's history does not tell.
    return merge_since(common_dir, previous.work, base, result)


def _is_told(place: Place, previous: Previous, head: str) -> bool:
    """Whether the session's history tells what an earlier merge brought over."""
    if previous.is_rewritten:
        return False
    return is_ancestor(place, previous.after, head) or is_ancestor(place, previous.work, head)


def previous_merge(place: Place, session_id: SessionId, base: str) -> Previous | None:
    """The newest merge of the session that the base has, amended or rebased too; an undone one does not count."""
    refs = listed(place, f"refs/segue/{session_id}/merges/")
    numbers = {int(ref.split("/")[4]) for ref in refs if ref.endswith("/after")}
    for number in sorted(numbers, reverse=True):
        folder = ways_back(session_id, number)
        after, work = refs[f"{folder}/after"], refs.get(f"{folder}/work")
        if work is not None and is_ancestor(place, after, base):
            return Previous(after, work)
        if work is not None and _is_rewritten(place, after, base):
            return Previous(after, work, is_rewritten=True)
    return None


def _is_rewritten(place: Place, commit: str, base: str) -> bool:
    """Whether a branch has a commit of the same author, moment and session: amend and rebase keep these."""
    words = (
        "--no-show-signature",
        "--format=%an%x00%ae%x00%at%x00%(trailers:key=Segue-Session,valueonly,separator=%x2C)",
    )
    (wanted,) = git(place, "log", "-1", *words, commit, "--").splitlines() or [b""]
    if wanted.endswith(b"\0"):  # made before merges said whose they are
        return False
    return wanted in git(place, "log", *words, base, f"^{commit}", "--").splitlines()


def work_parents_of(place: Place, head: str, result: str, base: str, previous: Previous | None) -> tuple[str, ...]:
    if tree_of(place, result) == tree_of(place, head):
        return ()
    # The work of a squashed merge is a checkpoint, which no branch should come to contain.
    if previous is None or not is_ancestor(place, previous.work, base) or is_ancestor(place, previous.work, head):
        return (head,)
    return (previous.work,) if is_ancestor(place, head, previous.work) else (head, previous.work)
