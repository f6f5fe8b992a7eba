"""A newer Segue takes over in mid-turn: the agent goes on under the runner that the older one started (D30, D36)."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import segue as package
from engine.conftest import define_agent
from segue import connect
from segue.agents import runners
from segue.cli.client import Client
from segue.system import processes
from segue.version import VERSION
from support.daemon import Installation, installation
from support.panel import Panel
from support.repositories import repository

NEWER = "9.0.0"


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation() as made:
        define_agent(made, "fake")
        yield made


@pytest.fixture
def newer(segue: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Client]:
    """The same data directory with another server: a copy of the package that calls itself newer."""
    (source,) = package.__path__
    copy = tmp_path / "newer" / "segue"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "version.py").write_text(f'VERSION = "{NEWER}"\n')

    def client() -> Client:
        monkeypatch.setattr(connect, "COMMAND", ["-I", str(copy / "daemon.py"), "--detach"])
        return segue.client()

    return client


@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_a_newer_version_takes_over_in_mid_turn(
    segue: Installation, newer: Callable[[], Client], tmp_path: Path, end: str
) -> None:
    """Nothing is missing and nothing comes twice; what the agent asked meanwhile is answered by the newer one."""
    project, go = repository(tmp_path / "project", {"a.txt": "a\n"}), tmp_path / "go"
    script = f"[[count 50]] [[wait-file {go}]] [[count 200]] [[write-file b.txt two]] [[permission Deploy]]"
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, f"{script} [[count 50]]")
        panel.wait(session, lambda row: row["activity"].endswith(" 50"))
        old = client.request("segue/status")
        if end == "killed":
            os.kill(old["pid"], signal.SIGKILL)
        else:
            client.request("segue/daemon/stop")
        list(client.notifications("none"))
    go.touch()
    with newer() as client:
        new = client.request("segue/status")
        assert (old["version"], new["version"]) == (VERSION, NEWER)
        panel = Panel(client)
        request = panel.bucket(session, "needs_you")["permissions"][0]["requestId"]
        panel.call("permission/answer", session, requestId=request, optionId="allow")
        row = panel.ended(session)
        assert (row["stopReason"], row["turns"], row["stat"]["files"]) == ("end_turn", 1, 1), row
        first, *rest = ("".join(f"{number} " for number in range(1, count + 1)) for count in (50, 200, 50))
        assert spoken(panel, session) == f"{first}{rest[0]}doneallow_once{rest[1]}"
        status = runners.read_status(segue.places.runner_directory(session, 1))
        assert status is not None and processes.identity(status.agent[0]) == status.agent, "the same agent goes on"


def spoken(panel: Panel, session: str) -> str:
    items = panel.call("session/show", session)["items"]
    return "".join(item["text"] for item in items if item["kind"] == "message")
