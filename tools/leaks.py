"""Finds what a test run left behind: processes, sockets, worktrees and refs. Knows /proc and git; nothing of tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from patience import Patience
from places import ROOT

Found = TypeVar("Found")

GRACE_S = 20.0
"""How long what was told to end may take to be gone."""


def _living() -> Iterator[tuple[int, Path, str]]:
    """Pid, /proc entry and command line of every other process. A zombie has no command line: its parent ends it."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                if command:
                    yield int(entry.name), entry, command


def processes(mark: str, folder: Path) -> dict[int, str]:
    """Command lines by pid of the processes that carry the mark in their environment, or run in or on the folder.

    Agents get an environment through an allow-list and may lack the mark, but not the folder.
    """
    found = {}
    for pid, entry, command in _living():
        with contextlib.suppress(OSError):
            carries = mark.encode() in (entry / "environ").read_bytes().split(b"\0")
            if carries or f"{folder}/" in f"{(entry / 'cwd').readlink()}/ {command}":
                found[pid] = command[:200]
    return found


def runners(part: str) -> dict[int, str]:
    """Command lines by pid of Segue's runners with this text in theirs."""
    return {pid: command for pid, _, command in _living() if "runner.py " in command and part in command}


def end(pids: Iterable[int], how: signal.Signals = signal.SIGKILL) -> None:
    """End what `processes` found, so that the machine is clean whatever the verdict."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)


def sockets(folder: Path) -> list[str]:
    """Paths of the unix sockets that something still holds below the folder."""
    try:
        lines = Path("/proc/net/unix").read_text().splitlines()
    except OSError:
        return []
    paths = [line.split(maxsplit=7)[7] for line in lines[1:] if len(line.split(maxsplit=7)) == 8]
    return sorted({path for path in paths if f"{folder}/" in path})


def traces_in_checkout() -> str:
    """Worktrees and `refs/segue/` of this checkout itself, which no test may touch."""
    told = [
        subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False).stdout
        for command in (["worktree", "list", "--porcelain"], ["for-each-ref", "refs/segue", "refs/heads/segue"])
    ]
    # HEAD lines move when someone commits meanwhile.
    return "\n".join(line for text in told for line in text.splitlines() if not line.startswith(("HEAD ", "branch ")))


def settle(look: Callable[[], Found]) -> Found:
    """Look again until nothing is found or the grace is over; the last find."""
    patience = Patience(GRACE_S)
    while (found := look()) and not patience.is_over():
        time.sleep(0.05)
    return found
