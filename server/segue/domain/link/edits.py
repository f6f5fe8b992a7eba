"""Replacements in a text. Knows offsets; knows nothing of lines, files or who wrote what.

Offsets count code points of a Python `str`. Two orders occur and are named apart: *sequential* edits each count in
the text that the one before left (what LSP's `didChange` sends); *simultaneous* edits all count in the same old text,
sorted and not overlapping (what `applyEdit` takes).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` becomes `text`."""

    start: int
    end: int
    """Exclusive; equal to `start` for an insertion."""
    text: str

    @property
    def shift(self) -> int:
        """By how much what stands behind it moves."""
        return len(self.text) - (self.end - self.start)


def apply_in_order(text: str, edits: Iterable[Edit]) -> str:
    """The text after sequential edits."""
    for edit in edits:
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def apply_at_once(text: str, edits: Sequence[Edit]) -> str:
    """The text after simultaneous edits."""
    pieces: list[str] = []
    done = 0
    for edit in edits:
        pieces += (text[done : edit.start], edit.text)
        done = edit.end
    pieces.append(text[done:])
    return "".join(pieces)


def edit_between(old: str, new: str) -> Edit | None:
    """The one replacement that makes `new` of `old`, as small as common ends allow; None where they are equal."""
    if old == new:
        return None
    start = common_prefix(old, new)
    same = common_suffix(old[start:], new[start:])
    return Edit(start, len(old) - same, new[start : len(new) - same])


def common_prefix(one: str, other: str) -> int:
    """How many characters both begin with; bisects on slices, which compare at memory speed."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low


def common_suffix(one: str, other: str) -> int:
    """How many characters both end with."""
    low, high = 0, min(len(one), len(other))
    if one[len(one) - high :] == other[len(other) - high :]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle
    return low
