"""When a client hears what is new. Knows rates and congestion; knows nothing of what the items say.

The state stays with the engine until it is collected, so a client that cannot take items costs nothing (G9).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from segue.protocol.methods import ClientInfo
from segue.protocol.subscriptions import ItemsParams

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segue.engine.api.clients import Client
    from segue.engine.api.engine import Engine
    from segue.engine.pairing.buffers import Buffers

INTERVAL_S = 1 / 30
"""Shortest time between two deliveries."""


class Flow:
    """One engine client whose news are delivered, at most 30 times a second."""

    def __init__(
        self,
        engine: Engine,
        info: ClientInfo,
        deliver: Callable[[ItemsParams], None],
        within: Client | None = None,
        buffers: Buffers | None = None,
    ) -> None:
        """`within` is the connection's own client, for whatever follows something besides it."""
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._not_before = 0.0
        self._holds = 0
        self._is_due = False
        self._is_closed = False
        self.client = engine.connect(info, self.wake, within=within, buffers=buffers)

    def wake(self) -> None:
        """There may be news."""
        if self._timer is not None or self._is_due or self._is_closed:
            return
        if self._holds:
            self._is_due = True
            return
        self._timer = self._loop.call_at(max(self._not_before, self._loop.time()), self._flush)

    def hold(self) -> None:
        """Deliver nothing until `release`; what is new waits with the engine."""
        self._holds += 1

    def release(self) -> None:
        self._holds -= 1
        if not self._holds and self._is_due:
            self._is_due = False
            self.wake()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Deliver nothing meanwhile: an answer has to arrive before the items that continue it."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    def close(self) -> None:
        """No more news."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        self.client.close()

    def _flush(self) -> None:
        self._timer = None
        if self._holds:
            self.wake()
            return
        self._not_before = self._loop.time() + INTERVAL_S
        for items in self.client.collect():
            self._deliver(items)
