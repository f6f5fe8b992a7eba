"""What clients ask about plans. Knows the wire; what a decision does is `plan_decisions`'."""

from __future__ import annotations

from segue.engine.api.clients import Client
from segue.engine.api.registry import Table
from segue.engine.api.views import session_view
from segue.engine.plans.plan_decisions import Plans
from segue.protocol import methods
from segue.protocol.plans import CommentPlanParams, DecidePlanParams, DropPlanCommentParams


class PlanRequests:
    """See the module."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def offer(self, table: Table) -> None:
        table.on(methods.DECIDE_PLAN, self._decide)
        table.on(methods.COMMENT_PLAN, self._comment)
        table.on(methods.DROP_PLAN_COMMENT, self._drop)

    async def _decide(self, client: Client, params: DecidePlanParams) -> methods.SessionResult:
        return methods.SessionResult(session=session_view(await self._plans.decide(params)))

    async def _comment(self, client: Client, params: CommentPlanParams) -> methods.SessionResult:
        return methods.SessionResult(session=session_view(await self._plans.comment(params)))

    async def _drop(self, client: Client, params: DropPlanCommentParams) -> methods.SessionResult:
        return methods.SessionResult(session=session_view(await self._plans.drop(params)))
