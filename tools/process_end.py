"""Ends a Segue with everything it runs: the daemon, then the agents that would go on without it.

Knows the command lines of both; used by the demo and, as a program, by the journeys. The Segue meant is
the one that `SEGUE_DATA_DIR` and `SEGUE_RUNTIME_DIR` name, which must both be set: never the user's own by accident.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping

import leaks
import places
from patience import scaled

STOP_LIMIT_S = 20


def end_segue(env: Mapping[str, str]) -> None:
    """End the Segue of this environment. Its sessions stay on disk; a turn that runs is interrupted."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = [str(places.SEGUE), "daemon", "stop"]
        subprocess.run(command, env=dict(env), capture_output=True, timeout=scaled(STOP_LIMIT_S), check=False)
    # A runner that is told to end first ends its agent with all that the agent started, within about 2 s.
    below = f"{env['SEGUE_DATA_DIR']}/runners/"
    leaks.end(leaks.runners(below), signal.SIGTERM)
    leaks.end(leaks.settle(lambda: leaks.runners(below)), signal.SIGKILL)


if __name__ == "__main__":
    if not os.environ.get("SEGUE_DATA_DIR") or not os.environ.get("SEGUE_RUNTIME_DIR"):
        sys.exit("SEGUE_DATA_DIR and SEGUE_RUNTIME_DIR must name the Segue to end.")
    end_segue(os.environ)
