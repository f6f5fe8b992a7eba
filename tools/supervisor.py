"""Runs one command and counts the CPU time of everything that descends from it, detached daemons too.

`python supervisor.py REPORT COMMAND…` writes `{"code": 0, "cpu_s": 1.5}` into REPORT when the command has ended.
On Linux it adopts what its descendants leave running, so that nothing escapes the count; on SIGTERM it kills them all.
SIGUSR1 interrupts the command as Ctrl-C would, and then kills what it leaves running; SIGUSR2 is passed on to it.
Standard library only.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def main() -> int:
    report, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    process = subprocess.Popen(command)
    is_ending = False

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal is_ending
        is_ending = True
        process.send_signal(signal.SIGINT)

    def end(_number: int, _frame: object) -> None:
        nonlocal is_ending
        is_ending = True
        _kill_all()

    def pass_on(number: int, _frame: object) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGUSR1, interrupt)
    signal.signal(signal.SIGUSR2, pass_on)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = _reap_until(process.pid)
    while is_ending and _kill_all():  # what was orphaned meanwhile has become a child of this process
        with suppress(ChildProcessError):
            os.wait()
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    code = os.waitstatus_to_exitcode(status)
    Path(report).write_text(json.dumps({"code": code, "cpu_s": _cpu_s()}))
    return code if code >= 0 else 128 - code


def _reap_until(wanted: int) -> int:
    """Wait for that child's end, and for those that were adopted and end before it."""
    while True:
        pid, status = os.wait()
        if pid == wanted:
            return status


def _cpu_s() -> float:
    """User and system time of all that was waited for, and of what still runs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = 0
    for pid in _descendants():
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            running += sum(int(field) for field in fields[11:15])
    return used.ru_utime + used.ru_stime + running / _TICKS_PER_S


def _kill_all() -> bool:
    """Whether there was anybody left to kill."""
    found = _descendants()
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(found)


def _descendants() -> list[int]:
    found: list[int] = []
    parents = [os.getpid()]
    while parents:
        for children in Path(f"/proc/{parents.pop()}/task").glob("*/children"):
            with suppress(OSError):
                pids = [int(pid) for pid in children.read_text().split()]
                parents += pids
                found += pids
    return found


if __name__ == "__main__":
    sys.exit(main())
