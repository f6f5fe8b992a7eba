"""Runs git. The only importer of GitPython. Knows argv, environment and exit status; nothing of what git is asked.

Every call says outright which repository it means (`Place`), so that nothing in a worktree can say otherwise, and is
pinned against whatever a repository could make git execute: hooks, file system monitors, pagers, prompts.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from segue.domain.errors import GitFailed, InputRefused, RepositoryUnusable
from segue.domain.ids import visible
from segue.git.file_memory import FileMemory
from segue.git.outcome import Result, failure_of, verb
from segue.system.load import grown

if TYPE_CHECKING:
    from git.cmd import Git

OLDEST_GIT = (2, 39)
TIMEOUT_S = 120.0
_BLOCK = 1 << 18
STEADY_TRIES, STEADY_PAUSE_S = 20, 0.1
CHECKOUT_TIMEOUT_S = 1800.0
"""For commands that write files, which may fetch large ones through a filter."""

PINNED = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.askPass": "",
    "core.safecrlf": "false",
    "core.filesRefLockTimeout": "2000",
    "core.packedRefsTimeout": "2000",
    "safe.bareRepository": "explicit",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "protocol.ext.allow": "never",
    "i18n.commitEncoding": "utf-8",
    "worktree.useRelativePaths": "false",
}
_FLAGS = ("--no-optional-locks", *(word for item in PINNED.items() for word in ("-c", "=".join(item))))
_NEUTRAL = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_EDITOR": ":",
    "GIT_SEQUENCE_EDITOR": ":",
    "GIT_PAGER": "cat",
    # A replaced object would be reviewed as one thing and merged as another.
    "GIT_NO_REPLACE_OBJECTS": "1",
}
_search: ContextVar[Callable[[], str]] = ContextVar("search", default=str)
_FOLDER_SWEPT = re.compile(
    rb"(unable to create temporary file|could not (open|create directory of) '[^'\n]*/worktrees/[^'\n]*'[^\n]*)"
    rb": No such file or directory"
)
"""git's housekeeping removes empty folders of the object store and unfinished entries of worktrees, also such that a
command has just made.
"""
SWEPT_TRIES = 5
_scrubbing = threading.Lock()
_MARK = "SEGUE_GIT"
_mark: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where git runs, and the variables that say on which repository; make one with `pinned` or `undiscovered`."""

    directory: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def using(self, **variables: str) -> Place:
        """The same place with more of git's environment variables."""
        return replace(self, variables={**self.variables, **variables})

    def configured(self, settings: Mapping[str, str]) -> Place:
        """The same place with settings on top of the repository's own; the pinned ones win."""
        return self._with_settings([*self._settings(), *settings.items()])

    def beneath(self, settings: Sequence[tuple[str, str]]) -> Place:
        """The same place with settings on top of the repository's own, but below those that it already has."""
        return self._with_settings([*settings, *self._settings()])

    def _settings(self) -> list[tuple[str, str]]:
        numbers = range(int(self.variables.get("GIT_CONFIG_COUNT", "0")))
        return [(self.variables[f"GIT_CONFIG_KEY_{n}"], self.variables[f"GIT_CONFIG_VALUE_{n}"]) for n in numbers]

    def _with_settings(self, settings: Sequence[tuple[str, str]]) -> Place:
        added = {"GIT_CONFIG_COUNT": str(len(settings))}
        for number, (key, value) in enumerate(settings):
            added[f"GIT_CONFIG_KEY_{number}"] = key
            added[f"GIT_CONFIG_VALUE_{number}"] = value
        return self.using(**added)


_settling: list[Callable[[Place], Place]] = []


def pinned(git_dir: Path, common_dir: Path, work_tree: Path | None = None) -> Place:
    """A repository said outright. Without a working tree only objects and refs can be worked on."""
    variables = {"GIT_DIR": str(git_dir), "GIT_COMMON_DIR": str(common_dir)}
    if work_tree is not None:
        variables["GIT_WORK_TREE"] = str(work_tree)
    return Place(work_tree or git_dir, variables)


