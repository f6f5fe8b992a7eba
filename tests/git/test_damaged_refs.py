"""A ref that leads to nothing stops the session that it belongs to at most, and is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segue.domain.errors import RepositoryUnusable
from segue.domain.ids import SessionId, archive_ref
from segue.git import archive, checkpoints, ref_storage, refs, repository, salvage, session_removal, worktrees
from segue.git.damaged_refs import damaged_refs
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import SESSION, make_worktree, merge, refusal

OTHER = SessionId("zzzzzzzz")
BRANCH = f"refs/heads/segue/{SESSION}/work"
AFTER = f"refs/segue/{SESSION}/turns/1/after"
GONE = "1234567890" * 4
Damage = Callable[[GitRepo, str], None]


def missing(repo: GitRepo, ref: str) -> None:
    repo.write(f".git/{ref}", f"{GONE}\n")


def empty(repo: GitRepo, ref: str) -> None:
    """What a full disk or a crash of the machine leaves."""
    repo.write(f".git/{ref}", "")


def garbage(repo: GitRepo, ref: str) -> None:
    repo.write(f".git/{ref}", b"\0\0\xff\n")


def packed(repo: GitRepo, ref: str) -> None:
    commit = repo.rev(ref)
    repo.git("pack-refs", "--all")
    file = repo.path / ".git" / "packed-refs"
    file.write_text(file.read_text().replace(f"{commit} {ref}\n", f"{GONE} {ref}\n"))


def no_commit(repo: GitRepo, ref: str) -> None:
    repo.write(f".git/{ref}", repo.rev("main:a.txt") + "\n")


damages = pytest.mark.parametrize("damage", [missing, empty, garbage, packed, no_commit])


@damages
def test_a_damaged_branch_of_one_session_leaves_the_others_alone(
    damage: Damage, repo: GitRepo, worktree: Worktree, agent: GitRepo, tmp_path: Path
) -> None:
    agent.write("a.txt", "agent\n")
    checkpoints.capture(worktree, AFTER, "Turn 1")
    damage(repo, BRANCH)
    facts = repository.inspect(repo.path)
    assert [branch.name for branch in facts.branches] == ["main"]
    if damage is not no_commit:
        assert next(note for note in facts.notes if note.reason == "damaged_refs").message.count(BRANCH) == 1

    other = make_worktree(repo, tmp_path, OTHER)
    GitRepo(other.path).write("b.txt", "other\n")
    kept = archive.capture(other, archive_ref(OTHER, 1), "Archive")
    worktrees.remove(other)
    worktrees.restore(facts, OTHER, kept.commit, other.path)
    merge(repo, other)
    assert repo.read("b.txt") == "other\n"
    assert ref_storage.held_bytes(other.common_dir) >= 0
    ref_storage.let_go_of_session(other.common_dir, OTHER)

    own = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(worktree)
    worktrees.restore(facts, SESSION, own.commit, worktree.path)
    assert agent.read("a.txt") == "agent\n"
    assert repo.rev(BRANCH) == own.head
    assert repository.inspect(repo.path).notes == ()


@damages
def test_a_damaged_checkpoint_is_written_again_and_stops_nothing(
    damage: Damage, repo: GitRepo, worktree: Worktree, agent: GitRepo, tmp_path: Path
) -> None:
    agent.write("a.txt", "agent\n")
    checkpoints.capture(worktree, AFTER, "Turn 1")
    damage(repo, AFTER)
    assert damaged_refs(refs.objects(worktree.common_dir), "refs/segue") == (AFTER,)
    make_worktree(repo, tmp_path, OTHER)
    assert ref_storage.held_bytes(worktree.common_dir) >= 0
    found = {one.session_id for one in salvage.find(tmp_path / "data", ())}
    assert found == {SESSION, OTHER}
    merge(repo, worktree)
    taken = checkpoints.capture(worktree, AFTER, "Turn 1")
    assert repo.rev(AFTER) == taken.commit and repo.files_of(AFTER)["a.txt"] == "agent"


@damages
def test_the_number_of_a_damaged_snapshot_is_not_used_twice(damage: Damage, repo: GitRepo, worktree: Worktree) -> None:
    archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    damage(repo, archive_ref(SESSION, 1))
    assert ref_storage.newest_number(worktree.common_dir, f"refs/segue/{SESSION}/archive/") == 1


@damages
def test_leaving_takes_damaged_refs_along(damage: Damage, repo: GitRepo, worktree: Worktree) -> None:
    checkpoints.capture(worktree, AFTER, "Turn 1")
    damage(repo, AFTER)
    damage(repo, BRANCH)
    session_removal.remove_refs(worktree.common_dir, [SESSION])
    assert not any("segue" in ref for ref in repo.refs())
    assert damaged_refs(refs.objects(worktree.common_dir), "refs") == ()


def test_a_damaged_branch_of_the_users_is_named_where_it_is_checked_out(repo: GitRepo) -> None:
    """It was called a branch without commits."""
    empty(repo, "refs/heads/main")
    with pytest.raises(RepositoryUnusable) as refused:
        repository.inspect(repo.path)
    assert refused.value.reason == "refs_damaged" and "main" in refused.value.message
    assert repository.common_dir_of(repo.path) == repo.path / ".git"


def test_a_damaged_line_of_packed_refs_is_named(repo: GitRepo) -> None:
    """git itself does nothing there any more, and called it a branch without commits."""
    repo.git("pack-refs", "--all")
    file = repo.path / ".git" / "packed-refs"
    file.write_text(file.read_text() + "zz refs/heads/other\n")
    with pytest.raises(RepositoryUnusable) as refused:
        repository.inspect(repo.path)
    assert refused.value.reason == "refs_damaged"
    assert f"Line 3 of {file}" in refused.value.message


@pytest.mark.parametrize("tail", ["zz refs/heads/other\n", "zz"])
def test_packed_refs_that_are_damaged_later_are_named_by_a_merge(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, tail: str
) -> None:
    """The merge was refused with git's words, `new` with a sentence."""
    agent.write("a.txt", "agent\n")
    repo.git("pack-refs", "--all")
    file = repo.path / ".git" / "packed-refs"
    sound = file.read_text()
    file.write_text(sound + tail)
    refused = refusal(lambda: merge(repo, worktree))
    assert refused.reason == "refs_damaged"
    assert f"Line {len(sound.splitlines()) + 1} of {file} is damaged" in refused.message
    file.write_text(sound)
    merge(repo, worktree)
    assert repo.read("a.txt") == "agent\n"
