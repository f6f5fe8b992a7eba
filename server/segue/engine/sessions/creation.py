"""Makes sessions. Knows what is refused before anything is created, and what a session's journal begins with."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segue.agents.definitions import AgentDefinition, Problem
from segue.domain import events
from segue.domain.errors import AgentFailed, InputRefused
from segue.domain.ids import SessionId, session_branch, session_id_from, title_from
from segue.domain.plans import PlanningBegun
from segue.domain.selections import Selection
from segue.domain.session import Session
from segue.engine.agents import configuration
from segue.engine.agents.agent_processes import Agents
from segue.engine.pairing.buffers import Window
from segue.engine.pairing.links import Links
from segue.engine.sessions.images import SessionImages
from segue.engine.state.ledger import Ledger
from segue.engine.turns import plan_mode
from segue.engine.turns.prompt_context import place_of, with_selection
from segue.engine.turns.turns import Turns, require_prompt
from segue.engine.workspace import known_repositories
from segue.git import repository, start_point
from segue.git.repository import Base, Repository
from segue.places import Places


@dataclass(frozen=True, slots=True)
class NewSession:
    """What is wanted, by whoever wants it: a person at a client, or a part of the daemon."""

    repository: Path
    """Any folder in the repository."""
    agent: str
    prompt: str
    environment: Mapping[str, str]
    """Where the agent is looked for, and what it gets its own from."""
    base: str | None = None
    """Branch name or full ref; None for what is checked out."""
    title: str | None = None
    mode: events.Mode = events.Mode.BACKGROUND
    window: Window | None = None
    """Who begins to pair; needed for a session that starts in the editor."""
    selection: Selection | None = None
    is_planned: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    images: Sequence[str] = ()
    """For the prompt, each in base64."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a session begins, all of it looked at."""

    definition: AgentDefinition
    facts: Repository
    base: Base


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new session begins with: images of its prompt, a link where it starts in the editor, its first turn."""

    images: SessionImages
    links: Links
    turns: Turns


class Creation:
    """See the module."""

    def __init__(self, ledger: Ledger, agents: Agents, places: Places, beginning: Beginning) -> None:
        self._ledger = ledger
        self._agents = agents
        self._places = places
        self._images = beginning.images
        self._links = beginning.links
        self._turns = beginning.turns

    async def create(self, wanted: NewSession) -> Session:
        """Everything that can be refused is refused here, before anything is created; raises SegueError."""
        self._ledger.require_writable()
        prompt = require_prompt(wanted.prompt)
        start = await self._start(wanted)
        session_id = session_id_from(secrets.token_bytes(8))
        images = await self._images.keep(session_id, wanted.images)
        pairing = await self._paired(session_id, wanted, start)
        self._agents.environments.remember(session_id, wanted.environment)
        is_script = not start.definition.facts.reads_prose
        told = with_selection(prompt, wanted.selection, start.facts.root, is_script=is_script)
        place = place_of(wanted.selection, prompt)
        queued = events.PromptQueued(secrets.token_hex(6), told, place=place, images=images)
        planning = (PlanningBegun(),) if wanted.is_planned else ()
        chosen = [configuration.choice(option_id, value) for option_id, value in wanted.options.items()]
        refused = events.SessionFailed("journal_failed", "The session could not be journaled when it was made.")
        begun = (self._created(session_id, wanted, start), *pairing, *planning, *chosen, queued)
        session = await self._ledger.acknowledge_or_take_back(
            session_id, *begun, back=(events.PromptDropped(queued.prompt_id), refused)
        )
        await asyncio.to_thread(known_repositories.remember, self._places, [session.common_dir])
        self._turns.kick(session_id)
        return session

    async def _start(self, wanted: NewSession) -> _Start:
        definition = self._agents.catalog.find(wanted.agent)
        if wanted.is_planned:
            plan_mode.require_prose(definition.title or definition.name, reads_prose=definition.facts.reads_prose)
        available = self._agents.catalog.availability(definition, wanted.environment)
        if isinstance(available, Problem):
            raise AgentFailed("agent_not_found", available.message, action=available.action)
        facts = await asyncio.to_thread(repository.inspect, wanted.repository)
        return _Start(definition, facts, await asyncio.to_thread(_base, facts, wanted, self._places.data))

    async def _paired(self, session_id: SessionId, wanted: NewSession, start: _Start) -> tuple[events.AnyEvent, ...]:
        if wanted.mode is not events.Mode.INLINE:
            return ()
        if wanted.window is None:
            raise InputRefused("no_window", "A session can start in the editor only from a window.")
        return await self._links.beginning(session_id, wanted.window, start.facts, start.base)

    def _created(self, session_id: SessionId, wanted: NewSession, start: _Start) -> events.SessionCreated:
        facts, base = start.facts, start.base
        return events.SessionCreated(
            title=title_from(wanted.title or wanted.prompt),
            agent=start.definition.name,
            repository=str(facts.root),
            common_dir=str(facts.common_dir),
            base_ref=base.ref,
            base_commit=base.commit,
            branch=session_branch(session_id),
            worktree=str(self._places.worktrees / session_id / facts.root.name),
            mode=wanted.mode,
            subfolder=facts.subfolder,
        )


def _base(facts: Repository, wanted: NewSession, data: Path) -> Base:
    """Where the session begins; raises what is wrong with that. Blocks."""
    base = repository.resolve_base(facts, wanted.base)
    start_point.require_outside(facts, data)
    if wanted.mode is not events.Mode.INLINE:  # one that is linked gets what a person has not committed
        start_point.require_folder(facts, base)
    return base
