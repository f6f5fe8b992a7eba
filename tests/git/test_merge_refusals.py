"""What rules a merge out is said, and everything is as it was (D40)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from segue.domain.errors import InputRefused, MergeRefused, RepositoryUnusable
from segue.git import checkouts, checkpoints, merges
from segue.git.merges import MergeRequest, Strategy
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import MERGES, merge, plan, refusal, refused_as_it_was


def unstaged(repo: GitRepo) -> None:
    repo.write("a.txt", "user\n")


def staged(repo: GitRepo) -> None:
    repo.write("a.txt", "user\n")
    repo.git("add", "a.txt")


def staged_and_gone(repo: GitRepo) -> None:
    repo.git("rm", "--quiet", "--cached", "a.txt")


def deleted(repo: GitRepo) -> None:
    (repo.path / "a.txt").unlink()


def untracked(repo: GitRepo) -> None:
    repo.write("new/file", "user\n")


def ignored(repo: GitRepo) -> None:
    repo.write(".git/info/exclude", "new/\n")
    repo.write("new/file", "user\n")


def folder_in_the_way(repo: GitRepo) -> None:
    repo.write("new/file/inside", "user\n")


def file_in_the_way(repo: GitRepo) -> None:
    repo.write("new", "user\n")


def link_in_the_way(repo: GitRepo) -> None:
    (repo.path / "new").symlink_to("src")


def assumed_unchanged(repo: GitRepo) -> None:
    repo.git("update-index", "--assume-unchanged", "a.txt")
    repo.write("a.txt", "user\n")


@pytest.mark.parametrize(
    "dirty",
    [
        unstaged,
        staged,
        staged_and_gone,
        deleted,
        untracked,
        ignored,
        folder_in_the_way,
        file_in_the_way,
        link_in_the_way,
        assumed_unchanged,
    ],
)
def test_what_the_user_has_at_the_same_place_is_never_touched(
    dirty: Callable[[GitRepo], None], repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """D40, S9."""
    agent.write("a.txt", "agent\n")
    agent.write("new/file", "agent\n")
    clean = plan(repo, worktree)
    dirty(repo)
    again = merges.plan(MergeRequest(worktree, repo.path, "main", clean.result, Strategy.MERGE, 1))
    assert [obstacle.reason for obstacle in again.obstacles] == ["checkout_dirty"]
    refused = refused_as_it_was(repo, worktree, lambda: merges.apply(clean, "Merge"))
    assert isinstance(refused, MergeRefused)
    assert refused.reason == "checkout_dirty" and refused.action


def test_what_is_in_the_way_is_named(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    repo.write("a.txt", "user\n")
    repo.write("b.txt", "elsewhere\n")
    (obstacle,) = plan(repo, worktree).obstacles
    assert obstacle.details["files"] == ["a.txt"]
    assert "a.txt" in obstacle.message and "b.txt" not in obstacle.message


def test_leftovers_of_a_stash_are_in_the_way(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """They are conflicts without any operation that would be under way."""
    repo.write("b.txt", "stashed\n")
    repo.git("stash")
    repo.commit("user", b_txt="user\n")
    repo.git("stash", "pop", check=False)
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    assert [(o.reason, o.details["files"]) for o in planned.obstacles] == [("checkout_dirty", ["b.txt"])]
    refused = refused_as_it_was(repo, worktree, lambda: merges.apply(replace(planned, obstacles=()), "Merge"))
    assert refused.reason == "checkout_dirty"


def test_a_touched_but_equal_file_is_not_in_the_way(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    repo.write("a.txt", "a\n")
    merge(repo, worktree)
    assert repo.read("a.txt") == "agent\n"


def test_a_base_that_moved_is_refused(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    repo.commit("user", b_txt="user\n")
    assert refused_as_it_was(repo, worktree, lambda: merges.apply(planned, "Merge")).reason == "base_moved"


def test_a_base_that_is_gone_is_refused(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    repo.git("checkout", "--quiet", "-b", "other")
    repo.git("branch", "-D", "main")
    assert refused_as_it_was(repo, worktree, lambda: merges.apply(planned, "Merge")).reason == "base_moved"
    with pytest.raises(RepositoryUnusable) as refused:
        plan(repo, worktree, number=2)
    assert refused.value.reason == "base_branch_gone"


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
def test_an_unfinished_operation_is_left_alone(
    operation: str, repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    agent.write("new", "agent\n")
    taken = checkpoints.capture(worktree, f"{MERGES}/1/result", "Result")
    repo.git("checkout", "--quiet", "-b", "other")
    repo.commit("other", a_txt="other\n")
    repo.git("checkout", "--quiet", "main")
    repo.commit("user", a_txt="user\n")
    repo.git(operation, "other", check=False)
    request = MergeRequest(worktree, repo.path, "main", taken.commit, Strategy.MERGE, 1)
    refused = refused_as_it_was(repo, worktree, lambda: merges.apply(merges.plan(request), "Merge"))
    assert refused.reason == "operation_in_progress"


def test_a_foreign_lock_is_waited_for(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D26."""
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    lock = repo.path / ".git" / "index.lock"
    lock.write_text("")
    timer = threading.Timer(0.3, lock.unlink)
    timer.start()
    merges.apply(planned, "Merge")
    timer.join()
    assert repo.read("a.txt") == "agent\n"


