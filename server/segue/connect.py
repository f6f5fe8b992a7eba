"""Finds the daemon, or starts it, and hands over a connected socket. Knows the entry file, the lock that orders starts
and the line that opens a connection; knows nothing of what is then said on it.

Standard library only, and little of it: the bridge and the terminal import it. Nothing here signals a process.
"""

# `pathlib` is late, see places.py
# ruff: noqa: PTH100, PTH120

from __future__ import annotations

import fcntl
import os
import select
import sys
from collections.abc import Mapping

from segue import places as locations
from segue.domain.errors import DaemonUnavailable
from segue.places import Places
from segue.system.load import grown

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

START_TIMEOUT_S = 30.0
"""How long a starting daemon may take until it listens; it takes about a thousandth of that."""
CONNECT_TIMEOUT_S = 10.0
START_LOG_BYTES = 256 * 1024
COMMAND = ["-I", f"{os.path.dirname(os.path.abspath(__file__))}/daemon.py", "--detach"]
"""Arguments of this interpreter. Isolated: neither a module in the current directory nor what a project sets for its
own Python (PYTHONPATH, PYTHONHOME) is seen. By path: so it is this Segue, wherever it was found."""

READY, OTHER = "ready", "other"
"""A starting daemon's word: it listens, or another one does already."""
ENVIRONMENT = frozenset({"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TZ", "USER"})
ENVIRONMENT_PREFIXES = ("LC_", "SEGUE_", "XDG_")


class Entry:
    """How the daemon is reached, as it wrote it after it listened: one line for each field, the endpoint last."""

    __slots__ = ("endpoint", "pid", "started", "token", "version")

    def __init__(self, pid: int, started: int, version: str, token: str, endpoint: str) -> None:
        """`started` is the process's start time in clock ticks since boot: with the pid it names one process only."""
        self.pid = pid
        self.started = started
        self.version = version
        self.token = token
        self.endpoint = endpoint

    def to_bytes(self) -> bytes:
        return os.fsencode(f"{self.pid}\n{self.started}\n{self.version}\n{self.token}\n{self.endpoint}\n")

    @classmethod
    def from_bytes(cls, text: bytes) -> Entry | None:
        """None where it is not an entry, or torn."""
        fields = os.fsdecode(text).split("\n", 4)
        if len(fields) != 5 or not (fields[0].isdecimal() and fields[1].isdecimal() and fields[4].endswith("\n")):
            return None
        return cls(int(fields[0]), int(fields[1]), fields[2], fields[3], fields[4][:-1])


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the daemon keeps of the environment of whoever started it: nothing that belongs to one window."""
    kept = (name for name in environ if name in ENVIRONMENT or name.startswith(ENVIRONMENT_PREFIXES))
    return {name: environ[name] for name in kept}


def read_entry(places: Places) -> Entry | None:
    """What the newest daemon wrote; None where there is nothing readable.

    Raises DaemonUnavailable (`entry_foreign`) where somebody else could have written it.
    """
    try:
        handle = os.open(places.entry, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        found = os.fstat(handle)
        if found.st_uid != os.getuid() or found.st_mode & 0o022:
            message = f"Another user could have written {places.entry}."
            raise DaemonUnavailable("entry_foreign", message, action="Look at it, then remove it.")
        return Entry.from_bytes(os.read(handle, 65536))
    finally:
        os.close(handle)


def attach(places: Places) -> socket.socket | None:
    """A connection to the running daemon, its opening line sent; None where none listens."""
    entry = read_entry(places)
    if entry is None:
        return None
    import socket  # late: not before a daemon that has to be started is on its way

    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(grown(CONNECT_TIMEOUT_S))
    try:
        peer.connect(entry.endpoint)
        if not is_own_user(peer):
            raise DaemonUnavailable("daemon_foreign", "Another user answers on Segue's socket.", action="Find out who.")
        peer.sendall(f"SEGUE/1 {entry.token}\n".encode())
        peer.settimeout(None)
    except TimeoutError as failed:
        peer.close()
        message = f"The Segue daemon (process {entry.pid}) does not answer."
        raise DaemonUnavailable("daemon_hangs", message, action="End that process; agents go on meanwhile.") from failed
    except (OSError, ValueError):  # nothing there, or it ended just now
        peer.close()
        return None
    except BaseException:
        peer.close()
        raise
    return peer


def is_own_user(peer: socket.socket) -> bool:
    """Whether the other side of a unix socket is this user's; where the system does not tell, modes have to do."""
    import socket
    import struct

    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, user, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(user == os.getuid())


