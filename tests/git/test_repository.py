"""What a user's repository is found to be, and what is refused before anything is made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from segue.domain.errors import InputRefused, RepositoryUnusable
from segue.git import repository
from segue.git.repository import Identity
from support.gitrepo import GitRepo, executable, init


def reasons(path: Path) -> set[str]:
    return {note.reason for note in repository.inspect(path).notes}


def refusal(path: Path) -> RepositoryUnusable:
    with pytest.raises(RepositoryUnusable) as refused:
        repository.inspect(path)
    assert refused.value.message.endswith(".")
    assert refused.value.action
    return refused.value


def test_an_ordinary_repository(repo: GitRepo) -> None:
    repo.git("branch", "other")
    repo.git("branch", "segue/bcdfghjk/work")
    facts = repository.inspect(repo.path)
    assert (facts.root, facts.git_dir, facts.common_dir) == (repo.path, repo.path / ".git", repo.path / ".git")
    assert (facts.head.branch, facts.head.commit) == ("refs/heads/main", repo.rev("HEAD"))
    assert {branch.name: branch.checked_out_at for branch in facts.branches} == {"main": str(repo.path), "other": None}
    assert all(branch.oid == repo.rev("HEAD") and branch.committed_s > 0 for branch in facts.branches)
    assert facts.default_branch == "refs/heads/main"
    assert facts.identity == Identity("Ann Example", "ann@example.invalid")
    assert (facts.subfolder, facts.notes) == ("", ())


def test_a_subfolder_of_a_monorepo(repo: GitRepo) -> None:
    """D27."""
    facts = repository.inspect(repo.path / "src" / "deep")
    assert (facts.root, facts.subfolder) == (repo.path, "src/deep")


@pytest.mark.parametrize("name", ["with space", "ünïcode 🎉", "quote'\"$(x)", "d" * 200])
def test_odd_folder_names(name: str, tmp_path: Path) -> None:
    """D27."""
    repo = init(tmp_path / name)
    repo.commit(a_txt="a")
    assert repository.inspect(repo.path).root == repo.path


def test_refused_folders(repo: GitRepo, tmp_path: Path) -> None:
    """D27."""
    (tmp_path / "plain").mkdir()
    assert refusal(tmp_path / "plain").reason == "not_a_repository"
    assert refusal(tmp_path / "gone").reason == "path_missing"
    assert refusal(repo.path / "a.txt").reason == "path_missing"
    assert refusal(repo.path / ".git").reason == "not_a_repository"
    assert refusal(init(tmp_path / "bare", "--bare").path).reason == "bare"
    assert refusal(init(tmp_path / "unborn").path).reason == "no_commits"


def test_a_repository_of_another_user_is_refused(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D27."""
    real = shutil.which("git")
    executable(tmp_path / "bin" / "git", f'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {real} "$@"')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    refused = refusal(repo.path)
    assert refused.reason == "unsafe_owner"
    assert refused.action.endswith(f"git config --global --add safe.directory {repo.path}")
    assert refusal(repo.path / "src").action == refused.action, "git wants to hear of the repository's root"
    run_as_told(refused.action)
    repository.inspect(repo.path / "src")


def run_as_told(action: str) -> None:
    """The command at the end of an advice, as a person would paste it."""
    words = ["sh", "-c", action.partition(": ")[2]]
    subprocess.run(words, check=True, env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1"})


@pytest.mark.parametrize("scope", ["--local", "--worktree"])
def test_a_repository_with_files_that_calls_itself_bare_is_told_apart(repo: GitRepo, scope: str) -> None:
    """It was told to open a clone."""
    if scope == "--worktree":
        repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", scope, "core.bare", "true")
    for folder in (repo.path, repo.path / "src"):
        refused = refusal(folder)
        assert refused.reason == "bare_setting" and "core.bare" in refused.message
    run_as_told(refused.action)
    repository.inspect(repo.path)


def test_a_bare_repository_in_a_folder_of_worktrees_is_bare(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "project" / ".git"))
    GitRepo(tmp_path / "project").git("worktree", "add", "--quiet", str(tmp_path / "project" / "main"), "main")
    assert refusal(tmp_path / "project").reason == "bare"
    repository.inspect(tmp_path / "project" / "main")


