"""What an agent is told when it asked its client for something. Knows values only."""

from __future__ import annotations

from dataclasses import dataclass

from segue.agents.jsonrpc import Message

NOT_FOUND = -32002
"""ACP's code for a resource that does not exist."""


class Denied(Exception):
    """The request is refused; `code` is JSON-RPC's, the message is a sentence for the agent."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answered:
    """What the agent is told, and what was done for it."""

    result: Message
    written: str = ""
    """The file that was written."""
