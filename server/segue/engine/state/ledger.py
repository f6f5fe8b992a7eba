"""The sessions as they stand and the one way to change them. Knows journal and fold; knows no agent and no git.

Two views of every session are kept: the newest one, on which Segue decides, and the published one, which is what the
journal holds durably and the only one that anybody is told of.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

from segue.domain.errors import NotFound, StoreFailed
from segue.domain.events import (
    AgentEnded,
    AnyEvent,
    MergeIntended,
    PermissionDecided,
    QuestionAnswered,
    Recorded,
    TurnStarted,
)
from segue.domain.fold import fold
from segue.domain.ids import SessionId, parse_session_id, visible
from segue.domain.session import Session
from segue.engine.state.feed import TranscriptFeed
from segue.store.journal import Journal


class Ledger:
    """All sessions in memory over one journal. Everything here runs on the event loop."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._newest: dict[SessionId, Session] = {}
        self._published: dict[SessionId, Session] = {}
        self._unpublished: deque[tuple[Recorded, Session]] = deque()
        self._feeds: dict[SessionId, TranscriptFeed] = {}
        self._loading: dict[SessionId, asyncio.Future[TranscriptFeed]] = {}
        self._arrived: dict[SessionId, list[Recorded]] = {}
        self.wakers: set[Callable[[], None]] = set()
        """Called whenever something was published."""
        self._recovered = asyncio.Event()
        journal.commit_observers.append(self._publish)
        journal.problem_observers.append(self._problem_changed)

    @property
    def seq(self) -> int:
        """Everything up to here is published."""
        return self._journal.committed

    async def load(self) -> dict[SessionId, bytes]:
        """Take the journal's sessions; returns their connection records as stored."""
        records: dict[SessionId, bytes] = {}
        found = await asyncio.to_thread(self._journal.load)
        for stored in sorted(found, key=lambda stored: stored.session.seq):
            self._newest[stored.session.id] = self._published[stored.session.id] = stored.session
            if stored.record is not None:
                records[stored.session.id] = stored.record
        return records

    def get(self, session_id: SessionId) -> Session:
        """The newest state; raises NotFound."""
        session = self._newest.get(session_id)
        if session is None:
            raise NotFound("no_session", f"There is no session {session_id}.", action="See `segue list --archived`.")
        return session

    def find(self, text: str) -> Session:
        """The newest state by an id from outside; raises InputRefused or NotFound."""
        return self.get(parse_session_id(text))

    def known(self, session_id: SessionId) -> bool:
        return session_id in self._newest

    def published(self, session_id: SessionId) -> Session | None:
        return self._published.get(session_id)

    def all_newest(self) -> tuple[Session, ...]:
        return tuple(self._newest.values())

    def all_published(self) -> tuple[Session, ...]:
        return tuple(self._published.values())

    def published_since(self, seq: int) -> Iterator[Session]:
        """Published sessions that changed after `seq`, oldest change first."""
        changed = []
        for session in reversed(self._published.values()):
            if session.seq <= seq:
                break
            changed.append(session)
        return reversed(changed)

    def require_writable(self) -> None:
        """Refuse new work while the journal cannot be written; raises StoreFailed."""
        if self._journal.problem is not None:
            problem = self._journal.problem
            raise StoreFailed(problem.reason, problem.message, action=problem.action, details=problem.details)

    def record(self, session_id: SessionId, *events: AnyEvent, record: bytes | None = None) -> Session:
        """Journal events and fold them; returns the newest state. Nobody is told before they are durable."""
        session = self._newest.get(session_id)
        for recorded in self._journal.append(session_id, events, record=record):
            session = fold(session, recorded)
            self._unpublished.append((recorded, session))
        if session is None:
            raise NotFound("no_session", f"There is no session {visible(session_id)}.")
        self._newest[session_id] = session
        return session

    async def durable(self, session: Session) -> Session:
        """Wait until this state is in the journal for good; raises StoreFailed."""
        await self._journal.durable(session.seq)
        return session

    async def writable_again(self) -> None:
        """Wait until all that was recorded is in the journal, through as many failures as it takes."""
        while True:
            try:
                return await self._journal.flushed()
            except StoreFailed:
                await self._recovered.wait()

    def _problem_changed(self, problem: StoreFailed | None) -> None:
        if problem is None:
            self._recovered.set()
            self._recovered = asyncio.Event()

    async def flushed(self) -> None:
        """Wait until all that was recorded so far is in the journal, connection records too; raises StoreFailed."""
        await self._journal.flushed()

    async def acknowledge(self, session_id: SessionId, *events: AnyEvent, record: bytes | None = None) -> Session:
        """`record`, then `durable`: for whatever is acknowledged to a person."""
        return await self.durable(self.record(session_id, *events, record=record))

    async def record_in_the_end(self, session_id: SessionId, *events: AnyEvent) -> Session:
        """`record` what has happened and can be refused to nobody: while the journal takes nothing, wait for it."""
        while True:
            try:
                return self.record(session_id, *events)
            except StoreFailed as failed:
                if failed.reason == "journal_closed":
                    raise
                await self.writable_again()

    async def acknowledge_or_take_back(
        self, session_id: SessionId, *events: AnyEvent, back: tuple[AnyEvent, ...]
    ) -> Session:
        """`acknowledge`; where that fails, the person was refused, and what is journaled later must come to nothing."""
        try:
            return await self.acknowledge(session_id, *events)
        except StoreFailed:
            if session_id in self._newest:
                with suppress(StoreFailed):
                    self.record(session_id, *back)
            raise

    def merge_intent(self, session: Session) -> MergeIntended:
        """The intent of the session's pending merge; blocking."""
        for recorded in reversed(self._journal.events(session.id)):
            if isinstance(recorded.event, MergeIntended) and recorded.event.number == session.pending_merge:
                return recorded.event
        raise StoreFailed("journal_damaged", f"Merge {session.pending_merge} of {session.id} has no intent.")

    def has_agent_ended(self, session: Session) -> bool:
        """Whether an agent ended since the last turn began; blocking."""
        for recorded in reversed(self._journal.events(session.id)):
            if isinstance(recorded.event, AgentEnded | TurnStarted):
                return isinstance(recorded.event, AgentEnded)
        return False

    def decisions(self, session: Session) -> dict[str, PermissionDecided | QuestionAnswered]:
        """What was said to each request that a person decided, by its id; blocking."""
        events = (recorded.event for recorded in self._journal.events(session.id))
        return {event.request_id: event for event in events if isinstance(event, PermissionDecided | QuestionAnswered)}

    def save_snapshot(self, session_id: SessionId) -> None:
        """Let the next start load this session without its history."""
        self._journal.save_snapshot(self._newest[session_id])

    async def transcript(self, session_id: SessionId) -> TranscriptFeed:
        """The published transcript, read from the journal at first use and kept up to date from then on."""
        if session_id in self._feeds:
            return self._feeds[session_id]
        if session_id not in self._loading:
            loading = asyncio.create_task(self._load_transcript(session_id), name=f"load transcript {session_id}")
            self._loading[session_id] = loading
        return await asyncio.shield(self._loading[session_id])

    async def _load_transcript(self, session_id: SessionId) -> TranscriptFeed:
        self._arrived[session_id] = []
        feed = TranscriptFeed()
        try:
            for recorded in await asyncio.to_thread(self._journal.events, session_id):
                feed.apply(recorded)
            for recorded in self._arrived[session_id]:
                feed.apply(recorded)
            self._feeds[session_id] = feed
        finally:
            del self._arrived[session_id], self._loading[session_id]
        return feed

    def _publish(self, watermark: int) -> None:
        """The journal committed everything up to `watermark`."""
        while self._unpublished and self._unpublished[0][0].seq <= watermark:
            recorded, session = self._unpublished.popleft()
            self._published.pop(session.id, None)
            self._published[session.id] = session
            if session.id in self._feeds:
                self._feeds[session.id].apply(recorded)
            elif session.id in self._arrived:
                self._arrived[session.id].append(recorded)
        for wake in tuple(self.wakers):
            wake()
