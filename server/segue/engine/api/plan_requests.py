"""What clients ask about plans. Knows the wire; what a decision does is `plan_decisions`'."""

from __future__ import annotations

from segue.domain.ids import parse_session_id
from segue.engine.api import parameters
from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.rows import session_result
from segue.engine.plans.plan_decisions import PlanId
from segue.protocol import methods
from segue.protocol.plans import CommentPlanParams, DecidePlanParams, DropPlanCommentParams, PlanParams
from segue.protocol.sessions import SessionResult


class PlanRequests:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._ledger = parts.ledger
        self._plans = parts.plans

    def offer(self, table: Table) -> None:
        table.on(methods.DECIDE_PLAN, self._decide)
        table.on(methods.COMMENT_PLAN, self._comment)
        table.on(methods.DROP_PLAN_COMMENT, self._drop)

    async def _decide(self, client: Client, params: DecidePlanParams) -> SessionResult:
        leaving = parameters.leaving(params)
        session = await self._plans.decide(_plan_id(params), params.decision, params.text or "", leaving)
        return session_result(self._ledger, session)

    async def _comment(self, client: Client, params: CommentPlanParams) -> SessionResult:
        session = await self._plans.comment(_plan_id(params), params.first, params.last, params.text)
        return session_result(self._ledger, session)

    async def _drop(self, client: Client, params: DropPlanCommentParams) -> SessionResult:
        session = await self._plans.drop(_plan_id(params), params.comment_id)
        return session_result(self._ledger, session)


def _plan_id(params: PlanParams) -> PlanId:
    return PlanId(parse_session_id(params.session_id), params.key)
