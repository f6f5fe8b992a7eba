"""Refs are made so that a step that was cut short or pruned can be repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.domain.errors import GitFailed
from segue.git import archive, merges, pairing, ref_storage, refs
from segue.git.checkouts import checkouts
from segue.git.run import Place
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo

from .conftest import MERGES, SESSION, make_worktree, merge, plan, refusal

REF = f"refs/segue/{SESSION}/kept"
GONE = "1" * 40


@pytest.fixture
def place(repo: GitRepo) -> Place:
    return refs.objects(repo.path / ".git")


def lead_nowhere(repo: GitRepo, ref: str) -> None:
    """What `git gc --prune=now` leaves where it deleted a commit after the ref was set."""
    file = repo.path / ".git" / ref
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{GONE}\n")


def test_a_ref_is_made_once_and_again(repo: GitRepo, place: Place) -> None:
    commit = repo.rev("HEAD")
    for _ in range(2):
        refs.create_ref(place, REF, commit, "test")
        assert repo.rev(REF) == commit
    repo.git("pack-refs", "--all")
    refs.create_ref(place, REF, commit, "test")


def test_a_ref_that_leads_to_another_commit_is_left_alone(repo: GitRepo, place: Place) -> None:
    first, second = repo.rev("HEAD"), repo.commit("Second")
    refs.create_ref(place, REF, first, "test")
    refused = refusal(lambda: refs.create_ref(place, REF, second, "test"))
    assert (refused.reason, repo.rev(REF)) == ("ref_taken", first)
    refs.create_ref(place, REF, second, "test", earlier=(first,))
    assert repo.rev(REF) == second


def test_a_ref_whose_commit_is_gone_is_made_again(repo: GitRepo, place: Place) -> None:
    lead_nowhere(repo, REF)
    refs.create_ref(place, REF, repo.rev("HEAD"), "test")
    assert repo.rev(REF) == repo.rev("HEAD")


def test_a_commit_that_does_not_exist_gets_no_ref(repo: GitRepo, place: Place) -> None:
    with pytest.raises(GitFailed) as failed:
        refs.create_ref(place, REF, GONE, "test")
    assert failed.value.reason == "git_failed" and not repo.refs(REF)


def test_refs_are_set_over_what_was_there_all_or_none(repo: GitRepo, place: Place) -> None:
    commit = repo.rev("HEAD")
    lead_nowhere(repo, f"{REF}/a")
    with pytest.raises(GitFailed):
        refs.set_refs(place, {f"{REF}/a": commit, f"{REF}/b": GONE}, "test")
    assert not (repo.path / ".git" / REF / "b").exists()
    refs.set_refs(place, {f"{REF}/a": commit, f"{REF}/b": commit}, "test")
    assert repo.refs(REF) == {f"{REF}/a": commit, f"{REF}/b": commit}


def test_refs_are_dropped_wherever_they_lead(repo: GitRepo, place: Place) -> None:
    refs.create_ref(place, f"{REF}/a", repo.rev("HEAD"), "test")
    lead_nowhere(repo, f"{REF}/b")
    refs.drop_refs(place, f"{REF}/a", f"{REF}/b", f"{REF}/never")
    assert not repo.refs(REF)


def test_each_step_can_be_repeated_over_refs_that_it_made(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """Archive, kept branch, session branch and the beginning of a link, each as a kill left it."""
    common, commit = repo.path / ".git", repo.rev("HEAD")
    for _ in range(2):
        ref_storage.keep(common, REF, commit)
    archive_ref = f"refs/segue/{SESSION}/archive/1"
    lead_nowhere(repo, archive_ref)
    taken = archive.capture(worktree, archive_ref, "Archive")
    assert repo.rev(archive_ref) == taken.commit
    assert refusal(lambda: archive.capture(worktree, archive_ref, "Another archive")).reason == "ref_taken"
    begun = f"refs/segue/{SESSION}/begun"
    refs.create_ref(refs.objects(common), f"{begun}-saved", commit, "a link that was cut short")
    (checkout,) = (each for each in checkouts(worktree.place, common, repo.path) if each.path == repo.path)
    assert pairing.capture_with_buffers(checkout, {}, begun) == repo.rev(begun)
    assert f"{begun}-saved" not in repo.refs()


def test_the_branch_of_a_session_that_was_cut_short_is_taken_up(repo: GitRepo, tmp_path: Path) -> None:
    place, commit = refs.objects(repo.path / ".git"), repo.rev("HEAD")
    branch = f"refs/heads/segue/{SESSION}/work"
    refs.create_ref(place, branch, commit, "a start that was cut short")
    made = make_worktree(repo, tmp_path)
    assert repo.rev(branch) == commit == GitRepo(made.path).rev("HEAD")
    assert GitRepo(made.path).git("symbolic-ref", "HEAD") == branch


def test_a_merge_whose_refs_are_half_made_is_tidied_and_made(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("work.txt", "of an hour\n")
    planned = plan(repo, worktree)
    for side in ("before", "work"):
        refs.create_ref(refs.objects(repo.path / ".git"), f"{MERGES}/1/{side}", repo.rev("HEAD"), "cut short")
    assert merges.finish_or_roll_back(repo.path / ".git", SESSION, 1) is None
    assert set(repo.refs(f"{MERGES}/1")) == {f"{MERGES}/1/result"}
    for side in ("before", "work"):
        refs.create_ref(refs.objects(repo.path / ".git"), f"{MERGES}/1/{side}", repo.rev("HEAD"), "cut short")
    merges.apply(planned, "Merge")
    assert repo.read("work.txt") == "of an hour\n"
    agent.write("more.txt", "more\n")
    merge(repo, worktree, number=2)
