"""Programs that git runs over files: found along the window's PATH, with their keys, and named where they fail."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from segue.domain.errors import GitFailed, MergeRefused
from segue.domain.ids import archive_ref
from segue.git import archive, checkpoints, merges, repository, run, worktrees
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, executable

from .conftest import SESSION, make_worktree, merge, plan

AFTER = f"refs/segue/{SESSION}/turns/1/after"


def with_filter(repo: GitRepo, command: str) -> None:
    repo.write(".gitattributes", "*.bin filter=big\n")
    for key in ("clean", "smudge"):
        repo.git("config", f"filter.big.{key}", command)
    repo.git("config", "filter.big.required", "true")
    repo.commit()


def in_a_task(path: Path, work: object) -> None:
    """As a session's task does it: with the PATH of a window, which other tasks do not get."""

    async def task() -> None:
        run.search(lambda: str(path))
        assert callable(work)
        await asyncio.to_thread(work)

    asyncio.run(task())


def test_a_filter_is_found_along_the_path_of_the_window(repo: GitRepo, tmp_path: Path) -> None:
    """git-lfs was on the terminal's PATH, and not on that of whatever had started the daemon."""
    repo.write("x.bin", "data\n")
    with_filter(repo, "cat")
    for key in ("clean", "smudge"):
        repo.git("config", f"filter.big.{key}", "git-big")
    executable(tmp_path / "tools" / "git-big", "cat")

    def work() -> None:
        made = make_worktree(repo, tmp_path)
        GitRepo(made.path).write("x.bin", "changed\n")
        assert repo.files_of(checkpoints.capture(made, AFTER, "Turn 1").commit)["x.bin"] == "changed"

    with pytest.raises(GitFailed) as failed:
        make_worktree(repo, tmp_path)
    assert failed.value.reason == "filter_failed"
    assert "git-big" in failed.value.message and "PATH" in failed.value.action
    assert not (tmp_path / "data").exists() or not any((tmp_path / "data").iterdir())
    in_a_task(tmp_path / "tools", work)


def test_no_program_is_taken_from_the_working_tree(worktree: Worktree, agent: GitRepo, tmp_path: Path) -> None:
    """S4: a PATH may name a folder of the project, such as node_modules/.bin."""
    marker = tmp_path / "marker"
    executable(agent.path / "bin" / "git", f"touch {marker}; exit 1")
    inside = [str(agent.path / "bin"), "bin", ".", ""]

    def work() -> None:
        checkpoints.capture(worktree, AFTER, "Turn 1")
        assert not set(inside) & set(run.search_path(worktree.place).split(os.pathsep))

    in_a_task(Path(os.pathsep.join(inside)), work)
    assert not marker.exists()


def test_the_error_of_a_filter_is_told_wherever_it_fails(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, tmp_path: Path
) -> None:
    """It was hidden behind advice about a full disk."""
    script = executable(tmp_path / "big", "cat")
    with_filter(repo, str(script))
    agent.git("merge", "--quiet", "main")
    agent.write("x.bin", "data\n")
    planned = plan(repo, worktree)
    executable(script, "echo quota exceeded >&2; exit 3")
    (agent.path / "x.bin").write_text("other\n")
    with pytest.raises(GitFailed) as recorded:
        archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    with pytest.raises(MergeRefused) as merged:
        merges.apply(planned, "Merge\n")
    for failed in (recorded.value, merged.value):
        assert failed.reason == "filter_failed"
        assert "“big”" in failed.message and "quota exceeded" in failed.message


def test_what_a_filter_refuses_is_named_and_the_rest_is_recorded_and_merged(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, tmp_path: Path
) -> None:
    """One such file stopped the recording of all files of a turn."""
    script = executable(tmp_path / "big", "cat")
    repo.write("old.bin", "old\n")
    repo.write("same.bin", "same\n")
    with_filter(repo, str(script))
    agent.git("merge", "--quiet", "main")
    executable(script, 'content=$(cat); case $content in *bad*) echo too large >&2; exit 3;; esac; echo "$content"')
    for name, content in {"old.bin": "bad\n", "dir/new.bin": "bad\n", "good.bin": "fine\n", "a.txt": "agent\n"}.items():
        agent.write(name, content)
    taken = checkpoints.capture(worktree, AFTER, "Turn 1")
    assert taken.refused == ("dir/new.bin", "old.bin")
    assert "“big”" in taken.why and "too large" in taken.why
    files = repo.files_of(taken.commit)
    assert {name: files[name] for name in ("old.bin", "same.bin", "good.bin", "a.txt")} == {
        **{"old.bin": "old", "same.bin": "same"},
        **{"good.bin": "fine", "a.txt": "agent"},
    }
    assert "dir/new.bin" not in files
    merge(repo, worktree)
    assert (repo.read("a.txt"), repo.read("good.bin"), repo.read("old.bin")) == ("agent\n", "fine\n", "old\n")
    assert agent.read("old.bin") == agent.read("dir/new.bin") == "bad\n"
    with pytest.raises(GitFailed):
        archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    assert agent.read("old.bin") == "bad\n"


def test_a_required_filter_without_a_command_for_checkouts_is_named(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """git names no command then; the advice was about a full disk."""
    with_filter(repo, "cat")
    agent.git("merge", "--quiet", "main")
    agent.write("x.bin", "data\n")
    planned = plan(repo, worktree)
    repo.git("config", "--unset", "filter.big.smudge")
    with pytest.raises(MergeRefused) as merged:
        merges.apply(planned, "Merge\n")
    assert merged.value.reason == "filter_failed"
    assert "“big”" in merged.value.message and "smudge" in merged.value.message
    assert "git config --get-regexp" in merged.value.action


def test_a_filter_with_keys_in_the_git_directory_works_in_a_session(repo: GitRepo, tmp_path: Path) -> None:
    """git-crypt looks for its key in the worktree's own git directory, where `git worktree add` puts none."""
    key = '"$(git rev-parse --git-dir)"/git-crypt/keys/default'
    crypt = executable(tmp_path / "crypt", f"test -r {key} || {{ echo unlock it first >&2; exit 1; }}; rev")
    repo.write(".git/git-crypt/keys/default", "secret")
    repo.write("x.bin", "data\n")
    with_filter(repo, str(crypt))
    made = make_worktree(repo, tmp_path)
    agent = GitRepo(made.path)
    assert agent.read("x.bin") == "data\n" and agent.git("status", "--porcelain") == ""
    agent.write("x.bin", "agent\n")
    kept = archive.capture(made, archive_ref(SESSION, 1), "Archive")
    assert repo.files_of(kept.commit)["x.bin"] == "tnega"
    worktrees.remove(made)
    assert repo.read(".git/git-crypt/keys/default") == "secret"
    worktrees.restore(repository.inspect(repo.path), SESSION, kept.commit, made.path)
    assert agent.read("x.bin") == "agent\n"


def test_a_repository_that_is_unlocked_later_works_in_its_sessions(repo: GitRepo, worktree: Worktree) -> None:
    repo.write(".git/git-crypt/keys/default", "secret")
    worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir)
    assert (worktree.admin_dir / "git-crypt" / "keys" / "default").read_text() == "secret"
