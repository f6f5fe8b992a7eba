"""Which agents there are, and whether one can be started. Knows definitions as data; knows nothing of processes.

A definition is a TOML file, built in or in `<data directory>/agents/`, or an entry of `agent_servers` in the person's
configuration or from their editor's own settings. Nothing is ever read from a repository (S2, D45).
"""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from segue.agents import agent_servers
from segue.agents.definitions import AgentDefinition, Problem
from segue.agents.detection import Found, find, find_node, is_node_script, own_node, path_entries, version_of
from segue.agents.environment import is_inherited, unattended, usable
from segue.domain.errors import NotFound

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
BUILTIN = Path(__file__).parent / "builtin"
SIZE_LIMIT = 256 * 1024
EDITOR = "editor.json"
"""What an editor's own settings define, kept so that sessions go on while no window is open."""
INSTALLED = "installed"


class Available(msgspec.Struct, frozen=True):
    argv: tuple[str, ...]
    """The program as an absolute path, and its arguments."""
    found: Found | None = None
    """Where the program is and which version; None for Segue's own agents."""


class Catalog(msgspec.Struct, frozen=True):
    agents: tuple[AgentDefinition, ...]
    """Built-in ones first, in the order of their names within each kind."""
    problems: tuple[Problem, ...] = ()
    """Definition files that could not be read."""
    prefixes: Path = Path("/nonexistent")
    """Holds one directory for each agent that Segue installed."""

    def find(self, name: str) -> AgentDefinition:
        """The agent of that name; raises NotFound."""
        for definition in self.agents:
            if definition.name == name:
                return definition
        known = ", ".join(definition.name for definition in self.agents)
        raise NotFound("agent_unknown", f"There is no agent {name[:40]!r}.", action=f"Known agents: {known}.")

    def availability(self, definition: AgentDefinition, environment: Mapping[str, str]) -> Available | Problem:
        """How to start it in a window with that environment, or why that cannot be done."""
        program = definition.command[0]
        arguments = [part.replace("{python}", sys.executable) for part in definition.command[1:]]
        if program == "{python}":
            return Available((sys.executable, *arguments))
        found = self.found(definition, environment)
        if found is None:
            can_install = self.can_install(definition)
            by_hand = definition.install or f"Install it, or put the directory of `{program}` on PATH."
            action = f"Install it with `segue agents install {definition.name}`." if can_install else by_hand
            message = f"{definition.title} is not installed: `{program}` is not on PATH."
            return Problem(message, action, can_install)
        if not Path(found.program).is_absolute() or shutil.which(found.program) is None:
            message = f"{definition.title} cannot be started: {found.program} is no executable file."
            return Problem(message, definition.install)
        if not is_node_script(found.program):
            return Available((found.program, *arguments), found)
        node = find_node(definition.facts.node, self.prefixes, environment, found.program)
        if node is None:
            least = f" {definition.facts.node} or newer" if definition.facts.node else ""
            message = f"{definition.title} needs Node{least}, and none was found."
            can_install = self.can_install(definition)
            action = "Let Segue install the agent; that brings a Node along." if can_install else "Install Node."
            return Problem(message, action, can_install)
        return Available((node, found.program, *arguments), found)

    def found(self, definition: AgentDefinition, environment: Mapping[str, str]) -> Found | None:
        """Where its program is; None where it is not installed."""
        program = definition.command[0]
        if program == "{python}":
            return None
        if "/" in program:
            return Found(program, "definition", version_of(Path(program)) if Path(program).is_absolute() else "")
        return find(program, self.prefixes / definition.name, environment)

    def can_install(self, definition: AgentDefinition) -> bool:
        """Whether Segue can install it on this machine."""
        package = definition.package
        return package is not None and (not package.platforms or this_platform() in package.platforms)

    def environment_for(self, definition: AgentDefinition, window: Mapping[str, str]) -> dict[str, str]:
        """What an agent gets of its window's environment (D19): usual variables and its own, none that loads code."""
        environment = environment_for(definition, window)
        own = own_node(self.prefixes) if definition.package and definition.package.manager == "npm" else None
        if own is not None:  # behind the person's own: for what an agent starts by the name `node`
            environment["PATH"] = ":".join(filter(None, (environment.get("PATH"), str(own.parent))))
        return environment


def load_catalog(data_directory: Path, config: Path | None = None) -> Catalog:
    """All definitions, the user's own ones replacing built-in ones of the same name. Reads files; never raises.

    `config` is the person's `agents.json`; without it only the data directory is looked at.
    """
    found: dict[str, AgentDefinition] = {}
    problems: list[Problem] = []
    folder = data_directory / "agents"
    definitions: list[AgentDefinition | Problem] = [_read(path) for path in (*_files(BUILTIN), *_files(folder))]
    definitions += agent_servers.read(folder / EDITOR, "editor")
    definitions += agent_servers.read(config, "user") if config is not None else ()
    for definition in definitions:
        if isinstance(definition, Problem):
            problems.append(definition)
        else:
            found[definition.name] = definition
    return Catalog(tuple(found.values()), tuple(problems), folder / INSTALLED)


def this_platform() -> str:
    """`linux-x64`, as packages name it."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{ {'x86_64': 'x64', 'amd64': 'x64', 'aarch64': 'arm64'}.get(machine, machine) }"


def environment_for(definition: AgentDefinition, window: Mapping[str, str]) -> dict[str, str]:
    """See `Catalog.environment_for`."""
    inherited = {name: value for name, value in window.items() if is_inherited(name, definition.environment)}
    own = {name: value for name, value in definition.env.items() if is_inherited(name, ("*",))}
    environment = usable(inherited | unattended() | own)
    if "PATH" in environment:  # a relative entry would run what the agent or the repository wrote
        environment["PATH"] = ":".join(path_entries(environment))
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
    title = definition.title or definition.name
    return msgspec.structs.replace(definition, title=title, source=source, file=str(path))


def _problem(path: Path, why: str) -> Problem:
    return Problem(f"The agent definition {path} cannot be used: {why}.", "Correct the file, or remove it.")
