"""`make clean`: deletes what was generated or installed in this checkout. Leaves a shared `SEGUE_CACHE` alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from places import ROOT

FOLDERS = (".cache", ".venv", "artifacts", "build", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")
BELOW = ("node_modules", "dist", "__pycache__")
"""Folders to delete wherever they are in the parts that are ours."""


def main() -> None:
    found = [ROOT / name for name in FOLDERS]
    for top in ("extension", "server", "tests", "tools", "benchmarks"):
        found += (path for name in BELOW for path in (ROOT / top).rglob(name))
    found += (ROOT / "server").glob("*.egg-info")
    for path in found:
        _delete(path)


def _delete(path: Path) -> None:
    if path.exists():
        print(f"[clean] {path.relative_to(ROOT)}")
        shutil.rmtree(path)


if __name__ == "__main__":
    main()
