"""What a killed daemon left: git commands, runners, sockets, images. Knows processes and places."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from segue.agents import runners
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.git import run, trees
from segue.places import Places
from segue.system import processes

log = logging.getLogger(__name__)

GIT_ENDS_S = 20.0
"""How long git commands of an earlier daemon may take; what they do is looked at only behind them."""


def clear_up(places: Places, sessions: Mapping[SessionId, Session]) -> None:
    """Leave nothing behind that nobody will ever come back to; blocking."""
    run.mark_commands(str(places.data))
    _outlast_git(places)
    trees.drop_abandoned()
    for directory in places.images("").glob("*"):
        if SessionId(directory.name) not in sessions:  # it never came to be
            shutil.rmtree(directory, ignore_errors=True)
    for directory in places.runners.glob("*-*"):
        name, _, generation = directory.name.rpartition("-")
        if generation.isdecimal():
            _clear_up_runner(places, directory, sessions.get(SessionId(name)))


def _outlast_git(places: Places) -> None:
    """Git commands outlive a killed daemon, and finish what they were told to do."""
    until = time.monotonic() + GIT_ENDS_S
    for process in processes.carrying(run.mark_of(str(places.data))):
        if not processes.wait_gone(process, max(until - time.monotonic(), 0)):
            log.warning("git process %d of an earlier daemon still runs", process[0])


def _clear_up_runner(places: Places, directory: Path, session: Session | None) -> None:
    name, _, generation = directory.name.rpartition("-")
    is_current = session is not None and session.generation == int(generation) and session.is_agent_alive
    socket = runners.socket_of(directory, places.runner_socket(name, int(generation)))
    if not is_current:
        _clear_up_terminals(places, directory)
    is_unknown = session is None or int(generation) > session.generation
    if is_current or not (is_unknown or socket.exists()):
        return
    if left := runners.end(directory):
        log.warning("processes of the agent in %s could not be ended: %s", directory, left)
    with suppress(OSError):
        socket.unlink(missing_ok=True)


def _clear_up_terminals(places: Places, directory: Path) -> None:
    """Commands of an agent that is gone."""
    name, _, generation = directory.name.rpartition("-")
    for terminal in directory.glob("terminals/*"):
        if left := runners.end(terminal):
            log.warning("processes of the command in %s could not be ended: %s", terminal, left)
        _, socket = places.terminal(name, int(generation), terminal.name)
        with suppress(OSError):
            socket.unlink(missing_ok=True)
