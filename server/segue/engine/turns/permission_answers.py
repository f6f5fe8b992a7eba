"""Answers to permission requests. Knows who may answer what, and that each is answered once (D42)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from segue.domain import events
from segue.domain.errors import InputRefused, StaleDecision
from segue.domain.events import OptionKind
from segue.domain.ids import SessionId, visible
from segue.domain.policy.rules import Rule
from segue.domain.session import Session
from segue.domain.verbs import Verb, require
from segue.engine.agents.agent_processes import Agents
from segue.engine.approvals.policies import Policies
from segue.engine.pairing.link_record import Leaving
from segue.engine.pairing.links import Links
from segue.engine.state.ledger import Ledger

REASON_LIMIT = 8 * 1024
"""Characters of what is said with a refusal."""
REFUSALS = frozenset({OptionKind.REJECT_ONCE, OptionKind.REJECT_ALWAYS})


@dataclass(frozen=True, slots=True)
class PermissionAnswer:
    """What the user chose of a permission request."""

    request_id: str
    option_id: str
    rule_id: str | None = None
    """The rule offered by the request that is remembered. Goes with an option to allow once."""
    reason: str = ""
    """Told to the agent after its turn. Goes with an option that refuses."""


async def decide(
    ledger: Ledger, agents: Agents, policies: Policies, session_id: SessionId, answer: PermissionAnswer
) -> events.PermissionDecided:
    """Take the first valid answer, journal it, then let the agent go on; returns what was decided.

    Raises StaleDecision where the request was decided already or is gone, InputRefused for what it did not offer,
    StoreFailed where a rule or the answer cannot be kept; the request waits on then.
    """
    request = _waiting(ledger.get(session_id), answer.request_id)
    ledger.require_writable()
    rule = _check(request, answer)
    if rule is not None:
        await asyncio.to_thread(policies.remember, rule)
        request = _waiting(ledger.get(session_id), answer.request_id)
    remembered = f"{rule.effect} {rule.about} ({rule.where})" if rule else ""
    reason = answer.reason.strip()
    decision = events.PermissionDecided(
        answer.request_id, answer.option_id, "user", remembered=remembered, reason=reason
    )
    # Recorded at once, so that an answer from a second window finds it decided.
    ledger.record(session_id, decision)
    await agents.tell_decision(session_id, decision)
    return decision


async def send_to_background(links: Links, session: Session, answer: PermissionAnswer, leaving: Leaving) -> None:
    """Unlink before what is allowed runs, so that none of it comes into the checkout; nothing where it is not linked.

    Raises as `decide` does for an answer that would not count, and InputRefused for one that does not allow.
    """
    request = _waiting(session, answer.request_id)
    _check(request, answer)
    if any(option.kind in REFUSALS for option in request.options if option.option_id == answer.option_id):
        message = "Only what is allowed can go on in the background."
        raise InputRefused("not_allowed", message, action="Answer it, then send the session to the background.")
    if session.linked_to:
        await links.stop(session, "user", leaving)


def follow_up(session: Session, decision: events.PermissionDecided) -> str:
    """The prompt that tells the agent why something was refused; ACP's answer has no room for it."""
    request = next((r for r in session.permissions if r.request_id == decision.request_id), None)
    about = f" “{request.title}”" if request else ""
    return f"I refused{about}: {decision.reason}"


def _waiting(session: Session, request_id: str) -> events.PermissionRequested:
    require(Verb.ANSWER, session)
    request = next((r for r in session.permissions if r.request_id == request_id), None)
    if request is None:
        raise StaleDecision(
            "already_decided",
            "That request was answered already, or the agent no longer waits for it.",
            action="Nothing was sent; look at the session for how it was decided.",
        )
    return request


def _check(request: events.PermissionRequested, answer: PermissionAnswer) -> Rule | None:
    """The rule to remember; raises InputRefused where the parts of the answer do not fit the request or each other."""
    option = next((option for option in request.options if option.option_id == answer.option_id), None)
    if option is None:
        offered = ", ".join(option.option_id for option in request.options)
        raise InputRefused(
            "unknown_option",
            f"The agent does not offer {visible(answer.option_id)[:40]!r}.",
            action=f"Choose one of: {visible(offered)}.",
        )
    if answer.reason and (option.kind not in REFUSALS or len(answer.reason) > REASON_LIMIT):
        message = f"A reason goes with a refusal, and has at most {REASON_LIMIT:,} characters."
        raise InputRefused("reason_refused", message, action="Send what you want to say as a prompt.")
    if answer.rule_id is None:
        return None
    rule = next((rule for rule in request.remember if rule.id == answer.rule_id), None)
    if rule is None or option.kind is not OptionKind.ALLOW_ONCE:
        message = (
            "That cannot be remembered: it is not what this request offers, or the answer is not to allow it once."
        )
        raise InputRefused("unknown_rule", message, action="Choose one of what the request can remember.")
    return rule
