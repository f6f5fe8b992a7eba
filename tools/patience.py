"""How long to wait on a machine that does other things as well. Knows the machine's load, nothing else.

A limit in seconds is meant for a quiet machine. Here it counts the time in which the machine could have worked on it:
with three busy programs for each core, a second counts as a third.
"""

from __future__ import annotations

import os
import time
from pathlib import Path


def busyness() -> float:
    """How many programs want each core at the moment; at least 1."""
    try:
        minute, _, _, counts, _ = Path("/proc/loadavg").read_text().split()
        wanted = max(float(minute), float(counts.partition("/")[0]))
    except (OSError, ValueError):
        wanted = os.getloadavg()[0]
    return max(1.0, wanted / (os.cpu_count() or 1))


def scaled(limit_s: float) -> float:
    """The limit for something that begins now and is waited for in one go."""
    return limit_s * busyness()


class Patience:
    """A limit that is used up by looking at it; `renew` it whenever there is progress."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self.renew()

    def renew(self) -> None:
        self.used_s = 0.0
        self._looked = time.monotonic()

    def is_over(self) -> bool:
        """Look at least every few seconds: the load counts as it is then."""
        now = time.monotonic()
        self.used_s += (now - self._looked) / busyness()
        self._looked = now
        return self.used_s >= self._limit_s
