"""What a runner tells the process that started it. Knows the one line on stdout; nothing of agents.
Standard library only: the runner imports it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress


def answer(message: dict[str, object]) -> None:
    """Tell the starter, then let go of it: a pipe that nobody reads must never matter again."""
    with suppress(OSError):
        os.write(1, json.dumps(message).encode() + b"\n")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    os.close(nothing)
