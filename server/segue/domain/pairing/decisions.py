"""What a person decides on: the hunks and disputes of a text, with names that survive. Knows texts; knows no clients.

A hunk's `id` comes from its path, what stood there and the line before, so that the agent may reshape it and a comment
stays with it. Its `revision` has the new text and the line behind, too: a decision names both, and what changed since
somebody looked at it is refused (D37).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from segue.domain.errors import StaleDecision
from segue.domain.pairing.contribution import Contribution, inverse, place_in_mine
from segue.domain.pairing.edits import Edit
from segue.domain.pairing.text_merge import Dispute


@dataclass(frozen=True, slots=True)
class Mark:
    """A hunk or a dispute as it is shown."""

    id: str
    revision: str
    number: int
    """Its place in `Contribution.hunks`, or among the disputes."""
    start: int
    """In `mine`."""
    end: int
    old: str
    """A hunk's text in `own`; of a dispute what both sides once agreed on."""
    mine: str
    theirs: str


def marks_of_hunks(path: str, state: Contribution) -> tuple[Mark, ...]:
    """The undecided changes of a file, in order; an unsound `path` is the caller's."""
    names = _Names(path)
    places = inverse(state.own, state.hunks)
    return tuple(
        names.mark(
            number,
            Edit(place.start, place.end, hunk.text),
            old=place.text,
            around=(state.own, hunk.start, hunk.end),
        )
        for number, (hunk, place) in enumerate(zip(state.hunks, places, strict=True))
    )


def marks_of_disputes(path: str, state: Contribution) -> tuple[Mark, ...]:
    """What both sides changed, in order."""
    names = _Names(f"{path}\0dispute")
    return tuple(
        names.mark(
            number,
            place_in_mine(state, dispute),
            old=state.base[dispute.start : dispute.end],
            around=(state.base, dispute.start, dispute.end),
            mine=_mine(state, dispute),
        )
        for number, dispute in enumerate(state.merge.disputes)
    )


def chosen(marks: Iterable[Mark], wanted: dict[str, str]) -> list[Mark]:
    """The marks with these ids; raises StaleDecision where one is gone or has another revision than the one named."""
    by_id = {mark.id: mark for mark in marks}
    stale = [mark_id for mark_id, revision in wanted.items() if not _is_same(by_id.get(mark_id), revision)]
    if stale:
        raise StaleDecision(
            "hunk_changed",
            "This changed since you looked at it.",
            action="Nothing was decided; look at it as it is now and decide again.",
            details={"hunks": stale},
        )
    return [by_id[mark_id] for mark_id in wanted]


def _is_same(mark: Mark | None, revision: str) -> bool:
    return mark is not None and mark.revision == revision


def _mine(state: Contribution, dispute: Dispute) -> str:
    place = place_in_mine(state, dispute)
    return state.mine[place.start : place.end]


class _Names:
    """Ids within one file: what is alike is told apart by its order."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: Counter[str] = Counter()

    def mark(
        self, number: int, place: Edit, *, old: str, around: tuple[str, int, int], mine: str | None = None
    ) -> Mark:
        text, start, end = around
        begun = text.rfind("\n", 0, max(0, start - 1)) + 1
        following = text.find("\n", end)
        name = name_of(self._path, old, text[begun:start])
        self._seen[name] += 1
        mark_id = f"{name}{self._seen[name]}"
        behind = text[end : following + 1 if following >= 0 else len(text)]
        revision = name_of(mark_id, place.text, behind, mine or "")
        return Mark(mark_id, revision, number, place.start, place.end, old, mine or place.text, place.text)


def name_of(*parts: str) -> str:
    """A short name that stands for these texts."""
    return blake2b("\0\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
