"""What an agent left half done is said before a merge and merged only once a person confirmed it.

Met with a rebase that stood at a conflict: the merge brought its conflict markers.
"""

from __future__ import annotations

import pytest

from segue.git import checkpoints, merges
from segue.git.merges import MergePlan, MergeRequest, Strategy
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import MERGES, SESSION, refused_as_it_was

OWN = f"segue/{SESSION}/work"


def plan(repo: GitRepo, worktree: Worktree, *confirmed: str, number: int = 1) -> MergePlan:
    taken = checkpoints.capture(worktree, f"{MERGES}/{number}/result", "Result")
    request = MergeRequest(
        worktree, repo.path, "main", taken.commit, Strategy.MERGE, number, confirmed=frozenset(confirmed)
    )
    return merges.plan(request)


def reasons(planned: MergePlan) -> list[str]:
    return [obstacle.reason for obstacle in planned.obstacles]


@pytest.fixture
def clashing(agent: GitRepo) -> GitRepo:
    """On the session's branch `a.txt` is changed, on `side` in another way."""
    agent.git("switch", "--quiet", "--create", "side")
    agent.commit("side", a_txt="side\n")
    agent.commit("more", b_txt="more\n")
    agent.git("switch", "--quiet", OWN)
    agent.commit("own", a_txt="own\n")
    return agent


def by_mail(agent: GitRepo) -> None:
    patch = agent.git("format-patch", "--stdout", "side~2..side")
    agent.git("am", "--3way", "--quiet", stdin=patch.encode() + b"\n", check=False)


CONFLICTS = {
    "merge": ("merge", "--quiet", "side"),
    "rebase": ("rebase", "--quiet", "side"),
    "cherry-pick": ("cherry-pick", "side~1"),
    "revert": ("revert", "--no-edit", "side~1"),
}


@pytest.mark.parametrize("operation", [*CONFLICTS, "am"])
@pytest.mark.parametrize("is_staged", [False, True])
def test_an_unfinished_operation_is_said_and_merged_only_as_confirmed(
    repo: GitRepo, worktree: Worktree, clashing: GitRepo, operation: str, is_staged: bool
) -> None:
    if operation == "am":
        by_mail(clashing)
    else:
        clashing.git(*CONFLICTS[operation], check=False)
    if is_staged:
        clashing.git("add", "--all")
    planned = plan(repo, worktree)
    obstacle = planned.obstacles[0]
    assert reasons(planned)[0] == "unfinished_operation" and obstacle.can_confirm
    assert f"an unfinished {operation} " in obstacle.message
    if not is_staged and obstacle.details["files"]:
        assert "with conflicts in a.txt" in obstacle.message
    refused = refused_as_it_was(repo, worktree, lambda: merges.apply(planned, "Merge"))
    assert refused.reason == "unfinished_operation"
    confirmed = plan(repo, worktree, *reasons(planned), number=2)
    assert reasons(confirmed) == []
    assert [note.reason for note in confirmed.notes][: len(planned.obstacles)] == reasons(planned)
    merges.apply(confirmed, "Merge")
    assert repo.read("a.txt") == clashing.read("a.txt")


def test_commits_to_pick_that_are_left_are_said(repo: GitRepo, worktree: Worktree, clashing: GitRepo) -> None:
    """After the first of two was resolved and committed by hand, only git's list of the rest is there."""
    clashing.git("cherry-pick", "side~1", "side", check=False)
    clashing.write("a.txt", "both\n")
    clashing.git("commit", "--quiet", "--all", "--message", "picked by hand")
    planned = plan(repo, worktree)
    assert reasons(planned) == ["unfinished_operation"]
    assert "an unfinished cherry-pick in" in planned.obstacles[0].message


def test_a_bisect_is_said(repo: GitRepo, worktree: Worktree, clashing: GitRepo) -> None:
    clashing.git("bisect", "start", "side", "side~2")
    planned = plan(repo, worktree)
    assert reasons(planned)[-1] == "unfinished_operation"
    assert "git bisect reset" in planned.obstacles[-1].action


def test_conflicts_of_a_stash_are_said(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "stashed\n")
    agent.git("stash", "--quiet")
    agent.commit("own", a_txt="own\n")
    agent.git("stash", "pop", check=False)
    assert reasons(plan(repo, worktree)) == ["unresolved_files", "conflict_markers"]
    agent.git("add", "--all")
    agent.git("commit", "--quiet", "--message", "markers and all")
    planned = plan(repo, worktree, number=2)
    assert reasons(planned) == ["conflict_markers"]
    assert "a.txt" in planned.obstacles[0].message


def test_markers_that_the_branch_has_at_the_same_place_are_no_question(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    markers = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n"
    repo.commit("about conflicts", help_txt=markers)
    agent.git("merge", "--quiet", "main")
    agent.write("help.txt", f"How conflicts look:\n{markers}")
    assert reasons(plan(repo, worktree)) == []
    agent.write("rst.txt", "Title\n=======\n")
    assert reasons(plan(repo, worktree, number=2)) == []


@pytest.mark.parametrize(
    ("words", "reason"), [(("--detach",), "detached_head"), (("--create", "other"), "other_branch")]
)
def test_what_else_is_checked_out_is_said(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, words: tuple[str, ...], reason: str
) -> None:
    agent.git("switch", "--quiet", *words)
    agent.commit("elsewhere", a_txt="elsewhere\n")
    planned = plan(repo, worktree)
    assert reasons(planned) == [reason]
    assert "would not be merged" not in planned.obstacles[0].message
    merges.apply(plan(repo, worktree, reason, number=2), "Merge")
    assert repo.read("a.txt") == "elsewhere\n"


def test_commits_that_stay_on_the_sessions_branch_are_counted(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    agent.commit("one", a_txt="one\n")
    agent.commit("two", a_txt="two\n")
    agent.git("switch", "--quiet", "--detach", "main")
    agent.write("b.txt", "elsewhere\n")
    assert "2 commits of that branch would not be merged." in plan(repo, worktree).obstacles[0].message


def test_a_branch_that_the_agent_renamed_is_said(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.git("branch", "--move", "feature")
    agent.write("b.txt", "elsewhere\n")
    assert reasons(plan(repo, worktree)) == ["other_branch"]
