"""The command agent: an ACP agent whose prompt is a shell command or a script. Knows ACP v1 and processes.

    python -I -m segue.agents.builtin.command

A prompt that begins with `#!` is run as a script, any other by `/bin/sh -c`, in the session's directory, with nothing
on stdin. `segue-ask "Question?"` within it asks the person and succeeds where they allow it. Standard library only.
"""

from __future__ import annotations

import errno
import os
import selectors
import shlex
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from segue.agents.builtin import ask
from segue.agents.builtin.shell import KEPT, TAIL, Command, command_line, described
from segue.agents.builtin.stdio import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    RESOURCE_NOT_FOUND,
    Message,
    Refused,
    Stdio,
    initialized,
    prompt_text,
    working_directory,
)

UPDATE_S = 0.1
"""The shortest time between two updates about one command's output."""
PREFIX = "segue-command-"
QUESTION_LIMIT = 16 * 1024
SOCKET_DIRECTORY_LIMIT = 58
"""Bytes; with its own directory and name a socket's whole path must stay under 104."""
OPTIONS = [
    {"optionId": "allow", "name": "Allow", "kind": "allow_once"},
    {"optionId": "reject", "name": "Reject", "kind": "reject_once"},
]


class Question:
    """One `segue-ask`, from its connection to its answer."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.text = b""

    def answer(self, outcome: str) -> None:
        with suppress(OSError):
            self.connection.sendall(outcome.encode())
        self.connection.close()


@dataclass(eq=False)
class Run:
    """One prompt: its command, and the questions it asks."""

    number: int
    session_id: str
    request_id: object
    title: str
    listener: socket.socket
    """Where the command asks its questions."""
    command: Command
    is_cancelled: bool = False
    questions: set[Question] = field(default_factory=set)
    shown_at: float = 0.0
    is_shown: bool = True

    @property
    def tool_call_id(self) -> str:
        return f"run-{self.number}"

    def timeout_s(self) -> float | None:
        """How long nothing has to be done for it by itself."""
        now = time.monotonic()
        due = [] if self.is_shown else [self.shown_at + UPDATE_S]
        if self.command.kill_at is not None:
            due.append(self.command.kill_at)
        return max(0.0, min(due) - now) if due else None


class CommandAgent:
    def __init__(self) -> None:
        self.stdio = Stdio()
        self.directory = private_directory()
        self.directories: dict[str, str] = {}
        """The working directory of each session."""
        self.runs: dict[str, Run] = {}
        """The running prompt of each session."""
        self.selector = selectors.DefaultSelector()
        self.is_done = False
        self._runs = self._questions = 0

    def serve(self) -> None:
        """Serve until stdin ends or SIGTERM arrives."""
        waker, wakeup = os.pipe()
        for descriptor in (waker, wakeup):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._stop)
        self._watch(0, self._take_messages)
        self._watch(waker, lambda: os.read(waker, 4096))
        try:
            while not self.is_done:
                timeouts = [wait for run in self.runs.values() if (wait := run.timeout_s()) is not None]
                for key, _ in self.selector.select(min(timeouts, default=None)):
                    key.data()
                for run in list(self.runs.values()):
                    self._follow(run)
        except BrokenPipeError:
            pass
        finally:
            for run in self.runs.values():
                run.command.close()

    def _stop(self, *_: object) -> None:
        self.is_done = True

    def _watch(self, file: int | socket.socket, act: Callable[[], object]) -> None:
        self.selector.register(file, selectors.EVENT_READ, act)

    # The client

    def _take_messages(self) -> None:
        messages = self.stdio.receive()
        if messages is None:
            self.is_done = True
            return
        for message in messages:
            if "method" not in message:
                self.stdio.take_response(message)
            elif "id" not in message:
                self._take_notification(message)
            else:
                self._take_request(message)

    def _take_notification(self, message: Message) -> None:
        run = self.runs.get(str(_params(message).get("sessionId")))
        if message["method"] == "session/cancel" and run is not None:
            run.is_cancelled = True
            run.command.terminate()
            self._close_questions(run)

    def _take_request(self, message: Message) -> None:
        try:
            result = self._answer(message)
        except Refused as refused:
            self.stdio.refuse(message["id"], refused)
        else:
            if result is not None:
                self.stdio.respond(message["id"], result)

    def _answer(self, message: Message) -> Message | None:
        """The result of a request; None where it comes later. Raises Refused."""
        params = _params(message)
        match message["method"]:
            case "initialize":
                return initialized("segue-command", "1")
            case "session/new":
                session_id = f"command-{os.getpid()}-{len(self.directories) + 1}"
                self.directories[session_id] = working_directory(params)
                return {"sessionId": session_id}
            case "session/load":
                self.directories[str(params.get("sessionId"))] = working_directory(params)
                return {}
            case "session/prompt":
                self._start(str(params.get("sessionId")), message["id"], prompt_text(params))
                return None
            case method:
                raise Refused(METHOD_NOT_FOUND, f"Method not found: {str(method)[:100]}")

    # Commands

    def _start(self, session_id: str, request_id: object, text: str) -> None:
        cwd = self.directories.get(session_id)
        if cwd is None:
            raise Refused(RESOURCE_NOT_FOUND, "There is no such session.")
        if session_id in self.runs:
            raise Refused(INVALID_PARAMS, "A command still runs in this session.")
        self._runs += 1
        if not self.directory.exists():  # it went with the folder for temporary files, or with what cleans that up
            self.directory = private_directory()
        address = self.directory / f"ask-{self._runs}.sock"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(address))
            listener.listen()
            path = f"{self.directory / 'bin'}:{os.environ.get('PATH', os.defpath)}"
            environment = {**_environment(), "PATH": path, "SEGUE_ASK": str(address)}
            command = Command(command_line(text, self.directory / f"script-{self._runs}"), cwd, environment)
        except (OSError, ValueError) as failed:
            listener.close()
            raise Refused(INTERNAL_ERROR, f"The command could not be started: {_why(failed, text)}") from failed
        run = self.runs[session_id] = Run(self._runs, session_id, request_id, title_of(text), listener, command)
        self._watch(run.listener, lambda: self._hear(run))
        self._watch(run.command.output, lambda: self._read(run))
        fields = {"title": run.title, "kind": "execute", "status": "in_progress"}
        self._report(run, "tool_call", {**fields, "rawInput": {"command": text, "cwd": cwd}})

    def _report(self, run: Run, kind: str, fields: Message) -> None:
        self.stdio.update(run.session_id, {"sessionUpdate": kind, "toolCallId": run.tool_call_id, **fields})

    def _read(self, run: Run) -> None:
        if run.command.read():
            run.is_shown = False
        if not run.command.is_output_open:
            self.selector.unregister(run.command.output)

    def _follow(self, run: Run) -> None:
        """Do what is due for a command: show output, notice its end."""
        if run.command.has_ended():
            self._end(run)
        elif not run.is_shown and time.monotonic() >= run.shown_at + UPDATE_S:
            self._report(run, "tool_call_update", {"content": _content(run)})
            run.shown_at, run.is_shown = time.monotonic(), True

    def _end(self, run: Run) -> None:
        if run.command.is_output_open:
            self.selector.unregister(run.command.output)
        self.selector.unregister(run.listener)
        run.listener.close()
        duration_s = run.command.duration_s
        returncode = run.command.close()
        self._close_questions(run)
        for name in (f"ask-{run.number}.sock", f"script-{run.number}"):
            (self.directory / name).unlink(missing_ok=True)
        del self.runs[run.session_id]
        status = "failed" if returncode or run.is_cancelled else "completed"
        self._report(run, "tool_call_update", {"status": status, "content": _content(run, KEPT)})
        if run.is_cancelled:
            self.stdio.respond(run.request_id, {"stopReason": "cancelled"})
            return
        self.stdio.say(run.session_id, f"{_quoted(run.title)} {described(returncode)} after {duration_s:.1f} s.")
        if returncode == 0:
            self.stdio.respond(run.request_id, {"stopReason": "end_turn"})
        else:
            sentence = f"The command {described(returncode)}. {run.command.tail.last_line()[:500]}".rstrip()
            self.stdio.refuse(run.request_id, Refused(INTERNAL_ERROR, sentence))

    # Questions

    def _hear(self, run: Run) -> None:
        with suppress(OSError):
            connection, _ = run.listener.accept()
            question = Question(connection)
            run.questions.add(question)
            self._watch(connection, lambda: self._take_question(run, question))

    def _take_question(self, run: Run, question: Question) -> None:
        try:
            data = question.connection.recv(QUESTION_LIMIT)
        except OSError:
            data = b""
        question.text += data
        if data and len(question.text) <= QUESTION_LIMIT:
            return
        self.selector.unregister(question.connection)
        self._questions += 1
        params = {
            "sessionId": run.session_id,
            "toolCall": {
                "toolCallId": f"ask-{self._questions}",
                "title": question.text.decode(errors="replace"),
                "kind": "other",
                "status": "pending",
            },
            "options": OPTIONS,
        }
        self.stdio.request("session/request_permission", params, lambda answer: self._answered(run, question, answer))

    def _answered(self, run: Run, question: Question, answer: Message) -> None:
        if question in run.questions:
            run.questions.remove(question)
            result = answer.get("result")
            outcome = result.get("outcome") if isinstance(result, dict) else None
            is_allowed = isinstance(outcome, dict) and outcome.get("optionId") == "allow"
            question.answer("allow" if is_allowed else "reject")

    def _close_questions(self, run: Run) -> None:
        for question in run.questions:
            with suppress(KeyError):
                self.selector.unregister(question.connection)
            question.answer("cancelled")
        run.questions.clear()


def write_ask_program(directory: Path) -> None:
    """Put `segue-ask` into `directory`/bin."""
    program = directory / "bin" / "segue-ask"
    program.parent.mkdir()
    interpreter, script = shlex.quote(sys.executable), shlex.quote(os.path.realpath(ask.__file__))
    program.write_text(f'#!/bin/sh\nexec {interpreter} -I -S {script} "$@"\n')
    program.chmod(0o700)


def title_of(text: str) -> str:
    """The first line of a command or script that says what it does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = next((line for line in lines if not line.startswith("#!")), lines[0])
    return line if len(line) <= 120 else line[:119] + "…"


