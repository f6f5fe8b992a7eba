"""Places in the line of sessions that wait for others to end. Knows ranks; knows no session, no limit and no clock.

A rank is any whole number; lower goes first, and what lies between two ranks means nothing. So moving one session
changes one rank, except where its new neighbours leave no room between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from segue.domain.event import Event
from segue.domain.ids import SessionId

GAP = 1 << 20
"""Between ranks that are given out anew."""


class PlaceTaken(Event, frozen=True, tag="place_taken"):
    """Its next prompt waits until fewer sessions work; also when a person gives it another place in the line."""

    rank: int


class StartWanted(Event, frozen=True, tag="start_wanted"):
    """A person wants its next prompt sent now, past the limit."""


WaitEvent = PlaceTaken | StartWanted


class Move(StrEnum):
    """Where a person moves a session in the line."""

    FIRST = "first"
    """Before all others."""
    UP = "up"
    """Before the one that stands in front of it."""
    DOWN = "down"
    """Behind the one that stands after it."""
    LAST = "last"
    """Behind all others."""


Ranks = Mapping[SessionId, int]


def order(ranks: Ranks) -> tuple[SessionId, ...]:
    """The line, first one first; two of one rank, which a kill may leave, stand by their ids."""
    return tuple(sorted(ranks, key=lambda session_id: (ranks[session_id], session_id)))


def behind(ranks: Ranks) -> int:
    """The rank of one that comes last."""
    return max(ranks.values(), default=0) + GAP


def moved(ranks: Ranks, session_id: SessionId, move: Move) -> dict[SessionId, int]:
    """The ranks that change, so that `session_id`, which is in the line, stands where it was moved to."""
    line = order(ranks)
    others = [each for each in line if each != session_id]
    at = line.index(session_id)
    to = {Move.FIRST: 0, Move.UP: max(at - 1, 0), Move.DOWN: at + 1, Move.LAST: len(others)}[move]
    to = min(to, len(others))
    if to == at:
        return {}
    before = ranks[others[to - 1]] if to > 0 else ranks[others[0]] - 2 * GAP
    after = ranks[others[to]] if to < len(others) else before + 2 * GAP
    if after - before > 1:
        return {session_id: (before + after) // 2}
    wanted = [*others[:to], session_id, *others[to:]]
    anew = {each: (place + 1) * GAP for place, each in enumerate(wanted)}
    return {each: rank for each, rank in anew.items() if ranks[each] != rank}
