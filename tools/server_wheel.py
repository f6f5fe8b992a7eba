"""Builds what the VSIX carries of the server: `python tools/server_wheel.py FOLDER`.

The wheel is built from a fresh copy of the sources, so that nothing of an earlier build is in it, and with fixed times,
so that the same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from setuptools import build_meta  # type: ignore[import-untyped]

from places import ROOT

SOURCES = ("pyproject.toml", "README.md", "LICENSE")


FIXED_TIME_S = "1767225600"
"""The first second of 2026: zip files know no time before 1980."""


def build(folder: Path) -> None:
    """Fill `folder` anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wheel = folder / _wheel(folder)
    requirements = folder / "requirements.txt"
    shutil.copy(ROOT / "requirements" / "server.txt", requirements)
    digest = hashlib.sha256(wheel.read_bytes() + requirements.read_bytes()).hexdigest()[:12]
    version = wheel.name.split("-")[1]
    facts = {"version": version, "name": f"{version}-{digest}", "wheel": wheel.name}
    (folder / "server.json").write_text(json.dumps(facts, indent=2) + "\n")


def _wheel(folder: Path) -> str:
    """Build it into `folder`; returns its file name."""
    with tempfile.TemporaryDirectory(prefix="segue-wheel-") as scratch:
        copy = Path(scratch)
        for name in SOURCES:
            shutil.copy(ROOT / name, copy)
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / "server", copy / "server", ignore=ignored)
        os.environ["SOURCE_DATE_EPOCH"] = FIXED_TIME_S
        os.chdir(copy)
        with tempfile.TemporaryFile() as output:
            said = os.dup(1)
            os.dup2(output.fileno(), 1)
            try:
                return str(build_meta.build_wheel(str(folder)))
            finally:
                os.dup2(said, 1)
                os.chdir(ROOT)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
