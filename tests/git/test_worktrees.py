"""Worktrees of sessions: made, found again, removed; whatever happens on the host in between."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from segue.domain.errors import GitFailed, SegueError
from segue.domain.ids import SessionId, archive_ref
from segue.git import archive, checkpoints, repository, worktrees
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, init

from .conftest import SESSION, make_worktree

BRANCH = f"refs/heads/segue/{SESSION}/work"


def refusal(call: object, *args: object) -> SegueError:
    assert callable(call)
    with pytest.raises(SegueError) as refused:
        call(*args)
    return refused.value


def test_a_worktree_stands_on_its_own_branch(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    assert agent.git("symbolic-ref", "HEAD") == BRANCH == worktree.branch_ref
    assert repo.rev(BRANCH) == repo.rev("main")
    assert agent.status().splitlines()[-1].startswith("# branch")
    assert agent.on_disk() == repo.on_disk()
    assert worktree.admin_dir.parent == repo.path / ".git" / "worktrees"
    assert "locked" in repo.git("worktree", "list", "--porcelain")


def test_nothing_of_the_users_changes(repo: GitRepo, tmp_path: Path) -> None:
    """S10: create, work, checkpoint, archive, remove."""
    repo.write("a.txt", "stashed\n")
    repo.git("stash")
    repo.write("a.txt", "unstaged\n")
    repo.write("new", "untracked\n")
    repo.write("b.txt", "staged\n")
    repo.git("add", "b.txt")
    before = repo.everything_of_the_user()
    made = make_worktree(repo, tmp_path)
    agent = GitRepo(made.path)
    agent.write("a.txt", "agent\n")
    checkpoints.capture(made, f"refs/segue/{SESSION}/turns/1/after", "Turn 1")
    agent.commit("by the agent")
    archive.capture(made, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(made)
    assert repo.everything_of_the_user() == before
    assert not (tmp_path / "data" / SESSION).exists()
    assert not (repo.path / ".git" / "worktrees").exists()


@pytest.mark.parametrize("shape", ["subfolder", "detached", "linked", "submodule", "bare", "sha256", "worktree_config"])
def test_shapes_that_work(shape: str, repo: GitRepo, tmp_path: Path) -> None:
    """D27."""
    opened = repo.path
    match shape:
        case "subfolder":
            opened = repo.path / "src"
        case "detached":
            repo.git("checkout", "--quiet", "--detach")
        case "linked":
            opened = tmp_path / "linked"
            repo.git("worktree", "add", "--quiet", "-b", "topic", str(opened))
        case "submodule":
            outer = init(tmp_path / "outer")
            outer.git("submodule", "add", "--quiet", str(repo.path), "inner")
            opened = outer.path / "inner"
        case "bare":
            repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "bare.git"))
            opened = tmp_path / "out"
            GitRepo(tmp_path / "bare.git").git("worktree", "add", "--quiet", str(opened), "main")
        case "sha256":
            other = init(tmp_path / "sha256", "--object-format=sha256")
            other.commit(a_txt="a\n")
            opened = other.path
        case "worktree_config":
            repo.git("config", "extensions.worktreeConfig", "true")
            repo.git("config", "--worktree", "user.email", "own@example.invalid")
            repo.git("sparse-checkout", "set", "src")
    facts = repository.inspect(opened)
    path = tmp_path / "data" / SESSION / "with space"
    made = worktrees.create(facts, SESSION, facts.head.commit, path)
    assert worktrees.open_worktree(SESSION, path, facts.common_dir) == made
    agent = GitRepo(path)
    agent.write("new.txt", "new\n")
    taken = checkpoints.capture(made, f"refs/segue/{SESSION}/turns/1/after", "Turn 1")
    assert GitRepo(opened).git("cat-file", "blob", f"{taken.commit}:new.txt") == "new"
    names = set(GitRepo(opened).files_of(taken.commit))
    assert names == {*GitRepo(opened).files_of(facts.head.commit), "new.txt"}
    archive.capture(made, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(made)
    assert not path.exists()


def test_submodules_are_not_filled(repo: GitRepo, tmp_path: Path) -> None:
    """D28."""
    outer = init(tmp_path / "outer")
    outer.git("submodule", "add", "--quiet", str(repo.path), "inner")
    outer.commit()
    outer.git("config", "submodule.recurse", "true")
    made = make_worktree(outer, tmp_path)
    assert list((made.path / "inner").iterdir()) == []
    taken = checkpoints.capture(made, f"refs/segue/{SESSION}/turns/1/after", "Turn 1")
    assert taken.tree == outer.rev("HEAD^{tree}")


def test_refused_before_anything_is_made(repo: GitRepo, tmp_path: Path) -> None:
    facts = repository.inspect(repo.path)
    before = repo.everything_of_the_user()
    refs = repo.refs()
    for inside in (repo.path / "wt", repo.path / ".git" / "wt"):
        assert refusal(worktrees.create, facts, SESSION, facts.head.commit, inside).reason == "worktree_inside"
    (tmp_path / "taken").mkdir()
    assert refusal(worktrees.create, facts, SESSION, facts.head.commit, tmp_path / "taken").reason == "worktree_exists"
    assert repo.everything_of_the_user() == before
    assert repo.refs() == refs


@pytest.mark.parametrize("how", ["loose", "packed"])
def test_a_branch_named_segue_is_told(how: str, repo: GitRepo, tmp_path: Path) -> None:
    """D24: a ref cannot lie below another one."""
    repo.git("branch", "segue")
    if how == "packed":
        repo.git("pack-refs", "--all")
    refused = refusal(make_worktree, repo, tmp_path)
    assert refused.reason == "branch_in_the_way"
    assert "git branch -m" in refused.action


def test_a_failure_leaves_nothing_behind(repo: GitRepo, tmp_path: Path) -> None:
    """The commit is known, a file of it cannot be written: git fails in the middle."""
    repo.write(".gitattributes", "b.txt filter=broken\n")
    repo.commit()
    repo.git("config", "filter.broken.clean", "cat")
    repo.git("config", "filter.broken.smudge", "false")
    repo.git("config", "filter.broken.required", "true")
    before, refs = repo.everything_of_the_user(), repo.refs()
    with pytest.raises(GitFailed):
        make_worktree(repo, tmp_path)
    assert repo.everything_of_the_user() == before
    assert repo.refs() == refs
    assert not (tmp_path / "data" / SESSION).exists()
    assert not (repo.path / ".git" / "worktrees").exists()
    assert not (repo.path / ".git" / "refs" / "heads" / "segue").exists()
    assert not (repo.path / ".git" / "logs" / "refs" / "heads" / "segue").exists()
    repo.git("config", "filter.broken.smudge", "cat")
    make_worktree(repo, tmp_path)


def test_a_creation_that_was_cut_short_is_rolled_back(repo: GitRepo, tmp_path: Path) -> None:
    made = make_worktree(repo, tmp_path)
    worktrees.roll_back(made.common_dir, SESSION, repo.rev("HEAD"), made.path)
    assert not made.path.exists() and not repo.refs("refs/heads/segue")
    make_worktree(repo, tmp_path)


def test_housekeeping_on_the_host_does_no_harm(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D26: pack-refs, gc and prune in between."""
    agent.write("a.txt", "agent\n")
    taken = checkpoints.capture(worktree, f"refs/segue/{SESSION}/turns/1/after", "Turn 1")
    repo.git("pack-refs", "--all")
    repo.git("worktree", "prune", "--expire=now")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")
    for folder in ("refs", "logs/refs"):
        assert (repo.path / ".git" / folder / "heads" / "segue" / SESSION / ".keep").is_file()
    again = worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir)
    assert checkpoints.capture(again, f"refs/segue/{SESSION}/turns/2/before", "Turn 2").tree == taken.tree
    agent.commit("by the agent")
    assert repo.rev(BRANCH) == agent.rev("HEAD")


