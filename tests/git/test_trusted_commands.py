"""Segue's git commands run the programs that were configured when a repository's sessions began, and no later ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segue.domain.errors import GitFailed, MergeRefused
from segue.domain.ids import archive_ref
from segue.git import archive, checkpoints, repository, run, worktrees
from segue.git.trusted_commands import TrustedCommands
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, executable

from .conftest import SESSION, make_worktree, merge, plan

AFTER = f"refs/segue/{SESSION}/turns/1/after"
FILTERED = "*.txt filter=evil merge=evil\n"


@pytest.fixture(autouse=True)
def trusted(tmp_path: Path) -> Iterator[TrustedCommands]:
    made = TrustedCommands(tmp_path / "trusted")
    run.settle_with(made.settle)
    yield made
    run.settle_with(lambda place: place)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "marker"


@pytest.fixture
def evil(tmp_path: Path, marker: Path) -> str:
    return str(executable(tmp_path / "evil", f"touch {marker}; cat"))


def begun(trusted: TrustedCommands, repo: GitRepo, is_first: bool = True) -> None:
    trusted.begin(repo.path / ".git", is_first)


def news(trusted: TrustedCommands, repo: GitRepo) -> tuple[str, ...]:
    return trusted.news(repo.path / ".git")


def everything(repo: GitRepo, worktree: Worktree, tmp_path: Path) -> dict[str, str]:
    """A checkpoint, an archive that is restored, a merge; the files of the checkpoint."""
    agent = GitRepo(worktree.path)
    agent.write(".gitattributes", FILTERED)
    agent.write("a.txt", "theirs\n")
    taken = checkpoints.capture(worktree, AFTER, "Turn 1")
    archived = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(worktree)
    worktrees.restore(repository.inspect(repo.path), SESSION, archived.commit, worktree.path)
    merge(repo, worktree)
    return repo.files_of(taken.commit)


def key_by_key(repo: GitRepo, agent: GitRepo, evil: str) -> None:
    for key in ("clean", "smudge"):
        agent.git("config", f"filter.evil.{key}", evil)
    agent.git("config", "filter.evil.required", "true")
    agent.git("config", "merge.evil.driver", evil)


def a_process(repo: GitRepo, agent: GitRepo, evil: str) -> None:
    agent.git("config", "filter.evil.process", evil)


def an_include(repo: GitRepo, agent: GitRepo, evil: str) -> None:
    agent.write("settings", f'[filter "evil"]\n\tclean = {evil}\n\tsmudge = {evil}\n')
    agent.git("config", "include.path", str(agent.path / "settings"))


def a_condition(repo: GitRepo, agent: GitRepo, evil: str) -> None:
    agent.write("settings", f'[filter "evil"]\n\tclean = {evil}\n\tsmudge = {evil}\n')
    agent.git("config", "includeIf.gitdir:**.path", str(agent.path / "settings"))


def the_checkouts_own(repo: GitRepo, agent: GitRepo, evil: str) -> None:
    agent.git("config", "extensions.worktreeConfig", "true")
    for key in ("clean", "smudge"):
        repo.git("config", "--worktree", f"filter.evil.{key}", evil)


def attributes_elsewhere(repo: GitRepo, agent: GitRepo, evil: str) -> None:
    key_by_key(repo, agent, evil)
    agent.git("config", "core.attributesFile", str(agent.write("attributes", FILTERED)))


def an_alias_of_a_command(repo: GitRepo, agent: GitRepo, evil: str) -> None:
    for name in ("add", "status", "read-tree", "merge-tree"):
        agent.git("config", f"alias.{name}", f"!{evil}")


def monitors_and_hooks(repo: GitRepo, agent: GitRepo, evil: str) -> None:
    agent.git("config", "core.fsmonitor", evil)
    agent.git("config", "core.hooksPath", str(executable(agent.path / "hooks/post-checkout", evil).parent))


@pytest.mark.parametrize(
    "plant",
    [
        key_by_key,
        a_process,
        an_include,
        a_condition,
        the_checkouts_own,
        attributes_elsewhere,
        an_alias_of_a_command,
        monitors_and_hooks,
    ],
)
def test_a_program_that_appears_in_the_configuration_does_not_run(
    repo: GitRepo,
    tmp_path: Path,
    trusted: TrustedCommands,
    evil: str,
    marker: Path,
    plant: Callable[[GitRepo, GitRepo, str], None],
) -> None:
    begun(trusted, repo)
    worktree = make_worktree(repo, tmp_path)
    plant(repo, GitRepo(worktree.path), evil)
    marker.unlink(missing_ok=True)
    assert everything(repo, worktree, tmp_path)["a.txt"] == "theirs"
    assert not marker.exists()
    assert repo.read("a.txt") == "theirs\n"


def test_a_program_that_replaces_another_leaves_the_trusted_one_in_use(
    repo: GitRepo, tmp_path: Path, trusted: TrustedCommands, evil: str, marker: Path, home: Path
) -> None:
    """Own to the repository, and from the user's own configuration."""
    for key, command in (("clean", "tr a-z A-Z"), ("smudge", "tr A-Z a-z")):
        repo.git("config", f"filter.evil.{key}", command)
        repo.git("config", "--global", f"filter.other.{key}", command)
    begun(trusted, repo)
    worktree = make_worktree(repo, tmp_path)
    agent = GitRepo(worktree.path)
    for name in ("evil", "other"):
        agent.git("config", f"filter.{name}.clean", evil)
        agent.git("config", f"filter.{name}.smudge", evil)
    agent.write(".gitattributes", "a.txt filter=evil\nb.txt filter=other\n")
    agent.write("a.txt", "theirs\n")
    agent.write("b.txt", "theirs\n")
    found = repo.files_of(checkpoints.capture(worktree, AFTER, "Turn 1").commit)
    assert (found["a.txt"], found["b.txt"]) == ("THEIRS", "THEIRS")
    assert not marker.exists()


