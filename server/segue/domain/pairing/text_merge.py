"""Which of two sides' changes to one text go together. Knows edits of "ours" and "theirs"; knows nobody else.

First by whole lines. Where lines clash, by words. What clashes by words too is a dispute: nothing of it is merged.
Neighbours do not clash; two insertions at one point do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from segue.domain.pairing.difference import changed_words
from segue.domain.pairing.edits import Edit, apply_at_once, common_prefix, common_suffix, shifted


@dataclass(slots=True)
class Dispute:
    """A range of the old text that both sides changed in ways that do not fit together."""

    start: int
    end: int
    ours: list[Edit]
    theirs: list[Edit]


@dataclass(slots=True)
class Partition:
    """Both sides' changes, all as edits of the same old text, sorted; no two of them share a character of it."""

    ours: list[Edit] = field(default_factory=list)
    theirs: list[Edit] = field(default_factory=list)
    agreed: list[tuple[Edit, list[Edit]]] = field(default_factory=list)
    """What both did alike: as one edit, with ours as it stood."""
    disputes: list[Dispute] = field(default_factory=list)

    @property
    def all_ours(self) -> list[Edit]:
        """Every change of ours: what makes our text of the old one."""
        disputed = [edit for dispute in self.disputes for edit in dispute.ours]
        agreed = [edit for _, ours in self.agreed for edit in ours]
        return in_order([*self.ours, *agreed, *disputed])


class _Tagged(NamedTuple):
    start: int
    end: int
    side: int
    edit: Edit


def in_order(edits: list[Edit]) -> list[Edit]:
    return sorted(edits, key=lambda edit: (edit.start, edit.end))


def clash(one: Edit, other: Edit) -> bool:
    if one.start == one.end == other.start == other.end:
        return True
    return one.start < other.end and other.start < one.end


def partition(old: str, ours: Sequence[Edit], theirs: Sequence[Edit]) -> Partition:
    """Sort two sides' simultaneous edits of `old` into what goes together and what does not."""
    groups = _groups(_as_lines(old, ours), _as_lines(old, theirs))
    result = _partition(old, groups, _by_words)
    return result if _is_sound(result) else _partition(old, groups, _not_at_all)


_ByWords = Callable[[str, list[Edit]], list[Edit] | None]


def _partition(old: str, groups: list[list[_Tagged]], by_words: _ByWords) -> Partition:
    result = Partition()
    for group in groups:
        own = [item.edit for item in group if item.side == 0]
        foreign = [item.edit for item in group if item.side == 1]
        if not foreign:
            result.ours += own
        elif not own:
            result.theirs += foreign
        else:
            _weigh(old, own, foreign, result, by_words)
    return result


def _as_lines(old: str, edits: Sequence[Edit]) -> list[Edit]:
    """The same changes by whole lines: those of one line become one, untouched lines at the ends are left out."""
    groups: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        start, end = _line_range(old, edit)
        if groups and (start < groups[-1][1] or (start == groups[-1][1] and _is_open(old, groups[-1], start))):
            first = groups.pop()
            groups.append((first[0], max(end, first[1]), [*first[2], edit]))
        else:
            groups.append((start, end, [edit]))
    found = (_whole_lines(old, start, end, inside) for start, end, inside in groups)
    return [edit for edit in found if edit is not None]


def _is_open(old: str, group: tuple[int, int, list[Edit]], at: int) -> bool:
    """Whether a group's new text ends in mid-line or at the very point of the next: then they are one change."""
    last = group[2][-1]
    text = last.text if last.end == at else old[at - 1 : at]
    return last.start == at or not text.endswith("\n")


def _line_range(old: str, edit: Edit) -> tuple[int, int]:
    start = old.rfind("\n", 0, edit.start) + 1
    is_whole = (edit.end == 0 or old[edit.end - 1] == "\n") and start == edit.start
    if is_whole and (edit.text.endswith("\n") or (edit.start < edit.end and not edit.text)):
        return edit.start, edit.end
    return start, old.find("\n", edit.end) + 1 or len(old)


def _whole_lines(old: str, start: int, end: int, edits: list[Edit]) -> Edit | None:
    before = old[start:end]
    after = apply_at_once(before, shifted(edits, -start))
    if before == after:
        return None
    same = before.rfind("\n", 0, common_prefix(before, after)) + 1
    before, after, start = before[same:], after[same:], start + same
    behind = common_suffix(before, after)
    while behind and not _begins_lines(before, after, behind):
        following = before.find("\n", len(before) - behind)
        behind = len(before) - following - 1 if following >= 0 else 0
    cut_before, cut_after = len(before) - behind, len(after) - behind
    return Edit(start, start + cut_before, after[:cut_after])


def _begins_lines(before: str, after: str, behind: int) -> bool:
    return all(len(text) == behind or text[len(text) - behind - 1] == "\n" for text in (before, after))


def _groups(ours: Sequence[Edit], theirs: Sequence[Edit]) -> list[list[_Tagged]]:
    """Edits that clash, directly or through others, together; in order."""
    items = sorted(
        [_Tagged(edit.start, edit.end, 0, edit) for edit in ours]
        + [_Tagged(edit.start, edit.end, 1, edit) for edit in theirs],
        key=lambda item: item[:3],
    )
    groups: list[list[_Tagged]] = []
    newest: list[tuple[Edit, int] | None] = [None, None]
    for item in items:
        other = newest[1 - item.side]
        if other is not None and clash(other[0], item.edit):
            while len(groups) - 1 > other[1]:
                tail = groups.pop()
                groups[-1] += tail
            groups[-1].append(item)
        else:
            groups.append([item])
        newest[item.side] = (item.edit, len(groups) - 1)
        newest = [mark and (mark[0], min(mark[1], len(groups) - 1)) for mark in newest]
    return groups


def _weigh(old: str, ours: list[Edit], theirs: list[Edit], result: Partition, by_words: _ByWords) -> None:
    start = min(ours[0].start, theirs[0].start)
    end = max(ours[-1].end, theirs[-1].end)
    texts = [apply_at_once(old[start:end], shifted(edits, -start)) for edits in (ours, theirs)]
    if texts[0] == texts[1]:
        result.agreed.append((Edit(start, end, texts[1]), ours))
        return
    words = [by_words(old, edits) for edits in (ours, theirs)]
    if words[0] is None or words[1] is None or any(clash(a, b) for a in words[0] for b in words[1]):
        result.disputes.append(Dispute(start, end, ours, theirs))
        return
    result.ours += words[0]
    result.theirs += words[1]


def _is_sound(result: Partition) -> bool:
    """Words of one group may meet a neighbour's insertion at the same point."""
    edits = in_order([*result.all_ours, *result.theirs])
    return not any(clash(one, other) for one, other in pairwise(edits))


def _not_at_all(old: str, edits: list[Edit]) -> list[Edit] | None:
    return None


def _by_words(old: str, edits: list[Edit]) -> list[Edit] | None:
    found: list[Edit] = []
    for edit in edits:
        words = changed_words(old[edit.start : edit.end], edit.text)
        if words is None and edit.start < edit.end:
            return None
        found += shifted(words, edit.start) if words is not None else (edit,)
    return found