def undiscovered(directory: Path) -> Place:
    """A folder in which git shall find out for itself what it belongs to; for looking at a user's folder only."""
    return Place(directory)


def git(place: Place, *args: str, stdin: bytes = b"", timeout_s: float = TIMEOUT_S) -> bytes:
    """The output of a command; raises GitFailed, and RepositoryUnusable where there is no git."""
    return attempt(place, *args, stdin=stdin, timeout_s=timeout_s).require()


def attempt(place: Place, *args: str, stdin: bytes = b"", timeout_s: float = TIMEOUT_S) -> Result:
    """Run a command whose failure the caller plans for; raises GitFailed where it never ends or cannot start.

    One that failed because housekeeping took a folder that it had just made has changed nothing and is run again.
    """
    for _ in range(SWEPT_TRIES - 1):
        result = _attempt_once(place, args, stdin, timeout_s)
        if result.status == 0 or not _FOLDER_SWEPT.search(result.stderr):
            return result
    return _attempt_once(place, args, stdin, timeout_s)


def _attempt_once(place: Place, args: tuple[str, ...], stdin: bytes, timeout_s: float) -> Result:
    with Running(place, args) as running:
        try:
            stdout, stderr = running.process.communicate(stdin, timeout=grown(timeout_s))
        except subprocess.TimeoutExpired as late:
            running.kill()
            raise _too_late(args, timeout_s) from late
        return Result(args, running.process.returncode, stdout, stderr)


def steady(place: Place, *args: str) -> bytes:
    """Like `git`, for reads of all worktrees, which fail while another git command is just making one: tried again."""
    for _ in range(STEADY_TRIES):
        result = attempt(place, *args)
        if result.status == 0:
            break
        time.sleep(STEADY_PAUSE_S)
    return result.require()


def read_limited(place: Place, *args: str, limit: int) -> Result:
    """Like `attempt`, but reads at most `limit` bytes and then ends the command, whose status is 0 in that case."""
    found = bytearray()

    def take(block: bytes) -> bool:
        found.extend(block[: limit - len(found)])
        return len(found) < limit

    return replace(stream(place, args, take), stdout=bytes(found))


def stream(place: Place, args: tuple[str, ...], take: Callable[[bytes], bool], timeout_s: float = TIMEOUT_S) -> Result:
    """Like `attempt`, but hands the output to `take` as it comes, and keeps none of it.

    Where `take` returns False, nothing more is wanted: the command is ended, and its status is 0.
    """
    deadline = time.monotonic() + grown(timeout_s)
    with Running(place, args) as running, selectors.DefaultSelector() as ready:
        process, stderr = running.process, bytearray()
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.close()
        for pipe in (process.stdout, process.stderr):
            ready.register(pipe, selectors.EVENT_READ)
        while ready.get_map():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise _too_late(args, timeout_s)
            for key, _ in ready.select(left_s):
                block = os.read(key.fd, _BLOCK)
                if not block:
                    ready.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    stderr.extend(block)
                elif not take(block):
                    return Result(args, 0, b"", bytes(stderr))
        try:
            status = process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as late:
            raise _too_late(args, timeout_s) from late
        return Result(args, status, b"", bytes(stderr))


def _too_late(args: tuple[str, ...], timeout_s: float) -> GitFailed:
    message = f"git {verb(args)} did not end within {timeout_s:g} s and was stopped."
    return failure_of("git_timeout", Result(args, -signal.SIGKILL, b"", b""), message)


