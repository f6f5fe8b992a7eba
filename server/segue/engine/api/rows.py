"""Rows of sessions as clients are shown them: the one composer. Knows both vocabularies; decides nothing.

A row needs facts of all sessions (the position in the queue), so nothing composes one from a session alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segue.domain import buckets, slots, verbs
from segue.domain.events import PromptQueued
from segue.domain.ids import SessionId, visible
from segue.domain.session import Merge, Proposal, Session
from segue.engine.api.views import (
    comment_view,
    cost_view,
    failure_view,
    image_view,
    permission_view,
    phrase_view,
    question_view,
    stat_view,
    tokens_view,
    undo_view,
)
from segue.engine.state.ledger import Ledger
from segue.protocol import plans, views
from segue.protocol.sessions import SessionResult


@dataclass(frozen=True, slots=True)
class Rows:
    """Composes rows against one state of all sessions."""

    places: Mapping[SessionId, int]
    """The position of each queued session, from 1."""

    @classmethod
    def published(cls, ledger: Ledger) -> Rows:
        """For what clients follow and list: only what the journal holds durably."""
        return cls(slots.places(ledger.all_published()))

    def row(self, session: Session) -> views.SessionView:
        return _row(session, self.places.get(session.id))


def bucket_views() -> list[views.BucketView]:
    """All buckets, in their order."""
    return [
        views.BucketView(
            id=bucket, name=phrase_view(facts.name), filters=list(facts.filters), is_folded=facts.is_folded
        )
        for bucket, facts in buckets.FACTS.items()
    ]


def newest_row(ledger: Ledger, session: Session) -> views.SessionView:
    """The row of a session that a request changed or asked for."""
    return Rows(slots.places(ledger.all_newest())).row(session)


def session_result(ledger: Ledger, session: Session) -> SessionResult:
    """What most requests answer: the row of the session that they changed."""
    return SessionResult(session=newest_row(ledger, session))


def _row(session: Session, place: int | None) -> views.SessionView:
    turn, offer, look = session.turn, verbs.offer(session, place), buckets.look(session)
    return views.SessionView(
        id=session.id,
        seq=session.seq,
        title=session.title,
        agent=session.agent,
        bucket=session.bucket,
        order=list(buckets.order(session, place)),
        status=phrase_view(look.status),
        sign=look.sign,
        tone=look.tone,
        urgency=session.urgency,
        state=session.state,
        mode=session.mode,
        repository=session.repository,
        worktree=session.worktree,
        branch=session.branch,
        base_ref=session.base_ref,
        base_commit=session.base_commit,
        created_ms=session.created_ms,
        updated_ms=session.updated_ms,
        activity=session.activity,
        stat=stat_view(session.stat),
        turns=len(session.turns),
        turn_started_ms=turn.started_ms if turn else None,
        stop_reason=turn.stop_reason if turn else None,
        permissions=[permission_view(request) for request in session.permissions],
        questions=[question_view(asked) for asked in session.questions],
        is_planning=session.planning is not None,
        proposal=_proposal_view(session.proposal),
        takes_images=session.takes_images,
        queue=[_queued_view(prompt) for prompt in session.queue],
        place=place,
        allowed=list(offer.allowed),
        reasons={name: visible(why) for name, why in offer.reasons.items()},
        model=visible(session.model) or None,
        failure=failure_view(session.failure) if session.failure is not None else None,
        linked_to=session.linked_to or None,
        is_unread=session.is_unread,
        is_pinned=session.is_pinned,
        is_agent_alive=session.is_agent_alive,
        is_stopping=session.is_stopping,
        can_resume=session.can_resume,
        needs_sign_in=session.needs_sign_in,
        is_archived=session.archive is not None,
        folder_kept=visible(session.archive.folder_kept) or None if session.archive else None,
        merged=_merge_view(session.merged) if session.merged is not None else None,
        undo=undo_view(session.next_undo),
        redo=undo_view(session.next_redo),
        context_used=session.context_used,
        context_size=session.context_size,
        tokens=tokens_view(session.tokens),
        cost=cost_view(session.cost),
    )


def _merge_view(merged: Merge) -> views.MergeView:
    return views.MergeView(
        number=merged.number,
        commit=merged.commit,
        base_ref=merged.base_ref,
        base_before=merged.base_before,
        left_out=merged.left,
    )


def _queued_view(prompt: PromptQueued) -> views.QueuedPromptView:
    images = [image_view(image) for image in prompt.images]
    return views.QueuedPromptView(prompt_id=prompt.prompt_id, text=prompt.text, images=images)


def _proposal_view(proposal: Proposal | None) -> plans.PlanProposalView | None:
    if proposal is None:
        return None
    comments = [comment_view(comment) for comment in proposal.comments]
    return plans.PlanProposalView(key=proposal.key, turn=proposal.turn, comments=comments, changed=proposal.changed)