def test_prune_does_not_drop_a_worktree_that_is_away(repo: GitRepo, worktree: Worktree) -> None:
    """D26: the data directory may lie on a disk that is not there for a while."""
    away = worktree.path.with_name("away")
    worktree.path.rename(away)
    repo.git("worktree", "prune", "--expire=now")
    away.rename(worktree.path)
    worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir)


def test_a_deleted_folder_is_missing_and_can_be_restored(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D26."""
    agent.write("a.txt", "agent\n")
    agent.write("new", "new\n")
    taken = checkpoints.capture(worktree, f"refs/segue/{SESSION}/turns/1/after", "Turn 1")
    shutil.rmtree(worktree.path)
    missing = refusal(worktrees.open_worktree, SESSION, worktree.path, worktree.common_dir)
    assert missing.reason == "worktree_missing" and missing.action
    worktrees.restore(repository.inspect(repo.path), SESSION, taken.commit, worktree.path)
    assert agent.read("a.txt") == "agent\n" and agent.read("new") == "new\n"
    assert agent.git("status", "--porcelain").splitlines() == [" M a.txt", "?? new"]


def test_an_entry_that_is_gone_is_missing(worktree: Worktree) -> None:
    """D26."""
    shutil.rmtree(worktree.admin_dir)
    assert refusal(worktrees.open_worktree, SESSION, worktree.path, worktree.common_dir).reason == "worktree_missing"


def test_the_entry_of_a_deleted_folder_is_forgotten(repo: GitRepo, worktree: Worktree) -> None:
    worktrees.forget_missing(worktree.common_dir, worktree.path)
    assert worktree.admin_dir.exists()
    shutil.rmtree(worktree.path)
    worktrees.forget_missing(worktree.common_dir, worktree.path)
    assert not worktree.admin_dir.exists()


def test_a_deleted_branch_loses_nothing(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D26."""
    head = agent.commit("by the agent", a_txt="committed\n")
    checkpoints.capture(worktree, f"refs/segue/{SESSION}/turns/1/after", "Turn 1")
    repo.git("update-ref", "-d", BRANCH)
    agent.write("a.txt", "later\n")
    taken = checkpoints.capture(worktree, f"refs/segue/{SESSION}/turns/2/after", "Turn 2")
    assert repo.files_of(taken.commit)["a.txt"] == "later"
    assert taken.head == head
    kept = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(worktree)
    worktrees.restore(repository.inspect(repo.path), SESSION, kept.commit, worktree.path)
    assert agent.read("a.txt") == "later\n"
    assert repo.rev(BRANCH) == head


def test_a_branch_deleted_before_anything_was_recorded_is_told(repo: GitRepo, worktree: Worktree) -> None:
    """D26."""
    repo.git("update-ref", "-d", BRANCH)
    refused = refusal(checkpoints.capture, worktree, f"refs/segue/{SESSION}/turns/1/before", "Turn 1")
    assert refused.reason == "branch_gone" and refused.action


def test_a_branch_that_the_user_has_checked_out_is_told(repo: GitRepo, worktree: Worktree) -> None:
    """D26: two worktrees on one branch would move each other's HEAD."""
    kept = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(worktree)
    repo.git("checkout", "--quiet", f"segue/{SESSION}/work")
    refused = refusal(worktrees.restore, repository.inspect(repo.path), SESSION, kept.commit, worktree.path)
    assert refused.reason == "branch_checked_out" and str(repo.path) in refused.message
    assert not worktree.path.exists()


def test_two_sessions_side_by_side(repo: GitRepo, tmp_path: Path) -> None:
    first, second = make_worktree(repo, tmp_path), make_worktree(repo, tmp_path, SessionId("zzzzzzzz"))
    assert first.admin_dir != second.admin_dir
    GitRepo(first.path).write("a.txt", "first\n")
    assert GitRepo(second.path).read("a.txt") == "a\n"
    assert worktrees.open_worktree(second.session_id, second.path, second.common_dir) == second


def test_a_data_directory_behind_a_link(repo: GitRepo, tmp_path: Path) -> None:
    """git records where a folder really is."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    facts = repository.inspect(repo.path)
    path = tmp_path / "link" / SESSION / "repo"
    made = worktrees.create(facts, SESSION, facts.head.commit, path)
    assert worktrees.open_worktree(SESSION, path, facts.common_dir) == made


def test_removal_needs_a_snapshot_of_everything(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D29, S9."""
    assert refusal(worktrees.remove, worktree).reason == "not_archived"
    archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    agent.write("late", "late\n")
    assert refusal(worktrees.remove, worktree).reason == "not_archived"
    assert agent.read("late") == "late\n"
    archive.capture(worktree, archive_ref(SESSION, 10), "Archive")
    worktrees.remove(worktree)
    assert repo.rev(BRANCH)


def test_a_removal_that_was_cut_short_can_be_repeated(worktree: Worktree, agent: GitRepo) -> None:
    """D30."""
    archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    (worktree.path / "a.txt").unlink()
    shutil.rmtree(worktree.path / "src")
    worktrees.remove(worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir))
    assert not worktree.path.exists() and not worktree.admin_dir.exists()


