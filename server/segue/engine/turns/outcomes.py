"""How a turn ended, by what the journal knows of it. Knows sessions; does nothing."""

from __future__ import annotations

from segue.domain import events
from segue.domain.session import DECLINED, Session


def how_it_ended(session: Session) -> tuple[events.StopReason, str]:
    """A turn that was stopped counts as cancelled, however its agent ended."""
    if session.is_stopping and (session.answer is None or session.answer.stop_reason is not events.StopReason.END_TURN):
        return events.StopReason.CANCELLED, ""
    if session.answer is not None:
        if session.answer.stop_reason is events.StopReason.FAILED and session.turns[-1].is_declined:
            return events.StopReason.END_TURN, DECLINED
        return session.answer.stop_reason, session.answer.message
    return (
        events.StopReason.INTERRUPTED,
        "The agent ended in mid-turn; what it did so far is kept. Prompt it again to go on.",
    )
