"""What crosses the wire about rules on what agents may do without asking. Knows shapes only."""

from __future__ import annotations

from pydantic import Field

from segue.domain.facts import Mode
from segue.domain.policy.rules import Effect, Source
from segue.protocol.wire import Wire


class RuleView(Wire):
    """A rule on what agents may do without asking."""

    id: str
    effect: Effect
    source: Source
    about: str
    """What it is about: a command or a kind of tool, named exactly."""
    where: str
    """For which agent, mode and repository."""


class ListRulesResult(Wire):
    rules: list[RuleView]
    """Those that the user wrote first."""
    file: str
    """Where the user writes rules; it need not exist."""
    deny_after_minutes: float | None = None
    """How long a request waits for a person before it is denied; None is for ever."""
    problem: str | None = None
    """Why a file of rules cannot be followed; then nothing is allowed without asking."""


class RevokeRuleParams(Wire):
    rule_id: str


class RevokeRuleResult(Wire):
    rule: RuleView


class TryRulesParams(Wire):
    """A request as an agent might make it."""

    agent: str
    mode: Mode = Mode.BACKGROUND
    repository: str
    """Any folder in the repository."""
    command: str | None = None
    tool: str | None = None
    paths: list[str] = Field(default_factory=list)
    """Relative to the root of the repository."""


class TryRulesResult(Wire):
    effect: Effect
    rule: RuleView | None = None
    """The rule that decides; none where no rule fits."""
    is_simple: bool = False
    """Whether the command could be allowed without asking at all."""
