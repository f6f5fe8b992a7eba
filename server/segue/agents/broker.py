"""What agents ask of their client besides permission: files and terminals. Knows that each request is answered once,
those for files in order; knows no connection, no engine.

A request stands in the connection's record until its answer does, so a later daemon does it again: all of them may be
done twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from segue.agents import jsonrpc
from segue.agents.connection_record import Asked, TerminalRecord
from segue.agents.fields import TITLE_LIMIT
from segue.agents.files import Files, Lines
from segue.agents.jsonrpc import Message
from segue.agents.replies import NOT_FOUND, Answered, Denied
from segue.agents.terminals import Method, Terminals
from segue.domain.events import AgentNoted, AnyEvent, Location, ToolCallReported

log = logging.getLogger(__name__)

READ, WRITE = "fs/read_text_file", "fs/write_text_file"
PENDING_LIMIT = 64
"""Requests that may be worked on before more of the agent's output is read."""

WAITING_LIMIT = 256
"""Requests that may wait for the end of a command."""


class Broker(Protocol):
    """Does what agents ask."""

    capabilities: Message
    """As `initialize` announces them."""
    methods: frozenset[str]
    """What it answers; nothing else reaches it."""

    async def answer(self, request_id: str, asked: Asked) -> Answered:
        """Raises Denied."""
        ...


class FileBroker:
    """ACP's file requests, one after another: an agent that does not wait gets them in its own order."""

    methods = frozenset({READ, WRITE})

    def __init__(self, files: Files, *, missing: str | None = None) -> None:
        """`missing` is the answer to reading a file that does not exist; None is the error that it is."""
        self.capabilities: Message = {"fs": {"readTextFile": True, "writeTextFile": True}}
        self._files = files
        self._missing = missing
        self._order = asyncio.Lock()

    async def answer(self, request_id: str, asked: Asked) -> Answered:
        path = asked.params.get("path")
        if not isinstance(path, str):
            raise Denied(jsonrpc.INVALID_PARAMS, "`path` is missing.")
        async with self._order:
            if asked.method == READ:
                return Answered({"content": await self._read(path, _lines(asked.params))})
            content = asked.params.get("content")
            if not isinstance(content, str):
                raise Denied(jsonrpc.INVALID_PARAMS, "`content` is missing.")
            await asyncio.to_thread(self._files.write, path, content, request_id)
            return Answered({}, path)

    async def _read(self, path: str, lines: Lines) -> str:
        try:
            return await asyncio.to_thread(self._files.read, path, lines)
        except Denied as denied:
            if denied.code == NOT_FOUND and self._missing is not None:
                return self._missing
            raise


def _lines(params: Message) -> Lines:
    first, count = params.get("line"), params.get("limit")
    for name, value in (("line", first), ("limit", count)):
        if value is not None and not (type(value) is int and value >= 0):
            raise Denied(jsonrpc.INVALID_PARAMS, f"`{name}` must be a whole number, not below 0.")
    return Lines(1 if first is None else first, count)


def _nothing(_: Asked) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who does what an agent asks of its client; None is announced to be nobody."""

    files: Broker | None = None
    terminals: Terminals | None = None
    forbids: Callable[[Asked], str] = _nothing
    """Why the user's rules forbid a request; empty where they do not. Asked before anything is done."""

    @property
    def capabilities(self) -> Message:
        """The client capabilities for `initialize`."""
        announced: Message = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        for broker in (self.files, self.terminals):
            announced |= broker.capabilities if broker is not None else {}
        return announced

    def methods(self) -> frozenset[str]:
        """What is answered; nothing else is passed on."""
        return frozenset().union(*(broker.methods for broker in (self.files, self.terminals) if broker is not None))

    def terminal_records(self) -> dict[str, TerminalRecord]:
        """What a later daemon needs to go on with the commands."""
        return self.terminals.records() if self.terminals is not None else {}

    async def answer(self, request_id: str, asked: Asked) -> Answered:
        """Raises Denied."""
        for broker in (self.files, self.terminals):
            if broker is not None and asked.method in broker.methods:
                return await broker.answer(request_id, asked)
        raise Denied(jsonrpc.METHOD_NOT_FOUND, f"Method not found: {asked.method}")  # a record of other capabilities


NOBODY = Desk()

Reply = Callable[[str, Message | Denied, tuple[AnyEvent, ...]], None]
"""Answers a request, once, and journals what was done for it."""


class Service:
    """The requests of one connection that are being worked on, and the terminals that came of them."""

    def __init__(self, desk: Desk, reply: Reply) -> None:
        self._desk = desk
        self._reply = reply
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        """Those that wait for a command's end, for as long as that takes."""
        self._shown: set[str] = set()

    def take_up(self, asked: Mapping[str, Asked]) -> None:
        """Begin with what was not begun yet."""
        for request_id, request in asked.items():
            if request_id not in self._tasks:
                task = asyncio.create_task(self._work(request_id, request), name=request_id)
                self._tasks[request_id] = task
                if request.method == Method.WAIT:
                    self._waiting.add(task)
                task.add_done_callback(self._ended)

    async def room(self) -> None:
        """Wait while too many requests are being worked on; those that wait for a command's end do not count."""
        while len(counted := [task for task in self._tasks.values() if task not in self._waiting]) > PENDING_LIMIT:
            await asyncio.wait(counted, return_when=asyncio.FIRST_COMPLETED)

    def turn_cancelled(self) -> None:
        """Commands that still run are ended: some agents leave theirs behind."""
        if self._desk.terminals is not None and "cancel" not in self._tasks:
            task = asyncio.create_task(self._desk.terminals.kill_running(), name="cancel")
            self._tasks["cancel"] = task
            task.add_done_callback(self._ended)

    def saw(self, events: Iterable[AnyEvent]) -> None:
        """Remember which files the agent's own tool calls name: a write to these needs no mention."""
        for event in events:
            if isinstance(event, ToolCallReported):
                self._shown.update(place.path for place in event.locations or ())
                self._shown.update(piece.path for piece in event.content or () if piece.path)

    def begin_turn(self) -> None:
        self._shown.clear()

    async def stop(self) -> None:
        """Let go of what is being worked on; it stands in the record still."""
        tasks = [task for task in self._tasks.values() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, request_id: str, asked: Asked) -> None:
        try:
            if len(self._waiting) > WAITING_LIMIT:
                raise Denied(jsonrpc.INTERNAL_ERROR, "Too many requests wait for the end of a command.")
            if why := self._desk.forbids(asked):
                self._reply(request_id, Denied(jsonrpc.INVALID_PARAMS, why), (AgentNoted("forbidden", why),))
                return
            answered = await self._desk.answer(request_id, asked)
        except Denied as denied:
            self._reply(request_id, denied, ())
        except Exception:
            log.exception("a request of an agent could not be answered: %s", asked.method)
            self._reply(request_id, Denied(jsonrpc.INTERNAL_ERROR, "Segue made a mistake; nothing is known of it."), ())
        else:
            self._reply(request_id, answered.result, self._mention(request_id, answered.written))

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task.get_name()]
        self._waiting.discard(task)

    def _mention(self, request_id: str, path: str) -> tuple[AnyEvent, ...]:
        if not path or path in self._shown:
            return ()
        title = f"Write {path.rpartition('/')[2]}"[:TITLE_LIMIT]
        places = (Location(path),)
        return (ToolCallReported(f"segue-{request_id}", title, "edit", "completed", locations=places),)
