"""What crosses the wire about plans that wait for a person. Knows shapes only."""

from __future__ import annotations

from pydantic import Field

from segue.domain.plans import Decision
from segue.protocol.wire import Wire


class PlanCommentView(Wire):
    """A collected comment; it is sent with the decision."""

    comment_id: str
    first: int
    last: int
    """The last line that it is about."""
    text: str


class PlanProposalView(Wire):
    """A plan that waits; its text stands in the transcript, in the item that has its key."""

    key: str
    """Names the plan in a decision."""
    turn: int
    comments: list[PlanCommentView] = Field(default_factory=list)
    changed: int = 0
    """Files that its turn changed although it only planned."""


class PlanParams(Wire):
    session_id: str
    key: str
    """As `PlanProposalView.key` says; a plan that was decided on, or replaced, is refused."""


class DecidePlanParams(PlanParams):
    decision: Decision
    text: str | None = None
    """Said besides the comments; both are sent to the agent in one prompt, unless the plan is rejected."""
    is_background: bool = False
    """With an approval: unlink a linked session first, so that the rest runs in the background."""
    keep_hunks: bool = False
    """With that: undecided hunks stay in the checkout as the agent wrote them."""


class CommentPlanParams(PlanParams):
    first: int
    """Line of the plan, counted from 1."""
    last: int
    text: str


class DropPlanCommentParams(PlanParams):
    comment_id: str
