"""How long tests wait on a busy machine: the same seconds as those of what runs them, `tools/patience.py`."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[2] / "tools" / "patience.py"

LIMIT_S = 60.0
"""How long anything that is waited for may take on a quiet machine."""


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("patience_of_tools", _FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_tools = _load()
Patience = _tools.Patience


def scaled(limit_s: float = LIMIT_S) -> float:
    """Seconds to wait for something that begins now."""
    return float(_tools.scaled(limit_s))


def quiet_s(begun: float) -> float:
    """Seconds since `begun` (monotonic) as a quiet machine would have needed them."""
    return (time.monotonic() - begun) / float(_tools.busyness())
