"""The agent processes of sessions: started on demand, listened to, ended. Knows connections and runners; no turns."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from segue.agents import rule_subjects, runners
from segue.agents.agent_servers import config_file, keep
from segue.agents.broker import Desk, FileBroker
from segue.agents.catalog import EDITOR, Catalog, load_catalog
from segue.agents.connection import AgentConnection, AgentFacts, Batch, Options, Resume
from segue.agents.connection_record import Asked, ConnectionRecord, PromptEnded
from segue.agents.connection_setup import Start
from segue.agents.definitions import AgentDefinition, Problem
from segue.agents.files import Files
from segue.agents.images import Images
from segue.agents.outputs import Outputs
from segue.agents.prices import load_prices
from segue.agents.runner_client import RunnerClient
from segue.agents.runners import AgentSpec, Leftovers
from segue.agents.terminals import Surroundings, Terminals
from segue.domain import config, costs
from segue.domain.errors import AgentFailed, StoreFailed
from segue.domain.events import (
    AgentEnded,
    AgentNoted,
    AgentSessionOpened,
    AgentStarted,
    AnyEvent,
    PermissionDecided,
    PermissionRequested,
    PromptAnswered,
    SignInRequired,
)
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.engine.agents import configuration
from segue.engine.agents.environments import Environments
from segue.engine.agents.working_folder import agent_directory, make_again
from segue.engine.approvals.policies import Policies
from segue.engine.approvals.timeouts import Overdue
from segue.engine.state.background import Background
from segue.engine.state.ledger import Ledger
from segue.places import Places

log = logging.getLogger(__name__)

STOP_GRACE_S = 2.0
"""What an agent gets to end by itself before it is killed; with the kill it stays under 5 s (D6)."""


@dataclass
class Live:
    """A connected agent process of one session."""

    connection: AgentConnection
    generation: int
    record: bytes = b"{}"
    """Where the connection stood when the journal last took what it said."""
    gone: AgentEnded | None = None
    is_configured: bool = False
    """It was given what a person chose since it runs, as far as this daemon knows."""
    is_reachable: bool = True
    """False for what a gone runner left: its output can be read, but nothing can be sent."""
    terminals: Terminals | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the agent answered its prompt or is gone."""

    @property
    def is_resting(self) -> bool:
        """It owes nobody an answer, waits for none, and runs no command through Segue."""
        connection = self.connection
        is_free = connection.is_ready and not connection.is_prompting and not connection.waiting
        return is_free and (self.terminals is None or not self.terminals.is_running)


