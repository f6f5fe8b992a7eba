"""What agents tell of tokens and models, as the sources of each build it."""

from __future__ import annotations

import pytest

from segue.agents import usage
from segue.agents.jsonrpc import Message
from segue.domain.events import Tokens

GEMINI = {
    "stopReason": "end_turn",
    "_meta": {
        "quota": {
            "token_count": {"input_tokens": 7123, "output_tokens": 210},
            "model_usage": [
                {"model": "gemini-3.1-pro-preview", "token_count": {"input_tokens": 7123, "output_tokens": 210}}
            ],
        }
    },
}
GEMINI_COMMAND = {
    "stopReason": "end_turn",
    "_meta": {"quota": {"token_count": {"input_tokens": 0, "output_tokens": 0}, "model_usage": []}},
}
CODEX_COUNT = {
    "totalTokens": 1000,
    "inputTokens": 100,
    "cachedInputTokens": 700,
    "cacheWriteInputTokens": 0,
    "outputTokens": 200,
    "reasoningOutputTokens": 150,
}
CODEX = {
    "stopReason": "end_turn",
    "usage": {
        "totalTokens": 1000,
        "inputTokens": 100,
        "cachedReadTokens": 700,
        "cachedWriteTokens": 0,
        "outputTokens": 200,
        "thoughtTokens": 150,
    },
    "_meta": {"quota": {"token_count": CODEX_COUNT, "model_usage": [{"model": "gpt-5.4", "token_count": CODEX_COUNT}]}},
}
CLAUDE = {
    "stopReason": "end_turn",
    "usage": {
        "totalTokens": 2040,
        "inputTokens": 1200,
        "outputTokens": 34,
        "cachedReadTokens": 800,
        "cachedWriteTokens": 6,
    },
}
SPEC = {"usage": {"totalTokens": 13, "inputTokens": 5, "outputTokens": 6, "thoughtTokens": 2}}


@pytest.mark.parametrize(
    ("answer", "tokens", "models"),
    [
        pytest.param(GEMINI, Tokens(7123, 210), ("gemini-3.1-pro-preview",), id="gemini"),
        pytest.param(GEMINI_COMMAND, Tokens(0, 0), (), id="gemini, a slash command"),
        pytest.param({"stopReason": "cancelled"}, None, (), id="gemini, cancelled"),
        pytest.param(CODEX, Tokens(100, 50, 700, 150, 0), ("gpt-5.4",), id="codex: thought is part of its output"),
        pytest.param(CLAUDE, Tokens(1200, 34, 800, None, 6), (), id="claude"),
        pytest.param(SPEC, Tokens(5, 6, thought=2), (), id="as the protocol wants it"),
        pytest.param({"usage": 5, "_meta": [1]}, None, (), id="nonsense"),
        pytest.param({"_meta": {"quota": {"model_usage": [1, {"model": 2}, {}]}}}, None, (), id="more nonsense"),
    ],
)
def test_what_an_answer_tells(answer: Message, tokens: Tokens | None, models: tuple[str, ...]) -> None:
    assert (usage.tokens(answer), usage.models(answer)) == (tokens, models)
