"""What git takes for changed by line ends, a filter or an encoding alone is no work of the agent's.

Met with CRLF blobs under a `text` attribute: a fresh worktree looked modified, and the merge rewrote the files.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from segue.git import archive, checkpoints, diff, merges, rollback, worktrees
from segue.git.repository import inspect
from segue.git.rollback import Target
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, executable

from .conftest import MERGES, SESSION, make_worktree, merge, plan, refused_as_it_was

CRLF, MIXED = b"a\r\nb\r\nc\r\n", b"a\r\nb\nc\r\n"


def stored(repo: GitRepo, attributes: str, **files: bytes) -> None:
    """Commit files byte for byte, then attributes under which git would store them otherwise."""
    for name, content in files.items():
        repo.write(name.replace("_", "."), content)
    repo.git("-c", "core.autocrlf=false", "add", "--all")
    repo.git("commit", "--quiet", "--message", "files")
    repo.write(".gitattributes", attributes)
    repo.git("add", ".gitattributes")
    repo.git("commit", "--quiet", "--message", "attributes")


def touched(worktree: Worktree) -> GitRepo:
    """The worktree with every file looking younger than its index, so that git looks into all of them."""
    agent = GitRepo(worktree.path)
    later = time.time() + 5
    for name in agent.on_disk():
        os.utime(worktree.path / name, (later, later))
    return agent


def changed(repo: GitRepo, worktree: Worktree, number: int = 1) -> list[tuple[str, int | None, int | None]]:
    taken = checkpoints.capture(worktree, f"refs/segue/{SESSION}/turns/{number}", "Checkpoint")
    found = diff.changes(worktree.common_dir, "main", taken.commit)
    return [(change.path, change.added, change.removed) for change in found]


ATTRIBUTES = {
    "text": "*.txt text\n",
    "eol": "*.txt text eol=crlf\n",
    "ident": "*.txt ident\n",
    "filter": "*.txt filter=upper\n",
    "encoding": "*.txt text working-tree-encoding=UTF-16LE-BOM\n",
}


@pytest.mark.parametrize("attribute", list(ATTRIBUTES))
def test_files_that_nobody_changed_are_no_work(repo: GitRepo, tmp_path: Path, attribute: str, home: Path) -> None:
    if attribute == "filter":
        clean = executable(home / "clean", "tr a-z A-Z")
        repo.git("config", "filter.upper.clean", str(clean))
        repo.git("config", "filter.upper.smudge", "cat")
    stored(repo, ATTRIBUTES[attribute], crlf_txt=CRLF, mixed_txt=MIXED, id_txt=b"$Id: old $\n")
    worktree = make_worktree(repo, tmp_path)
    agent = touched(worktree)
    agent.write("new.md", "only\n")
    assert changed(repo, worktree) == [("new.md", 1, 0)]
    merge(repo, worktree)
    assert repo.git("diff", "--name-only", "main~1", "main") == "new.md"


def test_attributes_that_the_agent_adds_change_no_other_file(repo: GitRepo, tmp_path: Path) -> None:
    stored(repo, "\n", crlf_txt=CRLF, mixed_txt=MIXED)
    worktree = make_worktree(repo, tmp_path)
    agent = touched(worktree)
    agent.write(".gitattributes", "*.txt text\n")
    assert changed(repo, worktree) == [(".gitattributes", 1, 1)]


def test_the_users_autocrlf_changes_nothing(repo: GitRepo, tmp_path: Path) -> None:
    stored(repo, "*.txt text\n", crlf_txt=CRLF, mixed_txt=MIXED)
    repo.git("config", "core.autocrlf", "true")
    worktree = make_worktree(repo, tmp_path)
    touched(worktree)
    assert changed(repo, worktree) == []


@pytest.mark.parametrize("name", ["crlf.txt", "mixed.txt"])
def test_one_changed_line_is_one_changed_line(repo: GitRepo, tmp_path: Path, name: str) -> None:
    stored(repo, ATTRIBUTES["text"], crlf_txt=CRLF, mixed_txt=MIXED)
    worktree = make_worktree(repo, tmp_path)
    agent = touched(worktree)
    agent.write(name, (worktree.path / name).read_bytes().replace(b"b", b"B"))
    assert changed(repo, worktree) == [(name, 1, 1)]
    repo.git("switch", "--quiet", "--detach")
    merge(repo, worktree)
    wanted = {"crlf.txt": CRLF, "mixed.txt": MIXED}[name].replace(b"b", b"B")
    merged = repo.git("ls-tree", "--format=%(objectname)", "main", name)
    assert merged == repo.git("hash-object", "--stdin", "--no-filters", stdin=wanted)


@pytest.mark.parametrize("attribute", ["text", "eol", "ident", "encoding"])
def test_what_the_user_did_not_change_stands_in_no_merges_way(repo: GitRepo, tmp_path: Path, attribute: str) -> None:
    """The user's own fresh checkout looks modified, too: the merge was refused because of that."""
    stored(repo, ATTRIBUTES[attribute], crlf_txt=CRLF, mixed_txt=MIXED, id_txt=b"$Id: old $\nb\n")
    names = ["crlf.txt", "mixed.txt", "id.txt"]
    for name in names:
        (repo.path / name).unlink()
    repo.git("checkout", "--quiet", "-f")
    worktree = make_worktree(repo, tmp_path)
    agent, there = touched(worktree), touched_checkout(repo)
    for name in ("crlf.txt", "id.txt"):
        agent.write(name, (worktree.path / name).read_bytes().replace(b"b", b"B"))
    (worktree.path / "mixed.txt").unlink()
    before, head = repo.on_disk(), repo.rev("main")
    merged = merge(repo, worktree)
    assert repo.rev("main") != head and there == repo.path
    assert "mixed.txt" not in repo.on_disk()
    for name in ("crlf.txt", "id.txt"):
        shown = repo.on_disk()[name]
        (repo.path / name).unlink()
        repo.git("checkout", "--quiet", "--", name)
        assert shown == repo.on_disk()[name], "just what a checkout writes"
    assert repo.git("status", "--porcelain", "--untracked-files=all", "--", "mixed.txt") == ""
    merges.undo(merged)
    assert (repo.on_disk(), repo.rev("main")) == (before, head)


