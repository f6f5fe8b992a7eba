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


def shifted(edits: Iterable[Edit], by: int) -> tuple[Edit, ...]:
    return tuple(Edit(edit.start + by, edit.end + by, edit.text) for edit in edits)


def rebase(edits: Sequence[Edit], over: Sequence[Edit]) -> tuple[Edit, ...]:
    """`edits` as they read behind `over`; both are of the same old text and share no character of it.

    Where both touch one point, an insertion stands before a replacement that begins there and behind one that ends.
    """
    moved: list[Edit] = []
    by, done = 0, 0
    for edit in edits:
        while done < len(over) and (over[done].start, over[done].end) < (edit.start, edit.end):
            by += over[done].shift
            done += 1
        moved.append(Edit(edit.start + by, edit.end + by, edit.text))
    return tuple(moved)


@dataclass(frozen=True, slots=True)
class Composed:
    """One piece of two patches in a row, as an edit of the first one's old text."""

    edit: Edit
    is_touched: bool
    """Whether the second patch had to do with it."""


def compose(first: Sequence[Edit], between: str, second: Sequence[Edit]) -> list[Composed]:
    """Two patches in a row as one; `between` is the text behind the first. What touches becomes one piece."""
    pieces: list[Composed] = []
    by = at = other = 0
    while at < len(first) or other < len(second):
        begun = by
        starts = [first[at].start + by] if at < len(first) else []
        starts += [second[other].start] if other < len(second) else []
        start = end = min(starts)
        within = other
        is_growing = True
        while is_growing:
            is_growing = False
            if at < len(first) and first[at].start + by <= end:
                end = max(end, first[at].start + by + len(first[at].text))
                by += first[at].shift
                at += 1
                is_growing = True
            if other < len(second) and second[other].start <= end:
                end = max(end, second[other].end)
                other += 1
                is_growing = True
        text = apply_at_once(between[start:end], shifted(second[within:other], -start))
        pieces.append(Composed(Edit(start - begun, end - by, text), other > within))
    return pieces


def trimmed(old: str, edit: Edit) -> Edit | None:
    """The same change without the ends that it leaves alone; None where it changes nothing."""
    smaller = edit_between(old[edit.start : edit.end], edit.text)
    return None if smaller is None else Edit(smaller.start + edit.start, smaller.end + edit.start, smaller.text)
