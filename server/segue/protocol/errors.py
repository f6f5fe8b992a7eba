"""How an error crosses the wire. Knows JSON-RPC's and LSP's codes; knows nothing of what went wrong."""

from __future__ import annotations

from pydantic import Field

from segue.protocol.wire import Wire

INVALID_PARAMS = -32602
"""The request cannot be done as it stands (`InputRefused`), or its parameters have the wrong shape."""
INTERNAL_ERROR = -32603
"""Segue made a mistake; the daemon's log has the cause."""
REQUEST_FAILED = -32803
"""Anything else that a person can act on."""

CODES: dict[str, tuple[int, str]] = {
    "InvalidParams": (INVALID_PARAMS, "The request cannot be done as it stands; nothing was changed."),
    "InternalError": (INTERNAL_ERROR, "Segue made a mistake; the daemon's log has the cause."),
    "RequestFailed": (REQUEST_FAILED, "It could not be done; `data` says why, what is safe and what to do."),
}


class ErrorData(Wire):
    """`data` of an error response. Callers compare `reason`, never a message."""

    reason: str
    message: str
    """What happened."""
    action: str = ""
    """What to do."""
    details: dict[str, object] = Field(default_factory=dict)
