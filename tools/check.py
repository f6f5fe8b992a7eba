"""`make check`: formatting, lint, types and layers of everything written by hand, in under a minute. Runs no tests."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import jobs
import places
from places import ROOT, VENV

PYTHON_FOLDERS = ("server", "tests", "tools", "benchmarks")


def checks() -> list[jobs.Job]:
    """Every check, the slow ones first."""
    tools = sorted(path.name for path in (ROOT / "tools").glob("*.py"))
    prettier = places.EXTENSION / "node_modules" / ".bin" / "prettier"
    return [
        jobs.Job("mypy", [VENV / "bin" / "mypy"]),
        jobs.Job("extension", [places.NPM, "run", "--silent", "check"], folder=places.EXTENSION),
        jobs.Job("mypy of tools", [VENV / "bin" / "mypy", "--config-file=", "--strict", *tools], folder=ROOT / "tools"),
        jobs.Job("layers", [VENV / "bin" / "lint-imports", "--no-cache"]),
        jobs.Job("ruff", [VENV / "bin" / "ruff", "check", *PYTHON_FOLDERS]),
        jobs.Job("ruff format", [VENV / "bin" / "ruff", "format", "--check", *PYTHON_FOLDERS]),
        jobs.Job(
            "prettier of journeys",
            [prettier, "--config", places.EXTENSION / ".prettierrc.json", "--check", places.JOURNEYS],
        ),
    ]


def run() -> list[jobs.Outcome]:
    """Run all checks, two at a time, and print each as it ends."""
    outcomes = []
    with ThreadPoolExecutor(2) as pool:
        for done in as_completed([pool.submit(jobs.run, check) for check in checks()]):
            outcome = done.result()
            outcomes.append(outcome)
            mark = "✓" if outcome.is_good else "✗"
            print(f"[check] {mark} {outcome.job.name:22} {outcome.seconds:6.1f} s", flush=True)
            if not outcome.is_good:
                print(outcome.tail(), flush=True)
    return outcomes


def summary(outcomes: Sequence[jobs.Outcome]) -> str:
    good = sum(outcome.is_good for outcome in outcomes)
    return f"{good} passed, {len(outcomes) - good} failed"


def main() -> int:
    started = time.monotonic()
    outcomes = run()
    print(f"[check] {time.monotonic() - started:.1f} s")
    print(summary(outcomes))
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
