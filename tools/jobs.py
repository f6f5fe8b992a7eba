"""Runs one command to its end in a process group of its own. Knows time limits and output; nothing of what it runs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import places

SHOWN_LINES = 150


@dataclass(frozen=True)
class Job:
    name: str
    command: Sequence[str | Path]
    folder: Path = places.ROOT
    limit_s: float = 300
    env: Mapping[str, str] | None = None
    """None: the caller's, with the venv first on PATH."""


@dataclass(frozen=True)
class Outcome:
    job: Job
    code: int
    seconds: float
    output: str

    @property
    def is_good(self) -> bool:
        return self.code == 0

    def tail(self) -> str:
        """The end of the output, indented, for a failure."""
        lines = self.output.splitlines()
        cut = [f"… {len(lines) - SHOWN_LINES} lines before"] if len(lines) > SHOWN_LINES else []
        return "\n".join(f"    {line}" for line in [*cut, *lines[-SHOWN_LINES:]])


def run(job: Job) -> Outcome:
    """Run to the end or to the time limit, when the whole group is ended. The output is kept in the logs as well."""
    places.LOGS.mkdir(parents=True, exist_ok=True)
    log = places.LOGS / f"{job.name.replace(' ', '-')}.log"
    started = time.monotonic()
    with log.open("wb") as out:
        try:
            process = subprocess.Popen(
                [str(part) for part in job.command],
                cwd=job.folder,
                env=places.environment() if job.env is None else job.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as failed:
            return Outcome(job, 127, 0.0, str(failed))
        code, late = _wait(process, job.limit_s)
    return Outcome(job, code, time.monotonic() - started, log.read_text(errors="replace") + late)


def _wait(process: subprocess.Popen[bytes], limit_s: float) -> tuple[int, str]:
    try:
        return process.wait(limit_s), ""
    except subprocess.TimeoutExpired:
        return 124, f"\nEnded after {limit_s:.0f} s, its time limit.\n"
    finally:
        if process.poll() is None:
            for sent in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, sent)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
