"""Who may begin a turn where only so many sessions may work at a time. Knows sessions and the limit; starts nothing.

A session holds a slot while its turn runs, waits for no person, and is not linked to a checkout. The rules:

- A turn begins in a slot that is free and that nobody before it waits for. For its next prompt a session stands in the
  line anew, so one that has much to do lets the others in between, and whoever waits comes to its turn.
- A session that waits for its person (permission, question) holds no slot, so another one may begin. Once answered it
  holds one again at once: it waits for nobody, so nothing can lock and it cannot starve. More than the limit may work
  then, and nobody begins until there are fewer.
- A person who pairs sits before the session: one that is linked begins at once and takes nobody's slot. So neither does
  it wait behind work in the background, nor does the background wait until the pairing is over.
- By hand, *Start Now* and *Interrupt and Say* begin past the limit; these hold a slot like any other.
"""

from __future__ import annotations

from collections.abc import Collection

from segue.domain import queue_positions
from segue.domain.ids import SessionId
from segue.domain.session import Session, State

NO_LIMIT = 0


def is_working(session: Session) -> bool:
    """Whether it holds a slot."""
    return session.is_turn_running and session.state is not State.REQUIRES_ACTION and not session.linked_to


def ranks(sessions: Collection[Session]) -> dict[SessionId, int]:
    """The line: every session that waits for others, with its rank."""
    return {session.id: session.rank for session in sessions if session.rank is not None and _wants_turn(session)}


def places(sessions: Collection[Session]) -> dict[SessionId, int]:
    """The place in the line of each session that stands there, from 1."""
    return {session_id: place for place, session_id in enumerate(queue_positions.order(ranks(sessions)), 1)}


def may_begin(session: Session, sessions: Collection[Session], limit: int) -> bool:
    """Whether a session that has a prompt may begin its turn; where not, it waits in the line."""
    if limit == NO_LIMIT or is_by_hand(session):
        return True
    line = places(sessions)
    before_it = line.get(session.id, len(line) + 1) - 1
    return free(sessions, limit) > before_it


def due(sessions: Collection[Session], limit: int) -> tuple[SessionId, ...]:
    """Those in the line that may begin as things stand, first one first."""
    line = queue_positions.order(ranks(sessions))
    if limit == NO_LIMIT:
        return line
    by_hand = {session.id for session in sessions if is_by_hand(session)}
    room = max(free(sessions, limit), 0)
    return tuple(session_id for place, session_id in enumerate(line) if place < room or session_id in by_hand)


def free(sessions: Collection[Session], limit: int) -> int:
    """Slots that nobody holds; below 0 where more work than may."""
    return limit - sum(is_working(session) for session in sessions)


def is_by_hand(session: Session) -> bool:
    """Whether its next prompt is sent past the limit."""
    return session.starts_now or bool(session.linked_to) or any(prompt.is_first for prompt in session.queue[:1])


def _wants_turn(session: Session) -> bool:
    """Whether it has a prompt that could be sent, but for the others."""
    is_free = session.state is State.IDLE and session.archive is None and not session.needs_sign_in
    return is_free and bool(session.queue)
