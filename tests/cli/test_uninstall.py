"""`segue uninstall` lists what it would remove, names what would be lost, and leaves nothing of Segue behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Installation, installation
from support.repositories import git, repository


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation() as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", {"a.txt": "a\n"})


def new(segue: Installation, project: Path, prompt: str) -> str:
    done = segue.run("new", "--wait", "--json", "--", prompt, cwd=project)
    return str(done.json["session"]["id"])


def test_it_lists_and_then_removes_all_of_segue_and_nothing_else(segue: Installation, project: Path) -> None:
    merged = new(segue, project, "echo b > b.txt")
    assert segue.run("merge", merged, "--yes").code == 0
    git(project, "branch", "segue/mine")
    foreign = segue.places.data / "notes.txt"
    foreign.write_text("not Segue's\n")

    asked = segue.run("uninstall")
    assert asked.code == 1
    assert "Worktrees: 1" in asked.out and str(project) in asked.out and "journal.sqlite3" in asked.out
    assert "nobody is there to confirm it" in asked.err
    assert git(project, "for-each-ref", "refs/segue")

    done = segue.run("uninstall", "--yes", "--json")
    assert done.code == 0, done
    assert done.json["isRemoved"] and done.json["repositories"][0]["refs"]
    assert git(project, "for-each-ref", "--format=%(refname)") == "refs/heads/main\nrefs/heads/segue/mine"
    assert git(project, "worktree", "list", "--porcelain").count("worktree ") == 1
    assert git(project, "show", "main:b.txt") == "b"
    assert [path.name for path in segue.places.data.iterdir()] == ["notes.txt"]
    assert not segue.places.runtime.exists()
    assert segue.run("uninstall", "--yes").out == "There is nothing to remove.\n"


def test_unmerged_work_is_named_first_and_needs_a_second_yes(segue: Installation, project: Path) -> None:
    """S9: what is merged nowhere, archived or not, goes by a word of its own only."""
    kept = new(segue, project, "echo kept > kept.txt")
    archived = new(segue, project, "echo archived > archived.txt")
    assert segue.run("archive", archived, "--yes").code == 0

    refused = segue.run("uninstall", "--yes", "--json")
    assert refused.code == 1
    assert refused.error["reason"] == "unmerged_work"
    assert sorted(refused.error["details"]["sessions"]) == sorted([kept, archived])
    assert {session["id"] for session in segue.run("list", "--json").json["sessions"]} == {kept}

    assert segue.run("uninstall", "-yy").code == 0
    assert git(project, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert not segue.places.data.exists()


def test_a_turn_that_runs_is_ended_with_its_agent(segue: Installation, project: Path) -> None:
    segue.run("new", "--json", "--", "sleep 600", cwd=project)
    assert segue.run("uninstall", "--yes").code == 1, "it may yet make something"
    assert segue.run("uninstall", "--yes", "--even-unmerged").code == 0
    assert not segue.places.data.exists()  # and `installation` finds no process


def test_it_waits_for_no_window_but_asks_to_close_it(segue: Installation, project: Path) -> None:
    new(segue, project, "true")
    with segue.client(name="a window"):
        refused = segue.run("uninstall", "--yes", "--json")
    assert refused.error["reason"] == "in_use"
    assert segue.places.journal.exists()
