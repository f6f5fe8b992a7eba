"""What happens to a session by its plans. Knows the session's part that `fold` hands over; knows no I/O."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from segue.domain import config, plans
from segue.domain.facts import OptionKind, StopReason
from segue.domain.permissions import PermissionDecided, PermissionRequested
from segue.domain.session import Planning, Proposal, Session

TO_APPROVE = "Plan to approve"
"""What the row of a session says whose plan waits."""
ALLOWS = frozenset({OptionKind.ALLOW_ONCE, OptionKind.ALLOW_ALWAYS})
AGENT_ENDED = "agent_ended"
"""Who decided where nobody did: the agent went away with its request."""


def planned(session: Session, event: plans.PlanEvent) -> Session:
    """The session after an event about plans."""
    proposal = session.proposal
    match event:
        case plans.PlanningBegun():
            return replace(session, planning=session.planning or Planning())
        case plans.PlanModeEntered(option_id, value, back):
            return replace(session, planning=Planning(option_id, value, back))
        case plans.PlanProposed(turn, text, changed):
            proposed = Proposal(plans.key_of_turn(turn), text, turn, changed=changed)
            return replace(session, proposal=proposed, activity=TO_APPROVE)
        case plans.PlanDecided(key, decision):
            return _decided(session, decision) if proposal is not None and proposal.key == key else session
        case plans.PlanChecked() | plans.PlanCommented() | plans.PlanCommentDropped():
            return replace(session, proposal=_changed(proposal, event))
        case _ as unreachable:
            assert_never(unreachable)


def left_mode(session: Session) -> Session:
    """Whoever gives it another mode, a person or the agent itself, has it plan no longer."""
    mode = session.planning
    if mode is None or not mode.option_id:
        return session
    option = config.find(session.offered, mode.option_id)
    return session if option is not None and option.current == mode.value else replace(session, planning=None)


def requested(session: Session, request: PermissionRequested) -> Session:
    """A request that carries a plan makes it the one that waits."""
    if not request.plan:
        return session
    turn = session.turn.number if session.turn else 0
    proposal = Proposal(request.request_id, request.plan, turn, request_id=request.request_id)
    return replace(session, proposal=proposal)


def answered(before: Session, session: Session, decision: PermissionDecided) -> Session:
    """Whoever answers the request itself has decided on its plan; a plan outlives an agent that went away."""
    proposal = session.proposal
    if proposal is None or proposal.request_id != decision.request_id:
        return session
    if decision.by == AGENT_ENDED:
        return replace(session, proposal=replace(proposal, request_id=""))
    request = next((r for r in before.permissions if r.request_id == decision.request_id), None)
    if request is None or decision.option_id is None:
        return replace(session, proposal=None)
    return _decided(session, outcome(request, decision))


def outcome(request: PermissionRequested, decision: PermissionDecided) -> plans.Decision:
    """What an answer to a plan's request means, by the option's kind."""
    kinds = {option.kind for option in request.options if option.option_id == decision.option_id}
    return plans.Decision.APPROVED if kinds & ALLOWS else plans.Decision.REJECTED


def ended(session: Session, stop_reason: StopReason) -> Session:
    """Behind a turn nobody waits with a request; the plan of an interrupted one can still be decided on."""
    proposal = session.proposal
    if proposal is None:
        return session
    if proposal.request_id and stop_reason is not StopReason.INTERRUPTED:
        return replace(session, proposal=None)
    return replace(session, proposal=replace(proposal, request_id=""), activity=TO_APPROVE)


def _decided(session: Session, decision: plans.Decision) -> Session:
    decided = replace(session, proposal=None, is_unread=False)
    match decision:
        case plans.Decision.APPROVED:
            return replace(decided, planning=None)
        case plans.Decision.REJECTED:
            return replace(decided, activity="Plan rejected")
        case plans.Decision.REVISED:
            return decided


def _changed(
    proposal: Proposal | None, event: plans.PlanChecked | plans.PlanCommented | plans.PlanCommentDropped
) -> Proposal | None:
    if proposal is None or proposal.key != event.key:
        return proposal
    match event:
        case plans.PlanChecked(_, changed):
            return replace(proposal, changed=changed)
        case plans.PlanCommented(_, comment):
            return replace(proposal, comments=(*proposal.comments, comment))
        case plans.PlanCommentDropped(_, comment_id):
            return replace(proposal, comments=tuple(c for c in proposal.comments if c.comment_id != comment_id))
