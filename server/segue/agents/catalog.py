"""Which agents there are, and whether one can be started. Knows definitions as data; knows nothing of processes.

A definition is a TOML file, built in or in `<data directory>/agents/`. Nothing is ever read from a repository (S2).
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from segue.agents.definitions import AgentDefinition
from segue.agents.environment import is_inherited
from segue.domain.errors import NotFound

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
BUILTIN = Path(__file__).parent / "builtin"
SIZE_LIMIT = 256 * 1024


class Problem(msgspec.Struct, frozen=True):
    """Why an agent cannot be used, and what to do."""

    message: str
    action: str


class Available(msgspec.Struct, frozen=True):
    argv: tuple[str, ...]
    """The program as an absolute path, and its arguments."""


class Catalog(msgspec.Struct, frozen=True):
    agents: tuple[AgentDefinition, ...]
    """Built-in ones first, in the order of their names within each kind."""
    problems: tuple[Problem, ...] = ()
    """Definition files that could not be read."""
    programs: str = ""
    """A directory of executables that is searched behind the session's PATH."""

    def find(self, name: str) -> AgentDefinition:
        """The agent of that name; raises NotFound."""
        for definition in self.agents:
            if definition.name == name:
                return definition
        known = ", ".join(definition.name for definition in self.agents)
        raise NotFound("agent_unknown", f"There is no agent {name[:40]!r}.", action=f"Known agents: {known}.")

    def availability(self, definition: AgentDefinition, environment: Mapping[str, str]) -> Available | Problem:
        """How to start it in a window with that environment, or why that cannot be done."""
        program, *arguments = (part.replace("{python}", sys.executable) for part in definition.command)
        directories = [entry for entry in environment.get("PATH", "").split(":") if entry.startswith("/")]
        found = shutil.which(program, path=":".join([*directories, self.programs])) if "/" not in program else program
        if found is None:
            action = definition.install or f"Install it, or put the directory of `{program}` on PATH."
            return Problem(f"{definition.title} is not installed: `{program}` is not on PATH.", action)
        if not Path(found).is_absolute() or shutil.which(found) is None:
            return Problem(f"{definition.title} cannot be started: {found} is no executable file.", definition.install)
        return Available((found, *arguments))

    def environment_for(self, definition: AgentDefinition, window: Mapping[str, str]) -> dict[str, str]:
        """What an agent gets of its window's environment (D19): usual variables and its own, none that loads code."""
        return environment_for(definition, window)


def load_catalog(data_directory: Path) -> Catalog:
    """All definitions, the user's own ones replacing built-in ones of the same name. Reads files; never raises."""
    found: dict[str, AgentDefinition] = {}
    problems: list[Problem] = []
    for path in (*_files(BUILTIN), *_files(data_directory / "agents")):
        definition = _read(path)
        if isinstance(definition, Problem):
            problems.append(definition)
        else:
            found[definition.name] = definition
    programs = data_directory / "agents" / "node_modules" / ".bin"
    return Catalog(tuple(found.values()), tuple(problems), str(programs))


def environment_for(definition: AgentDefinition, window: Mapping[str, str]) -> dict[str, str]:
    """See `Catalog.environment_for`."""
    inherited = {name: value for name, value in window.items() if is_inherited(name, definition.environment)}
    own = {name: value for name, value in definition.env.items() if is_inherited(name, ("*",))}
    environment = inherited | own
    if "PATH" in environment:  # a relative entry would run what the agent or the repository wrote
        entries = [entry for entry in environment["PATH"].split(":") if entry.startswith("/")]
        environment["PATH"] = ":".join(entries)
    return environment


def _files(directory: Path) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.suffix == ".toml")
    except OSError:
        return []


def _read(path: Path) -> AgentDefinition | Problem:
    try:
        with path.open("rb") as file:
            text = file.read(SIZE_LIMIT + 1)
        if len(text) > SIZE_LIMIT:
            return _problem(path, "it is too large")
        definition = msgspec.convert(tomllib.loads(text.decode()), AgentDefinition)
    except (OSError, ValueError, RecursionError) as failed:
        return _problem(path, str(failed))
    if not NAME.fullmatch(definition.name):
        return _problem(path, "`name` must be lower-case letters, digits, `.`, `_` or `-`, at most 40")
    if not definition.command or not all(definition.command) or any("\0" in part for part in definition.command):
        return _problem(path, "`command` must name a program")
    source: Literal["built-in", "user"] = "built-in" if path.parent == BUILTIN else "user"
    return msgspec.structs.replace(definition, title=definition.title or definition.name, source=source)


def _problem(path: Path, why: str) -> Problem:
    return Problem(f"The agent definition {path} cannot be used: {why}.", "Correct the file, or remove it.")
