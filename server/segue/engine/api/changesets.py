"""What a session changed, as files and virtual documents. Knows checkpoints and URIs; knows no editor."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from segue.domain.errors import InputRefused, NotFound
from segue.domain.events import Stat
from segue.domain.ids import SessionId, visible
from segue.domain.session import Session
from segue.engine.api.patches import Patches
from segue.engine.api.views import stat_view
from segue.engine.state.ledger import Ledger
from segue.engine.workspace.worktrees import Work, Worktrees
from segue.git import diff
from segue.git.diff import FileChange, Kind
from segue.protocol import views

SCHEME = "segue"
FILES_LIMIT = 10_000
"""Files of a changeset that are listed; more are counted only (D39)."""
DOCUMENT_LIMIT = 16 * 1024 * 1024
"""Bytes of a virtual document."""


class Reviews:
    """Changesets between two checkpoints."""

    def __init__(self, ledger: Ledger, worktrees: Worktrees) -> None:
        self._ledger = ledger
        self._worktrees = worktrees
        self._patches = Patches()

    async def changeset(self, session_id: SessionId, turn: int | None) -> views.ChangesetView:
        """One turn's changes, or all since the point that the session's work is measured from."""
        session = self._ledger.get(session_id)
        work = await (self._worktrees.work(session) if turn is None else self._turn(session, turn))
        changes = await asyncio.to_thread(diff.changes, Path(session.common_dir), work.since, work.result)
        return views.ChangesetView(
            session_id=session.id,
            base=work.since,
            result=work.result,
            stat=stat_view(_sum(changes)),
            files=[_file_view(session.id, change) for change in changes[:FILES_LIMIT]],
            is_truncated=len(changes) > FILES_LIMIT,
        )

    async def diff(self, session_id: SessionId, base: str, result: str, offset: int) -> tuple[bytes, int]:
        """A piece of the diff of two commits, and the size of all of it; raises NotFound, InputRefused or GitFailed."""
        return await self._patches.read((Path(self._ledger.get(session_id).common_dir), base, result), offset)

    async def document(self, uri: str) -> str:
        """The text of a virtual document; what is no text is described instead. Raises NotFound or InputRefused."""
        session_id, oid, path = parse_uri(uri)
        session = self._ledger.find(session_id)
        content = await asyncio.to_thread(diff.read_blob, Path(session.common_dir), oid, DOCUMENT_LIMIT + 1)
        if len(content) > DOCUMENT_LIMIT:
            return f"{visible(path)} is larger than {DOCUMENT_LIMIT // 2**20} MiB; open it outside the review.\n"
        if b"\0" in content[:8000]:
            return f"{visible(path)} is binary ({len(content):,} bytes).\n"
        return content.decode("utf-8", "replace")

    def close(self) -> None:
        """Drop what is kept for clients."""
        self._patches.close()

    async def _turn(self, session: Session, number: int) -> Work:
        turn = next((turn for turn in session.turns if turn.number == number), None)
        if turn is None or turn.before is None or turn.after is None:
            raise NotFound("no_turn", f"“{session.title}” has no finished turn {number}.", action="See `segue show`.")
        return Work(turn.before.commit, turn.after.commit)


def document_uri(session_id: SessionId, oid: str, path: str) -> str:
    """The virtual document of a blob; the path stands for the file's name and language only."""
    return f"{SCHEME}:/{session_id}/{oid}/{quote(path.encode('utf-8', 'surrogateescape'))}"


def parse_uri(uri: str) -> tuple[str, str, str]:
    """Session id, blob id and path of a virtual document; raises InputRefused."""
    parts = urlsplit(uri)
    pieces = parts.path.lstrip("/").split("/", 2)
    if parts.scheme != SCHEME or len(pieces) != 3 or not set(pieces[1]) <= set("0123456789abcdef"):
        raise InputRefused("bad_uri", f"{visible(uri)[:80]!r} is not a document of Segue's.")
    return pieces[0], pieces[1], unquote(pieces[2], errors="surrogateescape")


def _sum(changes: tuple[FileChange, ...]) -> Stat:
    return Stat(
        len(changes), sum(change.added or 0 for change in changes), sum(change.removed or 0 for change in changes)
    )


def _file_view(session_id: SessionId, change: FileChange) -> views.FileChangeView:
    has_text = change.kind is not Kind.SUBMODULE
    old, new = (change.old_oid, change.new_oid) if has_text else (None, None)
    return views.FileChangeView(
        path=change.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        display=change.display,
        status=change.status.value,
        kind=change.kind.value,
        old_path=visible(change.old_path) if change.old_path else None,
        added=change.added,
        removed=change.removed,
        base_uri=document_uri(session_id, old, change.old_path or change.path) if old else None,
        result_uri=document_uri(session_id, new, change.path) if new else None,
    )
