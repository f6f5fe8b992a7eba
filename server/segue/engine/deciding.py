"""Answers to permission requests. Knows who may answer what, and that each is answered once (D42)."""

from __future__ import annotations

from segue.domain import events as e
from segue.domain.errors import InputRefused, StaleDecision
from segue.domain.ids import SessionId, visible
from segue.domain.session import Session
from segue.engine.agents import Agents
from segue.engine.ledger import Ledger


async def answer(ledger: Ledger, agents: Agents, session_id: SessionId, decision: e.PermissionDecided) -> Session:
    """Take the first valid answer, journal it, then let the agent go on.

    Raises StaleDecision where the request was decided already or is gone, InputRefused for an option it did not offer.
    """
    ledger.require_writable()
    session = ledger.get(session_id)
    request = next((r for r in session.permissions if r.request_id == decision.request_id), None)
    if request is None:
        raise StaleDecision(
            "already_decided",
            "That request was answered already, or the agent no longer waits for it.",
            action="Nothing was sent; look at the session for how it was decided.",
        )
    if decision.option_id not in {option.option_id for option in request.options}:
        offered = ", ".join(option.option_id for option in request.options)
        raise InputRefused(
            "unknown_option",
            f"The agent does not offer {visible(decision.option_id or '')[:40]!r}.",
            action=f"Choose one of: {visible(offered)}.",
        )
    # Recorded at once, so that an answer from a second window finds it decided; sent only when it is durable.
    session = ledger.record(session_id, decision)
    live = agents.live(session_id)
    await ledger.durable(session)
    if live is not None:
        await live.connection.answer(decision.request_id, decision.option_id)
    return session
