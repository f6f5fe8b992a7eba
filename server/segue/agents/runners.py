"""Starting runners, and what can be learned and done when one is gone. Knows their files and processes; knows nothing
of the live connection (see `runner_client.py`), ACP or sessions. Everything here blocks for milliseconds: call it on a
thread.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import segue.runner.runner
from segue.domain.errors import AgentFailed
from segue.runner.numbered_lines import read_marks
from segue.runner.spool import read_spool
from segue.system import processes
from segue.system.load import grown
from segue.system.processes import Identity

MARK = "SEGUE_RUN"
"""The one variable that is added to an agent's environment: it tells which processes a dead runner left behind."""
SOCKET_PATH_LIMIT = 103
"""Bytes that fit into a unix socket's address everywhere."""
_START_TIMEOUT_S = 60
_END_TIMEOUT_S = 2.0
_PIECE = 256 << 10
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a runner keeps. The defaults suit an ACP agent; tests use smaller ones."""

    chunk: int = 4 << 20
    """Bytes per spool file."""
    keep: int = 16 << 20
    """Bytes that stay on disk although they were consumed: the raw ACP log."""
    unread: int = 1 << 30
    """Bytes that may lie unconsumed before the agent has to wait."""
    lag: int = 4 << 20
    """Bytes by which an attached client may be behind before the agent has to wait."""
    linger_s: int = 600
    """Seconds that a runner outlives its agent when nobody attaches; its files stay."""


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What to run: `argv[0]` is looked up in the environment's PATH; nothing of this process's environment is added."""

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    limits: Limits = field(default=Limits())
    streams: Literal["apart", "joined"] = "apart"
    """`joined`: its stderr goes where its stdout goes, and its stdin is empty."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of an agent's stdout; `offset` counts from its start."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class AgentExit:
    """How an agent ended; neither code nor signal when it went down with its runner."""

    code: int | None = None
    signal: int | None = None

    @property
    def description(self) -> str:
        """As a shell tells it: `exit 1`, `exit 137 (SIGKILL)`."""
        if self.signal is not None:
            names = {number.value: number.name for number in signal.Signals}
            return f"exit {128 + self.signal} ({names.get(self.signal, f'signal {self.signal}')})"
        return "ended with its runner" if self.code is None else f"exit {self.code}"


@dataclass(frozen=True, slots=True)
class Leftover:
    """A process that could not be ended; `command` is its own name for itself, to be shown only."""

    pid: int
    started: int
    command: str


Leftovers = tuple[Leftover, ...]


@dataclass(frozen=True, slots=True)
class LineRecord:
    """What a gone runner's record says of the numbered lines that it took; other numbers never reached the agent."""

    written: frozenset[int]
    """Wholly in the agent's pipe."""
    undelivered: frozenset[int]
    """Never wholly in the pipe: the agent ended or closed its stdin before."""
    unknown: tuple[int, ...]
    """Taken when the runner died; may or may not have reached the agent: to be reported, never sent again."""


@dataclass(frozen=True, slots=True)
class Status:
    """A runner's own account; `exit` is None while the agent runs, and when it died with the runner.

    Of an earlier boot, the processes have start time 0, which fits no living one.
    """

    runner: Identity
    agent: Identity
    mark: str
    exit: AgentExit | None
    problem: str
    leftovers: Leftovers
    socket: str = ""
    """Where it listens; empty where it does not say."""


