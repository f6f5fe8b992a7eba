"""What cannot be read does not stop the rest: it is left out, named, and never deleted."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from segue.domain.ids import archive_ref
from segue.git import adoption, archive, checkpoints, diff, repository, worktrees
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, executable, init
from support.ordinary import as_ordinary_user

from .conftest import SESSION, make_worktree, merge, plan

AFTER = f"refs/segue/{SESSION}/turns/1/after"


def with_secrets(root: Path) -> tuple[GitRepo, Worktree, GitRepo]:
    """A worktree with files and folders that an ordinary user cannot read, of every kind."""
    made = init(root / "repo")
    made.write(".gitignore", ".env\nbuild/\n")
    made.commit("Begin", a_txt="a\n", b_txt="b\n")
    made.write("kept/in/c.txt", "c\n")
    made.commit()
    worktree = make_worktree(made, root)
    agent = GitRepo(worktree.path)
    agent.write("a.txt", "agent\n")
    agent.write("new.txt", "new\n")
    agent.write("b.txt", "secret\n").chmod(0)
    agent.write("secret.key", "secret\n").chmod(0)
    agent.write(".env", "secret\n").chmod(0)
    agent.write("closed/file", "secret\n")
    agent.write("listed/file", "secret\n")
    agent.write("kept/in/c.txt", "secret\n")
    for name, mode in (("closed", 0), ("listed", 0o444), ("kept/in", 0o111)):
        (agent.path / name).chmod(mode)
    here = root / "start"
    here.mkdir()
    os.chdir(here)  # only the child that does this: Segue may have been started in a folder that is closed by now
    here.chmod(0)
    return made, worktree, agent


def test_the_rest_is_recorded_and_merged_and_what_is_unreadable_is_named(tmp_path: Path) -> None:
    """A container made files that nobody else can read: nothing was recorded, merged or archived any more."""

    def work() -> None:
        made, worktree, _ = with_secrets(tmp_path)
        taken = checkpoints.capture(worktree, AFTER, "Turn 1")
        assert taken.unread == ("b.txt", "closed", "kept/in", "listed", "secret.key")
        wanted = {".gitignore": ".env\nbuild/", "a.txt": "agent", "b.txt": "b", "kept/in/c.txt": "c"}
        assert made.files_of(taken.commit) == {**wanted, "new.txt": "new"}
        merge(made, worktree)
        assert (made.read("a.txt"), made.read("b.txt"), made.read("new.txt")) == ("agent\n", "b\n", "new\n")

    as_ordinary_user(work)


def test_an_archive_leaves_what_it_could_not_read_and_restore_fills_in_around_it(tmp_path: Path) -> None:

    def work() -> None:
        made, worktree, agent = with_secrets(tmp_path)
        kept = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
        assert kept.unread == (".env", "b.txt", "closed", "kept/in", "listed", "secret.key")
        stays = worktrees.remove(worktree)
        assert stays == kept.unread
        assert {entry.name for entry in agent.path.iterdir()} == {
            *(".env", "b.txt", "closed", "kept", "listed", "secret.key")
        }
        assert not worktree.admin_dir.exists()

        adoption.complete(repository.inspect(made.path), SESSION, kept.commit, worktree.path)
        for name in ("b.txt", "secret.key", ".env"):
            (agent.path / name).chmod(0o600)
            assert agent.read(name) == "secret\n"
        for name in ("closed", "listed", "kept/in"):
            (agent.path / name).chmod(0o700)
        assert agent.read("a.txt") == "agent\n" and agent.read("closed/file") == "secret\n"
        assert agent.git("status", "--porcelain").splitlines() == [
            *(" M a.txt", " M b.txt", " M kept/in/c.txt"),
            *("?? closed/", "?? listed/", "?? new.txt", "?? secret.key"),
        ]

    as_ordinary_user(work)


def test_a_folder_that_belongs_to_another_user_stays_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files can be read, so the snapshot has them; they cannot be deleted."""

    def work() -> None:
        made, worktree, agent = with_secrets(tmp_path)
        for name in ("b.txt", "secret.key", ".env"):
            (agent.path / name).chmod(0o600)
        for name in ("closed", "listed", "kept/in"):
            (agent.path / name).chmod(0o700)
        kept = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
        assert kept.unread == ()
        monkeypatch.setattr(Path, "unlink", _refuse_in(agent.path / "closed", Path.unlink))
        assert worktrees.remove(worktree) == ("closed/file",)
        monkeypatch.undo()
        adoption.complete(repository.inspect(made.path), SESSION, kept.commit, worktree.path)
        assert agent.read("closed/file") == "secret\n" and agent.read("new.txt") == "new\n"

    as_ordinary_user(work)


def _refuse_in(folder: Path, unlink: object) -> object:
    def refusing(file: Path, missing_ok: bool = False) -> None:
        if file.parent == folder:
            raise PermissionError(13, "Permission denied")
        assert callable(unlink)
        unlink(file, missing_ok)

    return refusing


def test_what_is_no_file_any_more_is_named(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """Where a file was there is a pipe or a socket: git stops at those."""
    for name in ("a.txt", "b.txt"):
        (agent.path / name).unlink()
    os.mkfifo(agent.path / "a.txt")
    os.mkfifo(agent.path / "untracked")
    here = Path.cwd()
    os.chdir(agent.path)  # the name of a socket has room for about 100 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("b.txt")
    finally:
        os.chdir(here)
    agent.write("new.txt", "new\n")
    taken = checkpoints.capture(worktree, AFTER, "Turn 1")
    assert taken.unread == ("a.txt", "b.txt")
    files = repo.files_of(taken.commit)
    assert files["a.txt"] == "a" and files["new.txt"] == "new"
    assert plan(repo, worktree).obstacles == ()
    archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    assert worktrees.remove(worktree) == ()
    assert not worktree.path.exists()


def test_files_that_vanish_while_they_are_read_stop_nothing(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, tmp_path: Path
) -> None:
    """A filter deletes another file while git reads the folder, as a build does."""
    agent.write(".gitattributes", "first filter=slow\n")
    agent.write("first", "first\n")
    agent.write("second", "second\n")
    vanish = executable(tmp_path / "vanish", f"rm -f {agent.path}/second; cat")
    repo.git("config", "filter.slow.clean", str(vanish))
    taken = checkpoints.capture(worktree, AFTER, "Turn 1")
    assert taken.unread == ()
    assert "first" in repo.files_of(taken.commit) and "second" not in repo.files_of(taken.commit)
    assert diff.changes(worktree.common_dir, taken.head, taken.commit)
