"""What differs between two texts: by lines, by patience, and by words. Knows text; knows no files and no sides.

Lines end with `\\n` alone. Everything is bounded: where no good answer is cheap, one whole replacement is the answer.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher

from segue.domain.pairing.edits import Edit, common_prefix, common_suffix, shifted

QUADRATIC_LIMIT = 40_000
"""Product of two line counts up to which lines without unique ones among them are compared each with each."""
WORDS_LIMIT = 400
"""Words of a side above which a change is not looked at by words."""
WORDS_LENGTH = 20_000
"""The same in characters, so that long lines are not even split."""
ALIKE = 0.5
"""Share of characters that two texts need in common for a change by words to mean anything."""
_LETTERS = re.compile(r"\w+")
_WORDS = re.compile(r"\w+|\n|[^\S\n]+|[^\w\s]")


def changed_lines(old: str, new: str) -> tuple[Edit, ...]:
    """The line-aligned edits that make `new` of `old`."""
    if old == new:
        return ()
    start = old.rfind("\n", 0, common_prefix(old, new)) + 1
    old_end, new_end = _ends(old, new, start)
    before, after = lines_of(old[start:old_end]), lines_of(new[start:new_end])
    offsets = [start]
    for line in before:
        offsets.append(offsets[-1] + len(line))
    return tuple(
        Edit(offsets[i], offsets[j], "".join(after[k:m])) for i, j, k, m in _blocks(before, after) if i < j or k < m
    )


def _ends(old: str, new: str, start: int) -> tuple[int, int]:
    """Where the common whole lines at the end begin, in either text."""
    same = common_suffix(old[start:], new[start:])
    old_end, new_end = len(old) - same, len(new) - same
    is_whole = all(at == 0 or text[at - 1] == "\n" for text, at in ((old, old_end), (new, new_end)))
    if not is_whole:
        following = old.find("\n", old_end) + 1 or len(old)
        new_end += following - old_end
        old_end = following
    return old_end, new_end


def lines_of(text: str) -> list[str]:
    """The lines with their ends; nothing for an empty text."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _blocks(before: list[str], after: list[str]) -> list[tuple[int, int, int, int]]:
    """Ranges that differ, as (from, to) of `before` and (from, to) of `after`, in order."""
    found: list[tuple[int, int, int, int]] = []
    waiting = [(0, len(before), 0, len(after))]
    while waiting:
        i, j, k, m = waiting.pop()
        while i < j and k < m and before[i] == after[k]:
            i, k = i + 1, k + 1
        while i < j and k < m and before[j - 1] == after[m - 1]:
            j, m = j - 1, m - 1
        if i == j or k == m:
            found.append((i, j, k, m))
            continue
        anchors = _anchors(before[i:j], after[k:m])
        if not anchors:
            found += _each_with_each(before, after, (i, j, k, m))
            continue
        ends = [(i, k), *((i + one + 1, k + other + 1) for one, other in anchors)]
        starts = [*((i + one, k + other) for one, other in anchors), (j, m)]
        waiting += [(a, b, c, d) for (a, c), (b, d) in zip(ends, starts, strict=True) if a < b or c < d]
    return _joined(sorted(found))


def _anchors(before: list[str], after: list[str]) -> list[tuple[int, int]]:
    """Lines that occur once on either side, as many as stand in the same order on both."""
    once = {line for line, count in Counter(before).items() if count == 1}
    once &= {line for line, count in Counter(after).items() if count == 1}
    places = {line: at for at, line in enumerate(after) if line in once}
    pairs = [(at, places[line]) for at, line in enumerate(before) if line in once]
    tails: list[int] = []
    ends: list[int] = []
    previous = [-1] * len(pairs)
    for at, (_, other) in enumerate(pairs):
        place = bisect_left(tails, other)
        previous[at] = ends[place - 1] if place else -1
        if place == len(tails):
            tails.append(other)
            ends.append(at)
        else:
            tails[place], ends[place] = other, at
    chain: list[tuple[int, int]] = []
    step = ends[-1] if ends else -1
    while step >= 0:
        chain.append(pairs[step])
        step = previous[step]
    return chain[::-1]


def _each_with_each(
    before: list[str], after: list[str], block: tuple[int, int, int, int]
) -> list[tuple[int, int, int, int]]:
    i, j, k, m = block
    if (j - i) * (m - k) > QUADRATIC_LIMIT:
        return [block]
    matcher = SequenceMatcher(None, before[i:j], after[k:m], autojunk=False)
    codes = (code for code in matcher.get_opcodes() if code[0] != "equal")
    return [(i + a, i + b, k + c, k + d) for _, a, b, c, d in codes]


def _joined(blocks: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    joined: list[tuple[int, int, int, int]] = []
    for block in blocks:
        if joined and joined[-1][1] == block[0] and joined[-1][3] == block[2]:
            first = joined.pop()
            joined.append((first[0], block[1], first[2], block[3]))
        else:
            joined.append(block)
    return joined


def changed_layout(old: str, new: str) -> tuple[Edit, ...] | None:
    """The edits that lay a text out anew, as small as they come; None where its words, or their order, changed."""
    if _LETTERS.findall(old) != _LETTERS.findall(new):
        return None
    found: list[Edit] = []
    for edit in changed_lines(old, new):
        words = changed_words(old[edit.start : edit.end], edit.text)
        found += (edit,) if words is None else shifted(words, edit.start)
    return tuple(found)


def changed_words(old: str, new: str) -> tuple[Edit, ...] | None:
    """The edits word by word; None where the texts are too long or too little alike for that."""
    if max(len(old), len(new)) > WORDS_LENGTH:
        return None
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > WORDS_LIMIT:
        return None
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    edits: list[Edit] = []
    place, same = 0, 0
    for code, i, j, k, m in matcher.get_opcodes():
        length = sum(map(len, before[i:j]))
        if code == "equal":
            same += length
        else:
            edits.append(Edit(place, place + length, "".join(after[k:m])))
        place += length
    return tuple(edits) if 2 * same >= ALIKE * (len(old) + len(new)) else None
