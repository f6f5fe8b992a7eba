"""Where the daemon is found: its lock, its socket, its entry file. Knows who owns them and what is stale; knows nothing
of what is said through the door.

Standard library only, and no asyncio: the first client is answered before that is imported. No process is signalled.
"""

# ruff: noqa: PTH101, PTH104, PTH108, PTH116, PTH123 - pathlib is late here too, see places.py

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from segue.connect import Entry, attach, is_own_user, lock_file, open_lock, read_entry
from segue.domain.errors import DaemonUnavailable
from segue.lsp.handshake import Opening
from segue.places import Places
from segue.version import VERSION

BACKLOG = 128
OWNER_ENDS_S = 25
"""How long an older daemon that no longer listens may take to end."""
FIRST_CLIENT_S = 0.1
"""How long the one who started the daemon may take to say `initialize`; others wait meanwhile."""


def claim(places: Places) -> int | None:
    """Take the lock that makes this process the one daemon; None where another one has it and listens.

    Waits for one that is ending. The caller holds the start lock. Raises DaemonUnavailable.
    """
    for attempt in range(OWNER_ENDS_S):
        handle = open_lock(places.lock)  # outside of the time limit, which an `open` would report as its own failure
        try:
            _within(1.0 if attempt else 0.01, lambda: fcntl.flock(handle, fcntl.LOCK_EX))  # noqa: B023
            if _is_at(places.lock, handle):
                return handle
            os.close(handle)  # the file was removed while this process waited for it
        except TimeoutError:
            os.close(handle)
            peer = attach(places)
            if peer is not None:
                peer.close()
                return None
    entry = read_entry(places)
    who = f" (process {entry.pid})" if entry else ""
    raise DaemonUnavailable(
        "daemon_hangs",
        f"An older Segue daemon{who} does not listen any more, but does not end either.",
        action="End that process, then try again; agents go on meanwhile.",
    )


class Claim:
    """The held lock of the one daemon, and whether the data directory still holds that lock."""

    def __init__(self, places: Places, handle: int) -> None:
        """`handle` is the descriptor that `claim` returned; it stays open for life."""
        self._places = places
        self._handle = handle
        self._folder = _identity(os.stat(places.data_directory))

    def is_held(self) -> bool:
        """False once the data directory was removed or replaced, or another daemon holds the lock that is there now.

        Where only the lock's file was removed, it is made again.
        """
        mine = _identity(os.fstat(self._handle))
        try:
            if _identity(os.stat(self._places.data_directory)) != self._folder:
                return False
            return _identity(os.stat(self._places.lock)) == mine
        except FileNotFoundError:
            return self._renew()
        except OSError:  # it cannot be looked at: that says nothing about whose it is
            return True

    def _renew(self) -> bool:
        """Lock a new file where the old one was removed; False where the directory is gone or somebody was faster."""
        try:
            if _identity(os.stat(self._places.data_directory)) != self._folder:
                return False
            starting = lock_file(self._places.starting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True  # a daemon is just being started: it finds this one's door, or takes the lock
        except (OSError, DaemonUnavailable):
            return os.path.isdir(self._places.data_directory)  # noqa: PTH112
        try:
            handle = lock_file(self._places.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, DaemonUnavailable):
            return False
        finally:
            os.close(starting)
        os.close(self._handle)
        self._handle = handle
        return True


class Door:
    """The daemon's listening socket and the entry file that leads to it. Its owner holds the lock."""

    def __init__(self, places: Places) -> None:
        """Listen, then say so; whatever an earlier daemon left is replaced. Raises DaemonUnavailable."""
        self.token = os.urandom(32).hex()
        self._places = places
        try:
            self.listener = _listen(places.socket)
            self._socket_inode = os.stat(places.socket).st_ino
            self._write_entry()
        except OSError as failed:
            message = f"The Segue daemon cannot listen: {failed.filename or places.socket}: {failed.strerror}."
            action = "Make room or make it writable, or set SEGUE_DATA_DIR and SEGUE_RUNTIME_DIR."
            raise DaemonUnavailable("cannot_listen", message, action=action) from failed

    def is_standing(self) -> bool:
        """Whether clients can still find it: programs that clean up /tmp take sockets with them."""
        try:
            entry = read_entry(self._places)
            found = os.stat(self._places.socket).st_ino == self._socket_inode
        except (OSError, DaemonUnavailable):
            return False
        return found and entry is not None and entry.token == self.token

    def withdraw(self) -> None:
        """Let nobody new find it; who connected already is still to be accepted."""
        for path in (self._places.entry, self._places.socket):
            with suppress(OSError):
                os.unlink(path)

    def greet_first(self, opening: Opening) -> socket.socket | None:
        """Accept and answer one client with plain system calls, for `FIRST_CLIENT_S` at most.

        What it said is in `handshake`, even where that is not all yet.
        """
        until = time.monotonic() + FIRST_CLIENT_S
        if not _is_readable(self.listener, until):
            return None
        peer, _ = self.listener.accept()
        peer.settimeout(0)
        try:
            while not (opening.is_open or opening.is_over) and is_own_user(peer) and _is_readable(peer, until):
                received = peer.recv(65536)
                if not received:
                    break
                peer.send(opening.feed(received))  # less than a socket's buffer: it goes at once
        except OSError:
            opening.is_over = True
        if opening.is_over:
            peer.close()
            return None
        return peer

    def _write_entry(self) -> None:
        entry = Entry(os.getpid(), _start_time(), VERSION, self.token, self._places.socket)
        new = f"{self._places.entry}.new"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with open(handle, "wb") as file:
            os.fchmod(handle, 0o600)
            file.write(entry.to_bytes())
        os.rename(new, self._places.entry)


def _is_at(path: str, handle: int) -> bool:
    """Whether the open file is the one that stands at `path`."""
    with suppress(OSError):
        return _identity(os.stat(path)) == _identity(os.fstat(handle))
    return False


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _listen(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)
        listener.bind(path)
        os.chmod(path, 0o600)
        listener.listen(BACKLOG)
        listener.settimeout(0)
    except BaseException:
        listener.close()
        raise
    return listener


def _is_readable(waiting: socket.socket, until: float) -> bool:
    return bool(select.select([waiting], [], [], max(until - time.monotonic(), 0))[0])


def _start_time() -> int:
    """Of this process in clock ticks since boot; 0 where the system does not tell."""
    try:
        with open("/proc/self/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except OSError:
        return 0


def _within(limit_s: float, work: Callable[[], None]) -> None:
    """Run `work` on the main thread; raises TimeoutError when it blocks for longer."""

    def give_up(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
