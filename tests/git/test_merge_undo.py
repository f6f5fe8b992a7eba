"""Taking a merge back, and finding out what became of one that was cut short."""

from __future__ import annotations

import pytest

from segue.git import merges
from segue.git.merges import Strategy
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import MERGES, SESSION, merge, refused_as_it_was


@pytest.mark.parametrize("strategy", list(Strategy))
def test_undo_puts_everything_back(strategy: Strategy, repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    agent.write("new", "agent\n")
    repo.write("b.txt", "dirty\n")
    files, status, base = repo.on_disk(), repo.status(), repo.rev("main")
    merged = merge(repo, worktree, strategy)
    merges.undo(merged)
    assert repo.rev("main") == base
    assert (repo.on_disk(), repo.status()) == (files, status)
    assert repo.rev(f"{MERGES}/1/after") == merged.base_after, "the way forward stays"
    again = merge(repo, worktree, strategy, number=2)
    assert repo.rev(f"{again.base_after}^{{tree}}") == repo.rev(f"{merged.base_after}^{{tree}}")


def test_undo_is_refused_where_it_would_lose_something(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    merged = merge(repo, worktree)
    repo.write("a.txt", "dirty\n")
    assert refused_as_it_was(repo, worktree, lambda: merges.undo(merged)).reason == "checkout_dirty"
    repo.git("checkout", "--quiet", "a.txt")
    repo.git("update-ref", "refs/remotes/origin/main", merged.base_after)
    assert refused_as_it_was(repo, worktree, lambda: merges.undo(merged)).reason == "already_pushed"
    repo.git("update-ref", "-d", "refs/remotes/origin/main")
    repo.commit("on top")
    refused = refused_as_it_was(repo, worktree, lambda: merges.undo(merged))
    assert refused.reason == "base_moved_on" and "git revert" in refused.action


def test_what_was_undone_is_merged_again(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "first\n")
    merges.undo(merge(repo, worktree))
    agent.write("b.txt", "second\n")
    merge(repo, worktree, number=2)
    assert (repo.read("a.txt"), repo.read("b.txt")) == ("first\n", "second\n")


def test_a_merge_that_was_cut_short_before_the_branch_moved_is_rolled_back(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """D30: killed after the files were written, before the branch moved."""
    agent.write("a.txt", "agent\n")
    agent.write("new", "agent\n")
    repo.write("b.txt", "dirty\n")
    files, base = repo.on_disk(), repo.rev("main")
    merged = merge(repo, worktree)
    repo.git("update-ref", "refs/heads/main", base)
    assert repo.on_disk() != files
    assert merges.finish_or_roll_back(repo.path / ".git", SESSION, 1) is None
    assert repo.on_disk() == files and repo.rev("main") == base
    assert repo.git("status", "--porcelain") == " M b.txt"
    assert not [ref for ref in repo.refs(f"{MERGES}/1") if not ref.endswith("/result")]
    assert merged.base_after


def test_a_merge_that_had_happened_is_found(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D30."""
    agent.write("a.txt", "agent\n")
    assert merges.finish_or_roll_back(repo.path / ".git", SESSION, 1) is None
    merged = merge(repo, worktree)
    repo.commit("on top")
    assert merges.finish_or_roll_back(repo.path / ".git", SESSION, 1) == merged.base_after
    assert repo.read("a.txt") == "agent\n"


def test_a_merge_that_never_reached_the_files_is_forgotten(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D30: killed right after the ways back were recorded."""
    agent.write("a.txt", "agent\n")
    merged = merge(repo, worktree)
    merges.undo(merged)
    repo.write("a.txt", "user\n")
    assert merges.finish_or_roll_back(repo.path / ".git", SESSION, 1) is None
    assert repo.read("a.txt") == "user\n"


def test_an_undo_that_was_cut_short_before_the_branch_moved_is_put_back(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """D30, met by reading: the files were back already when the daemon died, and the branch was not."""
    agent.write("a.txt", "agent\n")
    agent.write("new", "agent\n")
    repo.write("b.txt", "dirty\n")
    merged = merge(repo, worktree)
    files = repo.on_disk()
    merges.undo(merged)
    assert merges.finish_undo(merged), "it had happened"
    repo.git("update-ref", "refs/heads/main", merged.base_after)
    assert not merges.finish_undo(merged)
    assert repo.on_disk() == files and repo.rev("main") == merged.base_after
    assert repo.git("status", "--porcelain") == " M b.txt"
