"""What clients ask about merging. Knows the wire; what a merge does is `merging`'s."""

from __future__ import annotations

import asyncio

from segue.engine.api import parameters
from segue.engine.api.clients import Client
from segue.engine.api.merge_views import plan_view
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.rows import newest_row, session_result
from segue.protocol import methods
from segue.protocol.merges import MergeParams, MergePlanParams, MergePlanResult, MergeResult
from segue.protocol.sessions import SessionParams, SessionResult


class MergeRequests:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._ledger = parts.ledger
        self._merges = parts.merges

    def offer(self, table: Table) -> None:
        table.on(methods.PLAN_MERGE, self._plan)
        table.on(methods.MERGE, self._merge)
        table.on(methods.UNDO_MERGE, self._undo)

    async def _plan(self, client: Client, params: MergePlanParams) -> MergePlanResult:
        session, planned = await self._merges.plan(parameters.merge_to_plan(params))
        return MergePlanResult(plan=await asyncio.to_thread(plan_view, session, planned))

    async def _merge(self, client: Client, params: MergeParams) -> MergeResult:
        wanted, shown = parameters.merge_as_planned(params)
        view = newest_row(self._ledger, await self._merges.apply(wanted, shown))
        assert view.merged is not None
        return MergeResult(merge=view.merged, session=view)

    async def _undo(self, client: Client, params: SessionParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        return session_result(self._ledger, await self._merges.undo(session.id))
