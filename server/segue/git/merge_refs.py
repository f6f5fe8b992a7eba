"""The refs that lead back from a merge. Knows their names and how they go; knows no plan and no files."""

from __future__ import annotations

from segue.domain.ids import SessionId
from segue.git.refs import drop_refs, set_refs
from segue.git.run import Place


def ways_back(session_id: SessionId, number: int) -> str:
    """Where they stand: `before`, `after` and `work`; `flags` where the user's index has any.

    Of a session that was ever paired also `carried`, what of the user's unfinished changes went along, and `first`,
    the commit in his name, where there is one; while the merge is taken back, `carried-back`.
    """
    return f"refs/segue/{session_id}/merges/{number}"


def keep_ways_back(place: Place, folder: str, commits: dict[str, str]) -> None:
    """Set all of them, or none; raises GitFailed. A merge that is tried again replaces those of its earlier try."""
    set_refs(place, {f"{folder}/{name}": oid for name, oid in commits.items()}, "segue: merge")


def drop_ways_back(place: Place, folder: str) -> None:
    """For a merge that came to nothing."""
    drop_refs(place, *(f"{folder}/{side}" for side in ("before", "after", "work", "first", "carried", "flags")))
