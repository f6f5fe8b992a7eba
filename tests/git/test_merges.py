"""Merging into a base branch, with all unfinished work of the user's left alone (D40)."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.git import merges, worktrees
from segue.git.merges import Strategy
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, executable, init

from .conftest import MERGES, SESSION, make_worktree, merge, plan, refused_as_it_was


def test_a_merge_commit_on_the_checked_out_branch(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("new/file", "new\n")
    agent.write("a.txt", "agent\n")
    (agent.path / "b.txt").unlink()
    base = repo.rev("main")
    planned = plan(repo, worktree)
    assert (planned.base_ref, planned.base_before) == ("refs/heads/main", base)
    assert (planned.ahead, planned.behind, planned.conflicts, planned.obstacles) == (0, 0, (), ())
    merged = merges.apply(planned, "Do the task\n\nSegue-Session: x\n")
    assert (merged.base_before, merged.base_after) == (base, repo.rev("main"))
    assert repo.status().splitlines() == [f"# branch.oid {merged.base_after}", "# branch.head main"]
    assert repo.on_disk() == agent.on_disk()
    parents = repo.git("log", "-1", "--format=%P", "main").split()
    assert parents[0] == base and repo.rev(f"{parents[1]}^") == base
    assert repo.git("log", "-1", "--format=%an %ce%n%B", "main").splitlines()[:2] == [
        "Ann Example ann@example.invalid",
        "Do the task",
    ]
    assert repo.git("log", "-1", "--format=%(trailers:key=Segue-Session,valueonly)", "main").strip() == "x"
    assert (repo.rev(f"{MERGES}/1/before"), repo.rev(f"{MERGES}/1/after")) == (base, merged.base_after)
    assert repo.git("reflog", "-1", "main").endswith(f"segue: merge {SESSION}: Do the task")
    assert repo.git("reflog", "-1", "HEAD").endswith(f"segue: merge {SESSION}: Do the task")


def test_a_squash_is_one_ordinary_commit(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.commit("first of the agent", c_txt="c\n")
    agent.write("a.txt", "agent\n")
    base = repo.rev("main")
    repo.git("branch", "keep")
    planned = plan(repo, worktree, Strategy.SQUASH)
    assert planned.ahead == 1
    merges.apply(planned, "Squashed")
    assert repo.git("rev-list", f"{base}..main").splitlines() == [repo.rev("main")]
    assert repo.on_disk() == agent.on_disk()
    assert "first of the agent" not in repo.git("log", "main")


def test_commits_of_the_agent_are_kept(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    own = agent.commit("by the agent", c_txt="c\n")
    merge(repo, worktree)
    assert repo.git("log", "-1", "--format=%P", "main").split()[1] == own


def test_a_base_that_went_on_is_merged(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    repo.commit("user", b_txt="user\n")
    planned = plan(repo, worktree)
    assert planned.behind == 1
    merges.apply(planned, "Merge")
    assert (repo.read("a.txt"), repo.read("b.txt")) == ("agent\n", "user\n")


def test_unfinished_work_elsewhere_stays_exactly(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D40: staged, unstaged, untracked, intended, ignored, stashed."""
    repo.write("a.txt", "stashed\n")
    repo.git("stash")
    repo.write("a.txt", "staged\n")
    repo.git("add", "a.txt")
    repo.write("a.txt", "unstaged\n")
    repo.write("new.txt", "staged new\n")
    repo.git("add", "new.txt")
    repo.write("later.txt", "intended\n")
    repo.git("add", "--intent-to-add", "later.txt")
    repo.write("untracked.txt", "untracked\n")
    repo.write("x.log", "ignored\n")
    (repo.path / "src" / "deep" / "file.py").unlink()
    agent.write("b.txt", "agent\n")
    agent.write("src/other.py", "agent\n")
    before = repo.status().splitlines()[2:]
    entries, stash = repo.git("ls-files", "--stage", "a.txt", "new.txt", "later.txt"), repo.git("stash", "list")
    merge(repo, worktree)
    assert repo.status().splitlines()[2:] == before
    assert repo.git("ls-files", "--stage", "a.txt", "new.txt", "later.txt") == entries
    assert repo.git("stash", "list") == stash
    assert repo.read("a.txt") == "unstaged\n" and repo.read("x.log") == "ignored\n"
    assert repo.read("b.txt") == repo.read("src/other.py") == "agent\n"


