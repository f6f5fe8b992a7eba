"""Commands that agents run through their client. Knows ACP's terminal requests, runners and one session's root; knows
no connection and no transcript.

Each command has a runner of its own, so it outlives the daemon, and whatever it starts ends with it, double-forked and
in sessions of their own too (D21). It is run by exec, never through a shell of ours (D19).
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from segue.agents import jsonrpc, runners
from segue.agents.connection_record import Asked, TerminalRecord
from segue.agents.environment import is_settable
from segue.agents.fields import messages
from segue.agents.jsonrpc import Message
from segue.agents.outputs import FILE_LIMIT, Outputs
from segue.agents.replies import Answered, Denied
from segue.agents.runner_client import RunnerClient
from segue.agents.runners import AgentSpec, Leftovers, Limits
from segue.agents.terminal import Terminal, take_over
from segue.domain.errors import AgentFailed
from segue.domain.events import AnyEvent, TerminalStarted

OPEN_LIMIT = 32
"""Terminals of one session that are not released."""
OUTPUT_LIMIT = 1024 * 1024
"""Bytes of output that are kept where the agent does not say, and at most."""
UNREAD_LIMIT = 64 * 1024 * 1024
"""Bytes that a command may print while there is no daemon before it has to wait."""
ARGUMENTS_LIMIT = 120 * 1024
"""Bytes of arguments and variables; the system takes a little more."""
STOP_GRACE_S = 2.0
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Method(StrEnum):
    CREATE = "terminal/create"
    OUTPUT = "terminal/output"
    WAIT = "terminal/wait_for_exit"
    KILL = "terminal/kill"
    RELEASE = "terminal/release"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where and with what the commands of a session run."""

    root: Path
    directory: Path
    """Where a command runs that names no folder."""
    environment: Callable[[], Mapping[str, str]]
    """What the agent itself gets of its window's variables."""
    place: Callable[[str], tuple[Path, Path]]
    """Directory and socket of the runner of that number."""
    outputs: Outputs
    """Where output is kept that is too long to be shown."""


