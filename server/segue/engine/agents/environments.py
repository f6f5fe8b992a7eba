"""The variables of windows: what agents get of them, and along which PATH git is looked for. Runs nothing.

A daemon lives longer than the window that started it, and may have been started by something with hardly any PATH. All
of it is kept in memory only, since it may hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping

from segue.domain.ids import SessionId
from segue.git import run

SAME_EVERYWHERE = frozenset({"PATH", "HOME", "LANG", "SHELL", "USER"})


class Environments:
    """See the module."""

    def __init__(self) -> None:
        self._by_session: dict[SessionId, Mapping[str, str]] = {}
        self._newest: Mapping[str, str] = {}

    def begin_with(self, environment: Mapping[str, str]) -> None:
        """Until a window comes, the daemon's own is used, as far as it is the same for every window."""
        self._newest = {name: value for name, value in environment.items() if name in SAME_EVERYWHERE}
        self.search_for(None)

    def opened(self, environment: Mapping[str, str]) -> None:
        """A window came: its variables are used for sessions whose own window is not known."""
        self._newest = environment

    def remember(self, session_id: SessionId, environment: Mapping[str, str]) -> None:
        """The window that a session was prompted from."""
        self._by_session[session_id] = environment

    def of(self, session_id: SessionId) -> Mapping[str, str]:
        return self._by_session.get(session_id, self._newest)

    def path(self, session_id: SessionId | None) -> str:
        """The PATH of the window that a session was last prompted from, else of the newest window."""
        known = self._by_session.get(session_id) if session_id is not None else None
        return (known or self._newest).get("PATH", "")

    def search_for(self, session_id: SessionId | None) -> None:
        """From now on in this task, git uses the PATH of the session's window; of the newest one for None."""
        run.search(lambda: self.path(session_id))
