"""The engine: everything Segue does, put together once. Knows its parts; each part knows its own business.

Handlers take the client's parameters and return what it is shown; they raise SegueError.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from segue.agents.catalog import load_catalog
from segue.agents.definitions import Problem
from segue.agents.servers import config_file
from segue.domain import events as e
from segue.domain import slots
from segue.domain.errors import AgentFailed
from segue.domain.ids import session_branch, session_id_from, title_from
from segue.domain.plans import PlanningBegun
from segue.domain.session import Bucket, State
from segue.engine import configuring, deciding, inspecting, orphans, planning, repositories
from segue.engine.agent_jobs import AgentJobs, sweep
from segue.engine.agents import Agents
from segue.engine.approving import Plans, Work
from segue.engine.archiving import Archives
from segue.engine.around import Around
from segue.engine.clients import Client
from segue.engine.context import place_of, with_selection
from segue.engine.expiry import Expiry
from segue.engine.idling import Idling
from segue.engine.images import SessionImages
from segue.engine.ledger import Ledger
from segue.engine.link.links import Links
from segue.engine.link.previews import Previews
from segue.engine.link.reviews import LinkReviews
from segue.engine.marking import Marks
from segue.engine.merging import Merges
from segue.engine.policies import Policies
from segue.engine.policy_requests import PolicyRequests
from segue.engine.questioning import Questions
from segue.engine.recovery import Recovery
from segue.engine.relocation import Relocation
from segue.engine.render import item_view, offer_view, session_view, turn_view
from segue.engine.reviewing import Reviews
from segue.engine.salvaging import salvage_sessions
from segue.engine.searching import begin_with
from segue.engine.settings import Current
from segue.engine.slots import Slots
from segue.engine.snapshots import Snapshots
from segue.engine.table import Handler, Table
from segue.engine.tasks import Tasks
from segue.engine.turns import Turns, require_prompt, resume_prompt
from segue.engine.undo_requests import UndoRequests
from segue.engine.undoing import Rollbacks, Undo
from segue.engine.worktrees import Worktrees
from segue.git import repository
from segue.places import Places
from segue.protocol import methods as m
from segue.protocol.merging import MergeParams, MergePlanParams, MergePlanResult, MergeResult
from segue.protocol.service import DoctorParams, DoctorResult, StatusResult, StopDaemonParams
from segue.protocol.wire import PROTOCOL_VERSION
from segue.store.journal import Journal


class Engine:
    """One per daemon. Open it with `open`, on the loop that it shall live on."""

    def __init__(self, places: Places, version: str, journal: Journal) -> None:
        self._places = places
        self._version = version
        self._journal = journal
        self._started = time.monotonic()
        self._clients: set[Client] = set()
        self._tasks = Tasks()
        self._ledger = Ledger(journal)
        self._policies = Policies(places)
        catalog = load_catalog(places.data, config_file(os.environ))
        self._agents = Agents(self._ledger, places, catalog, self._tasks, self._policies)
        self._relocation = Relocation(self._ledger)
        self._worktrees = Worktrees(self._ledger, places)
        self._turns = Turns(self._ledger, self._agents, self._worktrees, self._tasks)
        self._settings = Current(places.settings)
        self._slots = Slots(self._ledger, self._settings, self._turns.kick)
        self._idling = Idling(self._ledger, self._agents, self._turns, self._tasks)
        self._turns.take_slot = self._slots.take
        snapshots = Snapshots(places, self._worktrees)
        self._merges = Merges(self._ledger, self._turns, self._worktrees, snapshots)
        self._archives = Archives(self._ledger, self._agents, self._turns, (snapshots, self._worktrees))
        self._rollbacks = Rollbacks(self._ledger, self._turns, self._worktrees, snapshots)
        undo = Undo(self._ledger, self._rollbacks, self._archives, self._merges, Around(self._ledger, self._turns))
        self._images = SessionImages(self._ledger, places)
        self._undo = UndoRequests(self._ledger, self._turns, snapshots, (self._rollbacks, undo))
        self._links = Links(self._ledger, self._worktrees, places, self._tasks)
        self._turns.boundaries = self._links
        self._merges.unsaved = self._links.unsaved
        self._plans = Plans(self._ledger, self._agents, Work(self._turns, self._links, self._worktrees, self._tasks))
        self._link_reviews = LinkReviews(self._ledger, self._links, self._turns, self._archives)
        self._expiry = Expiry(self._ledger, places, snapshots)
        self._rules = PolicyRequests(self._policies)
        self._reviews = Reviews(self._ledger, self._worktrees)
        self._jobs = AgentJobs(self._agents, places, self._tasks, self._turns.signed_in)
        self.on_stop_requested: Callable[[], None] | None = None
        self.abandon = self._agents.close  # in place of `close` where the data directory is gone: writes nothing more
        self.handlers: Mapping[str, Handler] = self._handlers()

    @classmethod
    async def open(cls, places: Places, version: str) -> Engine:
        """Open the journal and take up what an earlier daemon left; raises StoreFailed."""
        loop = asyncio.get_running_loop()
        journal = await asyncio.to_thread(Journal.open, places.journal, loop)
        engine = cls(places, version, journal)
        begin_with(engine._agents, os.environ)
        records = await engine._ledger.load()
        await salvage_sessions(places, engine._ledger)
        sessions = {session.id: session for session in engine._ledger.all_newest()}
        newest_ms = max((session.updated_ms for session in sessions.values()), default=0)
        await asyncio.to_thread(orphans.clear_up, places, sessions)
        await asyncio.to_thread(sweep, places)
        loose_ends = (engine._worktrees, engine._merges, engine._archives, engine._rollbacks)
        await engine._links.recover()
        await Recovery(engine._ledger, engine._agents, engine._turns, loose_ends).run(records)
        engine._idling.start(engine._settings)
        engine._tasks.start("expire snapshots", engine._expire(newest_ms))
        return engine

    async def _expire(self, newest_ms: int) -> None:
        await self._expiry.run(time.time_ns() // 1_000_000, newest_ms)

    async def close(self) -> None:
        """End idle agents, leave running ones to their runners, write what is not written."""
        self._idling.close()
        await self._tasks.close()
        await self._links.close()
        await self._agents.close()
        await self._journal.close()

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs, so that the daemon has to stay."""
        return self._tasks.running > 0

    def connect(self, info: m.ClientInfo, wake: Callable[[], None]) -> Client:
        """A new client; close it when its connection goes."""
        client = Client(self._ledger, info, wake)
        self._clients.add(client)
        client.on_close = lambda: self._disconnected(client)
        client.links = lambda session_id: self._link_reviews.view_for(client, session_id)
        self._links.connected(client)
        if info.environment:
            self._agents.default_environment = info.environment
        if info.agent_servers is not None:
            self._agents.take_editor_agents(info.agent_servers)
        return client

    def _disconnected(self, client: Client) -> None:
        self._clients.discard(client)
        self._links.gone(client)

    async def read_document(self, uri: str) -> str:
        """The content of a virtual document."""
        return await self._reviews.document(uri)

    def _handlers(self) -> dict[str, Handler]:
        table = Table(self._agents, self._relocation)
        self._offer_sessions(table)
        self._offer_agents_and_links(table)
        return table.handlers

    def _offer_sessions(self, table: Table) -> None:
        on = table.on
        on(m.NEW_SESSION, self._new_session)
        on(m.LIST_SESSIONS, self._list_sessions)
        on(m.SHOW_SESSION, self._show_session)
        on(m.PROMPT, self._prompt)
        on(m.RESUME, self._resume)
        self._images.offer(table)
        on(m.DROP_PROMPT, self._drop_prompt)
        self._slots.offer(table)
        on(m.CONFIGURE, self._configure)
        on(m.TURNS, self._turns_of)
        on(m.ANSWER, self._answer)
        on(m.ANSWER_QUESTION, Questions(self._ledger, self._agents).answer)
        on(m.LIST_RULES, self._rules.list_rules)
        on(m.REVOKE_RULE, self._rules.revoke)
        on(m.TRY_RULES, self._rules.try_rules)
        on(m.STOP, self._stop)
        Marks(self._ledger).offer(table)
        on(m.ARCHIVE, self._archive)
        on(m.RESTORE, self._restore)
        on(m.PLAN_MERGE, self._plan_merge)
        on(m.MERGE, self._merge)
        on(m.UNDO_MERGE, self._undo_merge)
        on(m.CHANGESET, self._changeset)
        on(m.ROLL_BACK, lambda _, params: self._undo.roll_back(self._agents.catalog, params))
        on(m.DELETE_SESSION, self._undo.delete)
        on(m.LIST_UNDO, self._undo.list_undo)
        on(m.UNDO, lambda _, params: self._undo.undo(self._agents.catalog, params))
        on(m.EXPORT_SNAPSHOT, self._undo.export)
        on(m.DISK, lambda _client, _params: self._undo.disk(self._places))

    def _offer_agents_and_links(self, table: Table) -> None:
        on = table.on
        on(m.LIST_AGENTS, self._list_agents)
        on(m.AGENT_RUN, self._jobs.run)
        on(m.AGENT_PROGRESS, self._jobs.progress)
        on(m.AGENT_CANCEL, self._jobs.cancel)
        on(m.AGENT_RESUME, self._jobs.signed_in)
        on(m.INSPECT_REPOSITORY, self._inspect_repository)
        on(m.SUBSCRIBE, lambda client, params: client.subscribe(params))
        on(m.UNSUBSCRIBE, self._unsubscribe)
        self._link_reviews.offer(table)
        self._plans.offer(table)
        on(m.PREVIEW_LINK, Previews(self._ledger, self._links, self._worktrees).preview)
        on(m.STATUS, self._status)
        on(m.DOCTOR, self._doctor)
        on(m.STOP_DAEMON, self._stop_daemon)

    async def _new_session(self, client: Client, params: m.NewSessionParams) -> m.SessionResult:
        """Everything that can be refused is refused here, before anything is created."""
        self._ledger.require_writable()
        prompt = require_prompt(params.prompt)
        definition = self._agents.catalog.find(params.agent)
        if params.is_planned:
            planning.require_prose(definition.title or definition.name, reads_prose=definition.facts.reads_prose)
        available = self._agents.catalog.availability(definition, client.info.environment)
        if isinstance(available, Problem):
            raise AgentFailed("agent_not_found", available.message, action=available.action)
        facts = await asyncio.to_thread(repository.inspect, Path(params.repository))
        base = await asyncio.to_thread(inspecting.base_of, facts, params, self._places.data)
        session_id = session_id_from(secrets.token_bytes(8))
        images = await self._images.keep(session_id, params.images)
        pairing: tuple[e.AnyEvent, ...] = ()
        if params.mode is e.Mode.INLINE:
            pairing = await self._links.beginning(session_id, client, facts, base)
        created = e.SessionCreated(
            title=title_from(params.title or params.prompt),
            agent=definition.name,
            repository=str(facts.root),
            common_dir=str(facts.common_dir),
            base_ref=base.ref,
            base_commit=base.commit,
            branch=session_branch(session_id),
            worktree=str(self._places.worktrees / session_id / facts.root.name),
            mode=params.mode,
            subfolder=facts.subfolder,
        )
        self._agents.remember_environment(session_id, client.info.environment)
        told = with_selection(prompt, params.selection, facts.root, is_script=not definition.facts.reads_prose)
        queued = e.PromptQueued(secrets.token_hex(6), told, place=place_of(params.selection, prompt), images=images)
        begun = (*pairing, *([PlanningBegun()] if params.is_planned else []))
        chosen = [configuring.choice(option_id, value) for option_id, value in params.options.items()]
        refused = e.SessionFailed("journal_failed", "The session could not be journaled when it was made.")
        session = await self._ledger.acknowledge_or_take_back(
            session_id, created, *begun, *chosen, queued, back=(e.PromptDropped(queued.prompt_id), refused)
        )
        await asyncio.to_thread(repositories.remember, self._places, [session.common_dir])
        self._turns.kick(session_id)
        return m.SessionResult(session=session_view(session))

    async def _list_sessions(self, client: Client, params: m.ListSessionsParams) -> m.ListSessionsResult:
        sessions = tuple(s for s in self._ledger.all_published() if not s.is_deleted)
        if params.repository is not None:
            sessions = await self._relocation.of_repository(sessions, Path(params.repository))
        if not params.include_archived:
            sessions = tuple(s for s in sessions if s.archive is None)
        order = list(Bucket)
        places = slots.places(self._ledger.all_published())
        rows = sorted(sessions, key=lambda s: (order.index(s.bucket), places.get(s.id, 0), s.urgency, -s.updated_ms))
        return m.ListSessionsResult(seq=self._ledger.seq, sessions=[session_view(s, places.get(s.id)) for s in rows])

    async def _show_session(self, client: Client, params: m.SessionParams) -> m.ShowSessionResult:
        session = self._ledger.find(params.session_id)
        feed = await self._ledger.transcript(session.id)
        published = self._ledger.published(session.id) or session
        return m.ShowSessionResult(
            seq=self._ledger.seq,
            session=session_view(published, slots.places(self._ledger.all_published()).get(session.id)),
            turns=[turn_view(turn) for turn in published.turns],
            items=[item_view(item) for item in feed.items],
            offer=offer_view(published),
        )

    async def _prompt(self, client: Client, params: m.PromptParams) -> m.PromptResult:
        session = self._ledger.find(params.session_id)
        if client.info.environment:
            self._agents.remember_environment(session.id, client.info.environment)
        send = self._turns.say_now if params.is_now else self._turns.prompt
        text = params.text
        if params.selection is not None:
            is_shell = not self._agents.catalog.find(session.agent).facts.reads_prose
            text = with_selection(require_prompt(text), params.selection, Path(session.repository), is_script=is_shell)
        images = self._images.named(session, params.images)
        prompt_id, is_queued = await send(session.id, text, place_of(params.selection, params.text), images)
        return m.PromptResult(prompt_id=prompt_id, is_queued=is_queued or not self._slots.may_begin(session.id))

    async def _resume(self, client: Client, params: m.SessionParams) -> m.PromptResult:
        text = resume_prompt(self._ledger.find(params.session_id))
        return await self._prompt(client, m.PromptParams(session_id=params.session_id, text=text))

    async def _drop_prompt(self, client: Client, params: m.DropPromptParams) -> m.SessionResult:
        session = self._ledger.find(params.session_id)
        return m.SessionResult(session=session_view(await self._turns.drop(session.id, params.prompt_id)))

    async def _configure(self, client: Client, params: m.ConfigureParams) -> m.ConfigureResult:
        session = self._ledger.find(params.session_id)
        live = self._agents.live(session.id)
        wanted = e.ConfigChosen(params.option_id, params.value)
        session = await configuring.configure(self._ledger, session.id, live.connection if live else None, wanted)
        return m.ConfigureResult(offer=offer_view(session))

    async def _turns_of(self, client: Client, params: m.SessionParams) -> m.TurnsResult:
        session = self._ledger.find(params.session_id)
        return m.TurnsResult(turns=[turn_view(turn) for turn in (self._ledger.published(session.id) or session).turns])

    async def _answer(self, client: Client, params: m.AnswerParams) -> m.AnswerResult:
        session = self._ledger.find(params.session_id)
        if params.is_background:
            await deciding.send_to_background(self._links, session, params)
        decided = await deciding.answer((self._ledger, self._agents, self._policies), session.id, params)
        if decided.reason:
            await self._turns.prompt(session.id, deciding.follow_up(session, decided))
        return m.AnswerResult(option_id=params.option_id, remembered=decided.remembered or None)

    async def _stop(self, client: Client, params: m.SessionParams) -> m.SessionResult:
        session = self._ledger.find(params.session_id)
        return m.SessionResult(session=session_view(await self._turns.stop(session.id)))

    async def _archive(self, client: Client, params: m.SessionParams) -> m.SessionResult:
        session = self._ledger.find(params.session_id)
        if session.linked_to:
            await self._links.stop(session, "archived")
        return m.SessionResult(session=session_view(await self._archives.archive(session.id)))

    async def _restore(self, client: Client, params: m.SessionParams) -> m.SessionResult:
        session = self._ledger.find(params.session_id)
        return m.SessionResult(session=session_view(await self._archives.restore(session.id)))

    async def _plan_merge(self, client: Client, params: MergePlanParams) -> MergePlanResult:
        return MergePlanResult(plan=await self._merges.show_plan(params))

    async def _merge(self, client: Client, params: MergeParams) -> MergeResult:
        view = session_view(await self._merges.apply(params))
        assert view.merged is not None
        return MergeResult(merge=view.merged, session=view)

    async def _undo_merge(self, client: Client, params: m.SessionParams) -> m.SessionResult:
        session = self._ledger.find(params.session_id)
        return m.SessionResult(session=session_view(await self._merges.undo(session.id)))

    async def _changeset(self, client: Client, params: m.ChangesetParams) -> m.ChangesetResult:
        session = self._ledger.find(params.session_id)
        return m.ChangesetResult(changeset=await self._reviews.changeset(session.id, params.turn))

    async def _list_agents(self, client: Client, params: m.Nothing) -> m.ListAgentsResult:
        return await self._jobs.list_agents(client, self._ledger.all_published())

    async def _inspect_repository(self, client: Client, params: m.InspectRepositoryParams) -> m.InspectRepositoryResult:
        facts = await asyncio.to_thread(repository.inspect, Path(params.path))
        return m.InspectRepositoryResult(repository=inspecting.repository_view(facts))

    async def _unsubscribe(self, client: Client, params: m.UnsubscribeParams) -> m.Nothing:
        return client.unsubscribe(params)

    async def _status(self, client: Client, params: m.Nothing) -> StatusResult:
        self._slots.fill()  # the limit may be another one by now
        sessions = self._ledger.all_newest()
        problem = self._journal.problem
        return StatusResult(
            version=self._version,
            protocol=PROTOCOL_VERSION,
            pid=os.getpid(),
            uptime_s=round(time.monotonic() - self._started, 1),
            data_directory=str(self._places.data),
            endpoint=str(self._places.socket),
            clients=len(self._clients),
            sessions=sum(session.archive is None for session in sessions),
            running=sum(session.state in {State.RUNNING, State.CREATING} for session in sessions),
            waiting=sum(session.bucket is Bucket.NEEDS_YOU for session in sessions),
            queued=len(slots.ranks(sessions)),
            max_running=self._slots.limit,
            seq=self._ledger.seq,
            store_problem=str(problem) if problem is not None else None,
            notices=[str(notice) for notice in self._journal.notices],
        )

    async def _doctor(self, client: Client, params: DoctorParams) -> DoctorResult:
        return DoctorResult(
            checks=inspecting.journal_checks(self._journal.problem, self._journal.notices)
            + inspecting.snapshot_checks(self._places.settings)
            + inspecting.session_checks(self._places.settings)
            + await inspecting.checks(self._places, self._agents.catalog, client.info.environment, params.path)
        )

    async def _stop_daemon(self, client: Client, params: StopDaemonParams) -> m.Nothing:
        if self.on_stop_requested is not None:
            self.on_stop_requested()
        return m.Nothing()
