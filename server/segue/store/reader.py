"""Reads the journal back. Knows tables, snapshots and the fold; knows no writer and no loop.

One event that cannot be read (damaged, or a newer version's) never costs more than itself: it stays in the journal, is
left out of what is shown, and is said.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass

from segue.domain.errors import StoreFailed
from segue.domain.events import Recorded
from segue.domain.fold import FOLD_VERSION, fold
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.store.codec import Unreadable, decode_event, decode_session

_EVENTS = "SELECT seq, at_ms, body FROM event WHERE session_id = ? AND seq > ? ORDER BY seq"
_SESSIONS = "SELECT session_id, fold_version, snapshot FROM session"
_RECORDS = "SELECT session_id, body FROM record WHERE typeof(body) = 'blob'"


@dataclass(frozen=True)
class StoredSession:
    """A session as the journal holds it, with its agent connection's record as it was given to `append`."""

    session: Session
    record: bytes | None


def last_seq(connection: sqlite3.Connection) -> int:
    """The highest sequence number; 0 in an empty journal."""
    seq: int = connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
    return seq


def events_of(
    connection: sqlite3.Connection, session_id: SessionId, after_seq: int, limit: int | None
) -> list[Recorded]:
    """Readable events of a session behind `after_seq`, in order."""
    events: list[Recorded] = []
    with contextlib.closing(connection.execute(_EVENTS, (session_id, after_seq))) as rows:
        for seq, at_ms, body in rows:
            if limit is not None and len(events) >= limit:
                break
            with contextlib.suppress(Unreadable):
                events.append(_recorded(seq, session_id, at_ms, body))
    return events


def load_sessions(connection: sqlite3.Connection) -> tuple[list[StoredSession], list[StoreFailed]]:
    """Every session in the order of its last change, and what a person should know about those that have gaps."""
    loaded: list[StoredSession] = []
    gaps: dict[str, int] = {}
    connection.execute("BEGIN")
    try:
        records: dict[str, bytes] = dict(connection.execute(_RECORDS))
        for session_id, fold_version, snapshot in connection.execute(_SESSIONS).fetchall():
            begin = _snapshot(fold_version, snapshot)
            session, unread = _folded(connection, session_id, begin)
            if unread:
                gaps[session_id] = unread
            if session is not None:
                loaded.append(StoredSession(session, records.get(session_id)))
    finally:
        connection.execute("COMMIT")
    loaded.sort(key=lambda stored: stored.session.seq)
    return loaded, [_gap(session_id, unread) for session_id, unread in gaps.items()]


def _snapshot(fold_version: object, body: object) -> Session | None:
    """The session as it was saved; None where another fold made it or it cannot be read, so that all is folded anew."""
    if not isinstance(body, bytes) or fold_version != FOLD_VERSION:
        return None
    try:
        return decode_session(body)
    except Unreadable:
        return None


def _folded(connection: sqlite3.Connection, session_id: str, session: Session | None) -> tuple[Session | None, int]:
    """A session with its later events, and how many of those could not be read."""
    unread = 0
    for seq, at_ms, body in connection.execute(_EVENTS, (session_id, session.seq if session else 0)):
        try:
            session = fold(session, _recorded(seq, session_id, at_ms, body))
        except (Unreadable, ValueError):  # fold's is that the beginning is among what cannot be read
            unread += 1
    return session, unread


def _recorded(seq: int, session_id: str, at_ms: object, body: object) -> Recorded:
    """A stored event; raises Unreadable, also where damage made something else of a column."""
    if not isinstance(at_ms, int) or not isinstance(body, bytes):
        raise Unreadable
    return Recorded(seq, SessionId(session_id), at_ms, decode_event(body))


def _gap(session_id: str, unread: int) -> StoreFailed:
    return StoreFailed(
        "events_unreadable",
        f"{unread} events of session {session_id} cannot be read: they are damaged, or a newer version wrote them.",
        action="They stay in the journal and are left out of what is shown.",
        details={"session": session_id, "events": unread},
    )