def test_a_repository_that_git_cannot_read_is_not_called_missing(repo: GitRepo, tmp_path: Path) -> None:
    """It was told to make a repository there."""
    config = repo.path / ".git" / "config"
    config.write_text("[core\n")
    refused = refusal(repo.path / "src")
    assert refused.reason == "repository_damaged" and "bad config line 1" in refused.message
    config.unlink()
    (repo.path / ".git" / "HEAD").write_text("")
    assert refusal(repo.path).reason == "repository_damaged"


def test_a_detached_head_can_be_used(repo: GitRepo) -> None:
    """D27."""
    repo.git("checkout", "--quiet", "--detach")
    facts = repository.inspect(repo.path)
    assert facts.head.branch is None
    assert repository.resolve_base(facts, None) == repository.Base(None, repo.rev("HEAD"))
    assert facts.default_branch == "refs/heads/main"
    assert "detached" in reasons(repo.path)


def test_a_worktree_of_the_users_can_be_used(repo: GitRepo, tmp_path: Path) -> None:
    """D27."""
    repo.git("worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "topic"))
    facts = repository.inspect(tmp_path / "topic")
    assert facts.root == tmp_path / "topic"
    assert facts.common_dir == repo.path / ".git"
    assert facts.head.branch == "refs/heads/topic"
    assert {branch.name: branch.checked_out_at for branch in facts.branches}["topic"] == str(tmp_path / "topic")
    assert "linked_worktree" in reasons(tmp_path / "topic")


def test_a_worktree_of_a_bare_repository_can_be_used(repo: GitRepo, tmp_path: Path) -> None:
    """D27."""
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    GitRepo(tmp_path / "bare.git").git("worktree", "add", "--quiet", str(tmp_path / "out"), "main")
    assert repository.inspect(tmp_path / "out").head.branch == "refs/heads/main"


def test_submodules_are_told(repo: GitRepo, tmp_path: Path) -> None:
    """D27, D28."""
    outer = init(tmp_path / "outer")
    outer.git("submodule", "add", "--quiet", str(repo.path), "inner")
    outer.commit()
    assert "submodules" in reasons(outer.path)
    inner = repository.inspect(outer.path / "inner")
    assert inner.root == outer.path / "inner"
    assert "is_submodule" in reasons(outer.path / "inner")


def test_shapes_are_told(repo: GitRepo, tmp_path: Path) -> None:
    """D27."""
    repo.commit("more")
    url = f"file://{repo.path}"
    repo.git("clone", "--quiet", "--depth=1", url, str(tmp_path / "shallow"))
    assert "shallow" in reasons(tmp_path / "shallow")
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "--quiet", "--filter=blob:none", url, str(tmp_path / "partial"))
    assert "partial" in reasons(tmp_path / "partial")
    repo.git("sparse-checkout", "set", "src")
    assert "sparse" in reasons(repo.path)
    other = init(tmp_path / "sha256", "--object-format=sha256")
    other.commit(a_txt="a")
    assert "sha256" in reasons(other.path)


def test_lfs_signing_and_hooks_are_told(repo: GitRepo) -> None:
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.commit()
    repo.git("config", "commit.gpgSign", "yes")
    executable(repo.path / ".git" / "hooks" / "pre-commit", "exit 0")
    (repo.path / ".git" / "hooks" / "commit-msg").write_text("not executable")
    notes = {note.reason: note.message for note in repository.inspect(repo.path).notes}
    assert set(notes) == {"lfs", "signing", "hooks"}
    assert "pre-commit" in notes["hooks"] and "commit-msg" not in notes["hooks"]
    assert "git lfs install" in notes["lfs"]


