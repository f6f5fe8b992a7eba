"""Looks whether an agent works here: a real hello in a scratch directory. Knows one short-lived agent; no session.

Nothing is prompted, so nothing is spent: the agent is started, says who it is and opens a session.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from segue.agents.catalog import Available, Catalog
from segue.agents.connection import AgentConnection, Options
from segue.agents.connection_record import AgentFacts
from segue.agents.connection_setup import Start
from segue.agents.definitions import AgentDefinition, Problem
from segue.agents.runner_client import RunnerClient
from segue.agents.runners import AgentSpec
from segue.domain.errors import AgentFailed

GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where a short-lived agent works; all of it is removed behind it."""

    directory: Path
    socket: Path
    """Of its runner; short enough for a socket's address."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What an agent told of itself."""

    facts: AgentFacts
    argv: tuple[str, ...]


def require(catalog: Catalog, definition: AgentDefinition, environment: dict[str, str]) -> Available:
    """How it is started; raises AgentFailed("agent_not_found")."""
    available = catalog.availability(definition, environment)
    if isinstance(available, Problem):
        raise AgentFailed("agent_not_found", available.message, action=available.action)
    return available


async def say_hello(
    catalog: Catalog, name: str, environment: dict[str, str], scratch: Scratch, tell: Callable[[str], None]
) -> Hello:
    """Start it, ask who it is, open a session; raises AgentFailed with what is wrong and what to do."""
    async with started(catalog, name, environment, scratch) as (connection, argv):
        tell(f"Started {' '.join(argv)}")
        facts = await connection.initialize()
        tell(f"It is {facts.name or name} {facts.version}".rstrip() + ".")
        await connection.open_session(scratch.directory / "work")
        tell("It opened a session.")
        return Hello(facts, argv)


async def look(catalog: Catalog, name: str, environment: dict[str, str], scratch: Scratch) -> Hello:
    """Start it and ask who it is, whether or not somebody is signed in; raises AgentFailed."""
    async with started(catalog, name, environment, scratch) as (connection, argv):
        return Hello(await connection.initialize(), argv)


async def sign_in(catalog: Catalog, name: str, environment: dict[str, str], scratch: Scratch, method_id: str) -> None:
    """Have the agent sign its user in by a method of its own; raises AgentFailed."""
    async with started(catalog, name, environment, scratch) as (connection, _):
        await connection.initialize()
        await connection.authenticate(method_id)


@asynccontextmanager
async def started(
    catalog: Catalog, name: str, environment: dict[str, str], scratch: Scratch
) -> AsyncIterator[tuple[AgentConnection, tuple[str, ...]]]:
    """A running agent to which nothing was said yet; ended with everything it started."""
    definition = catalog.find(name)
    available = await asyncio.to_thread(require, catalog, definition, environment)
    work = scratch.directory / "work"
    work.mkdir(mode=0o700, parents=True)
    try:
        spec = AgentSpec(available.argv, work, catalog.environment_for(definition, environment))
        link = await RunnerClient.start(spec, scratch.directory / "runner", scratch.socket)
        options = Options(start_timeout_s=definition.start_timeout_s, login=definition.login)
        connection = AgentConnection(link, lambda _batch: None, Start(1, work), options=options)
        try:
            yield connection, available.argv
        finally:
            await asyncio.shield(connection.close(GRACE_S))
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch.directory, ignore_errors=True)
        scratch.socket.unlink(missing_ok=True)
