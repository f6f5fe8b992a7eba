"""Rolling a worktree back to an earlier tree: every file of it, nothing else, and nothing without a snapshot first."""

from __future__ import annotations

import pytest

from segue.domain.errors import SegueError
from segue.domain.ids import undo_ref
from segue.git import archive, checkpoints, merges, ref_storage, rollback
from segue.git.checkpoints import Checkpoint
from segue.git.rollback import Target
from segue.git.trees import Precious
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import SESSION

BEFORE = f"refs/segue/{SESSION}/turns/1/before"


def roll_back(worktree: Worktree, target: Target, number: int = 1) -> Checkpoint:
    """As the engine does it; returns the snapshot that was taken first."""
    precious = Precious(target=target.tree)
    taken = archive.capture(worktree, undo_ref(SESSION, number, "worktree"), "Snapshot", precious)
    rollback.bring_back(worktree, target, taken.commit)
    return taken


def test_files_are_those_of_the_checkpoint_and_ignored_ones_stay(worktree: Worktree, agent: GitRepo) -> None:
    """S9: written, changed, deleted, renamed and executable files; `.env` and logs are nobody's to roll back."""
    agent.write("new-before.txt", "untracked\n")
    before = checkpoints.capture(worktree, BEFORE, "Before")
    then = agent.on_disk()
    agent.write("a.txt", "changed\n")
    agent.write("made/by/agent.txt", "new\n")
    (agent.path / "b.txt").unlink()
    (agent.path / "new-before.txt").rename(agent.path / "renamed.txt")
    (agent.path / "src/deep/file.py").chmod(0o755)
    agent.write(".env", "KEY=1\n")
    agent.write("debug.log", "lines\n")
    agent.git("add", "a.txt")
    now = agent.on_disk()
    taken = roll_back(worktree, Target(before.tree))
    assert agent.on_disk() == {**then, ".env": b"KEY=1\n", "debug.log": b"lines\n"}
    assert agent.git("diff", "--cached", "--name-only") == ""
    kept = {name: text.encode() for name, text in agent.files_of(taken.commit).items()}
    assert kept == {name: content.rstrip(b"\n") for name, content in now.items() if name != "debug.log"}


def test_undoing_brings_files_and_index_back(worktree: Worktree, agent: GitRepo) -> None:
    before = checkpoints.capture(worktree, BEFORE, "Before")
    agent.write("a.txt", "staged\n")
    agent.git("add", "a.txt")
    agent.write("a.txt", "on top of it\n")
    agent.write("loose.txt", "loose\n")
    now, status = agent.on_disk(), agent.status()
    taken = roll_back(worktree, Target(before.tree))
    assert agent.status() != status
    again = roll_back(worktree, Target(taken.tree, taken.commit), 2)
    assert (agent.on_disk(), agent.status()) == (now, status)
    roll_back(worktree, Target(again.tree, again.commit), 3)
    assert agent.read("a.txt") == "a\n"


def test_the_agents_commits_stay_and_what_differs_is_uncommitted(worktree: Worktree, agent: GitRepo) -> None:
    before = checkpoints.capture(worktree, BEFORE, "Before")
    commit = agent.commit("By the agent", a_txt="committed\n")
    roll_back(worktree, Target(before.tree))
    assert agent.rev("HEAD") == commit == agent.rev(worktree.branch_ref)
    assert agent.read("a.txt") == "a\n"
    assert agent.git("diff", "--name-only") == "a.txt"


def test_what_came_to_be_ignored_is_kept_before_it_is_replaced(worktree: Worktree, agent: GitRepo) -> None:
    """S9: the checkpoint has the file, an ignore rule hides what stands there now."""
    agent.write("out/result.txt", "old\n")
    agent.write("flat", "old\n")
    before = checkpoints.capture(worktree, BEFORE, "Before")
    agent.write(".gitignore", "*\n")
    agent.write("out/result.txt", "new and ignored\n")
    (agent.path / "flat").unlink()
    agent.write("flat/inside.txt", "a folder now\n")
    taken = roll_back(worktree, Target(before.tree))
    assert (agent.read("out/result.txt"), agent.read("flat")) == ("old\n", "old\n")
    kept = agent.files_of(taken.commit)
    assert (kept["out/result.txt"], kept["flat/inside.txt"]) == ("new and ignored", "a folder now")


@pytest.mark.parametrize("late", ["a.txt", "brand-new.txt"])
def test_what_is_written_behind_the_snapshot_stops_it(worktree: Worktree, agent: GitRepo, late: str) -> None:
    before = checkpoints.capture(worktree, BEFORE, "Before")
    agent.write("a.txt", "changed\n")
    taken = archive.capture(worktree, undo_ref(SESSION, 1, "worktree"), "Snapshot", Precious(target=before.tree))
    agent.write(late, "at the last moment\n")
    now = agent.on_disk()
    with pytest.raises(SegueError) as refused:
        rollback.bring_back(worktree, Target(before.tree), taken.commit)
    assert refused.value.reason == "worktree_changed"
    assert agent.on_disk() == now


def test_a_git_command_at_work_stops_it(worktree: Worktree, agent: GitRepo) -> None:
    """D26: a lock that is not ours is waited for, never removed."""
    before = checkpoints.capture(worktree, BEFORE, "Before")
    agent.write("a.txt", "changed\n")
    (worktree.admin_dir / "index.lock").touch()
    with pytest.raises(SegueError) as refused:
        roll_back(worktree, Target(before.tree))
    assert refused.value.reason == "worktree_locked"
    assert agent.read("a.txt") == "changed\n"
    assert (worktree.admin_dir / "index.lock").exists()


def test_a_sparse_worktree_is_rolled_back_outside_of_its_cone_too(worktree: Worktree, agent: GitRepo) -> None:
    agent.git("sparse-checkout", "set", "src")
    agent.write("other/made.txt", "old\n")
    before = checkpoints.capture(worktree, BEFORE, "Before")
    agent.write("other/made.txt", "new\n")
    agent.write("src/deep/file.py", "changed\n")
    roll_back(worktree, Target(before.tree))
    assert (agent.read("other/made.txt"), agent.read("src/deep/file.py")) == ("old\n", "one\ntwo\nthree\n")


def test_the_users_checkout_is_kept_and_stays_as_it_is(repo: GitRepo) -> None:
    """S10: staged, unstaged, untracked and precious content; index, stash and configuration are not touched."""
    repo.write("a.txt", "stashed\n")
    repo.git("stash")
    repo.write("b.txt", "staged\n")
    repo.git("add", "b.txt")
    repo.write("b.txt", "unstaged\n")
    repo.write("loose.txt", "untracked\n")
    repo.write(".env.local", "KEY=1\n")
    before = repo.everything_of_the_user()
    checkout = merges.checkout_of(repo.path, "refs/heads/main")
    assert checkout is not None
    taken = archive.capture_checkout(checkout, undo_ref(SESSION, 1, "checkout"), "Checkout")
    assert repo.everything_of_the_user() == before
    kept = repo.files_of(taken.commit)
    assert (kept["b.txt"], kept["loose.txt"], kept[".env.local"]) == ("unstaged", "untracked", "KEY=1")
    assert repo.files_of(f"{taken.commit}^2")["b.txt"] == "staged"
    folder = repo.path.parent / "out"
    assert ref_storage.write_out(repo.path / ".git", taken.commit, folder) == len(kept)
    assert (folder / ".env.local").read_text() == "KEY=1\n"
    assert repo.everything_of_the_user() == before