def test_hooks_elsewhere_are_told(repo: GitRepo) -> None:
    executable(repo.path / ".husky" / "pre-commit", "exit 0")
    repo.git("config", "core.hooksPath", ".husky")
    assert "hooks" in reasons(repo.path)


def test_no_identity_is_never_invented(repo: GitRepo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".gitconfig").write_text("[user]\n\tname = Ann\n")
    monkeypatch.setenv("EMAIL", "")
    facts = repository.inspect(repo.path)
    assert facts.identity is None
    assert "no_identity" in {note.reason for note in facts.notes}
    repo.git("config", "user.email", "repo@example.invalid")
    assert repository.inspect(repo.path).identity == Identity("Ann", "repo@example.invalid")


def test_the_branch_to_offer_first(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("branch", "develop")
    repo.git("clone", "--quiet", "--branch", "develop", str(repo.path), str(tmp_path / "clone"))
    clone = GitRepo(tmp_path / "clone")
    clone.git("branch", "zzz")
    assert repository.inspect(clone.path).default_branch == "refs/heads/develop"
    clone.git("remote", "set-head", "origin", "develop")
    clone.git("checkout", "--quiet", "--detach")
    assert repository.inspect(clone.path).default_branch == "refs/heads/develop"


def test_a_base_is_found_by_short_and_full_name(repo: GitRepo) -> None:
    for name in ("topic/x", "emoji-🎉", "a@b", "Ünï"):
        repo.git("branch", name)
    facts = repository.inspect(repo.path)
    head = repo.rev("HEAD")
    for name in ("main", "topic/x", "emoji-🎉", "a@b", "Ünï"):
        assert repository.resolve_base(facts, name) == repository.Base(f"refs/heads/{name}", head)
        assert repository.resolve_base(facts, f"refs/heads/{name}") == repository.Base(f"refs/heads/{name}", head)
    assert repository.resolve_base(facts, "HEAD") == repository.Base("refs/heads/main", head)


BAD_NAMES = [
    "", "-x", "--output=x", "a..b", "a@{1}", "@{-1}", "@", "a b", "a\nb", "a\rb", "a\0b", "a\tb", "x.lock", "x.lock/y",
    ".x", "a/.b", "a//b", "/a", "a/", "a.", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "\x7f", "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_branch_name_never_reaches_git(name: str, repo: GitRepo) -> None:
    """D24."""
    with pytest.raises(InputRefused) as refused:
        repository.resolve_base(repository.inspect(repo.path), name)
    assert refused.value.reason == "bad_branch_name"
    assert "\n" not in refused.value.message and len(refused.value.message) < 200


@pytest.mark.parametrize("name", ["gone", "MAIN", "origin/main", "0" * 40, "main\u202e", "refs/tags/v1", "topic"])
def test_a_branch_that_is_not_there(name: str, repo: GitRepo) -> None:
    """D24: nothing but a branch of exactly this name is taken."""
    repo.git("tag", "v1")
    repo.git("branch", "topic/x")
    with pytest.raises(RepositoryUnusable) as refused:
        repository.resolve_base(repository.inspect(repo.path), name)
    assert refused.value.reason == "base_branch_gone"
    assert "\u202e" not in refused.value.message


def test_branches_of_sessions_are_no_base(repo: GitRepo) -> None:
    with pytest.raises(InputRefused) as refused:
        repository.resolve_base(repository.inspect(repo.path), "segue/bcdfghjk/work")
    assert refused.value.reason == "own_branch"


def test_looking_changes_nothing(repo: GitRepo) -> None:
    """S10."""
    repo.write("a.txt", "dirty\n")
    before = repo.everything_of_the_user()
    repository.inspect(repo.path)
    assert repo.everything_of_the_user() == before
