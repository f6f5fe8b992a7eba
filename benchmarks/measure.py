"""Interleaved timings: both sides in turn, the ratio of each round, their median. Knows nothing of Segue."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What is measured and how good it is to be: `ours` divided by `theirs` is to be at most `ratio`."""

    name: str
    what: str
    ratio: float
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Outcome:
    goal: Goal
    ours_ms: float
    theirs_ms: float
    ratio: float
    """Median of the ratios of the rounds."""

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.goal.ratio

    def line(self) -> str:
        verdict = "met    " if self.is_met else "NOT MET"
        return (
            f"{self.goal.name:4} {verdict} {self.ratio:8.3f}x (goal ≤ {self.goal.ratio:g}x)  {self.goal.what}: "
            f"{self.goal.ours} {self.ours_ms:,.2f} ms, {self.goal.theirs} {self.theirs_ms:,.2f} ms"
        )


def paired(goal: Goal, ours: Callable[[], float], theirs: Callable[[], float], rounds: int = 5) -> Outcome:
    """Measure both sides in turn, after one round that does not count; each callable returns seconds."""
    pairs: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        pair = (ours(), theirs())
        if number:
            pairs.append(pair)
    return Outcome(
        goal,
        statistics.median(pair[0] for pair in pairs) * 1000,
        statistics.median(pair[1] for pair in pairs) * 1000,
        statistics.median(pair[0] / pair[1] for pair in pairs),
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that `percent` of all are at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)
