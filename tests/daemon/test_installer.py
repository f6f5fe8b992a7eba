"""The environment that the extension sets up: whole or not there, built once, removed when nothing uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from support.patience import scaled

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server"
RUN = "import sys; sys.path.insert(0, sys.argv[1]); from segue.installer import main; sys.exit(main(sys.argv[2:]))"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The smallest wheel that pip takes."""
    path, info = tmp_path / "tiny-1.0-py3-none-any.whl", "tiny-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("tiny.py", "")
        made.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


class Installer:
    """Runs the installer as the extension does, without any index."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "d" / "server"
        self.environment = {
            "PATH": os.defpath,
            "HOME": str(root),
            "SEGUE_DATA_DIR": str(root / "d"),
            "SEGUE_RUNTIME_DIR": f"/tmp/sgi-{os.getpid()}",
            "PIP_NO_INDEX": "1",
        }
        self.requirements = root / "requirements.txt"
        self.requirements.write_text("")

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-I", "-c", RUN, str(SERVER), *map(str, arguments)]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True
        )

    def run(self, *arguments: str | Path) -> list[dict[str, Any]]:
        return said(self.start(*arguments))


def said(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    out, _ = process.communicate(timeout=scaled())
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def installer(tmp_path: Path) -> Any:
    made = Installer(tmp_path)
    yield made
    Path(made.environment["SEGUE_RUNTIME_DIR"]).rmdir()


def test_two_windows_at_once_build_once(installer: Installer, wheel: Path) -> None:
    first = installer.start("build", wheel, installer.requirements, "1.0-a")
    assert first.stdout is not None
    assert json.loads(first.stdout.readline()) == {"step": "environment"}
    second = installer.run("build", wheel, installer.requirements, "1.0-a")
    assert second == [{"step": "waiting"}, {"ready": str(installer.folder / "1.0-a")}]
    assert said(first)[-1] == {"ready": str(installer.folder / "1.0-a")}
    assert (installer.folder / "1.0-a" / ".complete").exists()
    assert installer.folder.stat().st_mode & 0o777 == 0o700

    # What runs from an environment keeps it; what nothing runs from goes.
    python = installer.folder / "1.0-a" / "bin" / "python"
    user = subprocess.Popen([python, "-c", "input()"], stdin=subprocess.PIPE)
    assert installer.run("sweep", "2.0-b") == [{"removed": []}]
    user.communicate(b"\n")
    assert installer.run("sweep", "1.0-a") == [{"removed": []}]
    assert installer.run("sweep", "2.0-b") == [{"removed": ["1.0-a"]}]


def test_one_that_was_cut_short_is_built_anew(installer: Installer, wheel: Path) -> None:
    begun = installer.start("build", wheel, installer.requirements, "1.0-a")
    assert begun.stdout is not None
    begun.stdout.readline()
    os.killpg(begun.pid, signal.SIGTERM)  # what Cancel does
    begun.communicate()
    assert not (installer.folder / "1.0-a" / ".complete").exists()
    assert installer.run("build", wheel, installer.requirements, "1.0-a")[-1].get("ready")


def test_without_the_packages_it_says_what_to_do(installer: Installer, wheel: Path) -> None:
    installer.requirements.write_text(f"nowhere==1.0 --hash=sha256:{'0' * 64}\n")
    last = installer.run("build", wheel, installer.requirements, "1.0-a")[-1]
    assert last["reason"] == "packages_not_installed"
    assert "network" in last["action"]
    assert not (installer.folder / "1.0-a" / ".complete").exists()


def test_the_wheel_of_the_extension_has_a_command_that_runs(installer: Installer, tmp_path: Path) -> None:
    """The command is a shell script: it has to be executable, and find the Python beside it, in every environment."""
    built = tmp_path / "built"
    subprocess.run([sys.executable, ROOT / "tools" / "server_wheel.py", built], check=True, capture_output=True)
    facts = json.loads((built / "server.json").read_text())
    name = f"{facts['name']} with a space"
    last = installer.run("build", built / facts["wheel"], installer.requirements, name)[-1]
    assert last == {"ready": str(installer.folder / name)}

    command = installer.folder / name / "bin" / "segue"
    assert command.stat().st_mode & 0o100
    link = tmp_path / "elsewhere" / "segue"
    link.parent.mkdir()
    link.symlink_to(command)
    environment = {**installer.environment, "PYTHONPATH": str(tmp_path), "PYTHONHOME": str(tmp_path)}
    for program in (command, link):
        told = subprocess.run([program, "--version"], env=environment, capture_output=True, text=True, check=True)
        assert told.stdout == f"segue {facts['version']}\n"
