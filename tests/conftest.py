"""Properties draw the same examples in each `make test`, and two busy cores must not fail one by being slow."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from support.chance import IS_LONG

settings.register_profile("segue", deadline=None, derandomize=not IS_LONG, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("segue")
