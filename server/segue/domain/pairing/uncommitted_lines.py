"""What of an agent's work stands on lines that a person has not committed. Knows texts; knows no files and no git.

The agent wrote on `accepted`, which is the branch's text with the person's unfinished lines. Its work *needs* those of
them that it touches or borders on: without them there is nothing that it could be put beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segue.domain.pairing.contribution import inverse
from segue.domain.pairing.difference import changed_lines
from segue.domain.pairing.edits import Edit, apply_at_once
from segue.domain.pairing.text_merge import clash, in_order, partition


@dataclass(frozen=True, slots=True)
class Parted:
    """The two ways to bring an agent's work to a branch that lacks some of the lines below it."""

    needed: tuple[Edit, ...]
    """Of `accepted`, in order: what the work needs; the text is what the branch has there."""
    first: str
    """The branch's text with what is needed, and nothing else of the person's."""
    merged: str
    """`first` with all of the agent's work."""
    without: str
    """The branch's text with the work that needs nothing."""
    since: str
    """`accepted` with just that work: from here, what was left out is still to be merged."""
    left: int
    """Changes of the agent that `without` leaves out."""


def part(accepted: str, branch: str, theirs: str) -> Parted:
    """Tell the agent's work that needs unfinished lines from that which does not."""
    back = changed_lines(accepted, branch)
    work = changed_lines(accepted, theirs)
    needed = tuple(edit for edit in back if any(_meet(edit, other) for other in work))
    rest = [edit for edit in back if edit not in needed]
    free = [edit for edit in work if not any(_meet(edit, other) for other in back)]
    return Parted(
        needed=needed,
        first=apply_at_once(accepted, rest),
        merged=apply_at_once(accepted, in_order([*rest, *work])),
        without=apply_at_once(accepted, in_order([*back, *free])),
        since=apply_at_once(accepted, free),
        left=len(work) - len(free),
    )


def _meet(one: Edit, other: Edit) -> bool:
    return one.start <= other.end and other.start <= one.end


def stands(accepted: str, needed: Edit, now: str) -> bool:
    """Whether the person's text still has the needed lines as the agent got them."""
    return not any(clash(edit, needed) for edit in changed_lines(accepted, now))


def is_as_before(before: str, branch: str, accepted: str, needed: Edit) -> bool:
    """Whether the branch has at the needed lines what it had `before`: nobody committed anything there since."""
    back = changed_lines(accepted, branch)
    place = inverse(accepted, back)[back.index(needed)]
    return not any(_meet(place, edit) for edit in inverse(before, changed_lines(before, branch)))


def lines_at(accepted: str, needed: Edit, now: str) -> tuple[int, int]:
    """First and last line of the needed ones, from 1, in the person's text; deleted lines as the one behind them."""
    before = (edit for edit in changed_lines(accepted, now) if edit.end <= needed.start)
    by = sum(edit.text.count("\n") - accepted.count("\n", edit.start, edit.end) for edit in before)
    first = accepted.count("\n", 0, needed.start) + 1
    lines = accepted.count("\n", needed.start, needed.end)
    is_open = needed.end > needed.start and not accepted[: needed.end].endswith("\n")
    return first + by, first + by + max(lines + is_open - 1, 0)


def together(base: str, ours: str, theirs: str) -> str | None:
    """Both sides' changes in one text; None where they do not fit."""
    found = partition(base, changed_lines(base, ours), changed_lines(base, theirs))
    agreed: Sequence[Edit] = [edit for edit, _ in found.agreed]
    if found.disputes:
        return None
    return apply_at_once(base, in_order([*found.ours, *found.theirs, *agreed]))
