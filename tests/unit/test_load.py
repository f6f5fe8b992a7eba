"""Time limits that grow with the load of the machine."""

from __future__ import annotations

import asyncio
import os

import pytest

from segue.system import load


@pytest.mark.parametrize(("waiting", "factor"), [(0.0, 1), (2.0, 1), (8.0, 4), (1000.0, load.MOST)])
def test_a_limit_grows_with_the_processes_that_wait_for_a_core(
    monkeypatch: pytest.MonkeyPatch, waiting: float, factor: float
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (waiting, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert load.grown(45) == 45 * factor


async def test_a_step_on_a_busy_machine_gets_more_time_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Met with agents that missed 45 s beside a test suite, and were fine."""
    monkeypatch.setattr(load, "factor", lambda: 1000.0)
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    loop.call_later(0.2, done.set)
    async with load.patience(0.02):
        await done.wait()


async def test_what_hangs_on_a_quiet_machine_ends_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "factor", lambda: 1.0)
    with pytest.raises(TimeoutError):
        async with load.patience(0.02):
            await asyncio.Event().wait()


async def test_the_limit_ends_where_the_load_does(monkeypatch: pytest.MonkeyPatch) -> None:
    factors = iter([5.0, 2.0])
    monkeypatch.setattr(load, "factor", lambda: next(factors, 1.0))
    with pytest.raises(TimeoutError):
        async with load.patience(0.02):
            await asyncio.Event().wait()
