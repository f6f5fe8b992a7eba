"""Raw access to a daemon: processes, sockets and messages, with nothing in between that could hide a fault."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any, Self

from segue import connect
from segue.places import Places
from segue.protocol.wire import PROTOCOL_VERSION
from support.patience import scaled

LIMIT_S = 60.0
"""Until a test gives something up; nothing takes that long."""
STAND_IN = [sys.executable, "-P", str(Path(__file__).with_name("standin.py"))]


class Ended(Exception):
    """The other side hung up."""


class Wire:
    """One connection, spoken by hand."""

    def __init__(self, endpoint: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(scaled(LIMIT_S))
        self.socket.connect(endpoint)
        self.received = bytearray()
        self.number = 0
        self.notifications: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send(self, **message: Any) -> None:
        self.write(framed(message))

    def receive(self) -> dict[str, Any]:
        """The next message; raises Ended."""
        while (end := self.received.find(b"\r\n\r\n")) < 0:
            self._read()
        size = end + 4 + int(self.received[:end].partition(b":")[2])
        while len(self.received) < size:
            self._read()
        body = bytes(self.received[end + 4 : size])
        del self.received[:size]
        message: dict[str, Any] = json.loads(body)
        return message

    def ask(self, method: str, params: object = None) -> dict[str, Any]:
        """Send a request; returns its whole response, and keeps notifications that come before."""
        self.number += 1
        self.send(id=self.number, method=method, params=params)
        return self.answer(self.number)

    def answer(self, number: int | str | None) -> dict[str, Any]:
        """The response to a request that was sent already."""
        while True:
            message = self.receive()
            if "method" not in message and message.get("id") == number:
                return message
            self.notifications.append(message)

    def begin(self, **info: Any) -> dict[str, Any]:
        """Initialize as a client that knows Segue; returns the response."""
        known = {"client": "test", "version": "1", "protocol": PROTOCOL_VERSION, "showsPermissions": True, **info}
        return self.ask("initialize", {"capabilities": {}, "initializationOptions": {"segue": known}})

    def is_ended(self) -> bool:
        """Read to the end; False when the other side keeps the connection open for long."""
        try:
            while True:
                self._read()
        except Ended:
            return True
        except TimeoutError:
            return False

    def _read(self) -> None:
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Ended
        self.received += data


class Home:
    """Directories of one installation, and the processes started with them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.places = Places(root / "d", root / "r")
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(root),
            "SEGUE_DATA_DIR": str(root / "d"),
            "SEGUE_RUNTIME_DIR": str(root / "r"),
            "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        }
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *argv: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a process with pipes."""
        process = subprocess.Popen(
            argv,
            env={**self.environment, **environment},
            cwd=self.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def stand_in(self, **environment: str) -> subprocess.Popen[bytes]:
        """A stand-in daemon that is this process's child; returns when it listens."""
        self.places.prepare()
        ready, word = os.pipe()
        os.set_inheritable(word, True)
        argv = [*STAND_IN, "--ready-fd", str(word)]
        process = subprocess.Popen(
            argv, env={**self.environment, **environment}, pass_fds=[word], stdin=subprocess.DEVNULL
        )
        self.started.append(process)
        os.close(word)
        with os.fdopen(ready, "rb") as pipe:
            assert pipe.read() == b"ready"
        return process

    def bridge(self, *argv: str, **environment: str) -> subprocess.Popen[bytes]:
        """A bridge that starts the stand-in where no daemon runs, or the one that `argv` is."""
        return self.start(*(argv or (*STAND_IN, "bridge")), **environment)

    def entry(self) -> connect.Entry:
        entry = connect.read_entry(self.places)
        assert entry is not None
        return entry

    def wire(self) -> Wire:
        """A connection that has shown the token."""
        entry = self.entry()
        wire = Wire(entry.endpoint)
        wire.write(f"SEGUE/1 {entry.token}\n".encode())
        return wire

    def client(self, **info: Any) -> Wire:
        """A connection that is initialized."""
        wire = self.wire()
        assert "result" in wire.begin(**info)
        return wire

    def daemons(self) -> list[int]:
        """Pids of this installation's daemons."""
        return [pid for pid in _pids() if _is_daemon_of(pid, self.root)]

    def end(self) -> None:
        """End everything that was started here; raises AssertionError where a daemon outlives SIGTERM."""
        for process in self.started:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with suppress(BrokenPipeError):  # what was left to be written
                        pipe.close()
        left = [pid for pid in self.daemons() if not ended(pid, SIGTERM)]
        assert all(ended(pid, SIGKILL) for pid in left)
        assert not left


@contextmanager
def home() -> Iterator[Home]:
    """An installation in a short path, gone at the end with all its processes."""
    root = Path(tempfile.mkdtemp(prefix="sg-"))
    made = Home(root)
    try:
        yield made
    finally:
        try:
            made.end()
        finally:
            shutil.rmtree(root, ignore_errors=True)


def ended(pid: int, number: int = 0) -> bool:
    """Signal a process (0: do not) and wait for its end; False when it goes on."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        if number:
            os.kill(pid, number)
        return bool(select.select([handle], [], [], scaled(LIMIT_S))[0])
    finally:
        os.close(handle)


def framed(message: dict[str, Any]) -> bytes:
    """A message as bytes."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def read_message(pipe: Any) -> dict[str, Any]:
    """One message from a pipe; raises Ended."""
    size = 0
    while (line := pipe.readline()) != b"\r\n":
        if not line:
            raise Ended
        if line.startswith(b"Content-Length"):
            size = int(line.partition(b":")[2])
    message: dict[str, Any] = json.loads(pipe.read(size))
    return message


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _is_daemon_of(pid: int, root: Path) -> bool:
    with suppress(OSError):
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        is_daemon = b"segue/daemon.py" in line or (b"standin.py" in line and b"\0bridge\0" not in line)
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        return is_daemon and state != b"Z" and f"SEGUE_DATA_DIR={root}/d".encode() in environment.split(b"\0")
    return False
