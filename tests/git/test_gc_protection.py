"""`git gc --prune=now` at the worst moment: what was just written, and no ref leads to yet, is deleted (D26, D29)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from segue.domain.errors import GitFailed
from segue.git import archive, checkpoints, gc_protection, merge_refs, merges
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import MERGES, SESSION, plan

REF = f"refs/segue/{SESSION}/turns/1/after"
SNAPSHOT = f"refs/segue/{SESSION}/archive/1"
Prune = Callable[[], object]


@contextmanager
def before_first(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, happens: Prune) -> Iterator[None]:
    """Something happens once, just before one of Segue's own steps."""
    step, left = getattr(where, name), [happens]

    def stepped(*words: Any, **named: Any) -> Any:
        if left:
            left.pop()()
        return step(*words, **named)

    with monkeypatch.context() as patched:
        patched.setattr(where, name, stepped)
        yield
    assert not left


def prune(repo: GitRepo) -> Prune:
    return lambda: repo.git("prune", "--expire=now")


def late_prune(repo: GitRepo, agent: GitRepo) -> Prune:
    """The second half of a `prune` that had looked at the refs before this one was set: the blob goes."""
    oid = agent.git("hash-object", "work.txt")
    return (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink


def is_whole(repo: GitRepo) -> bool:
    return repo.git("fsck", "--connectivity-only", "--no-dangling", "--no-progress") == ""


def test_a_checkpoint_is_written_again(repo: GitRepo, worktree: Worktree, agent: GitRepo, monkeypatch: Any) -> None:
    agent.write("work.txt", "of an hour\n")
    with before_first(monkeypatch, checkpoints, "set_ref", prune(repo)):
        taken = checkpoints.capture(worktree, REF, "Turn 1")
    with before_first(monkeypatch, checkpoints, "is_whole", late_prune(repo, agent)):
        again = checkpoints.capture(worktree, REF, "Turn 1")
    assert taken.tree == again.tree and repo.files_of(REF)["work.txt"] == "of an hour"
    assert is_whole(repo)


def test_a_snapshot_is_written_again(repo: GitRepo, worktree: Worktree, agent: GitRepo, monkeypatch: Any) -> None:
    agent.write("work.txt", "of an hour\n")
    with before_first(monkeypatch, archive, "create_ref", prune(repo)):
        archive.capture(worktree, SNAPSHOT, "Archive")
    with before_first(monkeypatch, archive, "is_whole", late_prune(repo, agent)):
        archive.capture(worktree, f"{SNAPSHOT}0", "Archive")
    assert repo.files_of(SNAPSHOT) == repo.files_of(f"{SNAPSHOT}0")
    assert is_whole(repo)


def test_a_merge_is_written_again(repo: GitRepo, worktree: Worktree, agent: GitRepo, monkeypatch: Any) -> None:
    agent.write("work.txt", "of an hour\n")
    planned = plan(repo, worktree)
    repo.git("prune", "--expire=now")  # a person thinks about the plan, and its tree is gone
    with before_first(monkeypatch, merge_refs, "set_refs", prune(repo)):
        merges.apply(planned, "Merge")
    assert repo.read("work.txt") == "of an hour\n"
    assert is_whole(repo)


@pytest.mark.parametrize("name", ["work", "after"])
def test_a_merge_is_repeated_over_refs_whose_commits_were_pruned(
    name: str, repo: GitRepo, worktree: Worktree, agent: GitRepo, monkeypatch: Any
) -> None:
    """Met under load: `cannot lock ref …/merges/1/work: reference already exists`, once for each of the five tries."""
    agent.write("work.txt", "of an hour\n")
    planned = plan(repo, worktree)

    def lose() -> None:
        oid = repo.rev(f"{MERGES}/1/{name}")
        (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()

    with before_first(monkeypatch, gc_protection, "_outlast_gc", lose):
        merged = merges.apply(planned, "Merge")
    assert repo.read("work.txt") == "of an hour\n"
    assert repo.refs(f"{MERGES}/1")[f"{MERGES}/1/after"] == merged.base_after
    assert is_whole(repo)


def test_a_gc_that_runs_is_waited_for(repo: GitRepo, worktree: Worktree, agent: GitRepo, monkeypatch: Any) -> None:
    """It may have looked at the refs already. One that is gone, or on another machine, holds nobody up."""
    marker = repo.path / ".git" / "gc.pid"
    waited: list[int] = []
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as gc:
        monkeypatch.setattr(gc_protection.processes, "wait_gone", lambda whom, _limit_s: waited.append(whom[0]))
        here = os.uname().nodename
        for text in (f"{gc.pid} {here}", f"{gc.pid} elsewhere", "0 ", f"{2**22 + 1} {here}", ""):
            marker.write_text(text)
            checkpoints.capture(worktree, REF, "Turn 1")
        marker.write_text(f"{gc.pid} {here}")
        os.utime(marker, (0, 0))
        checkpoints.capture(worktree, REF, "Turn 1")
        assert waited == [gc.pid]
        assert gc.stdin is not None
        gc.stdin.close()


def test_what_never_stays_is_said(repo: GitRepo) -> None:
    with pytest.raises(GitFailed) as failed:
        gc_protection.lasting(Path(repo.path / ".git"), lambda: "commit", lambda _: False)
    assert failed.value.reason == "objects_pruned" and failed.value.action
