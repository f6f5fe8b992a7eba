"""An isolated Segue for one test module: its own home, data, sockets and daemon, ended and looked for at the end.

    with installation() as segue:
        segue.run("list", "--json").json
        with segue.client() as client: client.request("segue/status")

The daemon starts with the first command that needs it, or is forked for the first client (`fork_daemon`). At the end
nothing may be left: a process that still belongs to this installation is ended and fails the test.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue import connect
from segue.cli.client import Client, ConnectionEnded
from segue.places import Places
from support.daemon_nursery import PROGRAM
from support.patience import scaled

SEGUE = Path(sys.executable).with_name("segue")
LOG_SHOWN = 8 * 1024
"""Characters of a log that go with a failure."""
ENDING_S = 30.0
"""How long processes may take to end after the daemon was told to stop."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error object that `--json` puts on the error stream."""
        return json.loads(self.err)


@dataclass(frozen=True, slots=True)
class Installation:
    """One Segue with everything of its own below `root`."""

    root: Path
    environment: Mapping[str, str] = field(repr=False)
    start_daemon: Callable[[Mapping[str, str]], None] | None = field(default=None, repr=False)
    """How one is started for a client; None: as Segue does."""

    @property
    def home(self) -> Path:
        return self.root / "h"

    @property
    def places(self) -> Places:
        return Places(self.root / "d", self.root / "r")

    def run(self, *arguments: str | Path, cwd: Path | None = None, **options: Any) -> Result:
        """Run `segue` to its end. Options are subprocess.run's, such as `input` (text)."""
        options = {"timeout": scaled(), "encoding": "utf-8", "errors": "surrogateescape", "input": "", **options}
        argv = [SEGUE, *map(str, arguments)]
        done = subprocess.run(
            argv, check=False, env=self.environment, cwd=cwd or self.home, capture_output=True, **options
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str | Path, cwd: Path | None = None, **options: Any) -> subprocess.Popen[str]:
        """Start `segue` with pipes; whoever calls waits for it."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        argv = [str(SEGUE), *map(str, arguments)]
        return subprocess.Popen(argv, env=self.environment, cwd=cwd or self.home, encoding="utf-8", **options)

    def client(self, **options: Any) -> Client:
        """A connection to the daemon, which is started where none runs; see `Client.over` for the options."""
        options = {"environment": self.environment, **options}
        if self.start_daemon is not None:
            running = connect.attach(self.places)
            if running is not None:
                with suppress(ConnectionEnded):  # it was killed just now
                    return Client.over(running, **options)
            self.start_daemon(self.environment)
        # Segue starts one from this process, and it takes its directories from the environment.
        with _environment(self.environment):
            return Client.connected(self.places, **options)

    def logged(self) -> str:
        """The end of the daemon's log; empty where there is none."""
        with suppress(OSError):
            return self.places.log.read_text("utf-8", "replace")[-LOG_SHOWN:]
        return ""

    def processes(self) -> dict[int, str]:
        """Pid and command line of every process that belongs to this installation."""
        return {pid: line for pid in _pids() if (line := _belongs(pid, str(self.root)))}

    def stop(self) -> None:
        """End the daemon; raises AssertionError where a process (ended then), a socket or a temporary file is left."""
        self.run("daemon", "stop")
        left = _await_end(self.processes(), scaled(ENDING_S))
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _await_end(left, scaled(ENDING_S))
        files = [str(path) for name in ("t", "r") for path in (self.root / name).rglob("*")]
        assert not left and not files, f"left behind: {left} {files}"


def kill(client: Client) -> None:
    """End the daemon that a client is connected to, without a word, and wait until the client knows."""
    os.kill(client.request("segue/status")["pid"], signal.SIGKILL)
    list(client.notifications("none"))


@contextmanager
def installation(start_daemon: Callable[[Mapping[str, str]], None] | None = None) -> Iterator[Installation]:
    """A fresh installation in a short temporary path, gone at the end with everything that it started."""
    root = Path(tempfile.mkdtemp(prefix="sg-"))  # short: unix sockets have room for about 100 bytes
    try:
        made = Installation(root, environment(root), start_daemon)
        made.home.mkdir()
        (root / "t").mkdir()
        identity = "[user]\n\tname = Ann Example\n\temail = ann@example.invalid\n[init]\n\tdefaultBranch = main\n"
        (made.home / ".gitconfig").write_text(identity)
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def environment(root: Path) -> dict[str, str]:
    """Variables of a person whose home, data and sockets lie below `root`, and who has nothing else."""
    return {
        "PATH": os.pathsep.join([str(SEGUE.parent), *os.defpath.split(os.pathsep), "/usr/local/bin"]),
        "HOME": str(root / "h"),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "TMPDIR": str(root / "t"),
        "SEGUE_DATA_DIR": str(root / "d"),
        "SEGUE_RUNTIME_DIR": str(root / "r"),
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
    }


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and path.name != str(os.getpid())]


def _belongs(pid: int, root: str) -> str:
    """The command line of a process whose environment, directory or arguments name `root`; empty otherwise.

    A daemon from a nursery shows those of the nursery: it is known by its open files alone.
    """
    folder = Path("/proc", str(pid))
    try:
        line = (folder / "cmdline").read_bytes()
        if not line:  # ended, not yet waited for
            return ""
        is_nursed = PROGRAM.encode() in line
        where = (folder / "fd").iterdir() if is_nursed else [folder / "cwd"]
        links = b"\0".join(os.fsencode(link.readlink()) for link in where)
        mentions = links if is_nursed else line + b"\0" + (folder / "environ").read_bytes() + b"\0" + links
    except OSError:
        return ""
    return line.replace(b"\0", b" ").decode("utf-8", "replace").strip() if root.encode() in mentions else ""


def _await_end(processes: dict[int, str], limit_s: float) -> dict[int, str]:
    """Wait until they have ended, `limit_s` seconds at most; returns those that have not."""
    deadline = time.monotonic() + limit_s
    left = {}
    for pid, line in processes.items():
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([handle], [], [], max(0.0, deadline - time.monotonic()))[0]:
                left[pid] = line
        finally:
            os.close(handle)
    return left
