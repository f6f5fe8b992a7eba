"""What the fault drills share: how long they are, agents, processes to kill. Knows no single fault.

`SEGUE_FAULTS=long` makes them long (`make faults`).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segue.agents import runners
from segue.cli.client import Client, ConnectionEnded
from segue.domain.errors import DaemonUnavailable
from segue.system import processes
from support.chance import IS_LONG, SEED
from support.daemon import SEGUE, Installation
from support.patience import scaled

FAKE_AGENT = Path(__file__).parent.parent / "agents" / "fake_agent.py"
GONE = (ConnectionEnded, DaemonUnavailable, OSError)
"""What a client meets whose daemon or bridge was killed."""

Json = dict[str, Any]


def length(short: int, long: int) -> int:
    """How many points, kills or steps a drill has this time."""
    return int(os.environ.get("SEGUE_POINTS", "0")) or (long if IS_LONG else short)


def chance(name: str) -> random.Random:
    """The drill's own randomness; says how to repeat it."""
    print(f"{name}: repeat with SEGUE_SEED={SEED}")
    return random.Random(f"{SEED} {name}")


def define_agent(data: Path, name: str = "fake", *flags: str) -> None:
    """The scriptable agent, defined as a user would."""
    agents = data / "agents"
    for folder in (data, agents):
        folder.mkdir(mode=0o700, exist_ok=True)
    command = [sys.executable, "-I", str(FAKE_AGENT), *flags]
    (agents / f"{name}.toml").write_text(f'name = "{name}"\ncommand = {command!r}\nstart_timeout_s = 300\n')


def kill(pid: int) -> None:
    """SIGKILL, unless it is gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_daemon(segue: Installation, client: Client) -> None:
    """SIGKILL the daemon that this client talks to, and wait until it is gone."""
    whom = processes.identity(client.request("segue/status")["pid"])
    assert whom is not None
    kill(whom[0])
    assert processes.wait_gone(whom, scaled())


def stop_daemon(segue: Installation, client: Client) -> None:
    """End the daemon that this client talks to in good order, and wait until it is gone."""
    whom = processes.identity(client.request("segue/status")["pid"])
    segue.run("daemon", "stop")
    assert processes.wait_gone(whom, scaled())


def kill_runner(segue: Installation, session_id: str) -> bool:
    """SIGKILL the newest living runner of a session; False where none lives."""
    directories = segue.places.runners.glob(f"{session_id}-*")
    for directory in sorted(directories, key=lambda path: -int(path.name.rpartition("-")[2])):
        status = runners.read_status(directory)
        if status is not None and processes.identity(status.runner[0]) == status.runner:
            kill(status.runner[0])
            return processes.wait_gone(status.runner, scaled())
    return False


@contextmanager
def through_bridge(segue: Installation) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    """A client as an editor has it: over the standard streams of `segue lsp`."""
    mine, theirs = socket.socketpair()
    with mine, theirs:
        bridge = subprocess.Popen(
            [SEGUE, "lsp"],
            env=segue.environment,
            cwd=segue.home,
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        try:
            with Client.over(mine, environment=segue.environment) as client:
                yield client, bridge
        finally:
            mine.close()
            kill(bridge.pid)
            bridge.wait()
