"""What a person chooses of an agent's options. Knows when the agent is told; knows no turn and no client."""

from __future__ import annotations

from segue.agents.connection import AgentConnection
from segue.domain import config, events
from segue.domain.errors import AgentFailed, InputRefused
from segue.domain.ids import SessionId, visible
from segue.domain.session import Session
from segue.domain.verbs import Verb, require
from segue.engine.state.ledger import Ledger

LIMIT = 1000
"""Characters of an option's id and of a value."""


def choice(option_id: str, value: str) -> events.ConfigChosen:
    """A choice from outside, for an agent that did not say yet what it offers; raises InputRefused."""
    if not (0 < len(option_id) <= LIMIT and 0 < len(value) <= LIMIT):
        raise InputRefused(
            "unknown_value", "An option and its value must not be empty or longer than 1,000 characters."
        )
    return events.ConfigChosen(option_id, value)


async def configure(
    ledger: Ledger, session_id: SessionId, connection: AgentConnection | None, wanted: events.ConfigChosen
) -> Session:
    """Tell the agent at once where it runs, otherwise before its next prompt; the choice is journaled either way.

    Raises InputRefused for what is not offered, AgentFailed where the agent refuses (nothing is chosen then).
    """
    session = ledger.get(session_id)
    require(Verb.CONFIGURE, session)
    ledger.require_writable()
    if not session.options and session.agent_session_id is None:
        return await ledger.acknowledge(session_id, choice(wanted.option_id, wanted.value))
    option = _require_option(session, wanted.option_id)
    value = _require_value(option, wanted.value)
    if connection is not None and connection.is_ready:
        value = await _tell(ledger, session_id, connection, option, value)
    return await ledger.acknowledge(session_id, events.ConfigChosen(option.option_id, value))


def differing(session: Session) -> tuple[events.ConfigChosen, ...]:
    """The choices that the agent does not follow, as far as it told."""
    current = {option.option_id: option.current for option in session.options}
    return tuple(chosen for chosen in session.choices if current.get(chosen.option_id) != chosen.value)


async def catch_up(
    ledger: Ledger, session_id: SessionId, connection: AgentConnection, choices: tuple[events.ConfigChosen, ...]
) -> None:
    """Before a prompt: give the agent what was chosen while it did not run, or before it was started anew.

    What it does not take is told in the transcript and forgotten; raises AgentFailed where the agent is gone.
    """
    for chosen in choices:
        try:
            option = _require_option(ledger.get(session_id), chosen.option_id)
            value = await _tell(ledger, session_id, connection, option, _require_value(option, chosen.value))
            ledger.record(session_id, events.ConfigChosen(chosen.option_id, value))
        except (InputRefused, AgentFailed) as failed:
            if connection.gone is not None:
                raise
            ledger.record(session_id, events.ConfigRefused(chosen.option_id, chosen.value, failed.message))


async def _tell(
    ledger: Ledger, session_id: SessionId, connection: AgentConnection, option: events.ConfigOption, value: str
) -> str:
    """Tell the agent; returns the value that it has then."""
    value = await connection.configure(option, value)
    known = ledger.get(session_id).options
    told = config.find(known, option.option_id)
    if told is not None and told.current != value:  # an agent that only said yes
        ledger.record(session_id, events.ConfigReported(config.with_current(known, option.option_id, value)))
    return value


def _require_option(session: Session, option_id: str) -> events.ConfigOption:
    option = config.find(session.options, option_id)
    if option is None:
        message = f"The agent does not offer {visible(option_id)[:80]!r}."
        offered = ", ".join(visible(known.option_id) for known in session.options)
        action = f"Choose one of: {offered}." if offered else "There is nothing to choose with this agent."
        raise InputRefused("option_not_offered", message, action=action)
    return option


def _require_value(option: events.ConfigOption, said: str) -> str:
    value = config.meant(option, said)
    if value is None:
        message = f"{visible(said)[:80]!r} is no value that the agent offers for {visible(option.name)}."
        offered = ", ".join(visible(known.value) for known in option.values[:50])
        raise InputRefused("value_not_offered", message, action=f"Choose one of: {offered}." if offered else "")
    return value
