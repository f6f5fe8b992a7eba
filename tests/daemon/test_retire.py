"""An update: the newer Segue takes over from the older daemon when no turn runs (D36)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Installation, installation
from support.patience import scaled
from support.repositories import repository

NEWER = "from segue.cli import doctor, entry; doctor.VERSION = '9.0.0'; raise SystemExit(entry.main())"


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation() as made:
        yield made


def retire(segue: Installation) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", NEWER, "daemon", "retire"]
    return subprocess.Popen(command, env=segue.environment, stdout=subprocess.PIPE, encoding="utf-8", cwd=segue.home)


def test_a_daemon_that_is_idle_makes_way_at_once(segue: Installation) -> None:
    first = segue.run("agents", "--json") and segue.run("status", "--json").json["pid"]
    said, _ = retire(segue).communicate(timeout=scaled())
    assert said == ""
    segue.run("agents")
    assert segue.run("status", "--json").json["pid"] != first


def test_a_daemon_that_works_finishes_its_turn_first(segue: Installation, tmp_path: Path) -> None:
    project, go = repository(tmp_path / "project", {"a.txt": "a\n"}), tmp_path / "go"
    prompt = f"until [ -e {go} ]; do sleep 0.05; done; echo done > done.txt"
    session_id = segue.run("new", "--json", "--", prompt, cwd=project).json["session"]["id"]
    before = segue.run("status", "--json").json["pid"]

    waiting = retire(segue)
    assert waiting.stdout is not None
    assert "finishes 1 running turn" in waiting.stdout.readline()
    assert segue.run("status", "--json").json["pid"] == before
    go.touch()
    assert waiting.wait(scaled(30)) == 0
    waiting.stdout.close()
    shown = segue.run("show", session_id, "--json").json["session"]
    assert (shown["bucket"], shown["stat"]["files"]) == ("ready", 1)
    assert segue.run("status", "--json").json["pid"] != before


def test_one_of_the_same_version_stays(segue: Installation) -> None:
    before = segue.run("agents", "--json") and segue.run("status", "--json").json["pid"]
    assert segue.run("daemon", "retire").code == 0
    assert segue.run("status", "--json").json["pid"] == before
