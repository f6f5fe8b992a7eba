"""What crosses the wire about the daemon itself: how it is, what it needs, its end. Knows shapes only."""

from __future__ import annotations

from pydantic import Field

from segue.protocol.views import CheckView
from segue.protocol.wire import Wire


class StatusResult(Wire):
    """How the daemon is."""

    version: str
    protocol: int
    pid: int
    uptime_s: float
    data_directory: str
    endpoint: str
    clients: int
    sessions: int
    running: int
    waiting: int
    queued: int
    """Sessions that wait for others to end."""
    max_running: int
    """How many may work at a time; 0 for no limit."""
    seq: int
    store_problem: str | None = None
    notices: list[str] = Field(default_factory=list)
    """What a person should know about how the journal was found."""


class DoctorParams(Wire):
    path: str | None = None
    """A folder whose repository is looked at too."""


class DoctorResult(Wire):
    checks: list[CheckView]


class StopDaemonParams(Wire):
    """Agents go on under their runners; the next daemon takes them over."""
