"""Two busy cores must not fail a property by being slow."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("segue", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("segue")
