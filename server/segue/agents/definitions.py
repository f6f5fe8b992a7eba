"""What is known of an agent before it runs: how it is started, had, and what the protocol does not tell of it.

Knows definitions as data; knows no files, no processes and no sessions.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One exact release that Segue can install into its own prefix."""

    manager: Literal["npm", "pypi"]
    name: str
    version: str
    hashes: tuple[str, ...]
    """npm: the archive's integrity, `sha512-…`. PyPI: `sha256:…` of every file that may be taken."""
    scripts: bool = False
    """Whether it does not work until its own install script has run."""
    python: str = ""
    """The oldest Python that it runs on, `3.12`."""
    platforms: tuple[str, ...] = ()
    """Where the release runs, `linux-x64`; empty for anywhere."""


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the protocol does not tell of an agent, as it was seen by running it; what is not known has its default."""

    fs: Literal["disk", "client", "none"] = "disk"
    """Where its edits go when the client offers file methods."""
    missing_reads_empty: bool = False
    """Whether a client has to answer the read of a missing file with nothing rather than with an error."""
    terminal: Literal["own", "client"] = "own"
    """Where its commands run when the client offers terminals."""
    client_files: bool = True
    """Whether it is offered the client's file methods."""
    client_terminals: bool = True
    """Whether it is offered the client's terminals."""
    asks: tuple[str, ...] = ()
    """What it asks for in its usual mode: `edit`, `execute`, `questions` …"""
    cost: str = ""
    """The currency in which it reports cost; empty where it reports none."""
    node: str = ""
    """The oldest Node that it runs on, `22` or `22.19`."""
    can_load: bool = False
    moves_on_load: bool | None = None
    """Whether it really works in another directory that a session is loaded in."""
    loads_from_next_minute: bool = False
    """Whether a session can be loaded again only once the clock's minute in which it was made is over."""
    leaves_processes_on_cancel: bool = False
    reads_prose: bool = True
    """Whether a prompt may be a sentence to it rather than only a command."""
    plan_mode: str = ""
    """Id of its mode for planning, where that is not called `plan`."""
    memory_mb: int | None = None
    """Of one session, measured."""


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent needs besides the usual variables to take its model from elsewhere, for its contract's sake.

    `{model}` stands for the scripted model's address, `{home}` for the home that it gets.
    """

    env: dict[str, str] = {}
    files: dict[str, str] = {}
    """Texts by their path below that home."""


class AgentDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agent as its TOML file describes it."""

    name: str
    command: tuple[str, ...]
    """The program and its arguments; `{python}` stands for Segue's own interpreter."""
    title: str = ""
    description: str = ""
    environment: tuple[str, ...] = ()
    """Names or globs of variables that it gets besides the usual ones; never enough for those that load code."""
    env: dict[str, str] = {}
    """Variables that are set for it."""
    install: str = ""
    """One sentence: how to get it."""
    login: str = ""
    """One sentence: how to authenticate."""
    prompt_hint: str = ""
    start_timeout_s: float = 45
    """How long `initialize` and opening a session may take."""
    package: Package | None = None
    facts: Facts = Facts()
    trial: Trial = Trial()
    source: Literal["built-in", "user", "editor"] = "user"
    """Where the definition stands; a file cannot set it."""
    file: str = ""
    """The file that it was read from; cannot be set by it either."""


class Problem(msgspec.Struct, frozen=True):
    """Why an agent cannot be used, and what to do."""

    message: str
    action: str
    can_be_installed: bool = False
    """Whether Segue can solve it by installing something."""