def test_a_filter_process_over_a_trusted_filter_makes_git_refuse(
    repo: GitRepo, tmp_path: Path, trusted: TrustedCommands, evil: str, marker: Path
) -> None:
    """git cannot be made to use the filter from before, and content that is not filtered must not be recorded."""
    repo.git("config", "filter.evil.clean", "tr a-z A-Z")
    begun(trusted, repo)
    worktree = make_worktree(repo, tmp_path)
    agent = GitRepo(worktree.path)
    agent.git("config", "filter.evil.process", evil)
    agent.write(".gitattributes", FILTERED)
    agent.write("a.txt", "theirs\n")
    with pytest.raises(GitFailed) as refused:
        checkpoints.capture(worktree, AFTER, "Turn 1")
    assert "evil" in refused.value.message
    assert not marker.exists()
    agent.git("config", "--unset", "filter.evil.process")
    assert repo.files_of(checkpoints.capture(worktree, AFTER, "Turn 1").commit)["a.txt"] == "THEIRS"


def test_filters_from_before_go_on_and_so_do_those_of_the_user(
    repo: GitRepo, tmp_path: Path, trusted: TrustedCommands
) -> None:
    """A program in the worktree too, and what is installed for the user later, as `git lfs install` does."""
    executable(repo.path / "tools/upper", "tr a-z A-Z")
    repo.write(".gitattributes", "*.up filter=upper\n*.later filter=later\n")
    repo.git("config", "filter.upper.clean", "./tools/upper")
    repo.commit()
    begun(trusted, repo)
    worktree = make_worktree(repo, tmp_path)
    agent = GitRepo(worktree.path)
    repo.git("config", "--global", "filter.later.clean", "tr a-z A-Z")
    repo.git("config", "filter.unused.clean", "false")  # so that something is untrusted
    agent.write("x.up", "shout\n")
    agent.write("x.later", "shout\n")
    found = repo.files_of(checkpoints.capture(worktree, AFTER, "Turn 1").commit)
    assert (found["x.up"], found["x.later"]) == ("SHOUT", "SHOUT")


