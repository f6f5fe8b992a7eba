"""Looks at what Segue stands on: repositories, agents, the machine. Knows how to tell; changes nothing."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from segue.agents import installation
from segue.agents.catalog import Catalog
from segue.agents.definitions import AgentDefinition, Problem
from segue.agents.prices import load_prices
from segue.domain.config import Options
from segue.domain.errors import SegueError, StoreFailed
from segue.domain.ids import visible
from segue.domain.session import Session
from segue.engine.api.views import option_view
from segue.engine.state import settings
from segue.git import repository
from segue.git.repository import Repository
from segue.places import Places
from segue.protocol import agents, views

LOW_DISK_BYTES = 1 << 30


def repository_view(facts: Repository) -> views.RepositoryView:
    branches = [
        views.BranchView(name=b.name, ref=b.ref, commit=b.oid, checked_out_at=b.checked_out_at) for b in facts.branches
    ]
    return views.RepositoryView(
        root=str(facts.root),
        subfolder=facts.subfolder,
        head_ref=facts.head.branch,
        head_commit=facts.head.commit,
        branches=branches,
        default_branch=facts.default_branch,
        notes=[views.NoteView(reason=note.reason, message=note.message) for note in facts.notes],
    )


def offered(sessions: Iterable[Session]) -> dict[str, Options]:
    """What each agent offered in its newest session."""
    newest = sorted((session for session in sessions if session.options), key=lambda session: session.offered_seq)
    return {session.agent: session.options for session in newest}


def agent_views(
    catalog: Catalog, environment: Mapping[str, str], offers: Mapping[str, Options]
) -> list[agents.AgentView]:
    """Every definition: whether it can be started in `environment`, where it is, what it offered last. Blocks."""
    views = []
    for definition in catalog.agents:
        options = [option_view(replace(option, current="")) for option in offers.get(definition.name, ())]
        views.append(_agent_view(catalog, definition, environment).model_copy(update={"options": options}))
    return views


def _agent_view(catalog: Catalog, definition: AgentDefinition, environment: Mapping[str, str]) -> agents.AgentView:
    available = catalog.availability(definition, environment)
    found = catalog.found(definition, environment)
    package = definition.package
    return agents.AgentView(
        name=definition.name,
        title=definition.title,
        description=definition.description,
        is_available=not isinstance(available, Problem),
        problem=f"{available.message} {available.action}".rstrip() if isinstance(available, Problem) else None,
        prompt_hint=definition.prompt_hint,
        source=definition.source,
        version=(found.version or None) if found else None,
        path=found.program if found else None,
        place=found.place if found else None,
        package=f"{package.name} {package.version}" if package else None,
        can_install=catalog.can_install(definition),
        can_plan=definition.facts.reads_prose,
        is_installed=installation.is_installed(catalog.prefixes, definition.name),
        login=definition.login,
        memory_mb=definition.facts.memory_mb,
        definition=definition.file if definition.source != "editor" else None,
    )


async def checks(
    places: Places, catalog: Catalog, environment: Mapping[str, str], path: str | None
) -> list[views.CheckView]:
    """The lines of `segue doctor`."""
    lines = [
        views.CheckView(name="python", status="ok", message=f"Python {platform.python_version()}"),
        await asyncio.to_thread(_git_check),
        _disk_check(places),
        await asyncio.to_thread(_folders_check, places, environment),
    ]
    for agent in agent_views(catalog, environment, {}):
        status = "ok" if agent.is_available else "warning"
        message = f"{agent.title} can be started." if agent.is_available else agent.problem or ""
        lines.append(views.CheckView(name=f"agent {agent.name}", status=status, message=message))
    lines += [
        views.CheckView(name="agent definition", status="failed", message=problem.message, action=problem.action)
        for problem in catalog.problems
    ]
    prices = await asyncio.to_thread(load_prices, places.data)
    if (problem := prices.problem) is not None:
        lines.append(views.CheckView(name="prices", status="warning", message=problem.message, action=problem.action))
    if path is not None:
        lines += await asyncio.to_thread(_repository_checks, Path(path))
    return lines


def journal_checks(problem: StoreFailed | None, notices: Sequence[StoreFailed]) -> list[views.CheckView]:
    """How the journal was found, and whether it can be written."""
    lines = [views.CheckView(name="journal", status="warning", message=n.message, action=n.action) for n in notices]
    if problem is not None:
        return [
            *lines,
            views.CheckView(name="journal", status="failed", message=problem.message, action=problem.action),
        ]
    return [*lines, views.CheckView(name="journal", status="ok", message="The journal is written.")]


def snapshot_checks(path: Path) -> list[views.CheckView]:
    """How long snapshots are kept, and whether the settings say so."""
    try:
        found = settings.read(path)
    except SegueError as failed:
        return [views.CheckView(name="settings", status="failed", message=failed.message, action=failed.action)]
    names = ", ".join(found.precious) or "none"
    message = f"Snapshots are kept for {found.keep_days} days; ignored files that they hold: {visible(names)}."
    return [views.CheckView(name="snapshots", status="ok", message=message)]


def session_checks(path: Path) -> list[views.CheckView]:
    """How many sessions may work at a time, and whether the settings say so."""
    try:
        found = settings.read_sessions(path)
    except SegueError as failed:
        return [views.CheckView(name="sessions", status="failed", message=failed.message, action=failed.action)]
    limit = f"At most {found.max_running}" if found.max_running else "Any number of"
    idle = f"after {found.idle_minutes:g} minutes" if found.idle_minutes else "never"
    message = f"{limit} sessions work at a time; an agent that has nothing to do is ended {idle}."
    return [views.CheckView(name="sessions", status="ok", message=message)]


def _git_check() -> views.CheckView:
    try:
        version = repository.git_version()
    except SegueError as failed:
        return views.CheckView(name="git", status="failed", message=failed.message, action=failed.action)
    return views.CheckView(name="git", status="ok", message=f"git {version}")


def _disk_check(places: Places) -> views.CheckView:
    free = shutil.disk_usage(places.data).free
    message = f"{places.data} has {free / 2**30:,.1f} GiB free."
    if not os.access(places.data, os.W_OK):
        return views.CheckView(name="data", status="failed", message=f"{places.data} cannot be written.")
    if free < LOW_DISK_BYTES:
        return views.CheckView(name="data", status="warning", message=message, action="Make room; worktrees need some.")
    return views.CheckView(name="data", status="ok", message=message)


def _folders_check(places: Places, environment: Mapping[str, str]) -> views.CheckView:
    """Whether a session would find what it needs: folders that can be written, sockets that can be made."""
    folders = (places.worktrees, places.runners, places.runtime, Path(places.scratch))
    for folder in folders:
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"x")
        except OSError as failed:
            action = "Make it writable again; `segue daemon stop` makes the next command create what is missing."
            message = f"No session can start: {folder}: {failed.strerror}."
            return views.CheckView(name="folders", status="failed", message=message, action=action)
    named = environment.get("TMPDIR")
    if named is not None and not Path(named).is_dir():
        message = f"TMPDIR names {visible(named)}, which is not there: agents get the system's folder instead."
        return views.CheckView(
            name="folders", status="warning", message=message, action="Set TMPDIR to one that exists."
        )
    message = f"Worktrees, sockets ({places.runtime}) and temporary files can be written."
    return views.CheckView(name="folders", status="ok", message=message)


def _repository_checks(path: Path) -> list[views.CheckView]:
    try:
        facts = repository.inspect(path)
    except SegueError as failed:
        return [views.CheckView(name="repository", status="failed", message=failed.message, action=failed.action)]
    lines = [views.CheckView(name="repository", status="ok", message=f"{facts.root} can be used.")]
    return lines + [views.CheckView(name=note.reason, status="warning", message=note.message) for note in facts.notes]
