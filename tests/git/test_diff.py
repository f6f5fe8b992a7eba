"""Changes between commits, and between a commit and a folder."""

from __future__ import annotations

import pytest

from segue.domain.errors import NotFound
from segue.git import checkpoints, diff
from segue.git.diff import FileChange, Kind, Status
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import SESSION

REF = f"refs/segue/{SESSION}/turns/1/after"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n"


def changes(worktree: Worktree) -> dict[str, FileChange]:
    taken = checkpoints.capture(worktree, REF, "Turn 1")
    found = diff.changes(worktree.common_dir, taken.head, taken.commit)
    assert diff.stat(worktree.common_dir, taken.head, taken.commit) == diff.Stat(
        len(found), sum(change.added or 0 for change in found), sum(change.removed or 0 for change in found)
    )
    return {change.path: change for change in found}


def test_every_status_and_kind(repo: GitRepo, agent: GitRepo, worktree: Worktree) -> None:
    agent.write("moved.txt", "".join(f"{line}\n" for line in range(50)))
    agent.write("type", "file\n")
    agent.write("mode", "same\n")
    agent.write("bin", b"\0\1")
    agent.commit("before")
    agent.git("mv", "moved.txt", "renamed.txt")
    agent.write("renamed.txt", agent.read("renamed.txt") + "more\n")
    (agent.path / "type").unlink()
    (agent.path / "type").symlink_to("a.txt")
    (agent.path / "mode").chmod(0o755)
    (agent.path / "b.txt").unlink()
    agent.write("bin", b"\0\2")
    agent.write("a.txt", "a\nb\nc")
    agent.write("big.psd", POINTER)
    agent.write("not-lfs", "version of something else\n")
    found = changes(worktree)
    facts = {path: (c.status, c.kind, c.added, c.removed) for path, c in found.items()}
    assert facts == {
        "a.txt": (Status.MODIFIED, Kind.TEXT, 2, 0),
        "b.txt": (Status.DELETED, Kind.TEXT, 0, 1),
        "big.psd": (Status.ADDED, Kind.LFS, 3, 0),
        "bin": (Status.MODIFIED, Kind.BINARY, None, None),
        "mode": (Status.MODIFIED, Kind.TEXT, 0, 0),
        "not-lfs": (Status.ADDED, Kind.TEXT, 1, 0),
        "renamed.txt": (Status.RENAMED, Kind.TEXT, 1, 0),
        "type": (Status.TYPE_CHANGED, Kind.SYMLINK, 1, 1),
    }
    assert found["renamed.txt"].old_path == "moved.txt"
    assert (found["mode"].old_mode, found["mode"].new_mode) == ("100644", "100755")
    assert (found["b.txt"].new_oid, found["b.txt"].new_mode) == (None, None)
    assert found["b.txt"].old_oid == repo.rev("main:b.txt")
    assert found["bin"].is_binary and not found["a.txt"].is_binary


def test_nothing_changed(worktree: Worktree) -> None:
    assert changes(worktree) == {}


def test_live_figures_are_those_of_a_checkpoint(agent: GitRepo, worktree: Worktree) -> None:
    agent.write("a.txt", "a\nb\n")
    agent.write("new\nname", "1\n2\n")
    agent.write("x.log", "ignored\n")
    agent.write("bin", b"\0")
    (agent.path / "b.txt").unlink()
    taken = checkpoints.capture(worktree, REF, "Turn 1")
    before = agent.everything_of_the_user()
    live = diff.live_stat(worktree, taken.head)
    assert live == diff.stat(worktree.common_dir, taken.head, taken.commit) == diff.Stat(4, 3, 1)
    assert agent.everything_of_the_user() == before


def test_looking_writes_no_objects(agent: GitRepo, worktree: Worktree) -> None:
    agent.write("new", "never stored\n")
    diff.live_stat(worktree, "main")
    oid = agent.git("hash-object", "new")
    assert agent.git("cat-file", "-t", oid, check=False) == ""


def test_a_blob_is_read_up_to_the_limit(repo: GitRepo) -> None:
    oid = repo.git("hash-object", "-w", "--stdin", stdin=b"0123456789")
    common_dir = repo.path / ".git"
    assert diff.read_blob(common_dir, oid, 100) == b"0123456789"
    assert diff.read_blob(common_dir, oid, 10) == b"0123456789"
    assert diff.read_blob(common_dir, oid, 4) == b"0123"
    with pytest.raises(NotFound):
        diff.read_blob(common_dir, "0" * 40, 10)
