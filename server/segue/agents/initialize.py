"""What a connection begins with: Segue says what it can, the agent what it is. Knows `initialize` only."""

from __future__ import annotations

from typing import Any

from segue.agents import jsonrpc, questions, sign_in
from segue.agents.connection_record import AgentFacts
from segue.agents.jsonrpc import Message
from segue.version import VERSION

PROTOCOL_VERSION = 1


def greeting(capabilities: Message) -> Message:
    """Parameters of `initialize`; `capabilities` are those of the desk."""
    return {
        "protocolVersion": PROTOCOL_VERSION,
        "clientCapabilities": {
            **capabilities,
            **questions.CAPABILITIES,
            "session": {"configOptions": {"boolean": {}}},
            **sign_in.CAPABILITIES,
        },
        "clientInfo": {"name": "segue", "title": "Segue", "version": VERSION},
    }


def facts_of(result: Message) -> AgentFacts:
    """What the agent answered."""
    info = _record(result.get("agentInfo"))
    capabilities = _record(result.get("agentCapabilities"))
    return AgentFacts(
        jsonrpc.short(info.get("name")),
        jsonrpc.short(info.get("version")),
        capabilities.get("loadSession") is True,
        sign_in.methods_of(result.get("authMethods")),
        takes_images=_record(capabilities.get("promptCapabilities")).get("image") is True,
    )


def _record(value: Any) -> Message:
    return value if isinstance(value, dict) else {}
