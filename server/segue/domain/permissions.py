"""The events about permissions that agents ask for. Knows facts in past tense."""

from __future__ import annotations

from segue.domain.event import Event
from segue.domain.facts import OptionKind, PermissionOption
from segue.domain.policy.rules import Rule

ORDER = tuple(OptionKind(kind) for kind in ("allow_once", "allow_always", "reject_once", "reject_always", "unknown"))


def in_order(options: tuple[PermissionOption, ...]) -> list[PermissionOption]:
    """The one order in which every client shows and numbers answers, whatever order the agent sent."""
    return sorted(options, key=lambda option: ORDER.index(option.kind))


class PermissionRequested(Event, frozen=True, tag="permission_requested"):
    """The agent waits for a person. `request_id` is Segue's; it stays valid across restarts."""

    request_id: str
    title: str
    options: tuple[PermissionOption, ...]
    tool_call_id: str = ""
    command: str = ""
    """Full command line where there is one; never shortened here."""
    directory: str = ""
    paths: tuple[str, ...] = ()
    kind: str = ""
    """ACP's kind of the tool, where the agent says it."""
    plan: str = ""
    """The plan in Markdown that the answer decides on, where the agent asks to leave its planning with it."""
    remember: tuple[Rule, ...] = ()
    """What an answer of "always" could remember, narrowest first."""
    expires_ms: int = 0
    """When it is denied if nobody answers, wall clock in milliseconds since 1970; 0 is never."""


class PermissionDecided(Event, frozen=True, tag="permission_decided"):
    """`option_id` is None where the request was cancelled rather than answered."""

    request_id: str
    option_id: str | None
    by: str
    """Who decided: `user`, `policy`, `stop`, `agent_ended`, `turn_ended`."""
    rule: str = ""
    """The rule that decided, in words."""
    remembered: str = ""
    """The rule that the answer made, in words."""
    reason: str = ""
    """What the person said to the agent with it."""
