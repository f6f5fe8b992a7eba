"""Background work with a name and an owner. Knows tasks; knows nothing of what they do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

log = logging.getLogger(__name__)


class Background:
    """The engine's running tasks by name; at most one of a name runs at a time."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run `work` under `name`; raises ValueError where that name still runs."""
        if self.is_running(name):
            work.close()
            raise ValueError(f"{name} runs already")
        self._tasks[name] = task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        return task

    def is_running(self, name: str) -> bool:
        task = self._tasks.get(name)
        return task is not None and not task.done()

    async def wait(self, name: str, limit_s: float | None = None) -> None:
        """Until the task of that name has ended, however it did, or `limit_s` seconds have passed."""
        task = self._tasks.get(name)
        if task is not None:
            await asyncio.wait([task], timeout=limit_s)

    @property
    def running(self) -> int:
        return sum(not task.done() for task in self._tasks.values())

    async def close(self) -> None:
        """Cancel what runs and wait for it."""
        tasks = [task for task in self._tasks.values() if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._tasks.get(task.get_name()) is task:
            del self._tasks[task.get_name()]
        if not task.cancelled() and task.exception() is not None:
            log.error("task %s failed", task.get_name(), exc_info=task.exception())
