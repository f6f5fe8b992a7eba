"""The buckets that sessions are grouped by: their order, names and looks, for every client.

To add one: a member with its facts here, and its rule in `Session.bucket`. Clients learn the rest from the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from segue.domain.phrases import Phrase, phrase

if TYPE_CHECKING:
    from segue.domain.session import Session


class Bucket(StrEnum):
    """What sessions are grouped by, in the order in which clients show it."""

    NEEDS_YOU = "needs_you"
    READY = "ready"
    WORKING = "working"
    QUEUED = "queued"
    IDLE = "idle"
    DONE = "done"


class Tone(StrEnum):
    """What a client's colour says."""

    ATTENTION = "attention"
    FAILURE = "failure"
    SUCCESS = "success"
    ACTIVE = "active"
    WAITING = "waiting"
    MERGED = "merged"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Look:
    """How the state of a session is shown in little space."""

    status: Phrase
    sign: str
    """One character, for terminals."""
    tone: Tone


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """What clients show of a bucket."""

    name: Phrase
    look: Look
    """Of its sessions, where nothing more exact is known."""
    filters: tuple[str, ...]
    """What a user may type to see only this bucket."""
    is_folded: bool = False
    """Its rows are hidden until the user opens it."""


FACTS: Mapping[Bucket, BucketFacts] = {
    Bucket.NEEDS_YOU: BucketFacts(
        phrase("Needs you"),
        Look(phrase("waits for your answer"), "?", Tone.ATTENTION),
        ("needs_you", "needsyou", "needs", "blocked", "waiting", "failed"),
    ),
    Bucket.READY: BucketFacts(
        phrase("Ready"), Look(phrase("ready for review"), "✓", Tone.SUCCESS), ("ready", "review")
    ),
    Bucket.WORKING: BucketFacts(phrase("Working"), Look(phrase("working"), "▶", Tone.ACTIVE), ("working", "running")),
    Bucket.QUEUED: BucketFacts(phrase("Queued"), Look(phrase("queued"), "…", Tone.WAITING), ("queued",)),
    Bucket.IDLE: BucketFacts(phrase("Idle"), Look(phrase("idle"), "○", Tone.QUIET), ("idle",)),
    Bucket.DONE: BucketFacts(
        phrase("Done"), Look(phrase("merged"), "■", Tone.MERGED), ("done", "merged", "archived"), is_folded=True
    ),
}

_FAILED = Look(phrase("failed"), "✗", Tone.FAILURE)
_SIGN_IN = Look(phrase("waits for you to sign in"), "?", Tone.ATTENTION)
_ARCHIVED = Look(phrase("archived"), "■", Tone.QUIET)
_STOPPING = Look(phrase("stopping"), "▶", Tone.ACTIVE)


def look(session: Session) -> Look:
    """How a session's state is shown: as its bucket says, or more exactly."""
    bucket = session.bucket
    if bucket is Bucket.NEEDS_YOU and not session.is_asking:
        return _SIGN_IN if session.needs_sign_in else _FAILED
    if session.archive is not None:
        return _ARCHIVED
    return _STOPPING if session.is_stopping else FACTS[bucket].look


def order(session: Session, place: int | None) -> tuple[int, ...]:
    """Rows are sorted by these numbers, the first one first: the bucket, then what counts within it.

    What is pinned comes first, except in the queue, whose order says what starts next. `place` is the position there.
    """
    bucket = session.bucket
    index = tuple(Bucket).index(bucket)
    pinned = 0 if session.is_pinned else 1
    match bucket:
        case Bucket.QUEUED:
            return index, place or 0
        case Bucket.NEEDS_YOU:
            return index, pinned, session.urgency, -session.updated_ms
        case _:
            return index, pinned, -session.created_ms
