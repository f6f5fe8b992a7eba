"""Forks daemons from one process that has everything imported: the imports cost more than all that most daemons do.

Each is a process of its own with its own environment, and goes the whole way of `segue.daemon.main`; only the start of
an interpreter is left out. Tests of that start, and of what a daemon is given by whoever starts it, use no nursery.

Run as a program it forks a daemon for each line of JSON on its standard input: the daemon's environment. The answer
is the daemon's word to its starter.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from segue import daemon
from segue.connect import own_environment

if TYPE_CHECKING:
    from pydantic import BaseModel

PROGRAM = "daemon_nursery.py"
"""By which its daemons are known among all processes."""


class DaemonNursery:
    """The program from outside."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, "-I", __file__], stdin=pipe, stdout=pipe, text=True)
        atexit.register(self.close)

    def start(self, environment: Mapping[str, str]) -> None:
        """Start a daemon, unless one runs in its data directory already, and wait until it listens.

        Where it cannot start, the client's own attempt tells why.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(own_environment(environment)) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline(), "the nursery of daemons ended"

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def fork_daemon(environment: Mapping[str, str]) -> None:
    """As `DaemonNursery.start`, with the one nursery of this process."""
    _nursery().start(environment)


@cache
def _nursery() -> DaemonNursery:
    return DaemonNursery()


def _serve() -> None:
    _import_everything()
    for line in sys.stdin:
        report, word = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(report)
            _be_daemon(json.loads(line), word)
        os.close(word)
        os.waitpid(child, 0)  # it forked and went at once
        with os.fdopen(report) as said:
            print(json.dumps(said.read()), flush=True)


def _import_everything() -> None:
    from segue.daemon_server import load, load_language_server
    from segue.protocol.wire import Wire

    load()
    load_language_server()
    _build(Wire)
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    import git.cmd  # noqa: F401


def _build(model: type[BaseModel]) -> None:
    """What pydantic makes of a model at its first use, and of all that are derived from it."""
    model.model_rebuild()
    for each in model.__subclasses__():
        _build(each)


def _be_daemon(environment: dict[str, str], word: int) -> None:
    """In the child: with the environment and the streams that `segue.connect` gives one; never returns."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        tempfile.tempdir = None
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        os.close(nothing)
        status = daemon.main(["--detach", "--ready-fd", str(word)])
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve()
