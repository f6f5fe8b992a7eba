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

from segue.agents.agent_servers import config_file
from segue.agents.catalog import load_catalog
from segue.agents.definitions import Problem
from segue.domain import events, slots
from segue.domain.errors import AgentFailed
from segue.domain.ids import parse_session_id, session_branch, session_id_from, title_from
from segue.domain.plans import PlanningBegun
from segue.domain.session import Bucket, State
from segue.engine.agents import configuration
from segue.engine.agents.agent_processes import Agents
from segue.engine.agents.search_path import begin_with
from segue.engine.api import inspection, parameters
from segue.engine.api.agent_jobs import AgentJobs, sweep
from segue.engine.api.changesets import Reviews
from segue.engine.api.clients import Client
from segue.engine.api.images import SessionImages
from segue.engine.api.merge_views import plan_view
from segue.engine.api.pairing_requests import LinkReviews
from segue.engine.api.plan_requests import PlanRequests
from segue.engine.api.policy_requests import PolicyRequests
from segue.engine.api.preparation import Preparation
from segue.engine.api.preview_requests import PreviewRequests
from segue.engine.api.queue_requests import QueueRequests
from segue.engine.api.registry import Handler, Table
from segue.engine.api.row_marks import Marks
from segue.engine.api.undo_requests import UndoRequests
from segue.engine.api.views import item_view, offer_view, session_view, turn_view
from segue.engine.approvals.policies import Policies
from segue.engine.merging.merges import Merges
from segue.engine.pairing.links import Links
from segue.engine.pairing.switch_previews import Previews
from segue.engine.plans.plan_decisions import Plans, Work
from segue.engine.recovery import orphans
from segue.engine.recovery.recovery import LooseEnds, Recovery
from segue.engine.recovery.salvage import salvage_sessions
from segue.engine.sessions.archives import Archives
from segue.engine.state.background import Background
from segue.engine.state.ledger import Ledger
from segue.engine.state.settings import Current
from segue.engine.turns import permission_answers, plan_mode
from segue.engine.turns.idle_agents import Idling
from segue.engine.turns.prompt_context import place_of, with_selection
from segue.engine.turns.question_answers import Questions
from segue.engine.turns.scheduler import Slots
from segue.engine.turns.turns import Turns, require_prompt, resume_prompt
from segue.engine.undo.rollbacks import Rollbacks, Undo
from segue.engine.undo.shared_state import Around
from segue.engine.workspace import known_repositories
from segue.engine.workspace.expiry import Expiry
from segue.engine.workspace.relocation import Relocation
from segue.engine.workspace.snapshots import Snapshots
from segue.engine.workspace.worktrees import Worktrees
from segue.git import repository
from segue.places import Places
from segue.protocol import methods
from segue.protocol.merges import MergeParams, MergePlanParams, MergePlanResult, MergeResult
from segue.protocol.questions import AnswerQuestionParams, AnswerQuestionResult
from segue.protocol.status import DoctorParams, DoctorResult, StatusResult, StopDaemonParams
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
        self._background = Background()
        self._ledger = Ledger(journal)
        self._policies = Policies(places)
        catalog = load_catalog(places.data, config_file(os.environ))
        self._agents = Agents(self._ledger, places, catalog, self._background, self._policies)
        self._relocation = Relocation(self._ledger)
        self._worktrees = Worktrees(self._ledger, places)
        self._turns = Turns(self._ledger, self._agents, self._worktrees, self._background)
        self._settings = Current(places.settings)
        self._slots = Slots(self._ledger, self._settings, self._turns.kick)
        self._idling = Idling(self._ledger, self._agents, self._turns, self._background)
        self._turns.take_slot = self._slots.take
        snapshots = Snapshots(places, self._worktrees)
        self._merges = Merges(self._ledger, self._turns, self._worktrees, snapshots)
        self._archives = Archives(self._ledger, self._agents, self._turns, snapshots, self._worktrees)
        self._rollbacks = Rollbacks(self._ledger, self._turns, self._worktrees, snapshots)
        undo = Undo(self._ledger, self._rollbacks, self._archives, self._merges, Around(self._ledger, self._turns))
        self._images = SessionImages(self._ledger, places)
        self._undo = UndoRequests(self._ledger, self._turns, snapshots, self._rollbacks, undo)
        self._links = Links(self._ledger, self._worktrees, places, self._background)
        self._turns.boundaries = self._links
        self._merges.unsaved = self._links.unsaved
        self._plans = Plans(
            self._ledger, self._agents, Work(self._turns, self._links, self._worktrees, self._background)
        )
        self._link_reviews = LinkReviews(self._ledger, self._links, self._turns, self._archives)
        self._expiry = Expiry(self._ledger, places, snapshots)
        self._rules = PolicyRequests(self._policies)
        self._reviews = Reviews(self._ledger, self._worktrees)
        self._jobs = AgentJobs(self._agents, places, self._background, self._turns.signed_in)
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
        loose_ends = LooseEnds(engine._worktrees, engine._merges, engine._archives, engine._rollbacks)
        await engine._links.recover()
        await Recovery(engine._ledger, engine._agents, engine._turns, loose_ends).run(records)
        engine._idling.start(engine._settings)
        engine._background.start("expire snapshots", engine._expire(newest_ms))
        return engine

    async def _expire(self, newest_ms: int) -> None:
        await self._expiry.run(time.time_ns() // 1_000_000, newest_ms)

    async def close(self) -> None:
        """End idle agents, leave running ones to their runners, write what is not written."""
        self._idling.close()
        await self._background.close()
        await self._links.close()
        await self._agents.close()
        await self._journal.close()

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs, so that the daemon has to stay."""
        return self._background.running > 0

    def connect(self, info: methods.ClientInfo, wake: Callable[[], None]) -> Client:
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
        table = Table(Preparation(self._ledger, self._agents, self._relocation))
        self._offer_sessions(table)
        self._offer_agents_and_links(table)
        return table.handlers

    def _offer_sessions(self, table: Table) -> None:
        on = table.on
        on(methods.NEW_SESSION, self._new_session)
        on(methods.LIST_SESSIONS, self._list_sessions)
        on(methods.SHOW_SESSION, self._show_session)
        on(methods.PROMPT, self._prompt)
        on(methods.RESUME, self._resume)
        self._images.offer(table)
        on(methods.DROP_PROMPT, self._drop_prompt)
        QueueRequests(self._slots).offer(table)
        on(methods.CONFIGURE, self._configure)
        on(methods.TURNS, self._turns_of)
        on(methods.ANSWER, self._answer)
        on(methods.ANSWER_QUESTION, self._answer_question)
        on(methods.LIST_RULES, self._rules.list_rules)
        on(methods.REVOKE_RULE, self._rules.revoke)
        on(methods.TRY_RULES, self._rules.try_rules)
        on(methods.STOP, self._stop)
        Marks(self._ledger).offer(table)
        on(methods.ARCHIVE, self._archive)
        on(methods.RESTORE, self._restore)
        on(methods.PLAN_MERGE, self._plan_merge)
        on(methods.MERGE, self._merge)
        on(methods.UNDO_MERGE, self._undo_merge)
        on(methods.CHANGESET, self._changeset)
        on(methods.ROLL_BACK, lambda _, params: self._undo.roll_back(self._agents.catalog, params))
        on(methods.DELETE_SESSION, self._undo.delete)
        on(methods.LIST_UNDO, self._undo.list_undo)
        on(methods.UNDO, lambda _, params: self._undo.undo(self._agents.catalog, params))
        on(methods.EXPORT_SNAPSHOT, self._undo.export)
        on(methods.DISK, lambda _client, _params: self._undo.disk(self._places))

    def _offer_agents_and_links(self, table: Table) -> None:
        on = table.on
        on(methods.LIST_AGENTS, self._list_agents)
        on(methods.AGENT_RUN, self._jobs.run)
        on(methods.AGENT_PROGRESS, self._jobs.progress)
        on(methods.AGENT_CANCEL, self._jobs.cancel)
        on(methods.AGENT_RESUME, self._jobs.signed_in)
        on(methods.INSPECT_REPOSITORY, self._inspect_repository)
        on(methods.SUBSCRIBE, lambda client, params: client.subscribe(params))
        on(methods.UNSUBSCRIBE, self._unsubscribe)
        self._link_reviews.offer(table)
        PlanRequests(self._plans).offer(table)
        PreviewRequests(Previews(self._ledger, self._links, self._worktrees)).offer(table)
        on(methods.STATUS, self._status)
        on(methods.DOCTOR, self._doctor)
        on(methods.STOP_DAEMON, self._stop_daemon)

    async def _new_session(self, client: Client, params: methods.NewSessionParams) -> methods.SessionResult:
        """Everything that can be refused is refused here, before anything is created."""
        self._ledger.require_writable()
        prompt = require_prompt(params.prompt)
        definition = self._agents.catalog.find(params.agent)
        if params.is_planned:
            plan_mode.require_prose(definition.title or definition.name, reads_prose=definition.facts.reads_prose)
        available = self._agents.catalog.availability(definition, client.info.environment)
        if isinstance(available, Problem):
            raise AgentFailed("agent_not_found", available.message, action=available.action)
        facts = await asyncio.to_thread(repository.inspect, Path(params.repository))
        base = await asyncio.to_thread(inspection.base_of, facts, params, self._places.data)
        session_id = session_id_from(secrets.token_bytes(8))
        images = await self._images.keep(session_id, params.images)
        pairing: tuple[events.AnyEvent, ...] = ()
        if params.mode is events.Mode.INLINE:
            pairing = await self._links.beginning(session_id, client, facts, base)
        created = events.SessionCreated(
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
        selection = parameters.selection(params.selection)
        told = with_selection(prompt, selection, facts.root, is_script=not definition.facts.reads_prose)
        queued = events.PromptQueued(secrets.token_hex(6), told, place=place_of(selection, prompt), images=images)
        begun = (*pairing, *([PlanningBegun()] if params.is_planned else []))
        chosen = [configuration.choice(option_id, value) for option_id, value in params.options.items()]
        refused = events.SessionFailed("journal_failed", "The session could not be journaled when it was made.")
        session = await self._ledger.acknowledge_or_take_back(
            session_id, created, *begun, *chosen, queued, back=(events.PromptDropped(queued.prompt_id), refused)
        )
        await asyncio.to_thread(known_repositories.remember, self._places, [session.common_dir])
        self._turns.kick(session_id)
        return methods.SessionResult(session=session_view(session))

    async def _list_sessions(self, client: Client, params: methods.ListSessionsParams) -> methods.ListSessionsResult:
        sessions = tuple(s for s in self._ledger.all_published() if not s.is_deleted)
        if params.repository is not None:
            sessions = await self._relocation.of_repository(sessions, Path(params.repository))
        if not params.include_archived:
            sessions = tuple(s for s in sessions if s.archive is None)
        order = list(Bucket)
        places = slots.places(self._ledger.all_published())
        rows = sorted(sessions, key=lambda s: (order.index(s.bucket), places.get(s.id, 0), s.urgency, -s.updated_ms))
        return methods.ListSessionsResult(
            seq=self._ledger.seq, sessions=[session_view(s, places.get(s.id)) for s in rows]
        )

    async def _show_session(self, client: Client, params: methods.SessionParams) -> methods.ShowSessionResult:
        session = self._ledger.find(params.session_id)
        feed = await self._ledger.transcript(session.id)
        published = self._ledger.published(session.id) or session
        return methods.ShowSessionResult(
            seq=self._ledger.seq,
            session=session_view(published, slots.places(self._ledger.all_published()).get(session.id)),
            turns=[turn_view(turn) for turn in published.turns],
            items=[item_view(item) for item in feed.items],
            offer=offer_view(published),
        )

    async def _prompt(self, client: Client, params: methods.PromptParams) -> methods.PromptResult:
        session = self._ledger.find(params.session_id)
        if client.info.environment:
            self._agents.remember_environment(session.id, client.info.environment)
        send = self._turns.say_now if params.is_now else self._turns.prompt
        text, selection = params.text, parameters.selection(params.selection)
        if selection is not None:
            is_shell = not self._agents.catalog.find(session.agent).facts.reads_prose
            text = with_selection(require_prompt(text), selection, Path(session.repository), is_script=is_shell)
        images = self._images.named(session, params.images)
        prompt_id, is_queued = await send(session.id, text, place_of(selection, params.text), images)
        return methods.PromptResult(prompt_id=prompt_id, is_queued=is_queued or not self._slots.may_begin(session.id))

    async def _resume(self, client: Client, params: methods.SessionParams) -> methods.PromptResult:
        text = resume_prompt(self._ledger.find(params.session_id))
        return await self._prompt(client, methods.PromptParams(session_id=params.session_id, text=text))

    async def _drop_prompt(self, client: Client, params: methods.DropPromptParams) -> methods.SessionResult:
        session = self._ledger.find(params.session_id)
        return methods.SessionResult(session=session_view(await self._turns.drop(session.id, params.prompt_id)))

    async def _configure(self, client: Client, params: methods.ConfigureParams) -> methods.ConfigureResult:
        session = self._ledger.find(params.session_id)
        live = self._agents.live(session.id)
        wanted = events.ConfigChosen(params.option_id, params.value)
        session = await configuration.configure(self._ledger, session.id, live.connection if live else None, wanted)
        return methods.ConfigureResult(offer=offer_view(session))

    async def _turns_of(self, client: Client, params: methods.SessionParams) -> methods.TurnsResult:
        session = self._ledger.find(params.session_id)
        return methods.TurnsResult(
            turns=[turn_view(turn) for turn in (self._ledger.published(session.id) or session).turns]
        )

    async def _answer(self, client: Client, params: methods.AnswerParams) -> methods.AnswerResult:
        session = self._ledger.find(params.session_id)
        answer, leaving = parameters.permission_answer(params), parameters.leaving(params)
        if leaving is not None:
            await permission_answers.send_to_background(self._links, session, answer, leaving)
        decided = await permission_answers.decide(self._ledger, self._agents, self._policies, session.id, answer)
        if decided.reason:
            await self._turns.prompt(session.id, permission_answers.follow_up(session, decided))
        return methods.AnswerResult(option_id=params.option_id, remembered=decided.remembered or None)

    async def _answer_question(self, client: Client, params: AnswerQuestionParams) -> AnswerQuestionResult:
        session_id, answer = parse_session_id(params.session_id), parameters.question_answer(params)
        answered = await Questions(self._ledger, self._agents).answer(session_id, answer)
        return AnswerQuestionResult(action=answered.action)

    async def _stop(self, client: Client, params: methods.SessionParams) -> methods.SessionResult:
        session = self._ledger.find(params.session_id)
        return methods.SessionResult(session=session_view(await self._turns.stop(session.id)))

    async def _archive(self, client: Client, params: methods.SessionParams) -> methods.SessionResult:
        session = self._ledger.find(params.session_id)
        if session.linked_to:
            await self._links.stop(session, "archived")
        return methods.SessionResult(session=session_view(await self._archives.archive(session.id)))

    async def _restore(self, client: Client, params: methods.SessionParams) -> methods.SessionResult:
        session = self._ledger.find(params.session_id)
        return methods.SessionResult(session=session_view(await self._archives.restore(session.id)))

    async def _plan_merge(self, client: Client, params: MergePlanParams) -> MergePlanResult:
        session, planned = await self._merges.plan(parameters.merge_to_plan(params))
        return MergePlanResult(plan=await asyncio.to_thread(plan_view, session, planned))

    async def _merge(self, client: Client, params: MergeParams) -> MergeResult:
        wanted, shown = parameters.merge_as_planned(params)
        view = session_view(await self._merges.apply(wanted, shown))
        assert view.merged is not None
        return MergeResult(merge=view.merged, session=view)

    async def _undo_merge(self, client: Client, params: methods.SessionParams) -> methods.SessionResult:
        session = self._ledger.find(params.session_id)
        return methods.SessionResult(session=session_view(await self._merges.undo(session.id)))

    async def _changeset(self, client: Client, params: methods.ChangesetParams) -> methods.ChangesetResult:
        session = self._ledger.find(params.session_id)
        return methods.ChangesetResult(changeset=await self._reviews.changeset(session.id, params.turn))

    async def _list_agents(self, client: Client, params: methods.Nothing) -> methods.ListAgentsResult:
        return await self._jobs.list_agents(client, self._ledger.all_published())

    async def _inspect_repository(
        self, client: Client, params: methods.InspectRepositoryParams
    ) -> methods.InspectRepositoryResult:
        facts = await asyncio.to_thread(repository.inspect, Path(params.path))
        return methods.InspectRepositoryResult(repository=inspection.repository_view(facts))

    async def _unsubscribe(self, client: Client, params: methods.UnsubscribeParams) -> methods.Nothing:
        return client.unsubscribe(params)

    async def _status(self, client: Client, params: methods.Nothing) -> StatusResult:
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
            checks=inspection.journal_checks(self._journal.problem, self._journal.notices)
            + inspection.snapshot_checks(self._places.settings)
            + inspection.session_checks(self._places.settings)
            + await inspection.checks(self._places, self._agents.catalog, client.info.environment, params.path)
        )

    async def _stop_daemon(self, client: Client, params: StopDaemonParams) -> methods.Nothing:
        if self.on_stop_requested is not None:
            self.on_stop_requested()
        return methods.Nothing()
