"""What goes wrong at the edges of a turn, in words. Whatever is raised there, the turn begins or ends all the same."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from enum import Enum

from segue.domain import events
from segue.domain.errors import SegueError
from segue.domain.ids import SessionId

log = logging.getLogger(__name__)


class Step(Enum):
    """Of a turn's end: the kind of note, and what it says first."""

    COMMANDS = ("not_ended", "Not all of the agent's commands could be ended.")
    CHECKPOINT = ("checkpoint_failed", "What the turn changed was not recorded.")
    SHARE = ("not_shared", "Your edits were not shared with the agent.")
    OUTSIDE = ("not_compared", "What changed outside of the worktree could not be compared.")
    PLAN = ("plan_failed", "The plan could not be shown.")


async def noted(session_id: SessionId, step: Step, work: Awaitable[None]) -> list[events.AnyEvent]:
    """Do it; what it raises becomes a note."""
    try:
        await work
    except Exception as failed:
        kind, sentence = step.value
        return [events.AgentNoted(kind, f"{sentence} {told(session_id, failed)}")]
    return []


def told(session_id: SessionId, failed: Exception) -> str:
    """A failure in words; what nobody planned for goes to the log as well."""
    if isinstance(failed, SegueError):
        return str(failed)
    log.error("session %s: a step of its turn failed", session_id, exc_info=failed)
    if isinstance(failed, OSError):
        return f"The disk did not allow it: {failed.strerror or type(failed).__name__}."
    return f"Segue made a mistake ({type(failed).__name__}). The log has details."
