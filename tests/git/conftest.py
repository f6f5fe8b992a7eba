"""A home of its own for every test, so that no configuration of the machine takes part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segue.domain.errors import SegueError
from segue.domain.ids import SessionId
from segue.git import checkpoints, merges, repository, worktrees
from segue.git.merges import Merged, MergePlan, MergeRequest, Strategy
from segue.git.worktrees import Worktree
from support.gitrepo import CONFIG, GitRepo, init

SESSION = SessionId("bcdfghjk")
MERGES = f"refs/segue/{SESSION}/merges"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / ".gitconfig").write_text(CONFIG)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    monkeypatch.delenv("EMAIL", raising=False)
    return folder


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    """One commit with a few files, and some unfinished work of the user's."""
    made = init(tmp_path / "repo")
    made.write("src/deep/file.py", "one\ntwo\nthree\n")
    made.write(".gitignore", "*.log\nbuild/\n.env*\n")
    made.commit("Begin", a_txt="a\n", b_txt="b\n")
    return made


@pytest.fixture
def worktree(repo: GitRepo, tmp_path: Path) -> Worktree:
    return make_worktree(repo, tmp_path)


def make_worktree(repo: GitRepo, tmp_path: Path, session: SessionId = SESSION) -> Worktree:
    facts = repository.inspect(repo.path)
    return worktrees.create(facts, session, facts.head.commit, tmp_path / "data" / session / "repo")


@pytest.fixture
def agent(worktree: Worktree) -> GitRepo:
    """The worktree as its agent works in it."""
    return GitRepo(worktree.path)


def plan(repo: GitRepo, worktree: Worktree, strategy: Strategy = Strategy.MERGE, number: int = 1) -> MergePlan:
    taken = checkpoints.capture(worktree, f"{MERGES}/{number}/result", "Result")
    return merges.plan(MergeRequest(worktree, repo.path, "main", taken.commit, strategy, number))


def merge(repo: GitRepo, worktree: Worktree, strategy: Strategy = Strategy.MERGE, number: int = 1) -> Merged:
    return merges.apply(plan(repo, worktree, strategy, number), "Do the task\n\nSegue-Session: x\n")


def refusal(call: Callable[[], object]) -> SegueError:
    with pytest.raises(SegueError) as refused:
        call()
    assert refused.value.message.endswith(".")
    return refused.value


def refused_as_it_was(repo: GitRepo, worktree: Worktree, call: Callable[[], object]) -> SegueError:
    before, refs = repo.everything_of_the_user(), repo.refs()
    refused = refusal(call)
    assert repo.everything_of_the_user() == before
    assert repo.refs() == refs
    return refused
