"""Merging into a base branch: completely or not at all, and back again (D40)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from segue.domain.errors import InputRefused, MergeRefused, RepositoryUnusable, SegueError
from segue.git import checkouts, checkpoints, integrate, worktrees
from segue.git.integrate import Merged, MergePlan, MergeRequest, Strategy
from segue.git.refs import objects
from segue.git.run import git
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, executable, init

from .conftest import SESSION, make_worktree

FOLDER = f"refs/segue/{SESSION}/merges"


def plan(repo: GitRepo, worktree: Worktree, strategy: Strategy = Strategy.MERGE, number: int = 1) -> MergePlan:
    taken = checkpoints.capture(worktree, f"{FOLDER}/{number}/result", "Result")
    return integrate.plan(MergeRequest(worktree, repo.path, "main", taken.commit, strategy, number))


def merge(repo: GitRepo, worktree: Worktree, strategy: Strategy = Strategy.MERGE, number: int = 1) -> Merged:
    return integrate.apply(plan(repo, worktree, strategy, number), "Do the task\n\nSegue-Session: x\n")


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


def test_a_merge_commit_on_the_checked_out_branch(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("new/file", "new\n")
    agent.write("a.txt", "agent\n")
    (agent.path / "b.txt").unlink()
    base = repo.rev("main")
    planned = plan(repo, worktree)
    assert (planned.base_ref, planned.base_before) == ("refs/heads/main", base)
    assert (planned.ahead, planned.behind, planned.conflicts, planned.obstacles) == (0, 0, (), ())
    merged = integrate.apply(planned, "Do the task\n\nSegue-Session: x\n")
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
    assert (repo.rev(f"{FOLDER}/1/before"), repo.rev(f"{FOLDER}/1/after")) == (base, merged.base_after)
    assert repo.git("reflog", "-1", "main").endswith(f"segue: merge {SESSION}: Do the task")
    assert repo.git("reflog", "-1", "HEAD").endswith(f"segue: merge {SESSION}: Do the task")


def test_a_squash_is_one_ordinary_commit(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.commit("first of the agent", c_txt="c\n")
    agent.write("a.txt", "agent\n")
    base = repo.rev("main")
    repo.git("branch", "keep")
    planned = plan(repo, worktree, Strategy.SQUASH)
    assert planned.ahead == 1
    integrate.apply(planned, "Squashed")
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
    integrate.apply(planned, "Merge")
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


def unstaged(repo: GitRepo) -> None:
    repo.write("a.txt", "user\n")


def staged(repo: GitRepo) -> None:
    repo.write("a.txt", "user\n")
    repo.git("add", "a.txt")


def staged_and_gone(repo: GitRepo) -> None:
    repo.git("rm", "--quiet", "--cached", "a.txt")


def deleted(repo: GitRepo) -> None:
    (repo.path / "a.txt").unlink()


def untracked(repo: GitRepo) -> None:
    repo.write("new/file", "user\n")


def ignored(repo: GitRepo) -> None:
    repo.write(".git/info/exclude", "new/\n")
    repo.write("new/file", "user\n")


def folder_in_the_way(repo: GitRepo) -> None:
    repo.write("new/file/inside", "user\n")


def file_in_the_way(repo: GitRepo) -> None:
    repo.write("new", "user\n")


def link_in_the_way(repo: GitRepo) -> None:
    (repo.path / "new").symlink_to("src")


def assumed_unchanged(repo: GitRepo) -> None:
    repo.git("update-index", "--assume-unchanged", "a.txt")
    repo.write("a.txt", "user\n")


@pytest.mark.parametrize(
    "dirty",
    [
        unstaged,
        staged,
        staged_and_gone,
        deleted,
        untracked,
        ignored,
        folder_in_the_way,
        file_in_the_way,
        link_in_the_way,
        assumed_unchanged,
    ],
)
def test_what_the_user_has_at_the_same_place_is_never_touched(
    dirty: Callable[[GitRepo], None], repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """D40, S9."""
    agent.write("a.txt", "agent\n")
    agent.write("new/file", "agent\n")
    clean = plan(repo, worktree)
    dirty(repo)
    assert [obstacle.reason for obstacle in plan(repo, worktree, number=2).obstacles] == ["checkout_dirty"]
    refused = refused_as_it_was(repo, worktree, lambda: integrate.apply(clean, "Merge"))
    assert isinstance(refused, MergeRefused)
    assert refused.reason == "checkout_dirty" and refused.action


def test_what_is_in_the_way_is_named(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    repo.write("a.txt", "user\n")
    repo.write("b.txt", "elsewhere\n")
    (obstacle,) = plan(repo, worktree).obstacles
    assert obstacle.details["files"] == ["a.txt"]
    assert "a.txt" in obstacle.message and "b.txt" not in obstacle.message


def test_a_touched_but_equal_file_is_not_in_the_way(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    repo.write("a.txt", "a\n")
    merge(repo, worktree)
    assert repo.read("a.txt") == "agent\n"


def test_files_become_folders_and_back(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    (agent.path / "a.txt").unlink()
    agent.write("a.txt/inside", "folder now\n")
    agent.git("rm", "--quiet", "-r", "src")
    agent.write("src", "file now\n")
    integrate.undo(merge(repo, worktree))
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
    refused = refused_as_it_was(repo, worktree, lambda: integrate.apply(planned, "Merge"))
    assert refused.reason == "conflicts"


def test_nothing_to_merge_is_said(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    (obstacle,) = plan(repo, worktree).obstacles
    assert obstacle.reason == "nothing_to_merge"


def test_a_base_that_moved_is_refused(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    repo.commit("user", b_txt="user\n")
    assert refused_as_it_was(repo, worktree, lambda: integrate.apply(planned, "Merge")).reason == "base_moved"


def test_a_base_that_is_gone_is_refused(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    repo.git("checkout", "--quiet", "-b", "other")
    repo.git("branch", "-D", "main")
    assert refused_as_it_was(repo, worktree, lambda: integrate.apply(planned, "Merge")).reason == "base_moved"
    with pytest.raises(RepositoryUnusable) as refused:
        plan(repo, worktree, number=2)
    assert refused.value.reason == "base_branch_gone"


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


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
def test_an_unfinished_operation_is_left_alone(
    operation: str, repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    agent.write("new", "agent\n")
    taken = checkpoints.capture(worktree, f"{FOLDER}/1/result", "Result")
    repo.git("checkout", "--quiet", "-b", "other")
    repo.commit("other", a_txt="other\n")
    repo.git("checkout", "--quiet", "main")
    repo.commit("user", a_txt="user\n")
    repo.git(operation, "other", check=False)
    request = MergeRequest(worktree, repo.path, "main", taken.commit, Strategy.MERGE, 1)
    refused = refused_as_it_was(repo, worktree, lambda: integrate.apply(integrate.plan(request), "Merge"))
    assert refused.reason == "operation_in_progress"


def test_a_foreign_lock_is_waited_for(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D26."""
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    lock = repo.path / ".git" / "index.lock"
    lock.write_text("")
    timer = threading.Timer(0.3, lock.unlink)
    timer.start()
    integrate.apply(planned, "Merge")
    timer.join()
    assert repo.read("a.txt") == "agent\n"