def test_files_become_folders_and_back(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    (agent.path / "a.txt").unlink()
    agent.write("a.txt/inside", "folder now\n")
    agent.git("rm", "--quiet", "-r", "src")
    agent.write("src", "file now\n")
    merges.undo(merge(repo, worktree))
    assert repo.read("a.txt") == "a\n"
    merge(repo, worktree, number=2)
    assert repo.on_disk() == agent.on_disk()


def test_conflicts_are_known_before(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D40, D25."""
    odd = "odd\n\tname"
    agent.write("a.txt", "agent\n")
    agent.write(odd, "agent\n")
    (agent.path / "b.txt").unlink()
    repo.write(odd, "user\n")
    repo.commit("user", a_txt="user\n", b_txt="user\n")
    planned = plan(repo, worktree)
    found = {conflict.path: conflict.kind for conflict in planned.conflicts}
    assert found.pop(odd) in {"add/add", "contents"}
    assert found == {"a.txt": "contents", "b.txt": "modify/delete"}
    assert all(conflict.message.endswith(".") for conflict in planned.conflicts)
    refused = refused_as_it_was(repo, worktree, lambda: merges.apply(planned, "Merge"))
    assert refused.reason == "conflicts"


def test_nothing_to_merge_is_said(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    (obstacle,) = plan(repo, worktree).obstacles
    assert obstacle.reason == "nothing_to_merge"


def test_a_branch_that_is_checked_out_nowhere(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    repo.git("checkout", "--quiet", "-b", "other")
    repo.write("a.txt", "dirty, and on another branch\n")
    files = repo.on_disk()
    merged = merge(repo, worktree)
    assert repo.on_disk() == files
    assert repo.rev("main") == merged.base_after
    assert repo.files_of("main")["a.txt"] == "agent"


def test_a_branch_that_is_checked_out_in_another_worktree(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, tmp_path: Path
) -> None:
    """D40."""
    repo.git("checkout", "--quiet", "-b", "other")
    repo.git("worktree", "add", "--quiet", str(tmp_path / "second"), "main")
    second = GitRepo(tmp_path / "second")
    second.write("a.txt", "dirty\n")
    agent.write("a.txt", "agent\n")
    (obstacle,) = plan(repo, worktree).obstacles
    assert obstacle.details["checkout"] == str(second.path)
    second.git("checkout", "--quiet", "a.txt")
    second.write("b.txt", "dirty elsewhere\n")
    before = repo.on_disk()
    merge(repo, worktree, number=2)
    assert repo.on_disk() == before
    assert (second.read("a.txt"), second.read("b.txt")) == ("agent\n", "dirty elsewhere\n")
    assert second.git("status", "--porcelain") == " M b.txt"


def test_into_the_checkout_that_is_a_submodule(repo: GitRepo, tmp_path: Path) -> None:
    """D27: git itself is wrong about where the main worktree of a submodule lies."""
    outer = init(tmp_path / "outer")
    outer.git("submodule", "add", "--quiet", str(repo.path), "inner")
    inner = GitRepo(outer.path / "inner")
    made = make_worktree(inner, tmp_path)
    GitRepo(made.path).write("a.txt", "agent\n")
    merge(inner, made)
    assert inner.read("a.txt") == "agent\n"
    assert inner.git("status", "--porcelain") == ""


def test_hooks_do_not_run_and_nothing_is_signed(repo: GitRepo, worktree: Worktree, agent: GitRepo, home: Path) -> None:
    marker = home / "marker"
    for name in ("pre-commit", "commit-msg", "post-commit", "post-merge", "post-checkout", "reference-transaction"):
        executable(repo.path / ".git" / "hooks" / name, f"touch {marker}; exit 1")
    repo.git("config", "commit.gpgSign", "true")
    repo.git("config", "gpg.program", str(executable(home / "gpg", f"touch {marker}; exit 1")))
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    assert {note.reason for note in planned.notes} == {"signing", "hooks"}
    merges.apply(planned, "Merge")
    assert not marker.exists()


def test_a_message_is_never_an_option_or_a_line_of_a_transaction(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """D24."""
    agent.write("a.txt", "agent\n")
    merges.apply(plan(repo, worktree), "--amend 🎉\r\ndelete refs/heads/main\n\n# kept")
    assert repo.git("log", "-1", "--format=%B").startswith("--amend 🎉")
    assert repo.git("log", "-1", "--format=%B").rstrip().endswith("# kept")


@pytest.mark.parametrize("first", list(Strategy))
@pytest.mark.parametrize("second", list(Strategy))
def test_later_work_on_the_same_lines_merges_again(
    first: Strategy, second: Strategy, repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """The session goes on after its merge; what was merged is no conflict."""
    agent.write("a.txt", "first\n")
    agent.write("new", "first\n")
    merge(repo, worktree, first)
    repo.commit("user", b_txt="user\n")
    agent.write("a.txt", "second\n")
    (agent.path / "new").unlink()
    planned = plan(repo, worktree, second, number=2)
    assert (planned.conflicts, planned.obstacles) == ((), ())
    merges.apply(planned, "Again")
    assert (repo.read("a.txt"), repo.read("b.txt")) == ("second\n", "user\n")
    assert not (repo.path / "new").exists()
    assert [obstacle.reason for obstacle in plan(repo, worktree, second, number=3).obstacles] == ["nothing_to_merge"]


def test_planning_changes_nothing(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """S10."""
    agent.write("a.txt", "agent\n")
    repo.write("b.txt", "dirty\n")
    repo.write("a.txt", "a\n")
    before = repo.everything_of_the_user(), agent.everything_of_the_user()
    plan(repo, worktree)
    assert (repo.everything_of_the_user(), agent.everything_of_the_user()) == before


def test_the_agents_worktree_is_left_alone(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    agent.write("new", "agent\n")
    before = agent.everything_of_the_user()
    merge(repo, worktree)
    after = agent.everything_of_the_user()
    assert {key: after[key] for key in ("files", "index", "head", "status")} == {
        key: before[key] for key in ("files", "index", "head", "status")
    }
    worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir)
