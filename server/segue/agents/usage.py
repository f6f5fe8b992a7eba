"""What agents tell of tokens and money, taken with tolerance. Knows the answer to a prompt; knows no prices.

ACP's `usage` counts kinds that have no token in common. Gemini CLI has none, but like Claude and Codex it has a
`_meta.quota`, with `token_count` and `model_usage` (seen in their sources: 0.61.0, 0.100.0 and 2.6.0).
"""

from __future__ import annotations

import math

import msgspec

from segue.agents import fields
from segue.agents.jsonrpc import Message
from segue.domain.events import Tokens

KINDS = ("inputTokens", "outputTokens", "cachedReadTokens", "thoughtTokens", "cachedWriteTokens")
"""In the order of `Tokens`."""
QUOTA = ("input_tokens", "output_tokens")
"""Gemini's input includes what came from the cache; thought is not counted."""
MODELS_LIMIT = 20


def tokens(answer: Message) -> Tokens | None:
    """What the answer to a prompt says that it took; None where it counts nothing."""
    counted = _mapping(answer.get("usage"))
    counts = Tokens(*(_count(counted.get(name)) for name in KINDS))
    if counts != Tokens():
        return _apart(counts, _count(counted.get("totalTokens")))
    counted = _mapping(_quota(answer).get("token_count"))
    counts = Tokens(*(_count(counted.get(name)) for name in QUOTA))
    return None if counts == Tokens() else counts


def models(answer: Message) -> tuple[str, ...]:
    """The models that worked on a prompt, where the answer tells."""
    used = fields.messages(_quota(answer).get("model_usage"))[:MODELS_LIMIT]
    return tuple(model for item in used if (model := fields.identifier(item.get("model"))) is not None)


def amount(value: object) -> float | None:
    """A sum of money; None for what is no number or below zero."""
    known = value if isinstance(value, float) else fields.number(value)
    return float(known) if known is not None and math.isfinite(known) and known >= 0 else None


def _apart(counts: Tokens, total: int | None) -> Tokens:
    """Codex counts thought as part of the output, which its total tells: then it is taken out there."""
    thought, output = counts.thought or 0, counts.output or 0
    known = [count for count in msgspec.structs.astuple(counts) if count is not None]
    if total is not None and 0 < thought <= output and total == sum(known) - thought:
        return msgspec.structs.replace(counts, output=output - thought)
    return counts


def _quota(answer: Message) -> Message:
    return _mapping(_mapping(answer.get("_meta")).get("quota"))


def _mapping(value: object) -> Message:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    counted = fields.number(value)
    return counted if counted is not None and counted >= 0 else None
