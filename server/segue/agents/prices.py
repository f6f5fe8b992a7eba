"""The list of what models cost. Knows its two files; knows no agent and works nothing out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from segue.agents.definitions import Problem
from segue.domain.facts import Price

BUILTIN = Path(__file__).parent / "prices.toml"
NAME = "prices.toml"
SIZE_LIMIT = 256 * 1024

Amount = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]


class _Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    input: Amount
    output: Amount
    cached: Amount | None = None
    cached_write: Amount | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    models: dict[str, _Price]
    as_of: str = ""
    """The day on which the prices were looked up."""


class Prices(msgspec.Struct, frozen=True):
    by_model: dict[str, Price]
    """By the beginning of the model's id, in lower case."""
    problem: Problem | None = None
    """The user's own file, where it could not be read; the built-in prices count all the same."""


def load_prices(data_directory: Path) -> Prices:
    """The built-in prices, with the user's own before them. Reads files; never raises on the user's."""
    builtin = _read(BUILTIN)
    own = data_directory / NAME
    try:
        return Prices(builtin | _read(own))
    except FileNotFoundError:
        return Prices(builtin)
    except (OSError, ValueError, RecursionError) as failed:
        problem = Problem(f"The prices of {own} cannot be used: {failed}.", "Correct the file, or remove it.")
        return Prices(builtin, problem)


def _read(path: Path) -> dict[str, Price]:
    with path.open("rb") as file:
        text = file.read(SIZE_LIMIT + 1)
    if len(text) > SIZE_LIMIT:
        raise ValueError("it is too large")
    listed = msgspec.convert(tomllib.loads(text.decode()), _File)
    return {
        name.lower(): Price(price.input, price.output, listed.currency, price.cached, price.cached_write)
        for name, price in listed.models.items()
        if name
    }