def test_a_stale_lock_is_told_and_never_deleted(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D26."""
    monkeypatch.setattr(checkouts, "LOCK_WAIT_S", 0.2)
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    lock = repo.path / ".git" / "index.lock"
    lock.write_text("")
    refused = refused_as_it_was(repo, worktree, lambda: merges.apply(planned, "Merge"))
    assert refused.reason == "index_locked" and str(lock) in refused.action
    assert lock.exists()


def test_a_locked_branch_is_told(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D26."""
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    lock = repo.path / ".git" / "refs" / "heads" / "main.lock"
    lock.write_text("")
    refused = refused_as_it_was(repo, worktree, lambda: merges.apply(planned, "Merge"))
    assert refused.reason == "branch_locked"
    assert lock.exists()


def test_a_checkout_that_fails_in_the_middle_is_put_back(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D40: the last file's filter fails when the others are written already."""
    repo.write(".gitattributes", "z* filter=broken\n")
    repo.write("c.txt", "c\n")
    repo.write("dirty.txt", "d\n")
    repo.commit("attributes")
    agent.git("merge", "--quiet", "main")
    agent.write("a.txt", "agent\n")
    agent.write("new/file", "agent\n")
    agent.write("zz", "agent\n")
    (agent.path / "c.txt").unlink()
    planned = plan(repo, worktree)
    repo.git("config", "filter.broken.clean", "cat")
    repo.git("config", "filter.broken.smudge", "false")
    repo.git("config", "filter.broken.required", "true")
    repo.write("dirty.txt", "dirty\n")
    files, refs, status = repo.on_disk(), repo.refs(), repo.status()
    assert refusal(lambda: merges.apply(planned, "Merge")).reason == "checkout_failed"
    assert repo.on_disk() == files
    assert (repo.refs(), repo.status()) == (refs, status)
    assert not (repo.path / "new").exists()


def test_no_identity_no_merge(repo: GitRepo, worktree: Worktree, agent: GitRepo, home: Path) -> None:
    (home / ".gitconfig").write_text("")
    agent.write("a.txt", "agent\n")
    (obstacle,) = plan(repo, worktree).obstacles
    assert obstacle.reason == "no_identity" and "git config" in obstacle.action


@pytest.mark.parametrize("message", ["", " \n", "a\0b"])
def test_a_bad_message_is_refused(message: str, repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    refused = refused_as_it_was(repo, worktree, lambda: merges.apply(planned, message))
    assert isinstance(refused, InputRefused)


def test_work_on_an_unrelated_branch_is_refused(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    repo.git("checkout", "--quiet", "--orphan", "alone")
    repo.commit("alone")
    taken = checkpoints.capture(worktree, f"{MERGES}/1/result", "Result")
    request = MergeRequest(worktree, repo.path, "alone", taken.commit, Strategy.MERGE, 1)
    assert refusal(lambda: merges.plan(request)).reason == "unrelated_histories"


def test_a_large_merge_names_a_few_files(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    for number in range(20):
        agent.write(f"many/{number:02}", "agent\n")
        repo.write(f"many/{number:02}", "user\n")
    (obstacle,) = plan(repo, worktree).obstacles
    assert "15 more" in obstacle.message
    assert obstacle.details["files"] == [f"many/{number:02}" for number in range(20)]
