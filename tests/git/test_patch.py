"""Patches are git's own, exact to the byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segue.domain.errors import InputRefused, NotFound
from segue.git import checkpoints
from segue.git.patch import patch_file
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import SESSION

REF = f"refs/segue/{SESSION}/turns/1/after"
LIMIT = 1 << 20


def patch(worktree: Worktree) -> bytes:
    taken = checkpoints.capture(worktree, REF, "Turn 1")
    with patch_file(worktree.common_dir, taken.head, taken.commit, LIMIT) as file:
        file.seek(0)
        return file.read()


def apply(repo: GitRepo, content: bytes) -> str:
    """The tree that the user's checkout has with the patch applied."""
    repo.git("apply", "--index", stdin=content)
    return repo.git("write-tree")


def test_a_patch_turns_one_checkout_into_the_other(repo: GitRepo, agent: GitRepo, worktree: Worktree) -> None:
    agent.write("moved.txt", "".join(f"{line}\n" for line in range(50)))
    agent.write("type", "file\n")
    agent.write("mode", "same\n")
    agent.write("binary", b"\0\1" * 5000)
    agent.write("latin-1", "Grüße\nß\n".encode("latin-1"))
    agent.write("utf-16", "Grüße\nß\n".encode("utf-16"))
    agent.write("crlf", "one\r\ntwo\r\n")
    repo.git("checkout", "--quiet", "--detach", agent.commit("before"))
    agent.git("mv", "moved.txt", "renamed.txt")
    agent.write("renamed.txt", agent.read("renamed.txt") + "more\n")
    (agent.path / "type").unlink()
    (agent.path / "type").symlink_to("a.txt")
    (agent.path / "mode").chmod(0o755)
    (agent.path / "b.txt").unlink()
    agent.write("binary", b"\0\2" * 5000)
    agent.write("new-binary", bytes(range(256)))
    agent.write("empty", "")
    agent.write("latin-1", "Grüße\nüber\n".encode("latin-1"))
    agent.write("utf-16", "Grüße\nüber\n".encode("utf-16"))
    agent.write("crlf", "one\r\nthree\n")
    agent.write("a.txt", "a\nb\fc\rd\u2028e")
    made = patch(worktree)
    assert apply(repo, made) == repo.rev(f"{REF}^{{tree}}")
    assert b"rename to renamed.txt" in made


@pytest.mark.parametrize(
    "name",
    [b"with space", b"tab\there", b"line\nend", b'quo"te', b"back\\slash", b"-dash", "ünïcode".encode(), b"\xff\xfe"],
)
def test_git_applies_a_patch_whatever_the_name(name: bytes, repo: GitRepo, agent: GitRepo, worktree: Worktree) -> None:
    """Names may hold anything but a slash and a NUL byte (D25)."""
    agent.write(os.fsdecode(name), "new\nfile")
    made = patch(worktree)
    apply(repo, made)
    assert (repo.path / os.fsdecode(name)).read_text() == "new\nfile"


def test_no_setting_of_the_repository_changes_a_patch(repo: GitRepo, agent: GitRepo, worktree: Worktree) -> None:
    agent.write("a.txt", "changed\n")
    agent.write("binary", b"\0\1")
    plain = patch(worktree)
    marker = repo.path / "ran"
    program = f"touch {marker}; echo"
    for key, value in {
        "diff.external": program,
        "diff.own.command": program,
        "diff.own.textconv": program,
        "color.ui": "always",
        "color.diff": "always",
        "diff.noPrefix": "true",
        "diff.mnemonicPrefix": "true",
        "diff.context": "0",
        "diff.relative": "true",
        "diff.renames": "false",
        "core.abbrev": "4",
        "core.pager": program,
    }.items():
        repo.git("config", key, value)
    repo.write(".git/info/attributes", "* diff=own\n")
    assert patch(worktree) == plain
    assert not marker.exists()
    repo.git("-c", "diff.noPrefix=false", "diff", "main", REF)
    assert marker.exists(), "otherwise this test proves nothing"


def test_a_patch_has_a_limit_and_leaves_nothing_above_it(
    agent: GitRepo, worktree: Worktree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    agent.write("large.txt", "".join(f"{line}\n" for line in range(LIMIT // 4)))
    with pytest.raises(InputRefused) as refused:
        patch(worktree)
    assert refused.value.reason == "diff_too_large"
    assert not list((tmp_path / "scratch").iterdir())


def test_a_patch_is_made_of_commits_only(worktree: Worktree) -> None:
    """A name from outside is no option and no expression (D24)."""
    for name in ("--output=x", "HEAD", "main", "0" * 40, "main:a.txt"):
        with pytest.raises(NotFound) as refused:
            patch_file(worktree.common_dir, name, name, LIMIT)
        assert refused.value.reason == "no_commit"
