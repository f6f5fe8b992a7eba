"""Texts for people as data: English with places for values, so that a client can show them in its user's language.

Knows no client. Every text is written as a literal in a call of `phrase` or `counted`: from there `tools/generate.py`
collects it for the extension's translators.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PLACE = re.compile(r"\{(\d+)\}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """`text` is English, in which `{0}`, `{1}` and so on stand for the values."""

    text: str
    values: tuple[str | Phrase, ...] = ()

    def __str__(self) -> str:
        return english(self.text, [str(value) for value in self.values])


def phrase(text: str, *values: str | int | Phrase) -> Phrase:
    """A text with its values; numbers are grouped by thousands."""
    return Phrase(text, tuple(f"{value:,}" if isinstance(value, int) else value for value in values))


def counted(count: int, one: str, many: str, *more: str | int | Phrase) -> Phrase:
    """`one` where `count` is 1, else `many`; in both `{0}` is the count, and `{1}` and so on are `more`."""
    return phrase(one if count == 1 else many, count, *more)


def english(text: str, values: Sequence[str]) -> str:
    """`text` with its values filled in; a place without a value stays as it is."""
    return _PLACE.sub(lambda place: values[i] if (i := int(place[1])) < len(values) else place[0], text)
