"""How answers look that need no knowledge of what was asked: errors, mostly. Knows JSON-RPC's and LSP's codes.

Standard library only: it is used before anything heavier is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from segue.domain.errors import InputRefused, SegueError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
REQUEST_CANCELLED = -32800
REQUEST_FAILED = -32803

MessageId = int | str | None


def result_body(message_id: MessageId, result: object) -> bytes:
    """A response; `result` is JSON."""
    return _encode({"jsonrpc": "2.0", "id": message_id, "result": result})


def error_body(message_id: MessageId, code: int, message: str, data: Mapping[str, object] | None = None) -> bytes:
    """An error response."""
    error: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return _encode({"jsonrpc": "2.0", "id": message_id, "error": error})


def failure_body(message_id: MessageId, failed: SegueError) -> bytes:
    """The error response for what a person can act on."""
    return error_body(message_id, failure_code(failed), str(failed), failure_data(failed))


def failure_code(failed: SegueError) -> int:
    """The one place where Segue's errors become LSP's codes."""
    return INVALID_PARAMS if isinstance(failed, InputRefused) else REQUEST_FAILED


def failure_data(failed: SegueError) -> dict[str, object]:
    """`data` of its error response: callers compare `reason`, never a message."""
    return {
        "reason": failed.reason,
        "message": failed.message,
        "action": failed.action,
        "details": failed.details,
    }


def mistake(cause: BaseException) -> SegueError:
    """What a client is told of an exception that nobody planned for: its kind, never its words or where it was."""
    return SegueError(
        "internal_error",
        f"Segue made a mistake ({type(cause).__name__}).",
        action="Try again; the daemon's log has the cause.",
    )


def _encode(message: Mapping[str, object]) -> bytes:
    # ASCII with escapes: lone surrogates (file names that are not UTF-8) pass, and `default` keeps details sendable.
    return json.dumps(message, separators=(",", ":"), default=str).encode("ascii")
