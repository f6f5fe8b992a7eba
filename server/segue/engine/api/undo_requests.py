"""What clients ask about undoing: roll back, delete, list, undo, export, disk. Knows the wire's shapes; each rule is
`rollbacks`'s.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from segue.agents.catalog import Catalog
from segue.domain.errors import NotFound, SegueError
from segue.domain.session import Session
from segue.domain.undo import RESTORES_FILES, Action, ActionKind
from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.rows import newest_row
from segue.engine.api.views import action_view
from segue.engine.state.settings import KEEP_DAYS
from segue.engine.undo import rollbacks
from segue.engine.workspace import disk_usage
from segue.engine.workspace.disk_usage import DiskUsage
from segue.engine.workspace.expiry import DAY_MS
from segue.protocol import methods, views
from segue.protocol.sessions import SessionParams
from segue.protocol.undo import (
    DeleteResult,
    DiskView,
    ExportSnapshotParams,
    ExportSnapshotResult,
    ListUndoParams,
    ListUndoResult,
    RepositoryDiskView,
    RollBackParams,
    RollBackResult,
    UndoParams,
    UndoResult,
)


class UndoRequests:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ledger = parts.ledger
        self._snapshots = parts.snapshots
        self._undo = parts.undo

    def offer(self, table: Table) -> None:
        on = table.on
        on(methods.ROLL_BACK, self._roll_back)
        on(methods.DELETE_SESSION, self._delete)
        on(methods.LIST_UNDO, self._list)
        on(methods.UNDO, self._apply)
        on(methods.EXPORT_SNAPSHOT, self._export)
        on(methods.DISK, self._disk)

    async def _roll_back(self, client: Client, params: RollBackParams) -> RollBackResult:
        """The files of a checkpoint; with the words that tell the agent, for whoever wants to send them."""
        session = self._ledger.find(params.session_id)
        done = await self._parts.rollbacks.to_checkpoint(session.id, params.turn, params.side)
        notice = self._notice(done, f"to how they were {params.side} turn {params.turn}")
        return RollBackResult(session=newest_row(self._ledger, done), number=done.actions[-1].number, notice=notice)

    async def _delete(self, client: Client, params: SessionParams) -> DeleteResult:
        session_id = self._ledger.find(params.session_id).id
        done = await rollbacks.delete(self._ledger, self._parts.turns, self._snapshots, session_id)
        action = next(each for each in reversed(done.actions) if each.kind is ActionKind.DELETE)
        expires_ms = action.at_ms + self._keep_days() * DAY_MS
        return DeleteResult(session_id=session_id, number=action.number, expires_ms=expires_ms)

    async def _list(self, client: Client, params: ListUndoParams) -> ListUndoResult:
        wanted = self._ledger.all_newest() if params.session_id is None else (self._ledger.find(params.session_id),)
        views = [self._view(session, action) for session in wanted for action in session.actions]
        return ListUndoResult(actions=sorted(views, key=lambda view: (-view.at_ms, -view.number)))

    async def _apply(self, client: Client, params: UndoParams) -> UndoResult:
        session = self._ledger.find(params.session_id)
        action = self._undo.choose(session, params.number)
        done = await self._undo.apply(session.id, action)
        notice = self._notice(done, "again to how they were") if action.kind in RESTORES_FILES else None
        return UndoResult(session=newest_row(self._ledger, done), action=self._view(done, action), notice=notice)

    async def _export(self, client: Client, params: ExportSnapshotParams) -> ExportSnapshotResult:
        session_id = self._ledger.find(params.session_id).id
        return ExportSnapshotResult(files=await self._undo.export(session_id, params.number, Path(params.folder)))

    async def _disk(self, client: Client, params: methods.Nothing) -> methods.DiskResult:
        usage = await asyncio.to_thread(disk_usage.measure, self._parts.places, self._ledger.all_newest())
        return methods.DiskResult(disk=_disk_view(usage, self._keep_days()))

    def _view(self, session: Session, action: Action) -> views.ActionView:
        action = next((each for each in session.actions if each.number == action.number), action)
        is_kept_for_now = action.is_expired or not action.kept
        expires_ms = None if is_kept_for_now else action.at_ms + self._keep_days() * DAY_MS
        return action_view(session, action, expires_ms)

    def _notice(self, session: Session, how: str) -> str | None:
        return notice_of(self._parts.agents.catalog, session, how)

    def _keep_days(self) -> int:
        try:
            return self._snapshots.settings().keep_days
        except SegueError:
            return KEEP_DAYS


def _disk_view(usage: DiskUsage, keep_days: int) -> DiskView:
    return DiskView(
        worktrees=usage.worktrees,
        runners=usage.runners,
        images=usage.images,
        journal=usage.journal,
        logs=usage.logs,
        keep_days=keep_days,
        repositories=[
            RepositoryDiskView(
                repository=each.repository, bytes=each.bytes, snapshots=each.snapshots, expired=each.expired
            )
            for each in usage.repositories
        ],
    )


def notice_of(catalog: Catalog, session: Session, how: str) -> str | None:
    """What tells an agent that its files changed under it; None for one whose prompts are no prose."""
    try:
        reads_prose = catalog.find(session.agent).facts.reads_prose
    except NotFound:
        return None
    if not reads_prose:
        return None
    return (
        f"I rolled the files in this worktree back {how}. Edits made since then are no longer there; commits on the "
        "branch stay. Read a file again before you change it. Do nothing else now; just say that you know."
    )
