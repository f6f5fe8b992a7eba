"""JSON-RPC lines. Knows bytes and their structure, however broken; knows no method and no session.

A line is a message, noise (no JSON-RPC at all: banners, logs), or malformed (meant as a message, but unreadable).
Nothing here raises on what an agent wrote (D9).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeAlias

import msgspec

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
REQUEST_CANCELLED = -32800
AUTHENTICATION_REQUIRED = -32000

ID_LIMIT = 512
"""Characters of an id that is echoed."""
EXACT = 1 << 53
_BOM = b"\xef\xbb\xbf"
_DIGITS = 19

Message: TypeAlias = dict[str, Any]


class Unreadable(Enum):
    NOISE = "noise"
    """No message, and not meant as one."""
    MALFORMED = "malformed"
    """Meant as a message, but no JSON."""


class Inexact(msgspec.Struct, frozen=True):
    """A message that could be read only by replacing parts: NaN, infinite or huge numbers, lone surrogates."""

    message: Message


_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def parse(line: bytes) -> Message | Inexact | Unreadable:
    """What one line says."""
    try:
        value = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _parse_leniently(line)
    if isinstance(value, dict) and ("method" in value or "result" in value or "error" in value):
        return value
    return Unreadable.NOISE


def _parse_leniently(line: bytes) -> Message | Inexact | Unreadable:
    text = line.removeprefix(_BOM).strip()
    if not text.startswith(b"{"):
        return Unreadable.NOISE
    try:
        loaded = json.loads(text.decode("utf-8", "replace"), parse_int=_int, parse_float=_float, parse_constant=_none)
        value = _without_surrogates(loaded)
    except (ValueError, RecursionError):
        return Unreadable.MALFORMED if b'"jsonrpc"' in text else Unreadable.NOISE
    if not ("method" in value or "result" in value or "error" in value):
        return Unreadable.NOISE
    return value if text != line and is_exact(text) else Inexact(value)


def is_exact(text: bytes) -> bool:
    """Whether `text` reads as it is, without any replacement."""
    try:
        _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _int(digits: str) -> int | None:
    return int(digits) if len(digits) < _DIGITS else None


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _none(_: str) -> None:
    return None


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return value


def is_id(value: object) -> bool:
    """Whether an id can be echoed: a whole number or a short string."""
    return is_number(value) or (isinstance(value, str) and len(value) <= ID_LIMIT)


def is_number(value: object) -> bool:
    """Whether a value is a whole number that every JSON reader keeps exactly."""
    return type(value) is int and abs(value) < EXACT


def request(request_id: int, method: str, params: Mapping[str, object]) -> str:
    return _line({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


def notification(method: str, params: Mapping[str, object]) -> str:
    return _line({"jsonrpc": "2.0", "method": method, "params": params})


def response(request_id: int | str, result: Mapping[str, object]) -> str:
    return _line({"jsonrpc": "2.0", "id": request_id, "result": result})


def error(request_id: int | str | None, code: int, message: str) -> str:
    return _line({"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}})


def short(value: object) -> str:
    """A string for a label; empty for anything else."""
    return value[:200] if isinstance(value, str) else ""


def as_text(value: object, limit: int) -> str:
    """A JSON value as text of at most `limit` characters."""
    try:
        text = _encode(value).decode()
    except (msgspec.MsgspecError, UnicodeError, ValueError, OverflowError, RecursionError):
        return ""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _line(message: Mapping[str, object]) -> str:
    return _encode(message).decode() + "\n"
