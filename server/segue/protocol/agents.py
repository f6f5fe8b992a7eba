"""What crosses the wire about agents outside of sessions: which there are, what is done with one. Knows shapes only."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from segue.protocol.views import ConfigOptionView, FailureView
from segue.protocol.wire import Wire


class AgentAction(StrEnum):
    """What can be done with an agent outside of sessions."""

    INSTALL = "install"
    """Into a prefix of Segue's own, the release that its definition names."""
    UNINSTALL = "uninstall"
    CHECK = "check"
    """Start it, ask who it is, open a session; nothing is prompted."""
    METHODS = "methods"
    """Ask how its user can sign in."""
    SIGN_IN = "sign_in"


class AgentView(Wire):
    """An agent definition and whether it can be started here."""

    name: str
    title: str
    description: str = ""
    is_available: bool
    problem: str | None = None
    """Why not, and what to do."""
    prompt_hint: str = ""
    """What to ask for as prompt: a task, or a shell command."""
    source: str = "built-in"
    """`built-in`, `user` (a file of the person's) or `editor` (its settings)."""
    version: str | None = None
    """Of the program that was found, where its package says it."""
    path: str | None = None
    place: str | None = None
    """Where that was found: `segue`, `path`, `npm` or `definition`."""
    package: str | None = None
    """Name and version of what Segue can install."""
    can_install: bool = False
    is_installed: bool = False
    """Whether Segue has installed it, and can remove it."""
    can_plan: bool = True
    """Whether it can be asked for a plan first; one that runs commands cannot."""
    login: str = ""
    """How to sign in, in one sentence."""
    memory_mb: int | None = None
    """Of one session, measured."""
    options: list[ConfigOptionView] = Field(default_factory=list)
    """What it offered in its newest session, to choose from for the next one; none has a current value."""
    definition: str | None = None
    """The file that defines it; an editor's own settings are none."""
    needs_sign_in: bool = False
    """A session waits for its user to sign in, or the last check said so."""
    trouble: FailureView | None = None
    """What it last failed with when it was installed, checked or signed in with; None where that went well."""
    is_checked: bool = False
    """The last check went well."""
    doing: AgentAction | None = None
    """What is being done with it."""


class SignInMethodView(Wire):
    """One way to sign in with an agent."""

    id: str
    name: str
    description: str = ""
    kind: str
    """`agent`: it does that itself. `terminal`: `command` has to run. `variables`: those have to be set."""
    command: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)
    variables: list[str] = Field(default_factory=list)


class AgentParams(Wire):
    name: str


class AgentRunParams(Wire):
    name: str
    action: AgentAction
    method: str | None = None
    """Of signing in: id of the method."""


class AgentProgressParams(Wire):
    name: str
    after: int = 0
    """How many lines are known; the answer waits for a while for more."""


class AgentProgress(Wire):
    """How far what is done with an agent has come, and how it ended."""

    name: str
    action: AgentAction
    lines: list[str] = Field(default_factory=list)
    """Those behind `after`; inert."""
    next: int = 0
    is_running: bool
    failure: FailureView | None = None
    methods: list[SignInMethodView] = Field(default_factory=list)
    """What the agent offers for signing in, where it was asked."""
