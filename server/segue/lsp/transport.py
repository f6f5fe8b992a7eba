"""One client's connection: bytes to messages and back, with bounds. Knows sockets and framing; knows no method.

A client that stops reading is neither read from nor sent items until it reads again; what it is owed as answers is
kept up to a limit, then the connection ends. No other client notices (G9).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

from segue.connect import is_own_user
from segue.lsp import answers
from segue.lsp.base_protocol import frame
from segue.lsp.handshake import Opening

log = logging.getLogger(__name__)

OPENING_LIMIT_S = 10.0
"""Until the token's line and `initialize` must have come."""
HIGH_WATER = 256 * 1024
"""Bytes owed above which a client gets no items and is not read from."""
OWED_LIMIT = 16 * 1024 * 1024
"""Bytes owed above which nothing is added: the connection ends."""
BACKLOG_LIMIT = 1024 * 1024
"""Bytes of messages that wait for the engine above which no more are read."""


class Receiver(Protocol):
    """Who takes an open connection's messages."""

    def receive(self, body: bytes | None) -> None:
        """One message; None for one over the limit."""

    def congested(self) -> None:
        """The client does not read; items have to wait."""

    def drained(self) -> None:
        """It reads again."""

    def refuse(self, message_id: int | str) -> None:
        """Answer a request that was cancelled while it ran, maybe for the receiver before this one."""

    def close(self) -> None:
        """The connection is gone, or another receiver has it: requests that run are `cancelled` there."""


class Owner(Protocol):
    """Who keeps the connections."""

    def joined(self, connection: Connection) -> None:
        """It was made; nothing is known about the other side yet."""

    def opened(self, connection: Connection) -> None:
        """Its `initialize` was answered: `serve` it as soon as that is possible."""

    def departed(self, connection: Connection) -> None:
        """It is gone."""


class Connection(asyncio.Protocol):
    """The transport's side of one client."""

    def __init__(self, owner: Owner, opening: Opening) -> None:
        self._owner = owner
        self._opening = opening
        self._is_begun = False
        self._receiver: Receiver | None = None
        self._backlog: list[bytes | None] = []
        self._backlog_bytes = 0
        self._holds: set[str] = set()
        self._transport: asyncio.Transport
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Its `initialize` was accepted."""
        return self._is_begun

    @property
    def params(self) -> dict[str, Any]:
        """Of `initialize`."""
        assert self._opening.params is not None
        return self._opening.params

    @property
    def is_editor(self) -> bool:
        """Whether it can do any of what LSP has beside Segue's own messages."""
        return bool(self.params.get("capabilities"))

    def serve(self, receiver: Receiver) -> None:
        """From now on `receiver` gets the messages, those that waited first."""
        before, self._receiver = self._receiver, receiver
        if before is not None:
            before.close()
        waiting, self._backlog, self._backlog_bytes = self._backlog, [], 0
        for body in waiting:
            receiver.receive(body)
        self.release("backlog")

    def cancelled(self, message_id: int | str) -> None:
        """A request ended without an answer; whoever takes the messages by now knows why."""
        if self._receiver is not None:
            self._receiver.refuse(message_id)

    def send(self, body: bytes) -> None:
        """Send one message without waiting; ends the connection where the client has left too much unread."""
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > OWED_LIMIT:
            log.warning("a client does not read what it asked for; its connection ends")
            self._transport.abort()
            return
        self._transport.write(frame(body))

    def close(self) -> None:
        """Send what is owed, then hang up."""
        self._transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        self._transport.abort()

    def hold(self, why: str) -> None:
        """Read nothing until every reason is released."""
        if not self._holds and not self._transport.is_closing():
            self._transport.pause_reading()
        self._holds.add(why)

    def release(self, why: str) -> None:
        """This reason is gone."""
        if why in self._holds:
            self._holds.remove(why)
            if not self._holds and not self._transport.is_closing():
                self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self._owner.joined(self)
        if not is_own_user(transport.get_extra_info("socket")):
            log.warning("another user tried to connect")
            transport.abort()
        elif self._opening.is_open:  # answered before there was a loop
            self._start()
        else:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(OPENING_LIMIT_S, transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._is_begun:
            self._take(self._opening.framer.feed(data))
            return
        said = self._opening.feed(data)
        if said:
            self._transport.write(said)
        if self._opening.is_over:
            self._transport.close()
        elif self._opening.is_open:
            self._start()

    def pause_writing(self) -> None:
        self.hold("owed")
        if self._receiver is not None:
            self._receiver.congested()

    def resume_writing(self) -> None:
        self.release("owed")
        if self._receiver is not None:
            self._receiver.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._receiver is not None:
            self._receiver.close()
        self._owner.departed(self)

    def _start(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._is_begun = True
        following, self._opening.following = self._opening.following, []
        self._owner.opened(self)
        self._take(following)

    def _take(self, messages: list[bytes | None]) -> None:
        for body in messages:
            if self._receiver is not None:
                self._receiver.receive(body)
                continue
            self._backlog.append(body)
            self._backlog_bytes += len(body or b"")
            if self._backlog_bytes > BACKLOG_LIMIT:
                self.hold("backlog")
        if self._opening.framer.is_lost:
            self.send(answers.error_body(None, answers.PARSE_ERROR, "The message header makes no sense."))
            self._transport.close()
