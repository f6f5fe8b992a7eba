"""What the stash has of some files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from segue.git.pairing import checkout_at
from segue.git.stashes import read_autostash, read_stashes
from support.repositories import git, repository


def test_tracked_and_untracked_files_of_each_entry_are_read(tmp_path: Path) -> None:
    folder = repository(tmp_path / "project", {"a.txt": "one\n", "b.txt": "one\n"})
    assert not list(read_stashes(folder / ".git", ["a.txt"])), "without a stash"
    (folder / "a.txt").write_text("older\n")
    git(folder, "stash", "--quiet")
    (folder / "new.txt").write_text("new\n")
    (folder / "b.txt").unlink()
    git(folder, "stash", "--quiet", "--include-untracked")
    assert list(read_stashes(folder / ".git", ["a.txt", "b.txt", "new.txt", "none.txt"])) == [
        ("stash@{0}", "a.txt", (b"one\n", "100644")),
        ("stash@{0}", "b.txt", None),
        ("stash@{0}", "new.txt", (b"new\n", "100644")),
        ("stash@{1}", "a.txt", (b"older\n", "100644")),
        ("stash@{1}", "b.txt", (b"one\n", "100644")),
    ]


def test_what_an_unfinished_rebase_put_aside_is_read(tmp_path: Path) -> None:
    folder = repository(tmp_path / "project", {"a.txt": "one\n", "b.txt": "one\n"})
    git(folder, "checkout", "--quiet", "-b", "other")
    for branch in ("other", "main"):
        git(folder, "checkout", "--quiet", branch)
        (folder / "b.txt").write_text(f"{branch}\n")
        git(folder, "commit", "--quiet", "--all", "--message=More")
    (folder / "a.txt").write_text("put aside\n")
    with pytest.raises(subprocess.CalledProcessError):
        git(folder, "rebase", "--quiet", "--autostash", "other")
    ((_, path, file),) = read_autostash(checkout_at(folder), ["a.txt"])
    assert (path, file) == ("a.txt", (b"put aside\n", "100644"))
    git(folder, "rebase", "--abort")
    assert not list(read_autostash(checkout_at(folder), ["a.txt"]))
