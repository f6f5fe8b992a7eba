"""Where everything lives, and that nobody else can get at it. Knows paths, owners and modes; knows nothing of contents.

Standard library only: the bridge imports it. The one place where systems differ about directories.
"""

# `pathlib` and `typing` are late: with them a second window's start takes half as long again (G11).
# ruff: noqa: PTH101, PTH102, PTH111, PTH114, PTH120, PTH123

from __future__ import annotations

import os
import stat
import sys
import zlib
from collections.abc import Mapping

from segue.domain.errors import DaemonUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

SOCKET_PATH_LIMIT = 104
"""Bytes of a unix socket's path with its final NUL on the strictest system (macOS; Linux has 108)."""
SOCKET_NAME_ROOM = 34
"""Bytes that the longest socket name may take: key, session id, generation, suffix."""
NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "ceph", "glusterfs"})
"""Where SQLite's write-ahead log and locks cannot be trusted."""


class Places:
    """The directories and files of one Segue installation. Making one touches no disk; `prepare` does."""

    __slots__ = ("_data", "_key", "_runtime")

    def __init__(self, data: str | Path, runtime: str | Path) -> None:
        """`data` survives reboots, `runtime` holds sockets; both absolute.

        Raises DaemonUnavailable (`path_too_long`).
        """
        self._data = os.fspath(data)
        self._runtime = os.fspath(runtime)
        # Several data directories may share one runtime directory; a path reached through a link is the same place.
        self._key = f"{zlib.crc32(os.fsencode(os.path.realpath(data))):08x}"
        length = len(os.fsencode(runtime)) + 1 + SOCKET_NAME_ROOM
        if length >= SOCKET_PATH_LIMIT:
            raise DaemonUnavailable(
                "path_too_long",
                f"The directory for sockets has too long a path: {runtime}",
                action=f"Set SEGUE_RUNTIME_DIR to one of at most {SOCKET_PATH_LIMIT - SOCKET_NAME_ROOM - 2} bytes.",
            )

    @property
    def data(self) -> Path:
        """Everything that lasts."""
        return _path(self._data)

    @property
    def data_directory(self) -> str:
        """The same as text, for all that is needed before `pathlib` is there."""
        return self._data

    @property
    def scratch(self) -> str:
        """The daemon's own temporary files: the folder of whoever started it may go long before it ends."""
        return f"{self._data}/tmp"

    @property
    def runtime(self) -> Path:
        """Sockets."""
        return _path(self._runtime)

    @property
    def socket(self) -> str:
        """The daemon's unix socket. Text, as for all that is needed before `pathlib` is there."""
        return f"{self._runtime}/{self._key}.sock"

    @property
    def lock(self) -> str:
        """Held exclusively by the daemon for life."""
        return f"{self._data}/daemon.lock"

    @property
    def starting(self) -> str:
        """Held by whoever starts a daemon, until it listens or has failed."""
        return f"{self._data}/daemon.starting"

    @property
    def entry(self) -> str:
        """Where the daemon says how it is reached."""
        return f"{self._data}/daemon.entry"

    @property
    def journal(self) -> Path:
        """The database of events."""
        return _path(self._data, "journal.sqlite3")

    @property
    def repositories(self) -> Path:
        """Where sessions were made, should the journal be lost."""
        return _path(self._data, "journal.repositories")

    @property
    def salvaging(self) -> Path:
        """There while sessions are looked for whose journal is lost."""
        return _path(self._data, "journal.salvaging")

    @property
    def worktrees(self) -> Path:
        """One directory for each session."""
        return _path(self._data, "worktrees")

    @property
    def runners(self) -> Path:
        """Spools and states of runners, one directory for each."""
        return _path(self._data, "runners")

    def runner_directory(self, session_id: str, generation: int) -> Path:
        """What the `generation`-th runner of a session keeps."""
        return _path(self._data, "runners", f"{session_id}-{generation}")

    def runner_socket(self, session_id: str, generation: int) -> Path:
        """Where that runner listens."""
        return _path(self._runtime, f"{self._key}-{session_id}-{generation}.sock")

    def images(self, session_id: str) -> Path:
        """Images of a session's prompts and answers; of all sessions below `""`."""
        return _path(self._data, "images", session_id)

    def outputs(self, session_id: str, generation: int) -> Path:
        """Long output of the `generation`-th agent of a session, for the user to open."""
        return _path(self._data, "runners", f"{session_id}-{generation}", "outputs")

    def terminal(self, session_id: str, generation: int, number: str) -> tuple[Path, Path]:
        """Directory and socket of a runner of a command that the `generation`-th agent of a session runs."""
        directory = _path(self._data, "runners", f"{session_id}-{generation}", "terminals", number)
        return directory, _path(self._runtime, f"{self._key}-{session_id}-{generation}.{number}.sock")

    @property
    def agents(self) -> Path:
        """The user's own agent definitions."""
        return _path(self._data, "agents")

    @property
    def settings(self) -> Path:
        """What the user has set for the daemon, whichever editor is used."""
        return _path(self._data, "settings.toml")

    @property
    def policy(self) -> Path:
        """The user's own rules on what agents may do without asking."""
        return _path(self._data, "policy.toml")

    @property
    def remembered(self) -> Path:
        """Rules that came from answers of "always"."""
        return _path(self._data, "remembered.json")

    @property
    def links(self) -> Path:
        """What linked sessions' files were last agreed on, one directory for each."""
        return _path(self._data, "links")

    @property
    def trusted(self) -> Path:
        """Which programs each repository's configuration named when its sessions began."""
        return _path(self._data, "trusted")

    @property
    def logs(self) -> Path:
        """Everything that is written to be read by people."""
        return _path(self._data, "logs")

    @property
    def log(self) -> Path:
        """What the daemon did."""
        return _path(self._data, "logs", "daemon.log")

    @property
    def start_log(self) -> str:
        """What a starting or crashing interpreter printed."""
        return f"{self._data}/logs/start.log"

    def prepare(self) -> None:
        """Create what is missing, for the user alone; raises DaemonUnavailable where others could read or write it.

        A directory that others may only read is narrowed; one that they may write to, or own, is refused.
        """
        for part in ("", "/worktrees", "/runners", "/agents", "/links", "/logs", "/tmp"):
            directory(self._data + part, "The data directory", "SEGUE_DATA_DIR")
        refuse_network(self._data, _mounts())
        directory(self._runtime, "The directory for sockets", "SEGUE_RUNTIME_DIR")
        if os.path.islink(self._runtime):  # asked afterwards: where it lies in /tmp, nobody can swap what is ours
            message = f"The directory for sockets is a symbolic link: {self._runtime}"
            raise DaemonUnavailable("directory_is_link", message, action="Remove it or set SEGUE_RUNTIME_DIR.")

    def prepare_again(self) -> None:
        """Create what was removed while the daemon runs; where the directory for sockets cannot be made again, because
        its parent went with a login, another one is taken. Raises DaemonUnavailable.
        """
        try:
            self.prepare()
        except DaemonUnavailable:
            if self._runtime == _usual_runtime():
                raise
            self._runtime = _usual_runtime()
            self.prepare()