def launch(spec: AgentSpec, directory: Path, socket_path: Path) -> None:
    """Start a runner and its agent; both outlive the caller. `directory` must not exist yet, its parent must.

    Raises AgentFailed: `agent_not_found`, `agent_not_startable`, `too_large`, `worktree_missing` or `runner_failed`.
    """
    if len(os.fsencode(socket_path)) > SOCKET_PATH_LIMIT:
        raise _failed("runner_failed", f"The socket path {socket_path} is too long.", spec)
    mark = f"{MARK}={secrets.token_hex(12)}"
    order = {
        "argv": spec.argv,
        "cwd": str(spec.cwd),
        "streams": spec.streams,
        "env": {**spec.environment, MARK: mark.partition("=")[2]},
        "socket": str(socket_path),
        "mark": mark,
        "limits": asdict(spec.limits),
    }
    command = [sys.executable, "-I", "-S", segue.runner.runner.__file__, str(directory)]
    try:
        directory.mkdir(mode=0o700)
        runner = subprocess.Popen(
            command,
            cwd="/",
            env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as failed:
        raise _failed("runner_failed", f"The agent's runner could not be started: {failed.strerror}.", spec) from failed
    try:
        answer, errors = runner.communicate(json.dumps(order).encode() + b"\n", timeout=grown(_START_TIMEOUT_S))
    except subprocess.TimeoutExpired as failed:
        os.killpg(runner.pid, signal.SIGKILL)
        runner.communicate()
        raise _failed("runner_failed", "The agent's runner did not answer.", spec) from failed
    _check(answer, errors.decode(errors="replace"), spec)


def _check(answer: bytes, errors: str, spec: AgentSpec) -> None:
    said: dict[str, Any] = json.loads(answer) if answer.endswith(b"\n") else {"failed": "runner", "errno": 0}
    if "failed" not in said:
        return
    number, name = said["errno"], spec.argv[0] if spec.argv else ""
    why = os.strerror(number) if number else "it said nothing"
    details = {"errno": errno.errorcode.get(number, ""), "stderr": errors[-2000:]}
    if said["failed"] == "cwd":
        raise _failed("worktree_missing", f"The agent cannot be started in {spec.cwd}: {why}.", spec, details)
    if said["failed"] == "runner":
        where = f" ({said['path']})" if said.get("path") else ""
        raise _failed("runner_failed", f"The agent's runner could not be started: {why}{where}.", spec, details)
    if number in (errno.ENOENT, errno.ENOTDIR) and not (os.sep in name and (spec.cwd / name).exists()):
        raise _failed("agent_not_found", f"There is no program {name!r}.", spec, details)
    if number == errno.E2BIG:
        raise _failed("too_large", _too_large(spec), spec, details)
    raise _failed("agent_not_startable", f"The program {name!r} cannot be started: {why}.", spec, details)


def _too_large(spec: AgentSpec) -> str:
    """What the system would not take, with the largest piece of it."""
    pieces = {f"the variable {name}": len(os.fsencode(value)) for name, value in spec.environment.items()}
    pieces |= {f"argument {number}": len(os.fsencode(value)) for number, value in enumerate(spec.argv)}
    largest = max(pieces, key=lambda name: pieces[name])
    return (
        f"The program {spec.argv[0]!r} cannot be started: its arguments and environment variables are larger than the "
        f"system allows. The largest is {largest} with {pieces[largest]:,} bytes."
    )


def _failed(reason: str, message: str, spec: AgentSpec, details: Mapping[str, object] | None = None) -> AgentFailed:
    actions = {
        "agent_not_found": "Install the agent, or correct its command in the settings.",
        "agent_not_startable": "Check that the command is an executable for this machine.",
        "too_large": "Nothing was started; unset or shorten it in the window or terminal that Segue is used from.",
        "worktree_missing": "Nothing was started; restore the session's worktree first.",
        "runner_failed": "Nothing was started; try again once this is corrected.",
    }
    known = {"program": spec.argv[0] if spec.argv else "", **(details or {})}
    return AgentFailed(reason, message, action=actions[reason], details=known)


def read_status(directory: Path) -> Status | None:
    """What a runner last wrote about itself; None when it never came that far."""
    try:
        return status_from(json.loads((directory / "status.json").read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def status_from(said: Mapping[str, Any]) -> Status:
    """Raises KeyError, TypeError or ValueError for what no runner would say."""
    is_this_boot = said["boot"] == processes.boot()
    return Status(
        runner=(int(said["runner"][0]), int(said["runner"][1]) * is_this_boot),
        agent=(int(said["agent"][0]), int(said["agent"][1]) * is_this_boot),
        mark=str(said["mark"]),
        exit=None if said["exit"] is None else AgentExit(**said["exit"]),
        problem=str(said["problem"]),
        leftovers=tuple(Leftover(**leftover) for leftover in said["leftovers"]),
        socket=str(said.get("socket", "")),
    )


def socket_of(directory: Path, usual: Path) -> Path:
    """Where the runner of a directory listens: an earlier daemon may have had another directory for sockets."""
    status = read_status(directory)
    return Path(status.socket) if status is not None and status.socket else usual


def is_running(directory: Path) -> bool:
    """Whether the runner of this directory lives, by its pid and start time."""
    status = read_status(directory)
    return status is not None and processes.identity(status.runner[0]) == status.runner


def spooled(directory: Path, offset: int) -> Iterator[Chunk]:
    """The agent's output from `offset` on as far as it is on disk, once the runner is gone; raises AgentFailed
    (`output_gone`) when that was dropped already."""
    try:
        for start, data in read_spool(str(directory / "spool"), offset, _PIECE):
            yield Chunk(start, data)
    except OSError as failed:
        raise AgentFailed(
            "output_gone",
            f"The agent's output from byte {offset} on is not on disk: {failed.strerror}.",
            action="What was shown before is kept; the rest of this turn is lost.",
        ) from failed


def line_record(directory: Path) -> LineRecord:
    """What became of the lines for the agent; final once the runner is gone."""
    try:
        marks = read_marks(str(directory / "lines"))
    except FileNotFoundError:
        marks = {}
    return LineRecord(
        written=frozenset(number for number, mark in marks.items() if mark == "-"),
        undelivered=frozenset(number for number, mark in marks.items() if mark == "!"),
        unknown=tuple(sorted(number for number, mark in marks.items() if mark == "+")),
    )


def stderr_tail(directory: Path, limit: int) -> str:
    """The last `limit` bytes of the agent's stderr, what is no UTF-8 replaced."""
    text = b""
    for name in ("stderr.old", "stderr"):
        with suppress(FileNotFoundError):
            text += (directory / name).read_bytes()
    return text[max(len(text) - limit, 0) :].decode(errors="replace")


def wait_runner_gone(directory: Path, timeout_s: float) -> bool:
    """Block until the runner has ended; False when it still runs after `timeout_s`."""
    status = read_status(directory)
    return status is None or processes.wait_gone(status.runner, timeout_s)


def end(directory: Path) -> Leftovers:
    """End a runner that does not answer, and every process that it or a dead one left behind, by the mark in its
    environment; what remains is returned."""
    status = read_status(directory)
    if status is None:
        return ()
    processes.kill(status.runner)
    processes.wait_gone(status.runner, _END_TIMEOUT_S)
    left = processes.end_carrying(status.mark.encode(), _END_TIMEOUT_S)
    return tuple(Leftover(pid, started, processes.command_name(pid)) for pid, started in left)