def connect(places: Places | None = None) -> socket.socket:
    """A connection to the daemon, which is started where none runs; blocks until it listens.

    Raises DaemonUnavailable where that cannot be.
    """
    places = places or locations.find()
    peer = attach(places)
    if peer is not None:
        return peer
    places.prepare()
    starting = hold_start(places)
    try:
        # Whoever held it before may have started one. So of many at once only the first starts a process.
        peer = attach(places)
        if peer is None:
            _start(places, starting)
            peer = attach(places)
    finally:
        os.close(starting)
    if peer is None:
        raise DaemonUnavailable("daemon_gone", "The Segue daemon ended as soon as it had started.", action=_see(places))
    return peer


def hold_start(places: Places) -> int:
    """Wait for the lock under which daemons are started; returns its file descriptor, to be closed."""
    return lock_file(places.starting, fcntl.LOCK_EX)


def lock_file(path: str, operation: int) -> int:
    """Open and `flock` a file of our own; returns its descriptor.

    Raises DaemonUnavailable where it cannot be opened, BlockingIOError where `operation` does not wait and it is taken.
    """
    handle = open_lock(path)
    try:
        fcntl.flock(handle, operation)
    except BaseException:
        os.close(handle)
        raise
    return handle


def open_lock(path: str) -> int:
    """Open a file of our own that is there to be locked; raises DaemonUnavailable."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        os.fchmod(handle, 0o600)  # a strange umask would have taken bits away
    except OSError as failed:
        message = f"Segue cannot write to its data directory: {path}: {failed.strerror}."
        action = "Make room or make it writable, or set SEGUE_DATA_DIR to another directory."
        raise DaemonUnavailable("directory_unusable", message, action=action) from failed
    return handle


def _start(places: Places, starting: int) -> None:
    """Start a daemon and wait for its word on a pipe; what is not `READY` or `OTHER` says in three lines why not."""
    report, word = os.pipe()
    log = _open_start_log(places)
    try:
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, *_flags(), *COMMAND, "--ready-fd", str(word), "--starting-fd", str(starting)],
            own_environment(os.environ),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
                (os.POSIX_SPAWN_DUP2, word, word),  # onto itself: makes it inheritable in the child alone
                (os.POSIX_SPAWN_DUP2, starting, starting),
            ],
        )
    except OSError as failed:
        os.close(report)
        message = f"The Segue daemon could not be started: {failed.strerror}."
        raise DaemonUnavailable("daemon_not_started", message, action="Install Segue again.") from failed
    finally:
        os.close(word)
        os.close(log)
    import socket  # noqa: F401 - meanwhile: `attach` needs it next

    try:
        said = _read_word(report)
    finally:
        os.close(report)
    os.waitpid(child, 0)  # it forked and went at once
    if said not in {READY, OTHER}:
        reason, message, action = [*said.split("\n"), "", "", ""][:3]
        message = message or "The Segue daemon could not be started."
        raise DaemonUnavailable(reason or "daemon_not_started", message, action=action or _see(places))


def _flags() -> list[str]:
    """What an isolated interpreter would not take from the environment: where compiled modules may be written."""
    prefix = [] if sys.pycache_prefix is None else ["-X", f"pycache_prefix={sys.pycache_prefix}"]
    return [*(["-B"] if sys.dont_write_bytecode else []), *prefix]


def _read_word(handle: int) -> str:
    said = b""
    while select.select([handle], [], [], grown(START_TIMEOUT_S))[0]:
        read = os.read(handle, 65536)
        said += read
        if not read:
            return said.decode("utf-8", "replace").strip()
    raise DaemonUnavailable(
        "daemon_not_started",
        f"The Segue daemon did not listen within {START_TIMEOUT_S:.0f} s; an older one may be ending still.",
        action="Try again; if that does not help, look for `segue/daemon.py` among your processes and end it.",
    )


def _open_start_log(places: Places) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        handle = os.open(places.start_log, flags, 0o600)
        os.fchmod(handle, 0o600)
        if os.fstat(handle).st_size > START_LOG_BYTES:
            os.ftruncate(handle, 0)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    return handle


def _see(places: Places) -> str:
    return f"See {places.start_log} and {places.log}."
