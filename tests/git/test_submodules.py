"""Submodules that an agent fills, moves and works in: nothing of them is lost, and a merge says what others lack."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from segue.domain.errors import MergeRefused, WorktreeUnusable
from segue.domain.ids import archive_ref
from segue.git import archive, checkpoints, merges, repository, worktrees
from segue.git.merges import MergePlan, MergeRequest, Strategy
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, init

from .conftest import MERGES, SESSION, make_worktree

KEPT = f"refs/segue/{SESSION}/submodules/"


@pytest.fixture
def library(tmp_path: Path) -> GitRepo:
    """What the submodule is of; it has a submodule itself."""
    inner = init(tmp_path / "inner")
    inner.commit(i_txt="i\n")
    made = init(tmp_path / "library")
    made.git("submodule", "add", "--quiet", str(inner.path), "inner")
    made.commit(l_txt="l\n")
    return made


@pytest.fixture
def outer(repo: GitRepo, library: GitRepo) -> GitRepo:
    repo.git("submodule", "add", "--quiet", str(library.path), "sub")
    repo.commit()
    return repo


@pytest.fixture
def filled(outer: GitRepo, tmp_path: Path) -> Worktree:
    made = make_worktree(outer, tmp_path)
    GitRepo(made.path).git("submodule", "update", "--init", "--recursive", "--quiet")
    assert (made.path / "sub" / "inner" / "i.txt").read_text() == "i\n"
    return made


def planned(repo: GitRepo, worktree: Worktree, number: int = 1, *confirmed: str) -> MergePlan:
    taken = checkpoints.capture(worktree, f"{MERGES}/{number}/result", "Result")
    request = MergeRequest(
        worktree, repo.path, "main", taken.commit, Strategy.MERGE, number, confirmed=frozenset(confirmed)
    )
    return merges.plan(request)


def archived(worktree: Worktree, number: int = 1) -> str:
    kept = archive.capture(worktree, archive_ref(SESSION, number), "Archive")
    worktrees.remove(worktree)
    assert not worktree.path.exists()
    return kept.commit


def test_a_filled_and_untouched_submodule_can_be_archived(outer: GitRepo, filled: Worktree) -> None:
    """It made a session impossible to archive."""
    commit = archived(filled)
    assert not outer.refs(KEPT)
    worktrees.restore(repository.inspect(outer.path), SESSION, commit, filled.path)
    GitRepo(filled.path).git("submodule", "update", "--init", "--recursive", "--quiet")
    assert GitRepo(filled.path).git("status", "--porcelain") == ""


@pytest.mark.parametrize("where", ["sub", "sub/inner"])
@pytest.mark.parametrize("what", ["changed", "untracked", "deleted", "staged", "precious"])
def test_uncommitted_work_in_a_submodule_is_never_removed(what: str, where: str, filled: Worktree) -> None:
    """S9."""
    inside = GitRepo(filled.path / where)
    name = "l.txt" if where == "sub" else "i.txt"
    match what:
        case "changed":
            inside.write(name, "mine\n")
        case "untracked":
            inside.write("new.txt", "mine\n")
        case "deleted":
            (inside.path / name).unlink()
        case "staged":
            before = inside.read(name)
            inside.write(name, "mine\n")
            inside.git("add", name)
            inside.write(name, before)
        case "precious":
            inside.write(".gitignore", ".env\n")
            inside.git("add", ".")
            inside.git("commit", "--quiet", "-m", "Ignore")
            inside.write(".env", "KEY=1\n")
            if where == "sub/inner":
                GitRepo(filled.path / "sub").git("commit", "--quiet", "-am", "Move")
    with pytest.raises(WorktreeUnusable) as refused:
        archive.capture(filled, archive_ref(SESSION, 1), "Archive")
    assert refused.value.reason == "nested_repository"
    assert refused.value.details["folders"] == ["sub"]


def test_a_commit_that_is_only_in_the_session_is_asked_about_and_kept(outer: GitRepo, filled: Worktree) -> None:
    """The merge brought a pointer that `git submodule update` could not follow."""
    commit = GitRepo(filled.path / "sub").commit("Work", l_txt="agent\n")
    (obstacle,) = planned(outer, filled).obstacles
    assert obstacle.reason == "submodule_not_pushed" and obstacle.can_confirm
    assert f"sub ({commit[:10]})" in obstacle.message and str(filled.path / "sub") in obstacle.action
    with pytest.raises(MergeRefused):
        merges.apply(planned(outer, filled), "Merge\n")
    assert outer.rev("HEAD:sub") != commit

    plan = planned(outer, filled, 1, "submodule_not_pushed")
    assert not plan.obstacles and "submodule_not_pushed" in {note.reason for note in plan.notes}
    merges.apply(plan, "Merge\n")
    outer.git("submodule", "update", "--recursive", "--quiet")
    assert outer.read("sub/l.txt") == "agent\n"


def test_a_submodule_in_a_submodule_is_asked_about_too(outer: GitRepo, filled: Worktree) -> None:
    """Only the outer one was named: who pushed that had brought a pointer that leads nowhere."""
    inner = GitRepo(filled.path / "sub" / "inner").commit("Deep work", i_txt="agent\n")
    middle = GitRepo(filled.path / "sub").commit("Work")
    (obstacle,) = planned(outer, filled).obstacles
    assert obstacle.details["files"] == ["sub", "sub/inner"]
    assert f"sub ({middle[:10]}), sub/inner ({inner[:10]})" in obstacle.message
    assert f"from {filled.path}/sub/inner, then {filled.path}/sub." in obstacle.action


def test_a_commit_that_was_pushed_is_not_asked_about(outer: GitRepo, filled: Worktree, library: GitRepo) -> None:
    inside = GitRepo(filled.path / "sub")
    inside.commit("Work", l_txt="agent\n")
    inside.git("push", "--quiet", "origin", "HEAD:refs/heads/agent")
    inside.git("fetch", "--quiet")
    assert not planned(outer, filled).obstacles
    assert library.refs("refs/heads/agent")


def test_commits_outlive_an_archive_where_the_user_has_no_submodule(
    outer: GitRepo, filled: Worktree, tmp_path: Path
) -> None:
    """Also of one inside another, and in a branch that is not checked out."""
    sub, inner = GitRepo(filled.path / "sub"), GitRepo(filled.path / "sub" / "inner")
    inside = inner.commit("Work", i_txt="agent\n")
    commit = sub.commit("Work", l_txt="agent\n")
    sub.git("checkout", "--quiet", "-b", "other")
    other = sub.commit("Other", l_txt="other\n")
    sub.git("checkout", "--quiet", "--detach", commit)
    shutil.rmtree(outer.path / ".git" / "modules")
    archived(filled)
    outer.git("gc", "--quiet", "--prune=now")
    assert {f"{KEPT}{oid}": oid for oid in (commit, other, inside)} == outer.refs(KEPT)
    assert outer.git("cat-file", "blob", f"{inside}:i.txt") == "agent"


def test_a_submodule_that_the_agent_added_is_archived_and_asked_about(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, library: GitRepo
) -> None:
    agent.git("submodule", "add", "--quiet", str(library.path), "added")
    agent.git("commit", "--quiet", "-m", "Add")
    assert not planned(repo, worktree).obstacles, "its commit is where it came from"
    made = init(agent.path / "made")
    commit = made.commit(m_txt="m\n")
    agent.git("submodule", "--quiet", "add", "./made")
    agent.git("commit", "--quiet", "-m", "Make")
    assert [obstacle.reason for obstacle in planned(repo, worktree, 2).obstacles] == ["submodule_not_pushed"]
    archived(worktree)
    assert list(repo.refs(KEPT).values()) == [commit]
