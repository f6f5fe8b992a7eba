"""A merge and its undo leave the user's own permissions on the files that they bring along."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from segue.git import checkpoints, merges, pairing, repository, worktrees
from segue.git.merges import MergeRequest, Strategy
from support.gitrepo import GitRepo, init

from .conftest import MERGES, SESSION

LINES = "".join(f"line {number}\n" for number in range(1, 31))
FILES = {"private.txt": 0o600, "group.txt": 0o640, "tool.sh": 0o700, "once.sh": 0o711}


def _bits(repo: GitRepo) -> dict[str, int]:
    return {name: stat.S_IMODE((repo.path / name).stat().st_mode) for name in FILES}


@pytest.mark.parametrize("is_unfinished", [False, True])
def test_permissions_stay_through_a_merge_and_its_undo(tmp_path: Path, is_unfinished: bool) -> None:
    """Git makes a new file of each that it changes, and knows one bit of its permissions."""
    repo = init(tmp_path / "repo")
    for name, bits in FILES.items():
        repo.write(name, LINES)
        (repo.path / name).chmod(bits)
    repo.commit("Begin")
    facts, checkout = repository.inspect(repo.path), pairing.checkout_at(repo.path)
    if is_unfinished:
        for name in FILES:
            repo.write(name, LINES.replace("line 3\n", "mine\n"))
    accepted = pairing.capture_with_buffers(checkout, {}, f"refs/segue/{SESSION}/accepted")
    worktree = worktrees.restore(facts, SESSION, accepted, tmp_path / "data" / SESSION / "repo")
    before = _bits(repo)
    assert before == FILES
    for name in FILES:
        file = worktree.path / name
        file.write_text(file.read_text().replace("line 20\n", "agent\n"))
    (worktree.path / "tool.sh").chmod(0o644)
    taken = checkpoints.capture(worktree, f"{MERGES}/1/result", "Result")
    assert facts.head.commit is not None
    request = MergeRequest(
        worktree,
        repo.path,
        "main",
        taken.commit,
        Strategy.MERGE,
        1,
        since=accepted,
        began=facts.head.commit,
    )
    merged = merges.apply(merges.plan(request), "Do the task")
    assert repo.read("private.txt") == LINES.replace("line 20\n", "agent\n").replace(
        "line 3\n", "mine\n" if is_unfinished else "line 3\n"
    )
    assert _bits(repo) == {**FILES, "tool.sh": 0o600}, "the agent took one bit of it"
    merges.undo(merged)
    after = _bits(repo)
    assert after.pop("tool.sh") & stat.S_IXUSR
    assert after == {name: bits for name, bits in FILES.items() if name != "tool.sh"}
    assert len(repo.git("diff", "--name-only").split()) == (len(FILES) if is_unfinished else 0)
