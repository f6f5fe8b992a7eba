"""The list of prices, and the user's own before it."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from segue.agents.prices import BUILTIN, load_prices
from segue.domain.costs import price_of
from segue.domain.facts import Price

OWN = """\
currency = "EUR"
[models]
"GPT-5.4" = { input = 1, output = 2.5 }
mine = { input = 0, output = 0, cached = 0 }
"""


def test_every_listed_price_makes_sense(tmp_path: Path) -> None:
    listed = tomllib.loads(BUILTIN.read_text())
    assert date.fromisoformat(listed["as_of"]) and listed["currency"] == "USD"
    prices = load_prices(tmp_path)
    assert prices.problem is None and len(prices.by_model) == len(listed["models"])
    for name, price in prices.by_model.items():
        assert 0 < price.input < price.output and (price.cached or 0) < price.input, name
        assert price_of(prices.by_model, name) is price, "no other one is taken for it"


def test_the_users_own_prices_replace_and_add(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(OWN)
    prices = load_prices(tmp_path).by_model
    assert prices["gpt-5.4"] == Price(1, 2.5, "EUR")
    assert prices["mine"] == Price(0, 0, "EUR", cached=0)
    assert prices["gpt-5.5"].currency == "USD"


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        'currency = "money"\n[models]',
        'currency = "USD"\n[models]\na = { input = -1, output = 1 }',
        'currency = "USD"\n[models]\na = { input = nan, output = 1 }',
        'currency = "USD"\n[models]\na = { input = 1 }',
        "#" * (256 * 1024 + 1),
    ],
)
def test_a_broken_file_is_said_and_the_built_in_prices_count(tmp_path: Path, text: str) -> None:
    (tmp_path / "prices.toml").write_text(text)
    prices = load_prices(tmp_path)
    assert prices.problem is not None and str(tmp_path) in prices.problem.message
    assert prices.by_model == load_prices(tmp_path / "missing").by_model
