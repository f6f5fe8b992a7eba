"""Processes by pid and start time, and whatever only Linux can do with them. Knows the kernel's words; knows nothing of
agents or sessions. Standard library only: the runner imports it.

Elsewhere start times are 0, nothing is adopted, descendants cannot be listed, and process groups have to do.
"""

# pathlib would cost each runner 1 MB
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import struct
import sys
import time
from contextlib import suppress

Identity = tuple[int, int]
"""A pid and its start time in clock ticks since boot; 0 when it is gone or the system does not tell."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


def adopt_orphans() -> None:
    """Become the parent of whatever this process's descendants leave behind when they die."""
    if _prctl:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent(parent: int) -> None:
    """Called in a new child: let the kernel kill it when its parent dies, even by SIGKILL."""
    if _prctl:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(127)


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/<pid>/stat from the state on; empty when it is gone or there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def identity(pid: int) -> Identity:
    """What tells this process from a later one with the same pid; a zombie counts as gone."""
    fields = _stat(pid)
    return pid, int(fields[19]) if fields and fields[0] not in b"ZX" else 0


def boot() -> str:
    """What tells this run of the system from others, in which pids and start times begin anew."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def command_name(pid: int) -> str:
    """The kernel's name of a process, to be shown only; 15 bytes at most, chosen by the process itself."""
    try:
        with open(f"/proc/{pid}/comm", "rb") as file:
            return file.read().decode(errors="replace").rstrip("\n")
    except OSError:
        return ""


def descendants() -> list[Identity]:
    """This process's living children, their children and so on; one that is just moving may be missed."""
    found: list[int] = []
    parents = [os.getpid()]
    while parents:
        threads = f"/proc/{parents.pop()}/task"
        with suppress(OSError):
            for thread in os.listdir(threads):
                with open(f"{threads}/{thread}/children", "rb") as file:
                    children = [int(pid) for pid in file.read().split()]
                parents += children
                found += children
    return [process for process in map(identity, found) if process[1]]


def carrying(entry: bytes) -> list[Identity]:
    """The living processes of this user whose environment at their start had `entry` (`NAME=value`)."""
    found: list[Identity] = []
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if not name.isdecimal():
                continue
            process = identity(int(name))
            with suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
                if entry in file.read().split(b"\0") and process[1]:
                    found.append(process)
    return found


def kill(process: Identity, number: int = signal.SIGKILL) -> None:
    """Signal a process, unless it is gone or its pid has passed to another one."""
    with suppress(OSError, AttributeError):
        handle = os.pidfd_open(process[0])
        try:
            if identity(process[0]) == process:
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def wait_gone(process: Identity, timeout_s: float) -> bool:
    """Block until a process has ended; False when it still runs after `timeout_s` seconds."""
    try:
        handle = os.pidfd_open(process[0])
    except (OSError, AttributeError):
        return True
    try:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        return identity(process[0]) != process or bool(poller.poll(timeout_s * 1000))
    finally:
        os.close(handle)


def end_carrying(entry: bytes, timeout_s: float) -> list[Identity]:
    """Kill every process with `entry` in its environment; those that are left after `timeout_s` are returned."""
    until = time.monotonic() + timeout_s
    while (left := carrying(entry)) and time.monotonic() < until:
        for process in left:
            kill(process)
        for process in left:
            wait_gone(process, max(until - time.monotonic(), 0))
    return left


def is_own_peer(peer: socket.socket) -> bool:
    """Whether the other side of a unix socket is the same user's, and no descendant of this process."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    pid, user, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    while pid > 1 and pid != os.getpid():
        fields = _stat(pid)
        pid = int(fields[1]) if fields else 0
    return bool(user == os.getuid() and pid != os.getpid())
