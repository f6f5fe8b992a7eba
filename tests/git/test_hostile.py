"""Nothing that lies in a worktree makes git run a program or work on another repository (D23, S4)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from segue.domain.errors import SegueError, WorktreeUnusable
from segue.domain.ids import archive_ref
from segue.git import adoption, archive, checkpoints, diff, merges, repository, worktrees
from segue.git.merges import MergeRequest, Strategy
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, executable, init

from .conftest import SESSION

REF = f"refs/segue/{SESSION}/turns/1/after"


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "marker"


@pytest.fixture
def evil(tmp_path: Path, marker: Path) -> Path:
    return executable(tmp_path / "evil", f"touch {marker}; cat")


def look(repo: GitRepo, worktree: Worktree) -> None:
    """Everything that only looks."""
    repository.inspect(repo.path)
    repository.inspect(repo.path / "src")
    diff.changes(worktree.common_dir, repo.rev("main"), worktree_commit(repo))
    diff.stat(worktree.common_dir, repo.rev("main"), worktree_commit(repo))
    request = MergeRequest(worktree, repo.path, "main", worktree_commit(repo), Strategy.MERGE, 1)
    merges.plan(request)


def worktree_commit(repo: GitRepo) -> str:
    return repo.rev(REF)


def everything(repo: GitRepo, worktree: Worktree) -> None:
    checkpoints.capture(worktree, REF, "Turn 1")
    diff.live_stat(worktree, repo.rev("main"))
    look(repo, worktree)
    archive.capture(worktree, archive_ref(SESSION, 1), "Archive")


def test_hooks_monitors_and_diff_programs_do_not_run(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, evil: Path, marker: Path
) -> None:
    hooks = agent.path / "hooks"
    names = ("post-checkout", "pre-commit", "post-index-change", "reference-transaction", "post-merge", "fsmonitor")
    for name in names:
        executable(hooks / name, f"touch {marker}")
        executable(repo.path / ".git" / "hooks" / name, f"touch {marker}")
    agent.write(".gitattributes", "* diff=evil\n")
    for key in (
        "core.fsmonitor",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "core.pager",
        "core.editor",
    ):
        repo.git("config", key, str(evil))
    everything(repo, worktree)
    assert not marker.exists()
    repo.git("config", "core.hooksPath", "hooks")
    everything_again = worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir)
    checkpoints.capture(everything_again, REF, "Turn 1")
    assert not marker.exists()
    repo.git("status", check=False)
    assert marker.exists(), "otherwise this test proves nothing"


def test_filters_and_merge_drivers_do_not_run_for_looking(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, evil: Path, marker: Path
) -> None:
    attributes = "* filter=evil merge=evil\n"
    repo.write(".gitattributes", attributes)
    agent.write(".gitattributes", attributes)
    agent.write("a.txt", "theirs\n")
    checkpoints.capture(worktree, REF, "Turn 1")
    repo.commit("ours", a_txt="ours\n")
    for key in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver"):
        repo.git("config", key, str(evil))
    repo.git("config", "filter.evil.required", "true")
    repo.write("a.txt", "ours\n")
    look(repo, worktree)
    assert not marker.exists()
    repo.git("add", "a.txt", check=False)
    assert marker.exists(), "otherwise this test proves nothing"


def test_a_clean_filter_of_the_users_runs_when_content_is_added(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, home: Path
) -> None:
    """As Git LFS needs it."""
    with (home / ".gitconfig").open("a") as config:
        config.write('[filter "upper"]\n\tclean = tr a-z A-Z\n')
    agent.write(".gitattributes", "*.up filter=upper\n")
    agent.write("x.up", "shout\n")
    assert repo.files_of(checkpoints.capture(worktree, REF, "Turn 1").commit)["x.up"] == "SHOUT"


TAMPERS: dict[str, Callable[[Worktree, Path], Path]] = {}


def tamper(change: Callable[[Worktree, Path], Path]) -> Callable[[Worktree, Path], Path]:
    TAMPERS[change.__name__] = change
    return change


@tamper
def pointer_to_another_repository(worktree: Worktree, evil: Path) -> Path:
    other = init(worktree.path / "inside")
    other.git("config", "core.fsmonitor", str(evil))
    (worktree.path / ".git").write_text(f"gitdir: {other.path}/.git\n")
    return worktree.path / ".git"


@tamper
def pointer_made_a_repository(worktree: Worktree, evil: Path) -> Path:
    (worktree.path / ".git").unlink()
    init(worktree.path).git("config", "core.fsmonitor", str(evil))
    return worktree.path / ".git"


@tamper
def pointer_made_a_link(worktree: Worktree, evil: Path) -> Path:
    (worktree.path / ".git").rename(worktree.path / "moved")
    (worktree.path / ".git").symlink_to("moved")
    return worktree.path / ".git"


@tamper
def pointer_removed(worktree: Worktree, evil: Path) -> Path:
    (worktree.path / ".git").unlink()
    return worktree.path / ".git"


@tamper
def common_dir_elsewhere(worktree: Worktree, evil: Path) -> Path:
    other = init(worktree.path / "inside")
    other.git("config", "core.fsmonitor", str(evil))
    (worktree.admin_dir / "commondir").write_text(f"{other.path}/.git\n")
    return worktree.admin_dir / "commondir"


@tamper
def own_configuration(worktree: Worktree, evil: Path) -> Path:
    (worktree.admin_dir / "config.worktree").write_text(f"[core]\n\tfsmonitor = {evil}\n")
    return worktree.admin_dir / "config.worktree"


@tamper
def own_configuration_by_include(worktree: Worktree, evil: Path) -> Path:
    included = worktree.path / "included"
    included.write_text(f'[filter "evil"]\n\tclean = {evil}\n')
    (worktree.admin_dir / "config.worktree").write_text(f"[include]\n\tpath = {included}\n")
    return worktree.admin_dir / "config.worktree"


@pytest.mark.parametrize("name", sorted(TAMPERS))
def test_a_tampered_pointer_is_named_and_nothing_runs(
    name: str, repo: GitRepo, worktree: Worktree, evil: Path, marker: Path
) -> None:
    repo.git("config", "extensions.worktreeConfig", "true")
    file = TAMPERS[name](worktree, evil)
    for call in (
        lambda: worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir),
        lambda: checkpoints.capture(worktree, REF, "Turn 1"),
        lambda: diff.live_stat(worktree, "main"),
        lambda: archive.capture(worktree, archive_ref(SESSION, 1), "Archive"),
    ):
        with pytest.raises(WorktreeUnusable) as refused:
            call()
        assert refused.value.reason == "worktree_tampered"
        assert refused.value.details["file"] == str(file)
    assert not marker.exists()


@pytest.mark.parametrize("name", sorted(TAMPERS))
def test_a_tampered_worktree_is_taken_up_again_with_its_files_and_nothing_runs(
    name: str, repo: GitRepo, worktree: Worktree, evil: Path, marker: Path
) -> None:
    """It was archived from its last checkpoint, its folder stayed, and it is restored."""
    repo.git("config", "extensions.worktreeConfig", "true")
    taken = checkpoints.capture(worktree, REF, "Turn 1")
    TAMPERS[name](worktree, evil)
    (worktree.path / "a.txt").write_text("by the agent\n")
    (worktree.path / "b.txt").unlink()
    taken_up = adoption.adopt(repository.inspect(repo.path), SESSION, taken.commit, worktree.path)
    assert worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir) == taken_up
    files = repo.files_of(checkpoints.capture(taken_up, f"{REF}2", "Turn 2").commit)
    assert files["a.txt"] == "by the agent" and "b.txt" not in files and "src/deep/file.py" in files
    assert GitRepo(worktree.path).git("symbolic-ref", "HEAD") == worktree.branch_ref
    assert not marker.exists()


def test_a_worktree_whose_entry_is_gone_or_leads_elsewhere_is_taken_up_again(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    taken = checkpoints.capture(worktree, REF, "Turn 1")
    facts = repository.inspect(repo.path)
    agent.write("staged", "staged\n")
    agent.git("add", "staged")
    (worktree.admin_dir / "gitdir").write_text(str(worktree.path.parent / "elsewhere" / ".git") + "\n")
    adoption.adopt(facts, SESSION, taken.commit, worktree.path)
    assert agent.git("status", "--porcelain") == "A  staged"
    shutil.rmtree(worktree.admin_dir)
    (worktree.path / ".git").unlink()
    init(worktree.path)
    adoption.adopt(facts, SESSION, taken.commit, worktree.path)
    assert agent.git("status", "--porcelain") == "?? staged"
    assert (worktree.path.with_name("repo.git") / "HEAD").is_file(), "a history that was made there is not destroyed"
    assert agent.git("symbolic-ref", "HEAD") == worktree.branch_ref


def test_the_repositorys_side_of_the_pointer_is_checked(worktree: Worktree) -> None:
    (worktree.admin_dir / "gitdir").write_text(str(worktree.path.parent / "elsewhere" / ".git") + "\n")
    with pytest.raises(WorktreeUnusable) as refused:
        checkpoints.capture(worktree, REF, "Turn 1")
    assert refused.value.details["file"] == str(worktree.admin_dir / "gitdir")


def test_harmless_settings_of_a_worktree_are_no_tampering(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.git("sparse-checkout", "set", "src")
    worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir)


def test_repositories_inside_run_nothing(
    repo: GitRepo, worktree: Worktree, agent: GitRepo, evil: Path, marker: Path, tmp_path: Path
) -> None:
    """An embedded one, a bare one in disguise, and one in the place of a submodule."""
    source = init(tmp_path / "source")
    source.commit(a="a\n")
    agent.git("submodule", "add", "--quiet", str(source.path), "module")
    agent.git("commit", "--quiet", "-m", "submodule")
    embedded = init(agent.path / "embedded")
    embedded.commit(a="a\n")
    bare = init(agent.path / "bare", "--bare")
    for inside in (GitRepo(agent.path / "module"), embedded, bare):
        inside.git("config", "core.fsmonitor", str(evil))
        inside.git("config", "filter.evil.clean", str(evil))
    agent.write("module/.gitattributes", "* filter=evil\n")
    agent.write("module/a", "changed\n")
    agent.write("embedded/.gitattributes", "* filter=evil\n")
    agent.write("embedded/a", "changed\n")
    taken = checkpoints.capture(worktree, REF, "Turn 1")
    diff.live_stat(worktree, repo.rev("main"))
    look(repo, worktree)
    assert not marker.exists()
    assert taken.nested == ("embedded", "module")
    assert repo.files_of(f"{taken.commit}:embedded")["a"] == "changed"
    agent.git("status")
    assert marker.exists(), "otherwise this test proves nothing"


def test_a_submodule_that_says_how_to_fetch_what_is_missing_runs_nothing(
    worktree: Worktree, agent: GitRepo, marker: Path, tmp_path: Path
) -> None:
    """git fetches the missing objects of a partial clone, with a program that the clone's configuration names."""
    source = init(tmp_path / "source")
    source.commit(a="a\n")
    agent.git("submodule", "add", "--quiet", str(source.path), "module")
    agent.git("commit", "--quiet", "-m", "submodule")
    module = GitRepo(agent.path / "module")
    module.commit(a="b\n")
    fetching = executable(tmp_path / "fetching", f"touch {marker}; exit 1")
    for key, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(fetching)),
    ):
        module.git("config", key, value)
    git_dir = Path(module.git("rev-parse", "--absolute-git-dir"))
    oid = module.rev("HEAD")
    (git_dir / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(SegueError):
        archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    assert not marker.exists()
    module.git("cat-file", "-e", oid, check=False)
    assert marker.exists(), "otherwise this test proves nothing"


def test_a_replaced_object_is_not_what_is_shown(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """Reviewed as one thing, merged as another: replace refs are not followed."""
    agent.write("a.txt", "evil\n")
    checkpoints.capture(worktree, REF, "Turn 1")
    oid = repo.rev(f"{REF}:a.txt")
    harmless = repo.git("hash-object", "-w", "--stdin", stdin=b"harmless\n")
    repo.git("replace", oid, harmless)
    assert diff.read_blob(worktree.common_dir, oid, 100) == b"evil\n"


def test_a_link_in_the_place_of_the_folder_is_refused(repo: GitRepo, worktree: Worktree, tmp_path: Path) -> None:
    shutil.move(worktree.path, tmp_path / "moved")
    worktree.path.symlink_to(tmp_path / "moved")
    with pytest.raises(SegueError) as refused:
        worktrees.open_worktree(SESSION, worktree.path, worktree.common_dir)
    assert refused.value.reason == "worktree_tampered"


def test_an_object_name_cannot_be_an_option(worktree: Worktree, tmp_path: Path) -> None:
    """D24."""
    for name in ("--output=x", "-h", "HEAD", "../../x", "main:a.txt"):
        with pytest.raises(SegueError) as refused:
            diff.read_blob(worktree.common_dir, name, 10)
        assert refused.value.reason == "no_blob"
    with pytest.raises(SegueError):
        diff.changes(worktree.common_dir, f"--output={tmp_path / 'written'}", "HEAD")
    assert not (tmp_path / "written").exists()
