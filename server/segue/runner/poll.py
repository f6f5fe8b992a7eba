"""Waiting for descriptors and signals without asyncio, which would cost each runner 7 MB. Knows `poll`; knows nothing
of what the descriptors carry. Standard library only: the runner imports it.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable

READABLE, WRITABLE = select.POLLIN, select.POLLOUT
Handler = Callable[[int], None]
"""Called with the events that came: READABLE, WRITABLE, or a hang-up."""


class Watch:
    """Descriptors, what is wanted from each, and who handles it."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._wanted: dict[int, int] = {}
        self._handlers: dict[int, Handler] = {}

    def add(self, descriptor: int, events: int, handler: Handler) -> None:
        self._handlers[descriptor] = handler
        self.want(descriptor, events)

    def want(self, descriptor: int, events: int) -> None:
        """Wait for these events; for none, leave the poll: it would report a hang-up again and again."""
        if events == self._wanted.get(descriptor, 0):
            return
        self._wanted[descriptor] = events
        if events:
            self._poll.register(descriptor, events)
        else:
            self._poll.unregister(descriptor)

    def forget(self, descriptor: int) -> None:
        self.want(descriptor, 0)
        del self._handlers[descriptor]

    def turn(self, timeout_ms: int) -> None:
        """Wait once, for -1 without end, and handle what came."""
        for descriptor, events in self._poll.poll(timeout_ms):
            if handler := self._handlers.get(descriptor):
                handler(events)


def catch_signals() -> int:
    """The descriptor to read from that becomes readable when a child ended or a SIGTERM came."""
    readable, writable = os.pipe()
    for descriptor in (readable, writable):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda number, frame: None)
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    return readable
