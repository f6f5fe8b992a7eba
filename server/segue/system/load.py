"""How busy the machine is, and time limits that grow with it. Standard library only, knows no step itself.

A limit says how long a step takes on a quiet machine. Where four processes wait for each core it takes four times as
long, and a healthy step must not fail for that.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST = 10.0
"""The most that a limit grows by: a step that hangs has to end some time on any machine."""


def factor() -> float:
    """How many times as long a step may take now: processes that want to run for each core, from 1 to `MOST`."""
    try:
        waiting = os.getloadavg()[0]
    except OSError:
        return 1.0
    return min(max(waiting / (os.cpu_count() or 1), 1.0), MOST)


def grown(limit_s: float) -> float:
    """A limit in seconds as it is on this machine at this moment."""
    return limit_s * factor()


@asynccontextmanager
async def patience(limit_s: float) -> AsyncIterator[None]:
    """Like `asyncio.timeout`, with a limit that grows while the machine is busy; raises TimeoutError."""
    import asyncio  # late: clients that start a daemon only want `grown`

    loop = asyncio.get_running_loop()
    begun = loop.time()

    handle: asyncio.TimerHandle

    def look() -> None:
        nonlocal handle
        due = begun + grown(limit_s)
        if loop.time() >= due:
            timer.reschedule(loop.time())
        else:
            handle = loop.call_at(due, look)

    async with asyncio.timeout(None) as timer:
        handle = loop.call_at(begun + limit_s, look)
        try:
            yield
        finally:
            handle.cancel()
