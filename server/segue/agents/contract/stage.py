"""Where an agent is tried: a home, a work folder and variables of its own, with the scripted model for its model.

Knows how an agent is started there and what it may not see; knows no step. What the person has (home, keys, settings)
reaches no agent: of their variables only those in `KEPT`, of their agent's definition none that looks like a secret.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path

import msgspec

from segue.agents.broker import Desk, FileBroker
from segue.agents.catalog import Catalog
from segue.agents.connection import AgentConnection, Options
from segue.agents.connection_record import AgentFacts
from segue.agents.connection_setup import Start
from segue.agents.contract.driver import Agent, Heard
from segue.agents.definitions import AgentDefinition
from segue.agents.files import Files
from segue.agents.outputs import Outputs
from segue.agents.probe import GRACE_S, require
from segue.agents.runner_client import RunnerClient
from segue.agents.runners import AgentSpec, Leftovers
from segue.agents.terminals import Surroundings, Terminals
from segue.domain.errors import InputRefused

KEPT = ("PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "SHELL", "USER", "LOGNAME")
SECRETS = ("*KEY*", "*TOKEN*", "*SECRET*", "*PASSWORD*", "*AUTH*", "*CREDENTIAL*", "*_URL", "*CONFIG*", "*HOME*")
KEY = "no-key-is-needed"
USUAL = {
    "ANTHROPIC_BASE_URL": "{model}",
    "ANTHROPIC_API_KEY": KEY,
    "OPENAI_BASE_URL": "{model}/v1",
    "OPENAI_API_KEY": KEY,
    "GOOGLE_GEMINI_BASE_URL": "{model}",
    "GEMINI_API_KEY": KEY,
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}
"""How agents are usually told of another model; a definition's `[trial]` says the rest."""


@dataclass
class Stage:
    """One agent definition, and the folders that it works in."""

    catalog: Catalog
    definition: AgentDefinition
    argv: tuple[str, ...]
    environment: dict[str, str]
    root: Path
    leftovers: list[Leftovers] = field(default_factory=list)
    """Of each agent that was ended."""
    _numbers: count[int] = field(default_factory=count)

    @property
    def work(self) -> Path:
        return self.root / "work"

    @asynccontextmanager
    async def started(self, limit_s: float) -> AsyncIterator[tuple[Agent, AgentFacts]]:
        """The agent without a session, ended with everything it started; raises AgentFailed."""
        number = str(next(self._numbers))
        spec = AgentSpec(self.argv, self.work, self.environment)
        link = await RunnerClient.start(spec, self.root / f"runner-{number}", self.root / f"{number}.s")
        heard = Heard(limit_s=limit_s)
        definition = self.definition
        options = Options(start_timeout_s=definition.start_timeout_s, login=definition.login, desk=self._desk(number))
        connection = AgentConnection(link, heard.take, Start(1, self.work), options=options)
        try:
            yield Agent(connection, link, heard), await connection.initialize()
        finally:
            self.leftovers.append(await connection.close(GRACE_S))

    def _desk(self, number: str) -> Desk:
        files = terminals = None
        if self.definition.facts.client_files:
            missing = "" if self.definition.facts.missing_reads_empty else None
            files = FileBroker(Files(self.work, self.root), missing=missing)
        if self.definition.facts.client_terminals:
            terminals = Terminals(
                Surroundings(
                    root=self.work,
                    directory=self.work,
                    environment=lambda: self.environment,
                    place=lambda which: (self.root / f"terminal-{number}-{which}", self.root / f"{number}.{which}.s"),
                    outputs=Outputs(self.root / f"outputs-{number}"),
                )
            )
        return Desk(files, terminals)


@asynccontextmanager
async def staged(catalog: Catalog, name: str, window: Mapping[str, str], model: str) -> AsyncIterator[Stage]:
    """Folders for one agent, removed at the end; raises NotFound, and AgentFailed where it is not installed."""
    definition = catalog.find(name)
    available = require(catalog, definition, dict(window))
    root = Path(tempfile.mkdtemp(prefix="segue-trial-"))
    try:
        for folder in ("work", "home", "tmp"):
            (root / folder).mkdir()
        words = {"model": model, "home": str(root / "home")}
        furnish(definition, words)
        environment = environment_for(catalog, definition, window, words)
        yield Stage(catalog, definition, available.argv, environment, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def environment_for(
    catalog: Catalog, definition: AgentDefinition, window: Mapping[str, str], words: Mapping[str, str]
) -> dict[str, str]:
    """All variables of an agent on trial; `words` stand for `{model}` and `{home}`."""
    kept = {name: value for name, value in window.items() if _fits(name, KEPT)}
    home = {"HOME": words["home"], "TMPDIR": str(Path(words["home"]).with_name("tmp"))}
    own = {name: value for name, value in definition.env.items() if not _fits(name.upper(), SECRETS)}
    bare = msgspec.structs.replace(definition, env=own)
    return {**catalog.environment_for(bare, {**kept, **home}), **redirected(definition, words)}


def redirected(definition: AgentDefinition, words: Mapping[str, str]) -> dict[str, str]:
    """The variables that have an agent take its model from elsewhere."""
    return {name: _filled(value, words) for name, value in {**USUAL, **definition.trial.env}.items()}


def furnish(definition: AgentDefinition, words: Mapping[str, str]) -> None:
    """Write what an agent has to find in its home; raises InputRefused("outside_of_home")."""
    home = Path(words["home"]).resolve()
    for name, text in definition.trial.files.items():
        file = (home / name).resolve()
        if not file.is_relative_to(home):
            message = (
                f"The definition of {definition.title} names a file outside of the home that it is tried in: {name}."
            )
            raise InputRefused(
                "outside_of_home", message, action="Name it relative to that home, under `[trial.files]`."
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_filled(text, words))


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text


def _fits(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
