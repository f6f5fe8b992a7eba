"""What `segue show` tells of tokens, context window and cost."""

from __future__ import annotations

import io
from typing import Any

import pytest

from segue.cli import texts
from segue.cli.output import Output
from segue.protocol.phrases import PhraseView
from segue.protocol.usage import CostView, TokensView
from segue.protocol.views import SessionView, TurnView


def shown(turns: list[TurnView], **words: Any) -> dict[str, str]:
    """The lines of a session's facts by their names."""
    row = SessionView(
        **{"id": "bcdfghjk", "seq": 1, "title": "x", "agent": "fake", "bucket": "idle", "state": "idle"},
        **{
            "mode": "background",
            "repository": "/r",
            "worktree": "/w",
            "branch": "refs/heads/x",
            "base_commit": "0" * 40,
        },
        **{"order": [0], "status": PhraseView(text="idle"), "sign": "○", "tone": "quiet"},
        **{"created_ms": 0, "updated_ms": 0, **words},
    )
    stream = io.StringIO()
    texts.details(Output(stream), _json(row), [_json(turn) for turn in turns])
    lines = (line.strip().partition(":") for line in stream.getvalue().splitlines())
    return {name: value.strip() for name, _, value in lines}


def _json(view: Any) -> dict[str, Any]:
    found: dict[str, Any] = view.model_dump(mode="json", by_alias=True, exclude_none=True)
    return found


def turn(number: int, **words: Any) -> TurnView:
    return TurnView(number=number, prompt="x", started_ms=0, **words)


def test_what_nobody_told_is_unknown() -> None:
    facts = shown([turn(1)])
    assert (facts["context"], facts["tokens"], facts["cost"]) == ("unknown", "unknown", "unknown")


def test_totals_and_the_last_turn() -> None:
    last = turn(2, tokens=TokensView(input=5, output=1), cost=CostView(amount=0.25, currency="USD"))
    words = {"tokens": TokensView(input=1205, output=3, cached_write=9), "cost": CostView(amount=1.5, currency="USD")}
    facts = shown([turn(1), last], context_used=50_000, context_size=200_000, **words)
    assert facts["context"] == "25 % of 200,000 tokens"
    assert facts["tokens"] == "1,205 in, 3 out, 9 written to cache; 5 in, 1 out in the last turn"
    assert facts["cost"] == "1.50 USD; 0.25 USD in the last turn"


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (CostView(amount=0), "0.00"),
        (CostView(amount=0.001, currency="USD"), "<0.01 USD"),
        (CostView(amount=1234.567, currency="EUR", is_estimate=True), "≈1,234.57 EUR"),
    ],
)
def test_an_estimate_is_marked_and_a_little_is_not_nothing(cost: CostView, text: str) -> None:
    assert shown([turn(1)], cost=cost)["cost"] == text