class Running:
    """A git process of ours, in a session of its own (no terminal, no prompt); killed with its children if left."""

    def __init__(self, place: Place, args: tuple[str, ...]) -> None:
        self._git, self._place, self._args = _library(), place, args
        self.process: subprocess.Popen[bytes]

    def __enter__(self) -> Running:
        _scrub_environment()
        path = search_path(self._place)
        argv = [_program(path), *_FLAGS, *self._args]
        if any("\0" in word for word in argv):
            raise InputRefused("bad_argument", "A name with a NUL character cannot be passed to git.")
        if not self._place.directory.is_dir():
            message = f"The folder {visible(str(self._place.directory))} does not exist."
            raise failure_of("folder_missing", Result(self._args, -1, b"", b""), message)
        # `git config` runs no program, and is what tells which ones are configured.
        place = self._place
        for settle in () if verb(self._args) == "config" else _settling:
            place = settle(place)
        environment = {**_NEUTRAL, **_mark, **place.variables, "PATH": path}
        options: dict[str, Any] = {"env": environment, "start_new_session": True}
        try:
            handle = self._git(str(self._place.directory)).execute(
                argv,
                istream=subprocess.PIPE,
                as_process=True,
                shell=False,
                strip_newline_in_stdout=False,
                stdout_as_string=False,
                **options,
            )
        except OSError as failed:
            message = f"git could not be started: {failed.strerror}."
            raise failure_of("git_failed", Result(self._args, -1, b"", b""), message) from failed
        except Exception as failed:
            raise _missing() from failed
        process, handle.proc = handle.proc, None  # AutoInterrupt would end it by its own rules
        self.process = process
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def kill(self) -> None:
        """End it with everything that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def settle_with(settle: Callable[[Place], Place]) -> None:
    """Have every later command of this process run at what `settle` makes of its place."""
    _settling[:] = [settle]


def search(path: Callable[[], str]) -> None:
    """In this task and what it starts, have git and the programs that it runs looked for along a PATH, asked each time.

    What is not found there is looked for along this process' own.
    """
    _search.set(path)


def search_path(place: Place) -> str:
    """Where git and what it runs are looked for. Not in the working tree, where an agent can put a program (S4)."""
    return _trusted_path(place.variables.get("GIT_WORK_TREE"), _search.get()(), os.environ.get("PATH", os.defpath))


@lru_cache(maxsize=256)
def _trusted_path(root: str | None, *paths: str) -> str:
    found = [Path(folder) for path in paths for folder in path.split(os.pathsep) if folder.startswith(os.sep)]
    trusted = [folder for folder in found if root is None or not folder.is_relative_to(root)]
    return os.pathsep.join(dict.fromkeys(map(str, trusted)))


def _program(path: str) -> str:
    """git with its folder: starting a program by its name alone tries each folder anew, which costs as much as git."""
    candidates = (f"{folder}/git" for folder in path.split(os.pathsep))
    return next((file for file in candidates if os.access(file, os.X_OK) and not Path(file).is_dir()), "git")


def mark_commands(owner: str) -> None:
    """Have every later command of this process carry whose it is, for one who comes after a kill; see `mark_of`."""
    _mark[_MARK] = owner


def mark_of(owner: str) -> bytes:
    """What commands of this owner have in their environment."""
    return os.fsencode(f"{_MARK}={owner}")


_versions: FileMemory[tuple[Path], bytes] = FileMemory()
"""What each program said."""


def git_version() -> str:
    """The version of the git that is used; raises RepositoryUnusable where there is none or it is too old."""
    place = undiscovered(Path(os.sep))
    program = (Path(_program(search_path(place))),)
    output = _versions.read(program, program, lambda: (git(place, "version"), program))
    found = re.search(rb"(\d+)\.(\d+)[.\w]*", output)
    version = found.group().decode() if found else "of an unknown version"
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        raise RepositoryUnusable(
            "git_too_old",
            f"The git on this machine is {version}; Segue needs {oldest} or newer.",
            action="Update git, then try again.",
            details={"version": version},
        )
    return version


def _library() -> type[Git]:
    """GitPython, imported at first use: it looks for git then, along the PATH of this process only."""
    _scrub_environment()
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    try:
        from git.cmd import Git
    finally:
        os.environ.pop("GIT_PYTHON_REFRESH", None)
    return Git


def _missing() -> RepositoryUnusable:
    return RepositoryUnusable(
        "git_missing", "There is no git on this machine's PATH.", action="Install git 2.39 or newer, then try again."
    )


def _scrub_environment() -> None:
    """Drop what would redirect git: GitPython hands this process' whole environment to every call."""
    found = [name for name in os.environ if name.startswith("GIT_") or name == "SSH_ASKPASS_REQUIRE"]
    if found:
        with _scrubbing:
            for name in found:
                os.environ.pop(name, None)