def find(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Places:
    """The places that the environment names, else this system's usual ones.

    Raises DaemonUnavailable where Segue does not run (`not_run_here`) or a variable is not an absolute path.
    """
    if platform == "win32":
        raise DaemonUnavailable(
            "not_run_here", "Segue does not run on Windows itself yet.", action="Use it inside WSL, with VS Code's WSL."
        )
    data = _named(environ, "SEGUE_DATA_DIR") or _beneath(environ, "XDG_DATA_HOME")
    if data is None:
        home = environ.get("HOME") or os.path.expanduser("~")
        data = f"{home}/Library/Application Support/Segue" if platform == "darwin" else f"{home}/.local/share/segue"
    runtime = _named(environ, "SEGUE_RUNTIME_DIR") or _beneath(environ, "XDG_RUNTIME_DIR")
    return Places(data, runtime or _usual_runtime())


def _usual_runtime() -> str:
    return f"/tmp/segue-{os.getuid()}"


def directory(path: str, what: str, variable: str) -> None:
    """See to a directory of this user alone; raises DaemonUnavailable with what to do, naming `variable`."""
    elsewhere = f"or set {variable} to another directory."
    try:
        _create(path)
        # A link is followed: what counts is who can write to where it leads. Looked at through one open handle.
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as failed:
        message = f"{what} cannot be used: {path}: {failed.strerror}."
        raise DaemonUnavailable("directory_unusable", message, action=f"Make it writable {elsewhere}") from failed
    try:
        found = os.fstat(handle)
        if found.st_uid != os.getuid():
            message = f"{what} belongs to another user: {path}"
            raise DaemonUnavailable("directory_foreign", message, action=f"Remove it {elsewhere}")
        if found.st_mode & stat.S_IWOTH:
            message = f"{what} can be written to by every user: {path}"
            action = f"Look at what is in it, then run `chmod 700` on it, {elsewhere}"
            raise DaemonUnavailable("directory_open_to_all", message, action=action)
        if os.fstatvfs(handle).f_flag & os.ST_RDONLY:
            message = f"{what} is on a read-only file system: {path}"
            raise DaemonUnavailable("directory_read_only", message, action=f"Make it writable {elsewhere}")
        if stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
            os.fchmod(handle, stat.S_IRWXU)
    finally:
        os.close(handle)


def refuse_network(path: str, mounts: str) -> None:
    """Raise DaemonUnavailable where `path` lies on a network file system; `mounts` is the text of mountinfo."""
    real, nearest, kind = os.path.realpath(path), "", ""
    for line in mounts.splitlines():
        fields, found, rest = line.partition(" - ")
        if not found:
            continue
        point = fields.split(" ")[4].replace("\\040", " ").replace("\\134", "\\")
        is_above = real == point or real.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(nearest):
            nearest, kind = point, rest.split(" ")[0]
    if kind in NETWORK_FILESYSTEMS:
        raise DaemonUnavailable(
            "directory_on_network",
            f"The data directory is on a network file system ({kind}), where its journal would not be safe: {path}",
            action="Set SEGUE_DATA_DIR to a directory on a local disk.",
        )


def _create(path: str) -> None:
    missing = []
    while path and not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    for part in reversed(missing):
        try:
            os.mkdir(part, stat.S_IRWXU)
        except FileExistsError:  # somebody else starts too
            continue
        os.chmod(part, stat.S_IRWXU)  # a strange umask would have taken bits away


def _named(environ: Mapping[str, str], variable: str) -> str | None:
    value = environ.get(variable)
    if value and not value.startswith("/"):
        message = f"{variable} is not an absolute path: {value!r}"
        raise DaemonUnavailable("path_not_absolute", message, action="Give it one that begins with /.")
    return value.rstrip("/") or "/" if value else None


def _beneath(environ: Mapping[str, str], variable: str) -> str | None:
    value = environ.get(variable, "")
    return f"{value.rstrip('/')}/segue" if value.startswith("/") else None  # the standard says to ignore relative ones


def _mounts() -> str:
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _path(*parts: str) -> Path:
    from pathlib import Path

    return Path(*parts)
