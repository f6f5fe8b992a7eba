"""The engine: the parts of a daemon, taken up from the journal, and who may ask them what. Knows its life; no rules."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import TypeVar

from segue.engine.api.agent_jobs import AgentJobs, sweep
from segue.engine.api.answer_requests import AnswerRequests
from segue.engine.api.changesets import Reviews
from segue.engine.api.clients import Client, Following
from segue.engine.api.daemon_requests import DaemonRequests
from segue.engine.api.image_requests import ImageRequests
from segue.engine.api.merge_requests import MergeRequests
from segue.engine.api.pairing_requests import LinkReviews
from segue.engine.api.parts import Parts, compose
from segue.engine.api.plan_requests import PlanRequests
from segue.engine.api.policy_requests import PolicyRequests
from segue.engine.api.preparation import Preparation
from segue.engine.api.preview_requests import PreviewRequests
from segue.engine.api.queue_requests import QueueRequests
from segue.engine.api.registry import Table
from segue.engine.api.row_marks import Marks
from segue.engine.api.session_requests import SessionRequests
from segue.engine.api.undo_requests import UndoRequests
from segue.engine.pairing.buffers import Buffers
from segue.engine.recovery import orphans
from segue.engine.recovery.recovery import LooseEnds, Recovery
from segue.engine.recovery.salvage import salvage_sessions
from segue.places import Places
from segue.protocol.methods import ClientInfo, Request
from segue.protocol.wire import Wire
from segue.store.journal import Journal

P = TypeVar("P", bound=Wire)
R = TypeVar("R", bound=Wire)


class Engine:
    """One per daemon. Open it with `open`, on the loop that it shall live on."""

    def __init__(self, parts: Parts, version: str) -> None:
        self.parts = parts
        self.links = LinkReviews(parts)
        self.stop_observers: list[Callable[[], None]] = []
        """Called when a client wants the daemon to end."""
        self._clients: set[Client] = set()
        self._reviews = Reviews(parts.ledger, parts.worktrees)
        self._table = self._offered(version)

    def _offered(self, version: str) -> Table:
        parts = self.parts
        table = Table(Preparation(parts.ledger, parts.agents, parts.relocation))
        SessionRequests(parts, self._reviews).offer(table)
        AnswerRequests(parts).offer(table)
        QueueRequests(parts).offer(table)
        ImageRequests(parts).offer(table)
        Marks(parts.ledger).offer(table)
        MergeRequests(parts).offer(table)
        UndoRequests(parts).offer(table)
        self.links.offer(table)
        PreviewRequests(parts).offer(table)
        PlanRequests(parts).offer(table)
        PolicyRequests(parts.policies).offer(table)
        AgentJobs(parts).offer(table)
        DaemonRequests(parts, version, self._clients, self.stop_observers).offer(table)
        return table

    @classmethod
    async def open(cls, places: Places, version: str) -> Engine:
        """Open the journal and take up what an earlier daemon left; raises StoreFailed."""
        loop = asyncio.get_running_loop()
        parts = compose(places, await asyncio.to_thread(Journal.open, places.journal, loop))
        engine = cls(parts, version)
        parts.agents.environments.begin_with(os.environ)
        records = await parts.ledger.load()
        await salvage_sessions(places, parts.ledger)
        sessions = {session.id: session for session in parts.ledger.all_newest()}
        newest_ms = max((session.updated_ms for session in sessions.values()), default=0)
        await asyncio.to_thread(orphans.clear_up, places, sessions)
        await asyncio.to_thread(sweep, places)
        await parts.links.recover()
        loose_ends = LooseEnds(parts.worktrees, parts.merges, parts.archives, parts.rollbacks)
        await Recovery(parts.ledger, parts.agents, parts.turns, loose_ends).run(records)
        parts.idling.start(parts.settings)
        parts.background.start("expire snapshots", engine._expire(newest_ms))
        return engine

    async def _expire(self, newest_ms: int) -> None:
        await self.parts.expiry.run(time.time_ns() // 1_000_000, newest_ms)

    async def close(self) -> None:
        """End idle agents, leave running ones to their runners, write what is not written."""
        self._reviews.close()
        self.parts.idling.close()
        await self.parts.background.close()
        await self.parts.links.close()
        await self.parts.agents.close()
        await self.parts.journal.close()

    async def abandon(self) -> None:
        """In place of `close` where the data directory is gone: writes nothing more."""
        await self.parts.agents.close()

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs, so that the daemon has to stay."""
        return self.parts.background.running > 0

    @property
    def methods(self) -> frozenset[str]:
        """The names of all that can be asked."""
        return self._table.names

    async def call(self, request: Request[P, R], client: Client, params: P) -> R:
        """What a request answers; raises SegueError."""
        return await self._table.call(request, client, params)

    def connect(
        self,
        info: ClientInfo,
        wake: Callable[[], None],
        *,
        within: Client | None = None,
        buffers: Buffers | None = None,
    ) -> Client:
        """A new client; close it when its connection goes. One within another client counts as the same."""
        following = Following(self.parts.ledger, self.links.view_for)
        client = Client(following, info, wake, self._disconnected, buffers)
        if within is None:
            self._clients.add(client)
        if info.environment:
            self.parts.agents.environments.opened(info.environment)
        if info.agent_servers is not None:
            self.parts.agents.take_editor_agents(info.agent_servers)
        self.parts.links.connected(client)
        return client

    def _disconnected(self, client: Client) -> None:
        self._clients.discard(client)
        self.parts.links.gone(client)

    async def read_document(self, uri: str) -> str:
        """The content of a virtual document."""
        return await self._reviews.document(uri)
