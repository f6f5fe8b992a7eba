"""Plan first: how a turn is made to plan only, and what is taken as its plan. Knows modes, turns' texts and trees.

An agent with a mode for planning is put into it before its prompt; any other is told so in front of its prompt.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from segue.agents.connection import AgentConnection
from segue.domain import config, events, plans
from segue.domain.errors import AgentFailed, InputRefused
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.domain.transcript import Item, ItemKind
from segue.engine.agents import configuration
from segue.engine.state.ledger import Ledger
from segue.git import diff


def require_prose(title: str, *, reads_prose: bool) -> None:
    """Raises InputRefused for an agent that runs commands: it has nothing to plan."""
    if not reads_prose:
        raise InputRefused(
            "cannot_plan",
            f"{title} runs commands as they are; it makes no plans.",
            action="Delegate without a plan, or to another agent.",
        )


async def enter(ledger: Ledger, session_id: SessionId, connection: AgentConnection, told: str) -> str:
    """Before a prompt: have an agent that shall only plan in its mode for that; `told` is what its definition says.

    Returns what goes in front of the prompt where it has no such mode. Raises AgentFailed where it is gone.
    """
    session = ledger.get(session_id)
    if session.planning is None:
        return ""
    option = config.of_category(session.offered, config.MODE)
    value = plans.plan_value(option, told) if option is not None else None
    if option is None or value is None:
        return plans.ONLY_PLAN
    if option.current != value:
        try:
            await configuration.configure(ledger, session_id, connection, events.ConfigChosen(option.option_id, value))
        except (InputRefused, AgentFailed) as failed:
            if connection.gone is not None:
                raise
            ledger.record(session_id, events.AgentNoted("no_plan_mode", failed.message))
            return plans.ONLY_PLAN
    if not session.planning.option_id:
        others = (known.value for known in option.values if known.value != value)
        back = option.current if option.current != value else next(others, "")
        ledger.record(session_id, plans.PlanModeEntered(option.option_id, value, back))
    return ""


async def proposed(ledger: Ledger, session: Session) -> list[events.AnyEvent]:
    """What a turn that only planned ended with, as the plan that waits for a person."""
    turn, answer = session.turns[-1], session.answer
    is_whole = answer is not None and answer.stop_reason is events.StopReason.END_TURN and not session.is_stopping
    if session.planning is None or not is_whole:
        return []
    await ledger.durable(session)
    feed = await ledger.transcript(session.id)
    items = [item for item in feed.items if item.turn == turn.number]
    if any(item.kind is ItemKind.PROPOSAL for item in items):
        return []  # it was decided on in mid-turn
    text = _plan_in(items)
    if not text:
        return []
    changed = await changed_files(session, turn.after.commit) if turn.after is not None else 0
    return [plans.PlanProposed(turn.number, text[: plans.TEXT_LIMIT], changed)]


async def changed_files(session: Session, commit: str) -> int:
    """How many files the newest turn changed up to `commit`; raises GitFailed."""
    before = session.turns[-1].before
    if before is None:
        return 0
    return len(await asyncio.to_thread(diff.changes, Path(session.common_dir), before.commit, commit))


def _plan_in(items: list[Item]) -> str:
    """The last thing that the agent said, else its list of steps."""
    said = [item.text.strip() for item in items if item.kind is ItemKind.MESSAGE and item.text.strip()]
    if said:
        return said[-1]
    entries = [item.entries for item in items if item.kind is ItemKind.PLAN]
    return "\n".join(f"{number}. {entry.content}" for number, entry in enumerate(entries[-1] if entries else (), 1))