class Terminals:
    """The terminals of one session's agent."""

    methods = frozenset(method.value for method in Method)

    def __init__(self, surroundings: Surroundings) -> None:
        self.observers: list[Callable[[tuple[AnyEvent, ...]], None]] = []
        """Called with what people shall see, in order."""
        self.capabilities: Message = {"terminal": True}
        self._about = surroundings
        self._open: dict[str, Terminal] = {}
        self._released: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_running(self) -> bool:
        """Whether a command runs still."""
        return any(terminal.exit is None for terminal in self._open.values())

    def records(self) -> dict[str, TerminalRecord]:
        """What a later daemon needs to go on with them."""
        return {terminal_id: terminal.record for terminal_id, terminal in self._open.items()}

    def restore(self, records: Mapping[str, TerminalRecord]) -> None:
        """Go on with the terminals of an earlier daemon."""
        for terminal_id, record in records.items():
            terminal = self._made(terminal_id, record)
            self._keep(asyncio.create_task(self._restore(terminal), name=terminal_id))

    async def answer(self, request_id: str, asked: Asked) -> Answered:
        """Raises Denied."""
        if asked.method == Method.CREATE:
            return await self._create(request_id, asked.params)
        named = asked.params.get("terminalId")
        terminal_id = named if isinstance(named, str) else ""
        terminal = self._open.get(terminal_id)
        if terminal is None:
            if terminal_id in self._released and asked.method in {Method.KILL, Method.RELEASE}:
                return Answered({})
            raise Denied(jsonrpc.INVALID_PARAMS, "This session has no such terminal, or released it.")
        match asked.method:
            case Method.OUTPUT:
                return Answered(terminal.output())
            case Method.WAIT:
                return Answered(await terminal.exit_status())
            case Method.KILL:
                await terminal.kill(STOP_GRACE_S)
            case _:
                await self._drop(terminal_id)
        return Answered({})

    async def kill_running(self) -> None:
        """End the commands that run: the turn was cancelled, and nobody waits for them any more."""
        running = [terminal for terminal in self._open.values() if terminal.exit is None]
        await asyncio.gather(*(terminal.kill(STOP_GRACE_S) for terminal in running))

    async def close(self) -> Leftovers:
        """End every command with all its processes (S11); returns what could not be ended."""
        leftovers = await asyncio.gather(*(self._drop(terminal_id) for terminal_id in tuple(self._open)))
        await self._settle()
        return tuple(leftover for left in leftovers for leftover in left)

    async def detach(self) -> None:
        """Let go of them; they run on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(terminal.detach() for terminal in self._open.values()))
        await self._settle()

    async def _create(self, request_id: str, params: Message) -> Answered:
        terminal_id, number = f"term-{request_id}", short_number(int(request_id.rpartition("-")[2]))
        if terminal_id in self._open:  # asked before a kill of the daemon, and not answered
            return Answered({"terminalId": terminal_id})
        if len(self._open) >= OPEN_LIMIT:
            message = f"{OPEN_LIMIT} terminals are open; release one of them first."
            raise Denied(jsonrpc.INVALID_PARAMS, message)
        spec = self._spec(params)
        directory, socket = self._about.place(number)
        try:
            link = await self._started(spec, directory, socket)
        except AgentFailed as failed:
            hint = " It is run without a shell; name one as the program where that is meant."
            why = failed.message + (hint if failed.reason == "agent_not_found" else "")
            raise Denied(jsonrpc.INVALID_PARAMS, why) from failed
        except (OSError, ValueError) as failed:
            raise Denied(jsonrpc.INTERNAL_ERROR, "The terminal could not be opened.") from failed
        self._begin(terminal_id, TerminalRecord(number, _wanted(params)), link)
        self._heard((TerminalStarted(terminal_id, shlex.join(spec.argv)),))
        return Answered({"terminalId": terminal_id})

    async def _started(self, spec: AgentSpec, directory: Path, socket: Path) -> RunnerClient:
        """Its runner, which an earlier daemon may have started for the same request; leaves nothing where it fails."""
        try:
            if await asyncio.to_thread(_is_begun, directory):
                return await take_over(directory, socket)
            return await RunnerClient.start(spec, directory, socket)
        except (AgentFailed, OSError, ValueError):
            await asyncio.to_thread(runners.end, directory)
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
            raise

    def _begin(self, terminal_id: str, record: TerminalRecord, link: RunnerClient | None) -> None:
        terminal = self._made(terminal_id, record)
        self._keep(asyncio.create_task(terminal.run(link), name=terminal_id))

    def _made(self, terminal_id: str, record: TerminalRecord) -> Terminal:
        def keep() -> str:
            directory, _ = self._about.place(record.number)
            return self._about.outputs.gather(terminal_id, directory / "spool")

        terminal = self._open[terminal_id] = Terminal(terminal_id, record, self._heard, keep)
        return terminal

    async def _restore(self, terminal: Terminal) -> None:
        try:
            link = await take_over(*self._about.place(terminal.record.number))
        except (AgentFailed, OSError, ValueError):
            link = None
        await terminal.run(link)

    async def _drop(self, terminal_id: str) -> Leftovers:
        """End a terminal and forget it; what was shown of it stays."""
        terminal = self._open[terminal_id]
        left = await terminal.kill(STOP_GRACE_S)
        if self._open.pop(terminal_id, None) is not None:
            self._released.add(terminal_id)
            directory, socket = self._about.place(terminal.record.number)
            with suppress(OSError):  # a killed runner leaves it
                socket.unlink(missing_ok=True)
            if not left:
                await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
        return left

    def _spec(self, params: Message) -> AgentSpec:
        command, arguments = params.get("command"), params.get("args") or []
        if not isinstance(command, str) or not command:
            raise Denied(jsonrpc.INVALID_PARAMS, "`command` is missing.")
        if not isinstance(arguments, list) or not all(isinstance(argument, str) for argument in arguments):
            raise Denied(jsonrpc.INVALID_PARAMS, "`args` must be a list of strings.")
        own = {
            variable["name"]: variable["value"]
            for variable in messages(params.get("env"))
            if isinstance(variable.get("name"), str) and isinstance(variable.get("value"), str)
        }
        settable = {name: value for name, value in own.items() if is_settable(name)}
        given = [command, *arguments, *settable, *settable.values()]
        if any("\0" in text for text in given):
            raise Denied(jsonrpc.INVALID_PARAMS, "The command holds a NUL character, which no command can.")
        if (size := sum(len(text.encode(errors="replace")) for text in given)) > ARGUMENTS_LIMIT:
            limits = (
                f"The command has {size:,} bytes with its arguments and variables; {ARGUMENTS_LIMIT:,} are possible."
            )
            raise Denied(jsonrpc.INVALID_PARAMS, f"{limits} Write it to a file, and run that.")
        _wanted(params)
        return AgentSpec(
            argv=(command, *arguments),
            cwd=self._directory(params.get("cwd")),
            environment={**self._about.environment(), **settable},
            limits=Limits(chunk=OUTPUT_LIMIT, keep=FILE_LIMIT, unread=UNREAD_LIMIT),
            streams="joined",
        )

    def _directory(self, named: object) -> Path:
        """Where a command is to run, once no link is left in it (D19)."""
        if named is None:
            return self._about.directory
        try:
            found = Path(named).resolve(strict=True) if isinstance(named, str) and named.startswith("/") else None
        except (OSError, ValueError):
            found = None
        if found is None or not found.is_dir():
            raise Denied(jsonrpc.INVALID_PARAMS, "`cwd` must be an absolute path of a folder that exists.")
        if not found.is_relative_to(self._about.root.resolve()):
            raise Denied(jsonrpc.INVALID_PARAMS, "`cwd` is outside of the session's folder.")
        return found

    def _heard(self, events: tuple[AnyEvent, ...]) -> None:
        for tell in self.observers:
            tell(events)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _wanted(params: Message) -> int:
    """Bytes of output that the agent wants to be able to ask for; raises Denied."""
    limit = params.get("outputByteLimit")
    if limit is not None and not (type(limit) is int and limit >= 0):
        raise Denied(jsonrpc.INVALID_PARAMS, "`outputByteLimit` must be a whole number, not below 0.")
    return OUTPUT_LIMIT if limit is None else min(limit, OUTPUT_LIMIT)


def _is_begun(directory: Path) -> bool:
    directory.parent.mkdir(mode=0o700, exist_ok=True)
    return directory.exists()


def short_number(number: int) -> str:
    """A number in few characters: sockets have room for about 100."""
    text = ""
    while number or not text:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
