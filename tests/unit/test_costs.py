"""What turns took and cost: by differences of totals, by sums, and by estimates."""

from __future__ import annotations

import pytest

from segue.domain.costs import added, estimate, price_of, total_cost, total_tokens
from segue.domain.events import (
    AnyEvent,
    PromptAnswered,
    StopReason,
    TurnEnded,
    TurnStarted,
    UsageReported,
    WorktreeReady,
)
from segue.domain.facts import Cost, Price, Tokens
from segue.domain.session import Session
from unit.strategies import created, folded, recorded

PRICES = {
    "gpt-5": Price(1.25, 10.0, "USD", cached=0.125),
    "gpt-5-mini": Price(0.25, 2.0, "USD", cached=0.025),
    "opus": Price(5.0, 25.0, "USD", cached=0.5, cached_write=6.25),
}


def usd(amount: float) -> Cost:
    return Cost(amount, "USD")


def about(amount: float) -> Cost:
    return Cost(amount, "USD", is_estimate=True)


def turn(number: int, *told: AnyEvent, answer: PromptAnswered | None = None) -> list[AnyEvent]:
    answer = answer or PromptAnswered(StopReason.END_TURN)
    begun = TurnStarted(number, f"p{number}", "do it")
    return [begun, *told, answer, TurnEnded(number, StopReason.END_TURN)]


def used(cost: float | None, currency: str = "USD") -> UsageReported:
    return UsageReported(cost=cost, currency=currency)


def after(*events: AnyEvent) -> Session:
    return folded(recorded([created(), WorktreeReady(), *events]))


@pytest.mark.parametrize(
    ("counter", "reported", "more"),
    [
        (None, usd(0.5), usd(0.5)),
        (usd(0.5), usd(0.75), usd(0.25)),
        (usd(0.1), usd(0.3), usd(0.2)),
        (usd(0.5), usd(0.5), usd(0)),
        (usd(0.5), usd(0.2), usd(0.2)),
        (usd(0.5), Cost(0.7, "EUR"), None),
    ],
)
def test_what_a_total_adds_to_the_one_before(counter: Cost | None, reported: Cost, more: Cost | None) -> None:
    assert added(counter, reported) == more


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        ([], None),
        ([None, usd(0.1), usd(0.2)], usd(0.3)),
        ([usd(1), about(0.5)], about(1.5)),
        ([usd(1), Cost(1, "EUR")], None),
    ],
)
def test_costs_are_summed_in_one_currency_only(costs: list[Cost | None], total: Cost | None) -> None:
    assert total_cost(costs) == total


def test_tokens_are_summed_kind_by_kind_and_unknown_stays_unknown() -> None:
    counted = [None, Tokens(5, 1), Tokens(7, cached=3)]
    assert total_tokens(counted) == Tokens(12, 1, 3)
    assert total_tokens([None]) is None


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("gpt-5", "gpt-5"),
        ("GPT-5", "gpt-5"),
        ("openai/gpt-5", "gpt-5"),
        ("gpt-5-2025-08-07", "gpt-5"),
        ("gpt-5[high]", "gpt-5"),
        ("gpt-5/high", "gpt-5"),
        ("gpt-5-mini-latest", "gpt-5-mini"),
        ("gpt-5-preview-05-20", "gpt-5"),
        ("gpt-5-pro", None),
        ("gpt-5.5", None),
        ("gpt-50", None),
        ("my-gpt-5", None),
        ("", None),
    ],
)
def test_a_model_is_known_by_its_name_and_never_taken_for_another(model: str, listed: str | None) -> None:
    assert price_of(PRICES, model) == (PRICES[listed] if listed else None)


@pytest.mark.parametrize(
    ("model", "tokens", "cost"),
    [
        ("gpt-5", Tokens(1_000_000, 100_000), about(2.25)),
        ("gpt-5", Tokens(1_000_000, 50_000, cached=2_000_000, thought=50_000), about(2.5)),
        ("gpt-5", Tokens(0, 0, cached_write=1_000_000), about(1.25)),
        ("opus", Tokens(0, 0, cached_write=1_000_000), about(6.25)),
        ("gpt-5", Tokens(5), None),
        ("gpt-5", None, None),
        ("unheard-of", Tokens(5, 5), None),
    ],
)
def test_an_estimate_needs_a_price_and_counts(model: str, tokens: Tokens | None, cost: Cost | None) -> None:
    assert estimate(PRICES, model, tokens) == cost


def test_a_turn_costs_what_was_told_while_it_ran() -> None:
    session = after(*turn(1, used(0.2), used(0.5)), used(0.6), *turn(2, used(None), used(0.9)), *turn(3))
    assert [turn.cost for turn in session.turns] == [usd(0.5), usd(0.3), None]
    assert session.cost == usd(0.9), "what came between two turns is in the total alone"


def test_an_agent_that_counts_anew_loses_nothing_of_the_total() -> None:
    session = after(*turn(1, used(0.5)), *turn(2, used(0.2), used(0.3)))
    assert [turn.cost for turn in session.turns] == [usd(0.5), usd(0.3)]
    assert session.cost == usd(0.8)


def test_an_estimate_counts_only_where_the_agent_tells_no_cost() -> None:
    guessed = PromptAnswered(StopReason.END_TURN, tokens=Tokens(5, 5), estimate=about(9))
    session = after(*turn(1, used(0.5), answer=guessed))
    assert (session.turns[0].cost, session.cost) == (usd(0.5), usd(0.5))
    session = after(*turn(1, answer=guessed), *turn(2, answer=guessed), *turn(3))
    assert ([turn.cost for turn in session.turns], session.cost) == ([about(9), about(9), None], about(18))
