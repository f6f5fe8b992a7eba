"""What clients ask of the daemon itself, and what they follow. Knows wire and machine; knows no session's rules."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from segue.domain import slots
from segue.domain.buckets import Bucket
from segue.domain.session import State
from segue.engine.api import inspection
from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.git import repository
from segue.protocol import methods
from segue.protocol.status import DoctorParams, DoctorResult, StatusResult, StopDaemonParams
from segue.protocol.subscriptions import ItemsParams, SubscribeParams, UnsubscribeParams
from segue.protocol.wire import PROTOCOL_VERSION


class DaemonRequests:
    """`clients` are all that are connected; `stop_observers` are told when one wants the daemon to end."""

    def __init__(
        self, parts: Parts, version: str, clients: Collection[Client], stop_observers: Sequence[Callable[[], None]]
    ) -> None:
        self._parts = parts
        self._version = version
        self._clients = clients
        self._stop_observers = stop_observers
        self._started = time.monotonic()

    def offer(self, table: Table) -> None:
        on = table.on
        on(methods.SUBSCRIBE, self._subscribe)
        on(methods.UNSUBSCRIBE, self._unsubscribe)
        on(methods.INSPECT_REPOSITORY, self._inspect_repository)
        on(methods.STATUS, self._status)
        on(methods.DOCTOR, self._doctor)
        on(methods.STOP_DAEMON, self._stop)

    async def _subscribe(self, client: Client, params: SubscribeParams) -> ItemsParams:
        return await client.subscribe(params)

    async def _unsubscribe(self, client: Client, params: UnsubscribeParams) -> methods.Nothing:
        return client.unsubscribe(params)

    async def _inspect_repository(
        self, client: Client, params: methods.InspectRepositoryParams
    ) -> methods.InspectRepositoryResult:
        facts = await asyncio.to_thread(repository.inspect, Path(params.path))
        return methods.InspectRepositoryResult(repository=inspection.repository_view(facts))

    async def _status(self, client: Client, params: methods.Nothing) -> StatusResult:
        parts = self._parts
        parts.slots.fill()  # the limit may be another one by now
        sessions = parts.ledger.all_newest()
        problem = parts.journal.problem
        return StatusResult(
            version=self._version,
            protocol=PROTOCOL_VERSION,
            pid=os.getpid(),
            uptime_s=round(time.monotonic() - self._started, 1),
            data_directory=str(parts.places.data),
            endpoint=str(parts.places.socket),
            clients=len(self._clients),
            sessions=sum(session.archive is None for session in sessions),
            running=sum(session.state in {State.RUNNING, State.CREATING} for session in sessions),
            waiting=sum(session.bucket is Bucket.NEEDS_YOU for session in sessions),
            queued=len(slots.ranks(sessions)),
            max_running=parts.slots.limit,
            seq=parts.ledger.seq,
            store_problem=str(problem) if problem is not None else None,
            notices=[str(notice) for notice in parts.journal.notices],
        )

    async def _doctor(self, client: Client, params: DoctorParams) -> DoctorResult:
        places, journal = self._parts.places, self._parts.journal
        catalog, environment = self._parts.agents.catalog, client.info.environment
        return DoctorResult(
            checks=inspection.journal_checks(journal.problem, journal.notices)
            + inspection.snapshot_checks(places.settings)
            + inspection.session_checks(places.settings)
            + await inspection.checks(places, catalog, environment, params.path)
        )

    async def _stop(self, client: Client, params: StopDaemonParams) -> methods.Nothing:
        for stop in self._stop_observers:
            stop()
        return methods.Nothing()
