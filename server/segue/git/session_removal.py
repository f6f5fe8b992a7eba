"""Takes sessions out of a repository for good. Knows their refs and branches; touches no other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from segue.domain.ids import SessionId, session_branch
from segue.git.damaged_refs import damaged_refs, drop_damaged
from segue.git.refs import listed, objects, try_change
from segue.git.worktrees import drop_branch_folders

CHUNK = 200
"""Sessions asked for in one command: their names are its arguments."""


def refs_of(common_dir: Path, session_ids: Iterable[SessionId]) -> dict[str, str]:
    """Object ids by ref: every branch, checkpoint and snapshot of these sessions."""
    place, ids = objects(common_dir), list(session_ids)
    found: dict[str, str] = {}
    for start in range(0, len(ids), CHUNK):
        prefixes = [
            prefix
            for session_id in ids[start : start + CHUNK]
            for prefix in (session_branch(session_id), f"refs/segue/{session_id}/")
        ]
        found |= listed(place, *prefixes)
    return found


def remove_refs(common_dir: Path, session_ids: Iterable[SessionId]) -> int:
    """Delete them all, or none where one moved meanwhile; returns how many there were. Raises GitFailed."""
    ids = list(session_ids)
    found = refs_of(common_dir, ids)
    lines = [f"delete {ref} {oid}" for ref, oid in found.items()]
    try_change(objects(common_dir), "segue: uninstall", lines).require()
    for session_id in ids:
        for ref in damaged_refs(objects(common_dir), f"refs/segue/{session_id}"):
            drop_damaged(objects(common_dir), ref)
        drop_damaged(objects(common_dir), session_branch(session_id))
        drop_branch_folders(common_dir, session_id)
    return len(found)
