"""What is done with an agent outside of sessions: install, uninstall, check, sign in. Knows one job for each agent.

A job belongs to the daemon, so it goes on when the window that began it closes; every client can read along and cancel.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from segue.agents import installation, probe, sign_in
from segue.agents.catalog import INSTALLED
from segue.agents.installation import Site
from segue.agents.probe import Scratch
from segue.agents.sign_in import SignInMethod
from segue.domain.errors import AgentFailed, InputRefused, NotFound, SegueError
from segue.engine.api import inspection
from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.views import failure_view
from segue.places import Places
from segue.protocol import agents, methods

SCRATCH = "scratch"
"""Of the directory of agents: where those that are only checked work."""
LINES_LIMIT = 2000
SIGN_IN = "authentication_required"
"""Why an agent does not work until its user has signed in."""
WAIT_S = 20.0
"""How long a question for progress waits for some."""


@dataclass
class Job:
    """One piece of work; kept until the next one of the same agent."""

    action: agents.AgentAction
    lines: list[str] = field(default_factory=list)
    is_running: bool = True
    failure: SegueError | None = None
    methods: tuple[SignInMethod, ...] = ()
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, line: str) -> None:
        if len(self.lines) < LINES_LIMIT:
            self.lines.append(line)
        self.changed.set()


class AgentJobs:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._agents = parts.agents
        self._places = parts.places
        self._background = parts.background
        self._ledger = parts.ledger
        self._signed_in = parts.turns.signed_in
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._verdicts: dict[str, SegueError | None] = {}
        """How the last attempt ended by which one can tell that an agent works; None where it went well."""

    def offer(self, table: Table) -> None:
        on = table.on
        on(methods.LIST_AGENTS, self._list)
        on(methods.AGENT_RUN, self._run)
        on(methods.AGENT_PROGRESS, self._tell)
        on(methods.AGENT_CANCEL, self._cancel)
        on(methods.AGENT_RESUME, self._resume)

    @property
    def running(self) -> Mapping[str, agents.AgentAction]:
        """What is being done, by agent."""
        return {name: job.action for name, job in self._jobs.items() if job.is_running}

    async def _run(self, client: Client, params: agents.AgentRunParams) -> agents.AgentProgress:
        """Begin; raises InputRefused("agent_busy") while something else is done with that agent."""
        self._agents.reload()
        self._agents.catalog.find(params.name)
        if params.name in self.running:
            message = f"Segue is at work on {params.name} already."
            raise InputRefused("agent_busy", message, action="Wait until that has ended, or cancel it.")
        job = self._jobs[params.name] = Job(params.action)
        work = self._work(job, params, dict(client.info.environment))
        self._tasks[params.name] = self._background.start(f"agent {params.name}", work)
        return self._progress(params.name, job, 0)

    async def _list(self, client: Client, params: methods.Nothing) -> methods.ListAgentsResult:
        """All definitions as they stand now, in the window of that client, with what each agent offered last."""
        self._agents.reload()
        sessions = self._ledger.all_published()
        environment, offers = client.info.environment, inspection.offered(sessions)
        views = await asyncio.to_thread(inspection.agent_views, self._agents.catalog, environment, offers)
        waiting = {session.agent for session in sessions if session.needs_sign_in and session.archive is None}
        return methods.ListAgentsResult(agents=[self._with_verdict(view, waiting) for view in views])

    def _with_verdict(self, view: agents.AgentView, waiting: Collection[str]) -> agents.AgentView:
        """How it stands with an agent, besides its definition; `waiting` names those that sessions wait for."""
        failed = self._verdicts.get(view.name)
        wants_user = failed is not None and failed.reason == SIGN_IN
        news = {
            "doing": self.running.get(view.name),
            "trouble": None if failed is None or wants_user else failure_view(failed),
            "needs_sign_in": wants_user or view.name in waiting,
            "is_checked": view.name in self._verdicts and failed is None,
        }
        return view.model_copy(update=news)

    async def _tell(self, client: Client, params: agents.AgentProgressParams) -> agents.AgentProgress:
        """What came after line `after`; waits for a while where nothing did. Raises NotFound("no_job")."""
        job = self._find(params.name)
        if job.is_running and len(job.lines) <= params.after:
            job.changed.clear()
            try:
                async with asyncio.timeout(WAIT_S):
                    await job.changed.wait()
            except TimeoutError:
                pass
        return self._progress(params.name, job, params.after)

    async def _cancel(self, client: Client, params: agents.AgentParams) -> methods.Nothing:
        """Stop what is done with that agent and wait until it is over."""
        job = self._find(params.name)
        if job.is_running:
            task = self._tasks[params.name]
            task.cancel()
            await asyncio.wait([task])
        return methods.Nothing()

    async def _resume(self, client: Client, params: agents.AgentParams) -> methods.Nothing:
        """A person signed in by other means, in a terminal, say: what waits for it goes on."""
        self._agents.catalog.find(params.name)
        self._verdicts.pop(params.name, None)
        self._signed_in(params.name)
        return methods.Nothing()

    def _find(self, name: str) -> Job:
        if name not in self._jobs:
            raise NotFound("no_job", f"Nothing was done with the agent {name[:40]!r} since Segue's daemon started.")
        return self._jobs[name]

    async def _work(self, job: Job, params: agents.AgentRunParams, environment: dict[str, str]) -> None:
        try:
            await self._do(job, params, environment)
        except SegueError as failed:
            job.failure = failed
        except OSError as failed:
            job.failure = AgentFailed("install_failed", f"That failed: {failed}.", action="Mend that; try again.")
        except asyncio.CancelledError:
            job.failure = AgentFailed("cancelled", "It was cancelled; nothing of it is left.")
            raise
        finally:
            job.is_running = False
            self._judge(params.name, job)
            job.changed.set()

    def _judge(self, name: str, job: Job) -> None:
        """Being asked how to sign in tells nothing, neither does what a person cancelled."""
        if job.action is agents.AgentAction.METHODS or (job.failure is not None and job.failure.reason == "cancelled"):
            return
        if job.failure is not None or job.action is agents.AgentAction.CHECK:
            self._verdicts[name] = job.failure
        else:
            self._verdicts.pop(name, None)

    async def _do(self, job: Job, params: agents.AgentRunParams, environment: dict[str, str]) -> None:
        catalog = self._agents.catalog
        definition = catalog.find(params.name)
        site = Site(catalog.prefixes, environment, job.tell)
        match params.action:
            case agents.AgentAction.INSTALL:
                await installation.install(definition, site)
            case agents.AgentAction.UNINSTALL:
                await installation.uninstall(definition, site)
            case agents.AgentAction.CHECK:
                hello = await probe.say_hello(catalog, params.name, environment, self._scratch(), job.tell)
                job.methods = hello.facts.methods
            case agents.AgentAction.METHODS:
                hello = await probe.look(catalog, params.name, environment, self._scratch())
                job.methods = tuple(_in_terminal(method, hello.argv) for method in hello.facts.methods)
            case agents.AgentAction.SIGN_IN:
                if params.method is None:
                    raise InputRefused("no_method", "It is not said by which method.", action="Choose one.")
                await probe.sign_in(catalog, params.name, environment, self._scratch(), params.method)
                self._signed_in(params.name)

    def _scratch(self) -> Scratch:
        mark = f"check-{secrets.token_hex(4)}"
        return Scratch(self._places.agents / SCRATCH / mark, self._places.runner_socket(mark, 0))

    def _progress(self, name: str, job: Job, after: int) -> agents.AgentProgress:
        return agents.AgentProgress(
            name=name,
            action=job.action,
            lines=job.lines[after:],
            next=len(job.lines),
            is_running=job.is_running,
            failure=failure_view(job.failure) if job.failure else None,
            methods=[_method_view(method) for method in job.methods],
        )


def _in_terminal(method: SignInMethod, argv: tuple[str, ...]) -> SignInMethod:
    if method.kind != "terminal":
        return method
    program, *args = sign_in.terminal_command(method, argv)
    return SignInMethod(method.id, method.name, method.description, "terminal", tuple(args), program, method.env)


def _method_view(method: SignInMethod) -> agents.SignInMethodView:
    is_terminal = method.kind == "terminal" and method.command
    return agents.SignInMethodView(
        id=method.id,
        name=method.name,
        description=method.description,
        kind=method.kind,
        command=[method.command, *method.args] if is_terminal else [],
        env=method.env,
        variables=list(method.variables),
    )


def sweep(places: Places) -> None:
    """Remove what a killed daemon left of installations and checks. Blocks."""
    installation.sweep(places.agents / INSTALLED)
    installation.remove(places.agents / SCRATCH)
