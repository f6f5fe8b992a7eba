"""Who may import whom, and what may run without anything installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import source

BARE = ("segue.bridge", "segue.runner.runner", "segue.places", "segue.connect")
"""Standard library only, wherever they lead."""


def test_the_layers_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=source.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", BARE)
def test_it_imports_the_standard_library_only(name: str) -> None:
    foreign = {
        f"{source.shown(path)} imports {imported}"
        for path in reached_from(name)
        for imported in source.imports(path)
        if imported.split(".")[0] not in sys.stdlib_module_names | {"segue"}
    }
    assert not foreign


def test_a_runner_has_no_event_loop() -> None:
    """Bare Python is 13 MB, asyncio adds 7, for each agent."""
    assert not [source.shown(p) for p in reached_from("segue.runner.runner") if "asyncio" in set(source.imports(p))]


@pytest.mark.parametrize("name", [*BARE, "segue.cli", "segue.cli.entry"])
def test_it_starts_where_nothing_is_installed(name: str) -> None:
    """`-S` leaves site-packages out, so an import of anything else fails."""
    code = f"import sys; sys.path.insert(0, {str(source.SERVER.parent)!r}); import {name}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def reached_from(name: str) -> set[Path]:
    """Files of a module and of all of Segue's modules that it imports, directly or not."""
    first = source.module_file(name)
    assert first is not None, f"{name} does not exist"
    found, ahead = {first}, [first]
    while ahead:
        for imported in source.imports(ahead.pop()):
            path = source.module_file(imported) if imported.startswith("segue.") else None
            if path is not None and path not in found:
                found.add(path)
                ahead.append(path)
    return found
