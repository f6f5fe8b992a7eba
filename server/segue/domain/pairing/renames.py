"""Which file that came is one that went, by what is in them. Knows texts; knows no files, modes or sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

ALIKE = 0.5
"""Share of the lines of two texts that have to be the same, as git has it."""
PAIRS_LIMIT = 2_500
"""Pairs that are compared line by line; with more, only what is the same to the byte is found."""
LENGTH_LIMIT = 1024 * 1024
"""Characters of a text above which it is not compared line by line."""


def found(gone: Mapping[str, str], come: Mapping[str, str]) -> dict[str, str]:
    """New paths with the old ones they had, given the contents of what went and what came; no path is there twice."""
    result: dict[str, str] = {}
    by_content: dict[str, list[str]] = {}
    for path in sorted(gone, reverse=True):
        by_content.setdefault(gone[path], []).append(path)
    for path in sorted(come):
        same = by_content.get(come[path]) if come[path] else None
        if same:
            name = path.rpartition("/")[2]
            old = next((found for found in same if found.rpartition("/")[2] == name), same[-1])
            same.remove(old)
            result[path] = old
    taken = set(result.values())
    for _, new, old in sorted(_alike(_left(gone, taken), _left(come, result.keys())), key=lambda each: -each[0]):
        if new not in result and old not in taken:
            result[new] = old
            taken.add(old)
    return result


def _left(texts: Mapping[str, str], without: Collection[str]) -> dict[str, Counter[str]]:
    small = {path: text for path, text in texts.items() if path not in without and 0 < len(text) <= LENGTH_LIMIT}
    return {path: Counter(text.splitlines()) for path, text in sorted(small.items())}


def _alike(gone: Mapping[str, Counter[str]], come: Mapping[str, Counter[str]]) -> list[tuple[float, str, str]]:
    if len(gone) * len(come) > PAIRS_LIMIT:
        return []
    pairs = ((_share(gone[old], come[new]), new, old) for new in come for old in gone)
    return [each for each in pairs if each[0] >= ALIKE]


def _share(one: Counter[str], other: Counter[str]) -> float:
    return (one & other).total() / max(one.total(), other.total())
