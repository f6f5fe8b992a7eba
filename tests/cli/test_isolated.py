"""What a project sets for its own Python, or keeps in its folder, neither stops nor changes Segue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.wire_tools import framed
from support.daemon import Installation, installation

SHADOWS = ("queue", "json", "logging", "select", "types", "asyncio", "pydantic", "msgspec", "sitecustomize")
INITIALIZE = framed({"id": 1, "method": "initialize", "params": {"capabilities": {}}})


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation() as made:
        yield made


@pytest.fixture
def shadows(tmp_path: Path) -> Path:
    """A folder with modules that are named like those that Segue needs, its own package included."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text("raise ImportError('a module of the project')\n")
    (tmp_path / "segue").mkdir()
    (tmp_path / "segue" / "__init__.py").write_text("raise ImportError('a package of the project')\n")
    return tmp_path


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE"])
def test_what_a_project_sets_for_python_stops_nothing(
    segue: Installation, project: Path, shadows: Path, name: str
) -> None:
    """Met with a `queue.py` on PYTHONPATH: no daemon could be started, and nothing said why."""
    strange = replace(segue, environment={**segue.environment, name: str(shadows)})
    done = strange.run("new", "--wait", "echo ${PYTHONPATH-none}${PYTHONHOME-none}", cwd=project)
    assert done.code == 0, done.err
    assert "nonenone" in done.out, "nor does it reach commands"


def test_modules_in_the_current_directory_are_not_taken(segue: Installation, project: Path, shadows: Path) -> None:
    for path in shadows.glob("*.py"):
        (project / path.name).write_bytes(path.read_bytes())
    done = segue.run("new", "--wait", "true", cwd=project)
    assert done.code == 0, done.err


def test_an_editors_server_starts_in_such_a_folder_too(segue: Installation, shadows: Path) -> None:
    strange = replace(
        segue, environment={**segue.environment, "PYTHONPATH": str(shadows), "PYTHONHOME": "/nonexistent"}
    )
    done = strange.run("lsp", cwd=shadows, input=INITIALIZE, encoding=None, errors=None)
    body = json.loads(bytes(done.out).partition(b"\r\n\r\n")[2])
    assert "result" in body, done.err


def test_the_script_finds_its_python_behind_links(segue: Installation, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "inner").symlink_to(Path(segue.environment["PATH"].partition(":")[0]) / "segue")
    (tmp_path / "bin" / "segue").symlink_to("inner")
    linked = replace(segue, environment={**segue.environment, "PATH": f"{tmp_path}/bin:/usr/bin:/bin"})
    with linked.start("--version", executable=str(tmp_path / "bin" / "segue")) as process:
        out, err = process.communicate()
    assert out.startswith("segue "), err
