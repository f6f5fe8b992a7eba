"""What crosses the wire about sessions that wait for others to end. Knows shapes only."""

from __future__ import annotations

from segue.domain.queue_positions import Move
from segue.protocol.wire import Wire


class MoveQueuedParams(Wire):
    session_id: str
    to: Move
