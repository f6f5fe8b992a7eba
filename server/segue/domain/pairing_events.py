"""The events of pairing: linked, unlinked, what was decided, what counts as the person's. Knows facts in past tense."""

from __future__ import annotations

from typing import TypeAlias

from segue.domain.event import Event


class SessionLinked(Event, frozen=True, tag="session_linked"):
    """Its worktree and a checkout of the user's follow each other from now on."""

    checkout: str
    by: str = ""
    """The client that asked for it."""


class SessionUnlinked(Event, frozen=True, tag="session_unlinked"):
    reason: str
    """`user`, `finished`, `other_session`, `branch_switched`, `archived`, `failed`, `lost`."""


class HunksDecided(Event, frozen=True, tag="hunks_decided"):
    """A person decided on changes of the agent in one file."""

    path: str
    decision: str
    """`accepted`, `rejected`, `adopted` by typing into it, `undone` in the editor, `restored`, `resolved`."""
    count: int = 1
    reason: str = ""
    by: str = ""


class AcceptedAdvanced(Event, frozen=True, tag="accepted_advanced"):
    """The person's own part as the session has it: its work is what it has beyond that."""

    commit: str


PairingEvent: TypeAlias = SessionLinked | SessionUnlinked | HunksDecided | AcceptedAdvanced
