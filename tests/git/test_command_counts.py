"""How many git processes an operation takes: each costs milliseconds, at every boundary of every turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path

import pytest

from segue.git import checkpoints, repository, run, shared_state
from segue.git.trusted_commands import TrustedCommands
from segue.git.worktrees import Worktree
from support.gitrepo import GIT, GitRepo, executable

from .conftest import SESSION, make_worktree

Count = Callable[[Callable[[], object]], int]


@pytest.fixture
def count(tmp_path: Path) -> Iterator[Count]:
    """Counts with a program that notes each call; programs that are trusted are looked for, as a daemon does."""
    log, trusted = tmp_path / "calls", TrustedCommands(tmp_path / "trusted")
    noting = executable(tmp_path / "bin" / "git", f'echo call >> {log}\nexec {GIT} "$@"')
    context = copy_context()
    context.run(run.search, lambda: str(noting.parent))
    run.settle_with(trusted.settle)

    def counted(work: Callable[[], object]) -> int:
        log.write_text("")
        context.run(work)
        return len(log.read_text().splitlines())

    yield counted
    run.settle_with(lambda place: place)


def fewest(count: Count, work: Callable[[], object]) -> int:
    """Where what is read of files can be kept: not of a file that changed a moment ago."""
    return min(count(work) for _ in range(5))


def test_a_repository_is_found_with_one_command(repo: GitRepo, count: Count) -> None:
    assert count(lambda: repository.locate(repo.path)) == 1


def test_what_a_user_is_shown_of_a_repository_takes_a_few_commands(repo: GitRepo, count: Count) -> None:
    assert fewest(count, lambda: repository.inspect(repo.path)) <= 4


def test_a_checkpoint_takes_a_few_commands(worktree: Worktree, agent: GitRepo, count: Count) -> None:
    def capture() -> None:
        checkpoints.capture(worktree, f"refs/segue/{SESSION}/turns/1/before", "Turn 1, before")

    assert fewest(count, capture) <= 7
    agent.write("a.txt", "changed\n")
    assert count(capture) <= 8


def test_a_worktree_is_made_with_a_few_commands(repo: GitRepo, tmp_path: Path, count: Count) -> None:
    assert count(lambda: make_worktree(repo, tmp_path)) <= 20


def test_what_is_shared_is_looked_at_with_one_command(repo: GitRepo, count: Count) -> None:
    assert fewest(count, lambda: shared_state.look(repo.path / ".git")) == 1
