"""Flags of the user's index survive a merge and its undo, also on files that the merge changes, removes and brings.

Met with a squash merge: assume-unchanged, skip-worktree and intent-to-add were gone afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from segue.git import checkpoints, index_flags, merges
from segue.git.merges import MergeRequest, Strategy
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import MERGES, SESSION, make_worktree, refusal

NAMES = ("kept", "changed", "removed")


def flags(repo: GitRepo) -> dict[str, str]:
    found = re.findall(
        r"([^\0]+)\0(?:  [^\n]*\n)*?  size: \d+\tflags: (\w+)\n", repo.git("ls-files", "--debug", "-z") + "\n"
    )
    return {name: f"{int(bits, 16) & 0x6000_8000:x}" for name, bits in found if int(bits, 16) & 0x6000_8000}


@pytest.fixture
def flagged(repo: GitRepo, tmp_path: Path) -> Worktree:
    """Files with each flag, which the agent leaves, changes or removes; a new file that is intended only."""
    for kind in ("au", "sw"):
        for name in NAMES:
            repo.write(f"{kind}-{name}", f"{name}\n")
    repo.commit("files")
    worktree = make_worktree(repo, tmp_path)
    agent = GitRepo(worktree.path)
    for kind in ("au", "sw"):
        agent.write(f"{kind}-changed", "agent\n")
        (agent.path / f"{kind}-removed").unlink()
    repo.git("update-index", "--assume-unchanged", *(f"au-{name}" for name in NAMES))
    repo.git("update-index", "--skip-worktree", *(f"sw-{name}" for name in NAMES))
    repo.write("intended", "soon\n")
    repo.git("add", "--intent-to-add", "intended")
    return worktree


def merged(repo: GitRepo, worktree: Worktree, strategy: Strategy, since: str | None = None) -> merges.Merged:
    taken = checkpoints.capture(worktree, f"{MERGES}/1/result", "Result")
    request = MergeRequest(worktree, repo.path, "main", taken.commit, strategy, 1, since=since)
    return merges.apply(merges.plan(request), "Merge")


@pytest.mark.parametrize("strategy", list(Strategy))
@pytest.mark.parametrize("paired", [lambda repo: None, lambda repo: repo.rev("main")])
def test_flags_survive_a_merge_and_its_undo(
    repo: GitRepo, flagged: Worktree, strategy: Strategy, paired: Callable[[GitRepo], str | None]
) -> None:
    before, status = flags(repo), repo.status()
    assert len(before) == 7
    made = merged(repo, flagged, strategy, paired(repo))
    assert flags(repo) == {name: each for name, each in before.items() if not name.endswith("-removed")}
    assert repo.read("au-changed") == repo.read("sw-changed") == "agent\n"
    merges.undo(made)
    assert flags(repo) == before
    assert repo.status() == status


def test_flags_of_a_file_with_the_users_own_changes_survive(repo: GitRepo, flagged: Worktree) -> None:
    """Both changed it, at different places: the user's change is carried along."""
    lines = "".join(f"{number}\n" for number in range(20))
    for each in (repo.path, flagged.path):
        (each / "b.txt").write_text(lines)
    repo.git("add", "b.txt")
    repo.git("commit", "--quiet", "--message", "longer", "b.txt")
    since = repo.rev("main")
    (flagged.path / "b.txt").write_text(lines.replace("18\n", "agent\n"))
    (repo.path / "b.txt").write_text(lines.replace("2\n", "mine\n", 1))
    repo.git("update-index", "--assume-unchanged", "b.txt")
    before, text = flags(repo), repo.read("b.txt")
    made = merged(repo, flagged, Strategy.SQUASH, since)
    assert "agent\n" in repo.read("b.txt") and "mine\n" in repo.read("b.txt")
    assert flags(repo)["b.txt"] == before["b.txt"]
    merges.undo(made)
    assert flags(repo) == before
    assert repo.read("b.txt") == text


def test_an_intended_file_that_the_agent_brought_too_stays_intended(repo: GitRepo, flagged: Worktree) -> None:
    (flagged.path / "intended").write_text("soon\n")
    before, status = flags(repo), repo.status()
    assert refusal(lambda: merged(repo, flagged, Strategy.SQUASH, repo.rev("main"))).reason == "checkout_dirty"
    assert (flags(repo), repo.status()) == (before, status)


def test_a_merge_that_was_cut_short_leaves_the_flags(
    repo: GitRepo, flagged: Worktree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = flags(repo)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(index_flags, "put_back", killed)
    with pytest.raises(KeyboardInterrupt):
        merged(repo, flagged, Strategy.SQUASH)
    monkeypatch.undo()
    assert merges.finish_or_roll_back(flagged.common_dir, SESSION, 1) is None
    assert flags(repo) == before