def test_a_merge_driver_that_appears_becomes_a_conflict(
    repo: GitRepo, tmp_path: Path, trusted: TrustedCommands, evil: str, marker: Path
) -> None:
    repo.commit("attributes", **{"_gitattributes": FILTERED})
    begun(trusted, repo)
    worktree = make_worktree(repo, tmp_path)
    GitRepo(worktree.path).write("a.txt", "theirs\n")
    repo.commit("ours", a_txt="ours\n")
    repo.git("config", "merge.evil.driver", evil)
    with pytest.raises(MergeRefused):
        merge(repo, worktree)
    assert plan(repo, worktree, number=2).conflicts
    assert not marker.exists()
    assert repo.read("a.txt") == "ours\n"


def test_it_is_told_once_and_again_after_a_restart_only_what_is_new(
    repo: GitRepo, tmp_path: Path, trusted: TrustedCommands, evil: str, marker: Path
) -> None:
    repo.git("config", "filter.mine.clean", "cat")
    begun(trusted, repo)
    worktree = make_worktree(repo, tmp_path)
    assert news(trusted, repo) == ()
    repo.git("config", "filter.evil.clean", evil)
    repo.git("config", "core.editor", "vi")
    assert news(trusted, repo) == ("filter.evil.clean",)
    assert news(trusted, repo) == ()
    again = TrustedCommands(tmp_path / "trusted")
    run.settle_with(again.settle)
    assert news(again, repo) == ()
    for is_first in (False, True):  # another session, and one that begins when all others are archived
        begun(again, repo, is_first)
        assert everything_is_checked_in(repo, worktree, is_first) == "theirs"
        assert not marker.exists()
    repo.git("config", "credential.helper", evil)
    assert news(again, repo) == ("credential.helper",)
    repo.git("config", "--unset", "credential.helper")
    assert news(again, repo) == ()
    begun(again, repo)
    repo.git("config", "credential.helper", evil)
    assert news(again, repo) == ("credential.helper",)


def everything_is_checked_in(repo: GitRepo, worktree: Worktree, is_second: bool) -> str:
    agent = GitRepo(worktree.path)
    agent.write(".gitattributes", FILTERED)
    agent.write(f"{is_second}.txt", "theirs\n")
    return repo.files_of(checkpoints.capture(worktree, AFTER, "Turn 1").commit)[f"{is_second}.txt"]


def test_the_users_own_configuration_can_trust_a_repository(
    repo: GitRepo, tmp_path: Path, trusted: TrustedCommands, evil: str, marker: Path
) -> None:
    begun(trusted, repo)
    worktree = make_worktree(repo, tmp_path)
    repo.git("config", "filter.evil.clean", evil)
    repo.git("config", "--local", "segue.trusted", "*")
    everything_is_checked_in(repo, worktree, False)
    assert not marker.exists(), "the repository cannot trust itself"
    repo.git("config", "--global", "--add", "segue.trusted", str(repo.path / ".git"))
    everything_is_checked_in(repo, worktree, True)
    assert marker.exists()


def test_a_new_credential_helper_is_not_asked(repo: GitRepo, trusted: TrustedCommands, evil: str, marker: Path) -> None:
    repo.git("config", "--global", "credential.helper", "!f() { echo username=me; echo password=mine; }; f")
    begun(trusted, repo)
    for key in ("credential.helper", "credential.https://example.invalid.helper"):
        repo.git("config", key, evil)
    place = run.pinned(repo.path / ".git", repo.path / ".git", repo.path)
    filled = run.git(place, "credential", "fill", stdin=b"protocol=https\nhost=example.invalid\n\n")
    assert b"password=mine" in filled
    assert not marker.exists()


def test_a_fetch_of_missing_objects_runs_nothing_new(
    repo: GitRepo, tmp_path: Path, trusted: TrustedCommands, marker: Path
) -> None:
    begun(trusted, repo)
    evil = str(executable(tmp_path / "evil", f"touch {marker}; exit 1"))
    repo.git("config", "remote.evil.url", str(repo.path))
    repo.git("config", "remote.evil.promisor", "true")
    repo.git("config", "remote.evil.uploadpack", evil)
    place = run.pinned(repo.path / ".git", repo.path / ".git", repo.path)
    run.attempt(place, "cat-file", "-p", "1" * 40)
    assert not marker.exists()
    repo.git("cat-file", "-p", "1" * 40, check=False)
    assert marker.exists(), "otherwise this test proves nothing"
