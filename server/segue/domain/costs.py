"""What turns took of models: tokens, money, and what is only an estimate. Knows counts and prices; knows no agent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from segue.domain.facts import Cost, Price, Tokens

MILLION = 1_000_000
_REST = re.compile(r"(-\d{6,8}|-\d{4}-\d{2}-\d{2}|-latest|-preview(-[\d-]+)?)?([@:/\[].*)?", re.DOTALL)
"""What may follow a model's name without making another model of it: a date, a stage, an effort or a variant."""


def added(counter: Cost | None, reported: Cost) -> Cost | None:
    """What a newly reported total adds to the one before.

    Agents count anew when they start anew, so a lower total is an addition by itself. None in another currency.
    """
    if counter is None:
        return reported
    if counter.currency != reported.currency:
        return None
    if reported.amount < counter.amount:
        return reported
    return Cost(_rounded(reported.amount - counter.amount), reported.currency)


def plus(one: Cost | None, other: Cost | None) -> Cost | None:
    """Both together; None where either is in another currency. What nobody told counts as nothing."""
    if one is None or other is None:
        return one or other
    if one.currency != other.currency:
        return None
    amount = _rounded(one.amount + other.amount)
    return Cost(amount, one.currency, is_estimate=one.is_estimate or other.is_estimate)


def total_cost(costs: Iterable[Cost | None]) -> Cost | None:
    """All of them together, where they have one currency."""
    known = [cost for cost in costs if cost is not None]
    if len({cost.currency for cost in known}) != 1:
        return None
    amount = _rounded(sum(cost.amount for cost in known))
    return Cost(amount, known[0].currency, is_estimate=any(cost.is_estimate for cost in known))


def total_tokens(counts: Iterable[Tokens | None]) -> Tokens | None:
    """All of them together, each kind for itself; None where nobody counted."""
    known = [tokens for tokens in counts if tokens is not None]
    kinds = [[getattr(tokens, kind) for tokens in known] for kind in Tokens.__struct_fields__]
    sums = (
        sum(count for count in kind if count is not None) if any(c is not None for c in kind) else None
        for kind in kinds
    )
    summed = Tokens(*sums)
    return None if summed == Tokens() else summed


def price_of(prices: Mapping[str, Price], model: str) -> Price | None:
    """The price of a model by its id, with or without its maker before it (`openai/…`); None for one not listed.

    The longest name that the id begins with counts, and only where the rest makes no other model of it.
    """
    model = model.strip().lower()
    for wanted in (model, model.partition("/")[2]):
        fitting = [name for name in prices if wanted.startswith(name) and _REST.fullmatch(wanted[len(name) :])]
        if fitting:
            return prices[max(fitting, key=len)]
    return None


def estimate(prices: Mapping[str, Price], model: str, tokens: Tokens | None) -> Cost | None:
    """What a turn may have cost; None without a price, or without both input and output counted.

    What a model thought costs like output. Discounts and surcharges are not known.
    """
    price = price_of(prices, model)
    if price is None or tokens is None or tokens.input is None or tokens.output is None:
        return None
    read = price.input if price.cached is None else price.cached
    written = price.input if price.cached_write is None else price.cached_write
    amount = (
        tokens.input * price.input
        + (tokens.output + (tokens.thought or 0)) * price.output
        + (tokens.cached or 0) * read
        + (tokens.cached_write or 0) * written
    )
    return Cost(_rounded(amount / MILLION), price.currency, is_estimate=True)


def _rounded(amount: float) -> float:
    """Without the dust that adding leaves behind: a billionth is nothing."""
    return round(amount, 9)
