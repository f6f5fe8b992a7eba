"""Folders that go while Segue runs: a shell's TMPDIR, Segue's own data directory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from segue.agents import runners
from segue.system import processes
from support.daemon import Installation, installation
from support.panel import Panel


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation() as made:
        yield made


def test_sessions_outlive_the_temporary_folder_of_the_shell_that_started_segue(
    segue: Installation, project: Path, tmp_path: Path
) -> None:
    """Met with nix-shell, whose TMPDIR goes with it: every session failed, and doctor found nothing."""
    of_shell = tmp_path / "nix-shell.1"
    of_shell.mkdir()
    shell = replace(segue, environment={**segue.environment, "TMPDIR": str(of_shell)})
    session = shell.run("new", "--wait", "--json", "echo one >> hello.txt", cwd=project).json["session"]["id"]
    shutil.rmtree(of_shell)
    for done in (
        segue.run(
            "prompt", session, "--wait", "rm $(mktemp) && command -v segue-ask && echo two >> hello.txt", cwd=project
        ),
        shell.run("new", "--wait", "rm $(mktemp) && echo b >> hello.txt", cwd=project),
        segue.run("merge", session, "-y", cwd=project),
        segue.run("archive", session, "-y", cwd=project),
    ):
        assert done.code == 0, done
    assert (project / "hello.txt").read_text() == "hello\none\ntwo\n"
    told = {check["name"]: check["status"] for check in shell.run("doctor", "--json").json["checks"]}
    assert told["folders"] == "warning"
    shutil.rmtree(segue.places.scratch)
    assert segue.run("new", "--wait", "true", cwd=project).code == 0


def test_doctor_names_a_folder_that_no_session_could_use(segue: Installation) -> None:
    segue.run("list")
    shutil.rmtree(segue.places.worktrees)
    segue.places.worktrees.touch()
    done = segue.run("doctor", "--json")
    [found] = [check for check in done.json["checks"] if check["name"] == "folders"]
    assert done.code == 1
    assert found["status"] == "failed"
    assert str(segue.places.worktrees) in found["message"]


def test_the_agents_of_a_data_directory_that_was_removed_end(segue: Installation, project: Path) -> None:
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, "sleep 600", agent="command")
        panel.wait(session, lambda row: "sleep" in row["activity"])
        status = runners.read_status(segue.places.runner_directory(session, 1))
        assert status is not None
        shutil.rmtree(segue.places.data)
        assert segue.run("list", "--json").json["sessions"] == []
        list(client.notifications("none"))
    assert processes.wait_gone(status.agent, 20)
    assert processes.wait_gone(status.runner, 20)
