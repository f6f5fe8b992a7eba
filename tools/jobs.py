"""Runs one command to its end and counts its CPU time. Knows output and progress; nothing of what it runs.

A command is never ended because it takes long, only because for long it has said nothing and ended no test.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import places
import running_tests
from patience import Patience

SHOWN_LINES = 150
LOOK_S = 1.0
INTERRUPT_S = 30.0
"""How long tests that were interrupted may take to tidy up."""
SUPERVISOR = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True)
class Job:
    name: str
    command: Sequence[str | Path]
    folder: Path = places.ROOT
    quiet_s: float = 300
    """How long it may go without output and without a test that begins or ends; see `patience` for such seconds."""
    env: Mapping[str, str] | None = None
    """None: the caller's, with the venv first on PATH."""
    tells_stacks: bool = False
    """Whether it writes its threads' stacks into its progress when it gets SIGUSR2."""

    @property
    def log(self) -> Path:
        return file_of(self.name, "log")

    @property
    def progress(self) -> Path:
        """Where its tests are written down as they begin and end."""
        return file_of(self.name, "progress")


@dataclass(frozen=True)
class Outcome:
    job: Job
    code: int
    seconds: float
    cpu_s: float
    output: str

    @property
    def is_good(self) -> bool:
        return self.code == 0

    def tail(self) -> str:
        """The end of the output, indented, for a failure."""
        lines = self.output.splitlines()
        cut = [f"… {len(lines) - SHOWN_LINES} lines before"] if len(lines) > SHOWN_LINES else []
        return "\n".join(f"    {line}" for line in [*cut, *lines[-SHOWN_LINES:]])


def file_of(name: str, kind: str) -> Path:
    """What is kept of the job of this name."""
    return places.LOGS / f"{name.replace(' ', '-').replace('/', '-')}.{kind}"


def run(job: Job) -> Outcome:
    """Run to the end, or until it makes no progress; then everything it started is ended. The logs are kept."""
    places.LOGS.mkdir(parents=True, exist_ok=True)
    report = file_of(job.name, "usage")
    for old in (report, job.progress):
        old.unlink(missing_ok=True)
    started = time.monotonic()
    with job.log.open("wb") as out:
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", SUPERVISOR, report, *(str(part) for part in job.command)],
                cwd=job.folder,
                env=places.environment() if job.env is None else job.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as failed:
            return Outcome(job, 127, 0.0, 0.0, str(failed))
        code, why = _wait(process, job)
    seconds, output = time.monotonic() - started, job.log.read_text(errors="replace")
    return Outcome(job, code, seconds, _cpu_s(report), output + why)


def _wait(process: subprocess.Popen[bytes], job: Job) -> tuple[int, str]:
    patience, seen = Patience(job.quiet_s), (-1, -1)
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(LOOK_S), ""
            if (size := (_size(job.log), _size(job.progress))) != seen:
                seen = size
                patience.renew()
            elif patience.is_over():
                return 124, _end_stuck(process, job)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _end_stuck(process: subprocess.Popen[bytes], job: Job) -> str:
    """Have its tests tidy up if they can, end the rest; returns what it was doing."""
    running = running_tests.unfinished(job.progress)
    if job.tells_stacks:
        _tell_stacks(process)
    process.send_signal(signal.SIGUSR1)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(INTERRUPT_S)
    what = ", ".join(running) or "no test that is known"
    return (
        f"\nEnded: no progress for {job.quiet_s:.0f} s. It was running: {what}.\n{running_tests.stacks(job.progress)}\n"
    )


def _tell_stacks(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGUSR2)
    time.sleep(LOOK_S)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _cpu_s(report: Path) -> float:
    try:
        return float(json.loads(report.read_text())["cpu_s"])
    except (OSError, ValueError, KeyError):
        return 0.0
