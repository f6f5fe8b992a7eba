"""Along which PATH git looks for itself and for the programs of filters. Knows windows and sessions; runs nothing.

A daemon lives longer than the window that started it, and may have been started by something with hardly any PATH.
"""

from __future__ import annotations

from collections.abc import Mapping

from segue.domain.ids import SessionId
from segue.engine.agents.agent_processes import Agents
from segue.git import run


def begin_with(agents: Agents, environment: Mapping[str, str]) -> None:
    """Until a window comes, the daemon's own environment stands in, as far as it is the same for every window."""
    names = {"PATH", "HOME", "LANG", "SHELL", "USER"}
    agents.use_environment({name: value for name, value in environment.items() if name in names})
    search_for_session(agents, None)


def search_for_session(agents: Agents, session_id: SessionId | None) -> None:
    """From now on in this task, use the PATH of the session's window; of the newest one where that is not known."""
    run.search(lambda: agents.window_path(session_id))
