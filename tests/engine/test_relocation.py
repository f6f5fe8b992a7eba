"""A repository whose folder was moved, renamed or replaced: nothing is begun there, and Segue finds it again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from support.daemon import Installation
from support.repositories import repository


def delegated(segue: Installation, project: Path, words: str) -> str:
    assert segue.run("new", "--wait", words, cwd=project).code == 0
    return str(segue.run("list", "--json").json["sessions"][0]["id"])


def shown(segue: Installation, session: str) -> dict[str, object]:
    return dict(segue.run("show", session, "--json").json["session"])


@pytest.fixture
def moved(segue: Installation, tmp_path: Path) -> tuple[str, Path, Path]:
    """A session, where its repository was, and where it is."""
    old, new = tmp_path / "old", tmp_path / "new"
    session = delegated(segue, repository(old, {"a.txt": "one\n"}), "echo two >> a.txt")
    old.rename(new)
    return session, old, new


@pytest.mark.parametrize("verb", [("prompt", "--wait"), ("diff",), ("merge", "-y"), ("switch",)], ids=lambda v: v[0])
@pytest.mark.parametrize("is_replaced", [False, True], ids=["moved", "replaced"])
def test_elsewhere_nothing_is_begun_and_it_is_said_what_to_do(
    segue: Installation,
    moved: tuple[str, Path, Path],
    tmp_path: Path,
    verb: tuple[str, ...],
    is_replaced: bool,
) -> None:
    """Met as "the session's folder is gone" about a folder that was there, with a turn that had begun."""
    session, old, _ = moved
    if is_replaced:
        repository(old, {"b.txt": "another\n"})
    before = shown(segue, session)
    refused = segue.run(verb[0], session, *verb[1:], *(["date"] if verb[0] == "prompt" else []), "--json", cwd=tmp_path)
    assert refused.error["reason"] == "repository_moved"
    assert ("Another repository" in refused.error["message"]) is is_replaced
    assert "new folder" in refused.error["action"]
    assert shown(segue, session) == before


@pytest.mark.parametrize("is_linked", [False, True], ids=["from the new folder", "behind a link at the old path"])
def test_it_is_found_and_work_goes_on(
    segue: Installation,
    moved: tuple[str, Path, Path],
    is_linked: bool,
) -> None:
    session, old, new = moved
    if is_linked:
        old.symlink_to(new)
    done = segue.run("prompt", session, "--wait", "git status -s", cwd=old if is_linked else new)
    assert done.code == 0, done.out
    assert " M a.txt" in done.out
    assert shown(segue, session)["repository"] == str(new)
    assert segue.run("merge", session, "-y").code == 0
    assert (new / "a.txt").read_text() == "one\ntwo\n"


def test_an_archived_session_comes_back_from_the_new_place(segue: Installation, moved: tuple[str, Path, Path]) -> None:
    session, old, new = moved
    old.symlink_to(new)
    segue.run("archive", session, "-y")
    old.unlink()
    new.rename(new.with_name("newer"))
    assert segue.run("restore", session, "--json").error["reason"] == "repository_moved"
    assert segue.run("restore", session, cwd=new.with_name("newer")).code == 0
    assert (Path(str(shown(segue, session)["worktree"])) / "a.txt").read_text() == "one\ntwo\n"


def test_a_copy_of_the_repository_takes_no_session(
    segue: Installation, moved: tuple[str, Path, Path], tmp_path: Path
) -> None:
    session, old, new = moved
    new.rename(old)
    subprocess.run(["cp", "-a", old, new], check=True)
    assert segue.run("prompt", session, "--wait", "true", cwd=new).code == 0
    assert shown(segue, session)["repository"] == str(old)
    assert segue.run("list", "--json", "-C", new).json["sessions"] == []


@pytest.mark.parametrize("lost", ["folder", "pointer"])
def test_a_prompt_is_refused_before_it_begins_where_the_sessions_folder_is_gone(
    segue: Installation, tmp_path: Path, lost: str
) -> None:
    """It failed only after its turn had begun. What is advised works."""
    session = delegated(segue, project := repository(tmp_path / "project", {"a.txt": "one\n"}), "echo two >> a.txt")
    worktree = Path(str(shown(segue, session)["worktree"]))
    if lost == "folder":
        shutil.rmtree(worktree)
    else:
        (worktree / ".git").unlink()
    before = shown(segue, session)
    refused = segue.run("prompt", session, "--wait", "date", "--json", cwd=project)
    assert refused.error["reason"] == ("worktree_missing" if lost == "folder" else "worktree_tampered")
    assert "archive" in refused.error["action"].lower()
    assert shown(segue, session) == before
    assert segue.run("archive", session, "-y").code == 0
    assert segue.run("restore", session).code == 0
    assert segue.run("prompt", session, "--wait", "cat a.txt", cwd=project).code == 0
    assert (worktree / "a.txt").read_text() == "one\ntwo\n"
