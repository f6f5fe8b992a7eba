"""SIGKILL at write-type system calls of the daemon, in the middle of product operations.

Its git commands are let be: they outlive it and end by themselves. One that is killed leaves git's own lock file, which
Segue names and, since nothing proves whose it is, never deletes (D26).
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from faults import drill
from faults.oracle import Oracle, users_repository
from segue.cli.client import Client
from segue.domain.errors import SegueError
from support.chance import IS_LONG
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.gitrepo import GitRepo
from support.panel import Panel

POINTS = drill.length(60, 600)
STEPS = 30 if IS_LONG else 8
"""How many operations one point waits for its system call at most."""
CALLS = (
    "write,pwrite64,writev",
    "fsync,fdatasync",
    "unlink,unlinkat,rename,renameat,renameat2,rmdir",
    "mkdir,mkdirat,link,linkat,ftruncate,chmod,fchmod",
    "write,pwrite64,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat",
)
STRACE = shutil.which("strace")


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        drill.define_agent(made.root / "d")
        yield made


@contextmanager
def killer(pid: int, chance: random.Random) -> Iterator[str]:
    """Have a process killed at one of its coming system calls; yields which."""
    calls, number = chance.choice(CALLS), int(2 ** (chance.random() * (6 if IS_LONG else 3)))
    assert STRACE is not None
    argv = [STRACE, "-f", "--detach-on=execve", "-qq", "-o", os.devnull, "-e", f"trace={calls}"]
    argv += ["--inject", f"{calls}:signal=SIGKILL:when={number}", "-p", str(pid)]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as tracer:
        try:
            while tracer.poll() is None and "TracerPid:\t0" in Path(f"/proc/{pid}/status").read_text():
                time.sleep(0.002)  # nothing tells when a tracer has attached
            yield f"{calls.partition(',')[0]}… number {number}"
        finally:
            tracer.kill()  # some kernels leave it waiting for a tracee that is gone


class Session:
    """The oracle's steps, with a daemon that dies now and then."""

    def __init__(self, segue: Installation, user: GitRepo, chance: random.Random) -> None:
        self.segue, self.user, self.chance = segue, user, chance
        self._window = ExitStack()
        self.client: Client = self._window.enter_context(segue.client())
        self.oracle = Oracle(Panel(self.client), user, chance)
        self.hits: Counter[str] = Counter()

    def close(self) -> None:
        self._window.close()

    def point(self) -> None:
        """Operations until the kill, then everything has to be before or after what was under way."""
        with suppress(SegueError):
            self.oracle.step()
        pid = self.client.request("segue/status")["pid"]
        with killer(pid, self.chance) as where:
            act = self.oracle.new
            before, head = self.user.everything_of_the_user(), self.user.rev("main")
            for _ in range(STEPS):
                act = self.chance.choice(self.oracle.products)
                try:
                    act()
                    before, head = self.user.everything_of_the_user(), self.user.rev("main")
                    continue
                except drill.GONE:
                    self.hits[act.__name__] += 1
                except (AssertionError, SegueError) as failed:
                    if "daemon ended" not in str(failed) and not _is_dying(pid):
                        self._tolerate(act, before, head, where)
                        before, head = self.user.everything_of_the_user(), self.user.rev("main")
                        continue
                    self.hits[act.__name__] += 1
                break
        self._window.close()
        self.client = self._window.enter_context(self.segue.client())
        self.oracle.panel = Panel(self.client)
        self._is_before_or_after(before, head, f"{act.__name__} ({where})")

    def _tolerate(self, act: Callable[[], None], before: dict[str, object], head: str, where: str) -> None:
        """The daemon lives: the step was refused, or one of its git commands was killed."""
        self._is_before_or_after(before, head, f"{act.__name__} refused ({where})")

    def _is_before_or_after(self, before: dict[str, object], head: str, where: str) -> None:
        now = self.user.rev("main")
        try:
            if now == head:
                assert _comparable(self.user.everything_of_the_user()) == _comparable(before)
            else:
                self.oracle.moved(before, head, now)
            self._settle(where)
            # Only now: a turn that goes on behind the restart holds locks of its own.
            locks = list((self.user.path / ".git").rglob("*.lock"))
            assert not locks
        except AssertionError as failed:
            raise AssertionError(f"killed in {where}: {failed}") from failed

    def _settle(self, where: str) -> None:
        """Every session is at rest and can be worked with."""
        panel = self.oracle.panel
        self.oracle.sessions = list(panel.sessions)
        for session_id in self.oracle.sessions:
            if where.startswith("stop"):
                panel.call("session/stop", session_id)  # the kill came before the agent was told to stop
            row = panel.wait(session_id, lambda row: row["state"] not in {"running", "creating"} and not row["queue"])
            assert row["state"] == "idle", (where, row)


def _comparable(everything: dict[str, object]) -> dict[str, object]:
    """Without the index's bytes, whose stat cache anybody refreshes; its entries are in the status."""
    return {name: value for name, value in everything.items() if name != "index"}


def _is_dying(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return True


def test_a_kill_at_any_write_leaves_everything_before_or_after(
    segue: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D30, S8, S9, S10, issue 4.6: merge, undo, archive, restore, new and prompt, cut off at their system calls."""
    if STRACE is None:
        print("system calls: strace is not installed, nothing was killed")
        return
    chance = drill.chance("system calls")
    monkeypatch.setenv("HOME", str(segue.home))
    session = Session(segue, users_repository(tmp_path / "project"), chance)
    for _ in range(POINTS):
        session.point()
    session.close()
    print(f"system calls: {POINTS} points, killed in {dict(session.hits)}")