def test_removal_gets_through_folders_without_write_permission(worktree: Worktree, agent: GitRepo) -> None:
    """Go's module cache is like that."""
    agent.write("build/pkg/file", "x")
    (worktree.path / "build" / "pkg").chmod(0o555)
    outside = worktree.path.parent.parent / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    (worktree.path / "build" / "link").symlink_to(outside)
    archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(worktree)
    assert not worktree.path.exists()
    assert (outside / "file").read_text() == "kept"


def test_a_branch_is_deleted_only_where_it_was_expected(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    old = agent.rev("HEAD")
    new = agent.commit("by the agent")
    assert refusal(worktrees.delete_branch, worktree.common_dir, SESSION, old).reason == "branch_moved"
    worktrees.delete_branch(worktree.common_dir, SESSION, new)
    assert not repo.refs("refs/heads/segue")
    assert not (repo.path / ".git" / "refs" / "heads" / "segue").exists()


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(repo: GitRepo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    facts = repository.inspect(repo.path)
    with pytest.raises((OSError, SegueError)):
        worktrees.create(facts, SESSION, facts.head.commit, tmp_path / "file" / "x" / "repo")
    assert not repo.refs("refs/heads/segue")
    assert not os.path.lexists(repo.path / ".git" / "refs" / "heads" / "segue")
