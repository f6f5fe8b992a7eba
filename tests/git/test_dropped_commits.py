"""What the user dropped from the base branch after a session began does not come back with its merge.

Met with a commit that held a password: it was reset away, and the session's merge brought it back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segue.git import checkpoints, dropped_commits, merges
from segue.git.merges import Merged, MergePlan, MergeRequest, Strategy
from segue.git.refs import objects
from support.gitrepo import GitRepo

from .conftest import MERGES, SESSION, make_worktree


class Began:
    """A session that began on a commit with a password, and did something."""

    def __init__(self, repo: GitRepo, folder: Path) -> None:
        self.repo = repo
        self.oops = repo.commit("oops: with a password", password_txt="hunter2\n", a_txt="a\nhunter2\n")
        self.worktree = make_worktree(repo, folder)
        self.agent = GitRepo(self.worktree.path)
        self.agent.write("work.txt", "work\n")

    def plan(self, strategy: Strategy = Strategy.MERGE, number: int = 1, base: str = "main") -> MergePlan:
        taken = checkpoints.capture(self.worktree, f"{MERGES}/{number}/result", "Result")
        request = MergeRequest(self.worktree, self.repo.path, base, taken.commit, strategy, number, began=self.oops)
        return merges.plan(request)

    def merge(self, strategy: Strategy = Strategy.MERGE, number: int = 1, base: str = "main") -> Merged:
        planned = self.plan(strategy, number, base)
        return merges.apply(planned, f"Do the task\n\nSegue-Session: {SESSION}\n")


@pytest.fixture
def began(repo: GitRepo, tmp_path: Path) -> Began:
    return Began(repo, tmp_path)


def drop(repo: GitRepo) -> None:
    repo.git("reset", "--quiet", "--hard", "HEAD~1")


def amend(repo: GitRepo) -> None:
    repo.git("rm", "--quiet", "password.txt")
    repo.write("a.txt", "a\n")
    repo.write("b.txt", "amended\n")
    repo.git("commit", "--quiet", "--all", "--amend", "--message", "without a password")


def rebase(repo: GitRepo) -> None:
    repo.commit("on top", b_txt="b\non top\n")
    repo.git("rebase", "--quiet", "--onto", "HEAD~2", "HEAD~1")


@pytest.mark.parametrize("strategy", list(Strategy))
@pytest.mark.parametrize("rewrite", [drop, amend, rebase])
@pytest.mark.parametrize("commits", [False, True])
def test_a_dropped_commit_does_not_come_back(
    began: Began, strategy: Strategy, rewrite: Callable[[GitRepo], None], commits: bool
) -> None:
    if commits:
        began.agent.commit("by the agent", work_txt="work\n")
    rewrite(began.repo)
    base = began.repo.rev("main")
    plan = began.plan(strategy)
    assert plan.strategy is Strategy.SQUASH, "a merge commit would have the dropped commit among its ancestors"
    (note,) = [note for note in plan.notes if note.reason == "dropped_commits"]
    assert f"{began.oops[:10]} “oops: with a password”" in note.message
    assert plan.ahead == int(commits)
    began.merge(strategy)
    assert began.repo.git("diff", "--name-only", base, "main") == "work.txt"
    assert began.repo.git("log", "--format=%H", "main").splitlines()[1] == base
    assert not (began.repo.path / "password.txt").exists()
    assert began.repo.read("a.txt") == "a\n"


def test_what_the_session_did_to_dropped_lines_is_a_conflict(began: Began) -> None:
    began.agent.write("a.txt", "a\nhunter3\n")
    drop(began.repo)
    assert [conflict.path for conflict in began.plan().conflicts] == ["a.txt"]


def test_a_branch_that_never_had_what_the_session_began_with_gets_its_work_alone(began: Began) -> None:
    began.repo.git("branch", "release", "main~1")
    plan = began.plan(base="release")
    assert [note.reason for note in plan.notes] == ["dropped_commits"]
    began.merge(base="release")
    assert began.repo.git("diff", "--name-only", "main~1", "release") == "work.txt"


def test_a_dropped_commit_that_the_agent_merged_in_mid_session_stays_out(began: Began) -> None:
    began.agent.commit("by the agent", work_txt="work\n")
    before = began.agent.rev("HEAD")
    later = began.repo.commit("later", later_txt="later\n")
    began.agent.git("merge", "--quiet", "--no-edit", "main")
    after = began.agent.rev("HEAD")
    place = objects(began.worktree.common_dir)
    dropped_commits.keep_base(place, SESSION, (before, after), "refs/heads/main", 2)
    drop(began.repo)
    plan = began.plan()
    assert [commit for commit, _ in plan.dropped.commits] == [later]
    began.merge()
    assert began.repo.git("diff", "--name-only", began.oops, "main") == "work.txt"


def test_an_agent_that_took_the_rewritten_branch_over_is_merged_with_its_commits(began: Began) -> None:
    drop(began.repo)
    began.agent.git("rebase", "--quiet", "--onto", "main", began.oops)
    own = began.agent.commit("by the agent", work_txt="work\n")
    assert not began.plan().dropped.tips
    began.merge()
    assert began.repo.git("log", "-1", "--format=%P", "main").split()[1] == own
    assert not (began.repo.path / "password.txt").exists()


def test_work_that_the_user_took_over_and_reset_away_is_merged_all_the_same(began: Began) -> None:
    """It is the session's own: only what came from the branch stays out."""
    began.agent.commit("by the agent", work_txt="work\n")
    began.repo.git("merge", "--quiet", f"segue/{SESSION}/work", check=False)
    began.repo.git("reset", "--quiet", "--hard", began.oops)
    began.merge()
    assert began.repo.read("work.txt") == "work\n"


@pytest.mark.parametrize("strategy", list(Strategy))
def test_an_amended_merge_counts_as_one_that_the_branch_has(began: Began, strategy: Strategy) -> None:
    began.merge(strategy)
    began.repo.git("commit", "--quiet", "--amend", "--message", f"My words\n\nSegue-Session: {SESSION}")
    before = began.repo.rev("main")
    began.agent.write("work.txt", "more work\n")
    plan = began.plan(strategy, number=2)
    assert plan.conflicts == ()
    began.merge(strategy, number=2)
    assert began.repo.git("diff", "--name-only", before, "main") == "work.txt"
    assert began.repo.read("work.txt") == "more work\n"