@pytest.mark.parametrize("mine", [CRLF.replace(b"c", b"mine"), b"a\nb\nc\n"])
def test_what_the_user_did_change_there_is_never_written_over(repo: GitRepo, tmp_path: Path, mine: bytes) -> None:
    stored(repo, ATTRIBUTES["text"], crlf_txt=CRLF)
    worktree = make_worktree(repo, tmp_path)
    touched(worktree).write("crlf.txt", CRLF.replace(b"b", b"B"))
    repo.write("crlf.txt", mine)
    planned = plan(repo, worktree)
    assert [obstacle.reason for obstacle in planned.obstacles] == ["checkout_dirty"]
    assert refused_as_it_was(repo, worktree, lambda: merges.apply(planned, "Merge")).reason == "checkout_dirty"


def touched_checkout(repo: GitRepo) -> Path:
    """The user's checkout with every file looking younger than its index."""
    later = time.time() + 5
    for name in repo.on_disk():
        os.utime(repo.path / name, (later, later))
    return repo.path


def test_a_file_that_was_only_moved_is_a_rename(repo: GitRepo, tmp_path: Path) -> None:
    stored(repo, ATTRIBUTES["text"], crlf_txt=CRLF)
    worktree = make_worktree(repo, tmp_path)
    agent = touched(worktree)
    (worktree.path / "crlf.txt").rename(worktree.path / "moved.txt")
    assert changed(repo, worktree) == [("moved.txt", 0, 0)]
    assert agent.path == worktree.path


def test_line_ends_that_the_agent_changed_are_its_work(repo: GitRepo, tmp_path: Path) -> None:
    stored(repo, ATTRIBUTES["text"], crlf_txt=CRLF)
    worktree = make_worktree(repo, tmp_path)
    agent = touched(worktree)
    agent.write("crlf.txt", b"a\nb\nc\n")
    assert changed(repo, worktree) == [("crlf.txt", 3, 3)]


def test_rolling_back_and_restoring_give_the_very_bytes(repo: GitRepo, tmp_path: Path) -> None:
    stored(repo, ATTRIBUTES["text"], crlf_txt=CRLF, mixed_txt=MIXED)
    worktree = make_worktree(repo, tmp_path)
    agent = touched(worktree)
    before = checkpoints.capture(worktree, f"{MERGES}/1/result", "Before")
    agent.write("crlf.txt", CRLF.replace(b"b", b"B"))
    taken = archive.capture(worktree, f"refs/segue/{SESSION}/undo/1/worktree", "Snapshot")
    rollback.bring_back(worktree, Target(before.tree), taken.commit)
    assert (agent.on_disk()["crlf.txt"], agent.on_disk()["mixed.txt"]) == (CRLF, MIXED)
    agent.write("mixed.txt", MIXED.replace(b"a", b"A"))
    kept = archive.capture(worktree, f"refs/segue/{SESSION}/archive/1", "Archive")
    worktrees.remove(worktree)
    made = worktrees.restore(inspect(repo.path), SESSION, kept.commit, worktree.path)
    assert GitRepo(made.path).on_disk()["mixed.txt"] == MIXED.replace(b"a", b"A")
