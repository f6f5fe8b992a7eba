"""Builds the environment that Segue runs from, in the data directory. Knows Python, venv and pip; no sessions.

Standard library only: it runs out of the wheel that it installs. Each line on standard output is one JSON object:
`{"step": …}` and `{"log": …}` on the way, at last `{"ready": PATH}` or `{"reason": …, "message": …, "action": …}`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue import places
from segue.connect import lock_file
from segue.domain.errors import DaemonUnavailable, SegueError

FOLDER = "server"
"""Of the data directory: one environment for each version, and the lock under which they are built."""
STAMP = ".complete"
"""Written last: an environment without it was cut short and is built anew."""
STRAY = frozenset({"PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_USER", "VIRTUAL_ENV"})
"""A person's settings for their own environments; the rest of pip's configuration is theirs to choose."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be installed."""

    wheel: Path
    requirements: Path
    """With a hash for every file that may be taken."""
    name: str
    """`<version>-<hash>` of both: what is in an environment never changes."""


def main(arguments: Sequence[str]) -> int:
    """`build WHEEL REQUIREMENTS NAME` or `sweep NAME`; returns the exit status."""
    try:
        where = places.find()
        where.prepare()
        folder = where.data / FOLDER
        places.directory(str(folder), "The directory for Segue's environments", "SEGUE_DATA_DIR")
        match list(arguments):
            case ["build", wheel, requirements, name]:
                _say(ready=str(build(folder, Wanted(Path(wheel), Path(requirements), name))))
            case ["sweep", name]:
                _say(removed=sweep(folder, name))
            case _:
                sys.exit(2)
    except SegueError as failed:
        _say(reason=failed.reason, message=failed.message, action=failed.action)
        return 1
    return 0


def build(folder: Path, wanted: Wanted) -> Path:
    """Make the environment where it is not there yet; of several at once, one builds. Raises DaemonUnavailable."""
    made = folder / wanted.name
    with _alone(folder) as lock:
        if is_complete(made):
            return made
        shutil.rmtree(made, ignore_errors=True)
        # Built in place, since its scripts hold its path: without the stamp nobody uses it.
        _say(step="environment")
        base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
        if _run([base, "-I", "-m", "venv", str(made)], lock):
            raise DaemonUnavailable(
                "environment_not_made",
                f"{base} could not make an environment for Segue in {made}.",
                action="The log says why; choose another Python with the setting `segue.python`, or try again.",
            )
        python = str(made / "bin" / "python")
        pip = [
            python,
            "-I",
            "-m",
            "pip",
            "install",
            "--no-input",
            "--no-deps",
            "--progress-bar=off",
            "--only-binary=:all:",
        ]
        _say(step="packages")
        if _run([*pip, "--require-hashes", "-r", str(wanted.requirements)], lock):
            raise DaemonUnavailable(
                "packages_not_installed",
                "pip could not install the packages that Segue's server needs.",
                action="Check the network and pip's settings for proxy and index, then try again; the log says more.",
            )
        _say(step="segue")
        if _run([*pip, "--no-index", str(wanted.wheel)], lock):
            message = "Segue's own package could not be installed."
            raise DaemonUnavailable("packages_not_installed", message, action="See the log, then try again.")
        _stamp(made)
    return made


def is_complete(made: Path) -> bool:
    """Whether it was built to its end and its Python is still there."""
    return (made / STAMP).exists() and os.access(made / "bin" / "python", os.X_OK)


def sweep(folder: Path, keep: str) -> list[str]:
    """Remove environments other than `keep` from which nothing runs any more; returns their names.

    Does nothing while one is being built, or where the system does not tell what runs.
    """
    removed: list[str] = []
    try:
        lock = lock_file(str(folder / ".lock"), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return removed
    try:
        running = _running()
        for made in sorted(folder.iterdir() if running else ()):
            if made.is_dir() and made.name != keep and f"{made}/" not in running:
                (made / STAMP).unlink(missing_ok=True)
                shutil.rmtree(made, ignore_errors=True)
                removed.append(made.name)
    finally:
        os.close(lock)
    return removed


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """Hold the lock; yields it for children to inherit, so that nobody builds over a pip that outlives this process."""
    path = str(folder / ".lock")
    try:
        lock = lock_file(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say(step="waiting")
        lock = lock_file(path, fcntl.LOCK_EX)
    try:
        yield lock
    finally:
        os.close(lock)


def _run(command: Sequence[str], lock: int) -> int:
    """Run it to its end, its output into the log; returns its exit status."""
    _say(log=" ".join(command))
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=_environment(os.environ),
        pass_fds=[lock],
    ) as process:
        for line in process.stdout or ():
            _say(log=line.rstrip())
    return process.returncode


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name not in STRAY and not name.startswith("PYTHON")}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _stamp(made: Path) -> None:
    fresh = made / f"{STAMP}.new"
    with fresh.open("w") as file:
        file.write(sys.version)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(made / STAMP)


def _running() -> str:
    """The command lines of all processes of this user that can be seen; empty where the system does not tell."""
    if os.path.exists("/proc/self/cmdline"):  # noqa: PTH110 - one style with the loop below
        lines = []
        for pid in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208
            with contextlib.suppress(OSError):
                lines.append(Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" "))
        return os.fsdecode(b"\n".join(lines))
    with contextlib.suppress(OSError):
        return subprocess.run(["ps", "-axww", "-o", "command="], capture_output=True, text=True, check=False).stdout
    return ""


def _say(**fact: object) -> None:
    # Whoever listened may be gone; what was begun is finished all the same.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(fact) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