def test_a_stale_lock_is_told_and_never_deleted(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D26."""
    monkeypatch.setattr(checkouts, "LOCK_WAIT_S", 0.2)
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    lock = repo.path / ".git" / "index.lock"
    lock.write_text("")
    refused = refused_as_it_was(repo, worktree, lambda: integrate.apply(planned, "Merge"))
    assert refused.reason == "index_locked" and str(lock) in refused.action
    assert lock.exists()


def test_a_locked_branch_is_told(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D26."""
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    lock = repo.path / ".git" / "refs" / "heads" / "main.lock"
    lock.write_text("")
    refused = refused_as_it_was(repo, worktree, lambda: integrate.apply(planned, "Merge"))
    assert refused.reason == "branch_locked"
    assert lock.exists()


def test_a_checkout_that_fails_in_the_middle_is_put_back(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D40: the last file's filter fails when the others are written already."""
    repo.write(".gitattributes", "z* filter=broken\n")
    repo.write("c.txt", "c\n")
    repo.write("dirty.txt", "d\n")
    repo.commit("attributes")
    agent.git("merge", "--quiet", "main")
    agent.write("a.txt", "agent\n")
    agent.write("new/file", "agent\n")
    agent.write("zz", "agent\n")
    (agent.path / "c.txt").unlink()
    planned = plan(repo, worktree)
    repo.git("config", "filter.broken.clean", "cat")
    repo.git("config", "filter.broken.smudge", "false")
    repo.git("config", "filter.broken.required", "true")
    repo.write("dirty.txt", "dirty\n")
    files, refs, status = repo.on_disk(), repo.refs(), repo.status()
    assert refusal(lambda: integrate.apply(planned, "Merge")).reason == "checkout_failed"
    assert repo.on_disk() == files
    assert (repo.refs(), repo.status()) == (refs, status)
    assert not (repo.path / "new").exists()


def test_hooks_do_not_run_and_nothing_is_signed(repo: GitRepo, worktree: Worktree, agent: GitRepo, home: Path) -> None:
    marker = home / "marker"
    for name in ("pre-commit", "commit-msg", "post-commit", "post-merge", "post-checkout", "reference-transaction"):
        executable(repo.path / ".git" / "hooks" / name, f"touch {marker}; exit 1")
    repo.git("config", "commit.gpgSign", "true")
    repo.git("config", "gpg.program", str(executable(home / "gpg", f"touch {marker}; exit 1")))
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    assert {note.reason for note in planned.notes} == {"signing", "hooks"}
    integrate.apply(planned, "Merge")
    assert not marker.exists()


def test_no_identity_no_merge(repo: GitRepo, worktree: Worktree, agent: GitRepo, home: Path) -> None:
    (home / ".gitconfig").write_text("")
    agent.write("a.txt", "agent\n")
    (obstacle,) = plan(repo, worktree).obstacles
    assert obstacle.reason == "no_identity" and "git config" in obstacle.action


@pytest.mark.parametrize("message", ["", " \n", "a\0b"])
def test_a_bad_message_is_refused(message: str, repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    planned = plan(repo, worktree)
    refused = refused_as_it_was(repo, worktree, lambda: integrate.apply(planned, message))
    assert isinstance(refused, InputRefused)


def test_a_message_is_never_an_option_or_a_line_of_a_transaction(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """D24."""
    agent.write("a.txt", "agent\n")
    integrate.apply(plan(repo, worktree), "--amend 🎉\r\ndelete refs/heads/main\n\n# kept")
    assert repo.git("log", "-1", "--format=%B").startswith("--amend 🎉")
    assert repo.git("log", "-1", "--format=%B").rstrip().endswith("# kept")


@pytest.mark.parametrize("strategy", list(Strategy))
def test_undo_puts_everything_back(strategy: Strategy, repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    agent.write("new", "agent\n")
    repo.write("b.txt", "dirty\n")
    files, status, base = repo.on_disk(), repo.status(), repo.rev("main")
    merged = merge(repo, worktree, strategy)
    integrate.undo(merged)
    assert repo.rev("main") == base
    assert (repo.on_disk(), repo.status()) == (files, status)
    assert repo.rev(f"{FOLDER}/1/after") == merged.base_after, "the way forward stays"
    again = merge(repo, worktree, strategy, number=2)
    assert repo.rev(f"{again.base_after}^{{tree}}") == repo.rev(f"{merged.base_after}^{{tree}}")


def test_undo_is_refused_where_it_would_lose_something(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "agent\n")
    merged = merge(repo, worktree)
    repo.write("a.txt", "dirty\n")
    assert refused_as_it_was(repo, worktree, lambda: integrate.undo(merged)).reason == "checkout_dirty"
    repo.git("checkout", "--quiet", "a.txt")
    repo.git("update-ref", "refs/remotes/origin/main", merged.base_after)
    assert refused_as_it_was(repo, worktree, lambda: integrate.undo(merged)).reason == "already_pushed"
    repo.git("update-ref", "-d", "refs/remotes/origin/main")
    repo.commit("on top")
    refused = refused_as_it_was(repo, worktree, lambda: integrate.undo(merged))
    assert refused.reason == "base_moved_on" and "git revert" in refused.action


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
    integrate.apply(planned, "Again")
    assert (repo.read("a.txt"), repo.read("b.txt")) == ("second\n", "user\n")
    assert not (repo.path / "new").exists()
    assert [obstacle.reason for obstacle in plan(repo, worktree, second, number=3).obstacles] == ["nothing_to_merge"]


def test_what_was_undone_is_merged_again(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "first\n")
    integrate.undo(merge(repo, worktree))
    agent.write("b.txt", "second\n")
    merge(repo, worktree, number=2)
    assert (repo.read("a.txt"), repo.read("b.txt")) == ("first\n", "second\n")


def test_work_on_an_unrelated_branch_is_refused(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    repo.git("checkout", "--quiet", "--orphan", "alone")
    repo.commit("alone")
    taken = checkpoints.capture(worktree, f"{FOLDER}/1/result", "Result")
    request = MergeRequest(worktree, repo.path, "alone", taken.commit, Strategy.MERGE, 1)
    assert refusal(lambda: integrate.plan(request)).reason == "unrelated_histories"


def test_planning_changes_nothing(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """S10."""
    agent.write("a.txt", "agent\n")
    repo.write("b.txt", "dirty\n")
    repo.write("a.txt", "a\n")
    before = repo.everything_of_the_user(), agent.everything_of_the_user()
    plan(repo, worktree)
    assert (repo.everything_of_the_user(), agent.everything_of_the_user()) == before


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
    assert integrate.finish_or_roll_back(repo.path / ".git", SESSION, 1) is None
    assert repo.on_disk() == files and repo.rev("main") == base
    assert repo.git("status", "--porcelain") == " M b.txt"
    assert not [ref for ref in repo.refs(f"{FOLDER}/1") if not ref.endswith("/result")]
    assert merged.base_after


def test_a_merge_that_had_happened_is_found(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D30."""
    agent.write("a.txt", "agent\n")
    assert integrate.finish_or_roll_back(repo.path / ".git", SESSION, 1) is None
    merged = merge(repo, worktree)
    repo.commit("on top")
    assert integrate.finish_or_roll_back(repo.path / ".git", SESSION, 1) == merged.base_after
    assert repo.read("a.txt") == "agent\n"


def test_a_merge_that_never_reached_the_files_is_forgotten(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D30: killed right after the ways back were recorded."""
    agent.write("a.txt", "agent\n")
    merged = merge(repo, worktree)
    integrate.undo(merged)
    repo.write("a.txt", "user\n")
    assert integrate.finish_or_roll_back(repo.path / ".git", SESSION, 1) is None
    assert repo.read("a.txt") == "user\n"


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


def test_a_large_merge_names_a_few_files(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    for number in range(20):
        agent.write(f"many/{number:02}", "agent\n")
        repo.write(f"many/{number:02}", "user\n")
    (obstacle,) = plan(repo, worktree).obstacles
    assert "15 more" in obstacle.message
    assert replace(obstacle).details["files"] == [f"many/{number:02}" for number in range(20)]
    assert git(objects(repo.path / ".git"), "rev-parse", "main")
