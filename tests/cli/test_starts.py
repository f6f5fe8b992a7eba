"""Where a session may begin: what cannot work is said before anything is created."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.daemon import Installation, installation
from support.repositories import repository


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@b", *words], check=True)


def is_untouched(segue: Installation, project: Path) -> bool:
    refs = subprocess.run(
        ["git", "-C", str(project), "for-each-ref"], capture_output=True, text=True, check=True
    ).stdout
    return "segue" not in refs and not [*segue.places.worktrees.glob("*")]


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation() as made:
        yield made


@pytest.mark.parametrize(("folder", "why"), [("build/out", "it is ignored"), ("fresh", "nothing in it is committed")])
def test_a_folder_that_the_worktree_would_not_have_is_refused(
    segue: Installation, tmp_path: Path, folder: str, why: str
) -> None:
    """Met with `build/`: the session was made, and its agent could not be started."""
    project = repository(tmp_path / "project", {".gitignore": "build/\n"})
    (project / folder).mkdir(parents=True)
    done = segue.run("new", "--wait", "--json", "true", cwd=project / folder)
    assert done.code != 0
    assert done.error["reason"] == "folder_not_in_base"
    assert why in done.error["message"]
    assert is_untouched(segue, project)


def test_a_folder_that_the_base_does_not_have_is_refused(segue: Installation, tmp_path: Path) -> None:
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    git(project, "branch", "old")
    (project / "pkg").mkdir()
    (project / "pkg" / "f").touch()
    git(project, "add", "-A")
    git(project, "commit", "-qm", "pkg")
    refused = segue.run("new", "--json", "--base", "old", "--wait", "true", cwd=project / "pkg")
    assert refused.error["reason"] == "folder_not_in_base"
    assert "old" in refused.error["message"]
    assert is_untouched(segue, project)
    assert segue.run("new", "--wait", "test -f f", cwd=project / "pkg").code == 0


def test_a_home_that_is_itself_the_repository_is_refused(segue: Installation) -> None:
    home = repository(segue.root / "dotfiles", {".bashrc": "\n"})
    inside = replace(segue, environment={**segue.environment, "SEGUE_DATA_DIR": str(home / ".local/share/segue")})
    try:
        refused = inside.run("new", "--json", "--wait", "true", cwd=home)
        assert refused.error["reason"] == "data_in_repository"
        assert "SEGUE_DATA_DIR" in refused.error["action"]
        assert is_untouched(inside, home)
    finally:
        inside.run("daemon", "stop")


def test_a_command_of_any_length_runs(segue: Installation, project: Path, tmp_path: Path) -> None:
    """Linux takes no single argument of 128 KiB."""
    lines = [f"echo 'line {number} of a long codemod' > /dev/null" for number in range(6000)]
    script = tmp_path / "long.sh"
    script.write_text("\n".join([*lines, "echo done > done.txt"]))
    done = segue.run("new", "--wait", "--file", script, cwd=project)
    assert done.code == 0, done.out[-500:]


@pytest.mark.parametrize("is_restarted", [False, True], ids=["running", "restarted"])
def test_a_folder_that_the_agent_removes_from_under_itself_is_made_again(
    segue: Installation, tmp_path: Path, is_restarted: bool
) -> None:
    """Met as "No such file or directory" for each further prompt."""
    project = repository(tmp_path / "project", {"pkg/x/f": "1\n"})
    made = segue.run("new", "--wait", 'git rm -rq . && cd / && rm -rf "$OLDPWD/../../pkg"', cwd=project / "pkg/x")
    assert made.code == 0, made.out
    session = segue.run("list", "--json").json["sessions"][0]
    if is_restarted:
        segue.run("stop", session["id"])
        segue.run("daemon", "stop")
    done = segue.run("prompt", session["id"], "--wait", "pwd; echo 2 > g")
    assert done.code == 0, done.out
    assert "Segue made it again, empty" in done.out
    assert (Path(session["worktree"]) / "pkg/x/g").read_text() == "2\n"


@pytest.mark.parametrize("made", ["echo 1 > pkg", "ln -s /tmp pkg"])
def test_nothing_is_made_behind_what_stands_in_that_folders_place(
    segue: Installation, tmp_path: Path, made: str
) -> None:
    project = repository(tmp_path / "project", {"pkg/only-here/f": "1\n"})
    segue.run("new", "--wait", f"cd ../..; rm -rf pkg; {made}", cwd=project / "pkg/only-here")
    session = segue.run("list", "--json").json["sessions"][0]["id"]
    refused = segue.run("prompt", session, "--wait", "pwd")
    assert refused.code != 0
    assert "cannot be made again" in refused.out
    assert f"segue rollback {session}" in refused.out
    assert not Path("/tmp/only-here").exists()