def _why(failed: OSError | ValueError, text: str) -> str:
    if isinstance(failed, FileNotFoundError) and text.startswith("#!"):
        return f"its interpreter {text.splitlines()[0][2:].strip()!r} was not found."
    if isinstance(failed, OSError) and failed.errno == errno.E2BIG:
        return "the environment variables of the window are larger than the system allows for one command."
    return f"{(isinstance(failed, OSError) and failed.strerror) or failed}."


def _quoted(title: str) -> str:
    return title if "`" in title else f"`{title}`"


def _content(run: Run, limit: int = TAIL) -> list[Message]:
    return [{"type": "content", "content": {"type": "text", "text": run.command.tail.text(limit)}}]


def _params(message: Message) -> Message:
    params = message.get("params")
    return params if isinstance(params, dict) else {}


def _environment() -> dict[str, str]:
    """What commands get: without a folder for temporary files that is gone."""
    kept = dict(os.environ)
    if "TMPDIR" in kept and not Path(kept["TMPDIR"]).is_dir():
        del kept["TMPDIR"]
    return kept


def private_directory() -> Path:
    """A new directory for scripts and sockets; takes away what agents that were killed left of theirs."""
    tempfile.tempdir = None  # what it found earlier may be gone
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > SOCKET_DIRECTORY_LIMIT:
        base = Path("/tmp")
    for left in base.glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            if left.stat().st_uid == os.getuid() and not is_running(int(left.name.split("-")[2])):
                shutil.rmtree(left)
    directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    write_ask_program(directory)
    return directory


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    agent = CommandAgent()
    try:
        agent.serve()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        shutil.rmtree(agent.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