class Agents:
    """One agent process per session at most."""

    def __init__(
        self, ledger: Ledger, places: Places, catalog: Catalog, background: Background, rules: Policies
    ) -> None:
        self._rules = rules
        self._background = background
        self._ledger = ledger
        self._places = places
        self.catalog = catalog
        self._prices = load_prices(places.data).by_model
        self._live: dict[SessionId, Live] = {}
        self.overdue = Overdue(ledger, self._tell_soon)
        self.environments = Environments()
        self.plan_observers: list[Callable[[SessionId, str], None]] = []
        """Called with a plan's key when one came that its agent waits with."""

    def reload(self) -> None:
        """Read the definitions again: what a person has just written counts."""
        self.catalog = load_catalog(self._places.data, config_file(os.environ))

    def take_editor_agents(self, servers: Mapping[str, object]) -> None:
        """What an editor's own settings define, `{name: {command, args, env}}`; kept for when no window is open."""
        keep(self._places.agents / EDITOR, servers)
        self.reload()

    def live(self, session_id: SessionId) -> Live | None:
        live = self._live.get(session_id)
        return live if live is not None and live.gone is None else None

    def connected(self) -> tuple[SessionId, ...]:
        """The sessions that have a running agent."""
        return tuple(session_id for session_id in self._live if self.live(session_id) is not None)

    def is_resting(self, session_id: SessionId) -> bool:
        """Whether its agent owes nobody an answer and runs no command."""
        live = self.live(session_id)
        return live is not None and live.is_resting

    async def ensure(self, session_id: SessionId) -> Live:
        """The session's running agent with an open ACP session and what was chosen for it; raises AgentFailed."""
        if told := await asyncio.to_thread(make_again, self._ledger.get(session_id)):
            await self.end(session_id)  # its process is in the folder that is gone
            self._ledger.record(session_id, AgentNoted("folder_made", told))
        live = self.live(session_id) or await self._begin(session_id)
        session = self._ledger.get(session_id)
        choices = configuration.differing(session) if live.is_configured else session.choices
        await configuration.catch_up(self._ledger, session_id, live.connection, choices)
        live.is_configured = True
        return live

    async def _begin(self, session_id: SessionId) -> Live:
        session = self._ledger.get(session_id)
        generation = self._next_generation(session)
        self._prices = (await asyncio.to_thread(load_prices, self._places.data)).by_model
        link = await self._start(session, generation)
        live = self._connect(session, link, generation)
        try:
            if self._ledger.get(session_id).is_stopping:
                raise AgentFailed("stopped", "The turn was stopped before the agent had started.")
            facts = await live.connection.initialize()
            self._ledger.record(session_id, AgentStarted(generation, facts.name, facts.version, facts.takes_images))
            await self._open(session, live.connection, facts)
        except BaseException:
            await self.end(session_id)
            raise
        return live

    def _next_generation(self, session: Session) -> int:
        """One whose directory is free: an agent that failed to start, or a kill, may have left the next one's."""
        generation = session.generation + 1
        while self._places.runner_directory(session.id, generation).exists():
            generation += 1
        return generation

    def _connect(self, session: Session, link: RunnerClient, generation: int, resume: Resume | None = None) -> Live:
        definition = self.catalog.find(session.agent)
        desk = self._desk(definition, session, generation)
        connection = AgentConnection(
            link,
            self._listener(session.id, generation),
            Start(generation, session.worktree),
            resume=resume,
            options=Options(
                durable=self._ledger.flushed,
                start_timeout_s=definition.start_timeout_s,
                login=definition.login,
                desk=desk,
                images=Images(self._places.images(session.id)),
                outputs=self._outputs(session.id, generation),
            ),
        )
        live = self._live[session.id] = Live(connection, generation, terminals=desk.terminals)
        return live

    def _desk(self, definition: AgentDefinition, session: Session, generation: int) -> Desk:
        """Files and terminals for an agent, unless its definition says that it is better off alone."""
        worktree, facts = Path(session.worktree), definition.facts
        files = terminals = None
        if facts.client_files:
            access = Files(worktree, worktree.parent)
            access.clear_staging()
            files = FileBroker(access, missing="" if facts.missing_reads_empty else None)
        if facts.client_terminals:
            terminals = Terminals(
                Surroundings(
                    root=worktree,
                    directory=agent_directory(session),
                    environment=lambda: self._environment(definition, session.id),
                    place=lambda number: self._places.terminal(session.id, generation, number),
                    outputs=self._outputs(session.id, generation),
                )
            )
        return Desk(files, terminals, lambda asked: self._forbidden(session.id, asked))

    def _outputs(self, session_id: SessionId, generation: int) -> Outputs:
        return Outputs(self._places.outputs(session_id, generation))

    def _forbidden(self, session_id: SessionId, asked: Asked) -> str:
        session = self._ledger.get(session_id)
        request = rule_subjects.as_request(asked, str(agent_directory(session)))
        return self._rules.refusal(session, request) if request is not None else ""

    def _environment(self, definition: AgentDefinition, session_id: SessionId) -> dict[str, str]:
        return self.catalog.environment_for(definition, self.environments.of(session_id))

    async def _start(self, session: Session, generation: int) -> RunnerClient:
        definition = self.catalog.find(session.agent)
        available = self.catalog.availability(definition, self.environments.of(session.id))
        if isinstance(available, Problem):
            raise AgentFailed("agent_not_found", available.message, action=available.action)
        spec = AgentSpec(
            argv=available.argv,
            cwd=agent_directory(session),
            environment=self._environment(definition, session.id),
        )
        directory = self._places.runner_directory(session.id, generation)
        return await RunnerClient.start(spec, directory, self._places.runner_socket(session.id, generation))

    async def _open(self, session: Session, connection: AgentConnection, facts: AgentFacts) -> None:
        directory = str(agent_directory(session))
        if session.agent_session_id is not None and facts.can_load:
            try:
                await connection.load_session(session.agent_session_id, directory)
                return
            except AgentFailed as failed:
                if connection.gone is not None:
                    raise
                note = f"The agent could not load its earlier conversation and starts a new one. {failed.message}"
                self._ledger.record(session.id, AgentNoted("load_failed", note))
        opened = await connection.open_session(directory)
        reads_prose = self.catalog.find(session.agent).facts.reads_prose
        needs_handover = reads_prose and len(session.turns) > 1
        self._ledger.record(session.id, AgentSessionOpened(opened, facts.can_load, reads_prose, needs_handover))

    async def reattach(self, session: Session, stored: bytes, changed: asyncio.Event | None = None) -> Live | None:
        """Go on with an agent that outlived the daemon, or with what its runner left behind; None without either."""
        record = msgspec.json.decode(stored, type=ConnectionRecord)
        directory = self._places.runner_directory(session.id, session.generation)
        usual = self._places.runner_socket(session.id, session.generation)
        socket = await asyncio.to_thread(runners.socket_of, directory, usual)
        try:
            link, is_reachable = await RunnerClient.attach(directory, socket, record.offset), True
        except AgentFailed as failed:
            log.info("session %s: its agent cannot be reached again: %s", session.id, failed)
            if failed.reason != "runner_gone" or not directory.exists():
                return None
            if RunnerClient.unknown_lines(directory):
                note = "It is not known whether the agent got the last message; it is not sent again."
                self._ledger.record(session.id, AgentNoted("unknown_lines", note))
            link, is_reachable = RunnerClient.remains(directory, record.offset), False
        live = self._connect(session, link, session.generation, Resume(record, session.agent_session_id))
        live.record, live.changed, live.is_reachable = stored, changed or live.changed, is_reachable
        return live

    def _listener(self, session_id: SessionId, generation: int) -> Callable[[Batch], None]:
        def listen(batch: Batch) -> None:
            live = self._live.get(session_id)
            if live is None or live.generation != generation:
                return
            self._take(session_id, live, batch)

        return listen

    def _take(self, session_id: SessionId, live: Live, batch: Batch) -> None:
        events = [judged for event in batch.events for judged in self._judged(session_id, event)]
        if batch.ended is not None:
            events.append(self._answer(session_id, batch.ended))
            turn = self._ledger.get(session_id).turn
            if batch.ended.needs_sign_in and turn is not None:
                events.append(SignInRequired(secrets.token_hex(6), turn.prompt, turn.images))
        if batch.gone is not None:
            live.gone = AgentEnded(live.generation, batch.gone.message)
            events.append(live.gone)
        record = msgspec.json.encode(batch.record)
        try:
            self._ledger.record(session_id, *events, record=record)
        except StoreFailed:
            log.exception("session %s: its agent waits until the journal can be written again", session_id)
            self._background.start(f"take up {session_id} again", self._take_up_again(session_id, live))
            return
        live.record = record
        for event in events:
            if isinstance(event, PermissionDecided):
                self._tell_soon(session_id, event)
            elif isinstance(event, PermissionRequested):
                self.overdue.watch(session_id, event)
                if event.plan:
                    for tell in self.plan_observers:
                        tell(session_id, event.request_id)
        if batch.gone is not None:
            self._background.start(f"close agent {session_id} {live.generation}", self._bury(session_id, live))
        if batch.ended is not None or batch.gone is not None:
            live.changed.set()

    def _judged(self, session_id: SessionId, event: AnyEvent) -> tuple[AnyEvent, ...]:
        """A request for permission with what rules say of it; everything else as it is."""
        if not isinstance(event, PermissionRequested):
            return (event,)
        try:
            return self._rules.judge(self._ledger.get(session_id), event)
        except OSError:
            log.exception("session %s: a person is asked, since the rules could not be applied", session_id)
            return (event,)

    def _tell_soon(self, session_id: SessionId, decision: PermissionDecided) -> None:
        self._background.start(f"answer {decision.request_id}", self.tell_decision(session_id, decision))

    async def tell_decision(self, session_id: SessionId, decision: PermissionDecided) -> None:
        """Let the agent go on with a decision that was recorded; sent only when it is durable."""
        live = self.live(session_id)
        await self._ledger.durable(self._ledger.get(session_id))
        if live is not None:
            await live.connection.answer(decision.request_id, decision.option_id)

    def _answer(self, session_id: SessionId, ended: PromptEnded) -> PromptAnswered:
        """With an estimate of its cost, where one model that has a price did it all."""
        chosen = config.of_category(self._ledger.get(session_id).offered, config.MODEL)
        models = ended.models or ((chosen.current,) if chosen is not None else ())
        estimate = costs.estimate(self._prices, models[0], ended.tokens) if len(models) == 1 else None
        return PromptAnswered(ended.stop_reason, ended.message, ended.tokens, estimate)

    async def _take_up_again(self, session_id: SessionId, live: Live) -> None:
        """Let go of an agent whose words the journal cannot take; read them again from its runner when it can."""
        del self._live[session_id]
        await live.connection.detach()
        await self._ledger.writable_again()
        again = await self.reattach(self._ledger.get(session_id), live.record, live.changed)
        if again is None:
            self._ledger.record(session_id, AgentEnded(live.generation))
            live.gone = AgentEnded(live.generation)
            live.changed.set()

    async def consumed(self, session_id: SessionId) -> None:
        """Let the runner drop what is journaled by now."""
        live = self.live(session_id)
        if live is not None:
            await self._ledger.durable(self._ledger.get(session_id))
            await live.connection.consumed()

    async def end(self, session_id: SessionId) -> Leftovers | None:
        """End the agent with every process of it (S11); what cannot be ended is named in what is returned."""
        live = self._live.get(session_id)
        return None if live is None else await self._close(session_id, live)

    async def end_with_its_commands(self, session_id: SessionId) -> None:
        """After a cancel: end an agent that leaves its commands running then. Its next prompt starts it again."""
        if self.catalog.find(self._ledger.get(session_id).agent).facts.leaves_processes_on_cancel:
            await self.end(session_id)

    async def _bury(self, session_id: SessionId, live: Live) -> None:
        """The agent is gone: let its runner go too, with whatever the agent left running."""
        await self._close(session_id, live)

    async def _close(self, session_id: SessionId, live: Live) -> Leftovers | None:
        try:
            leftovers = await live.connection.close(STOP_GRACE_S)
        except AgentFailed as failed:
            log.warning("session %s: its agent could not be ended: %s", session_id, failed)
            leftovers = None
        if live.gone is None:  # it had more to say than there was time for
            live.gone = AgentEnded(live.generation)
            self._ledger.record(session_id, live.gone)
            live.changed.set()
        if self._live.get(session_id) is live:
            del self._live[session_id]
        with suppress(OSError):  # a killed runner leaves it
            self._places.runner_socket(session_id, live.generation).unlink(missing_ok=True)
        if leftovers:
            pids = ", ".join(f"{process.pid} ({process.command})" for process in leftovers)
            note = f"These processes of the agent could not be ended: {pids}."
            self._ledger.record(session_id, AgentNoted("leftovers", note))
        return leftovers

    async def close(self) -> None:
        """The daemon ends: agents that owe a turn its answer go on under their runners, the others end.

        So do those whose runner no daemon will find again, because its directory was removed.
        """
        self.overdue.close()
        endings = []
        for session_id, live in tuple(self._live.items()):
            session = self._ledger.get(session_id)
            is_found = self._places.runner_directory(session_id, live.generation).exists()
            owes_answer = session.is_turn_running and session.answer is None and self.live(session_id) is not None
            if is_found and owes_answer:
                await self._live.pop(session_id).connection.detach()
            else:
                endings.append(self.end(session_id))
        await asyncio.gather(*endings)
