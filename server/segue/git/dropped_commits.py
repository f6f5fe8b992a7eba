"""Commits that a session has from its base branch and that the branch no longer has. Knows histories; moves no ref.

After an amend, a reset or a rebase of the branch, an ordinary merge would bring such commits back: git takes them for
the session's own work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segue.domain.ids import SessionId, visible
from segue.git.names import text
from segue.git.refs import commit_tree, is_ancestor, listed, resolve, set_ref, tree_of
from segue.git.repository import RepositoryNote
from segue.git.run import Place, attempt, git

SHOWN = 5
"""Commits that a note names."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What the branch no longer has."""

    tips: tuple[str, ...] = ()
    """The newest of these commits: all of them are these or their ancestors."""
    commits: tuple[tuple[str, str], ...] = ()
    """Id and subject, newest first."""


def dropped(place: Place, base: str, head: str, known: Iterable[str]) -> Dropped:
    """What of a session's history came from the branch, by commits `known` to be of it, and is not in `base`."""
    shared = {commit for each in known for commit in _common(place, head, each)}
    tips = tuple(sorted(commit for commit in shared if not is_ancestor(place, commit, base)))
    if not tips:
        return Dropped()
    output = git(place, "log", "--no-show-signature", "-z", "--format=%H %s", *tips, f"^{base}", "--")
    lines = (text(line).partition(" ") for line in output.split(b"\0") if line)
    return Dropped(tips, tuple((oid, visible(subject)) for oid, _, subject in lines))


def without(place: Place, base: str, tips: tuple[str, ...]) -> str:
    """A commit on no branch that has the base's files, and the dropped commits as taken back."""
    return commit_tree(place, tree_of(place, base), (base, *tips), "without") if tips else base


def note(found: Dropped, branch: str) -> RepositoryNote:
    """Which commits stay out, in words."""
    shown = [f"{oid[:10]} “{subject[:60]}”" for oid, subject in found.commits[:SHOWN]]
    more = len(found.commits) - len(shown)
    names = ", ".join(shown) + (f" and {more} more" if more else "")
    count = "a commit" if len(found.commits) == 1 else f"{len(found.commits)} commits"
    message = (
        f"“{visible(branch)}” does not have {count} that this session started from: {names}. "
        "The merge leaves that out, so it is made as one commit."
    )
    return RepositoryNote("dropped_commits", message)


def started_from(place: Place, session_id: SessionId, began: str) -> tuple[str, ...]:
    """Commits of the base branch that the session has: the one that it began with, and later ones."""
    later = listed(place, f"refs/segue/{session_id}/based/").values()
    return tuple(dict.fromkeys(commit for commit in (began, *later) if commit))


def keep_base(place: Place, session_id: SessionId, sides: tuple[str, str], base_ref: str, turn: int) -> None:
    """Remember which commit of the base branch came into a session while its HEAD moved between two commits."""
    before, after = sides
    base = resolve(place, base_ref) if before != after else None
    for commit in _common(place, after, base) if base is not None else ():
        if not is_ancestor(place, commit, before):
            set_ref(place, f"refs/segue/{session_id}/based/{turn}", commit, message="segue: base of a session")
            return


def _common(place: Place, one: str, other: str) -> tuple[str, ...]:
    found = attempt(place, "merge-base", "--all", one, other)
    return tuple(found.stdout.decode().split()) if found.status == 0 else ()
