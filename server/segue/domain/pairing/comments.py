"""Review comments on a linked session. Knows how far one has come; knows no texts, links or agents."""

from __future__ import annotations

from enum import StrEnum


class CommentState(StrEnum):
    """Where a review comment stands."""

    DRAFT = "draft"
    """Collected; goes to the agent with the next *Send*."""
    SENT = "sent"
    """The agent has it."""
    ANSWERED = "answered"
    """The turn that it went with has ended."""
