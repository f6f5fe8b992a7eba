"""Properties draw the same examples in each `make test`, and two busy cores must not fail one by being slow."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from support.chance import IS_LONG
from support.daemon import Installation

settings.register_profile("segue", deadline=None, derandomize=not IS_LONG, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("segue")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the daemons of its test wrote into their logs."""
    report = yield
    if report.failed:
        given = getattr(item, "funcargs", {}).values()
        report.sections += [("daemon's log", each.logged()) for each in given if isinstance(each, Installation)]
    return report
