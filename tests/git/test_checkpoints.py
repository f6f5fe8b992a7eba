"""Checkpoints and archives: everything is in them, nothing of the worktree's own state moves."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.domain.errors import GitFailed, WorktreeUnusable
from segue.domain.ids import archive_ref
from segue.git import archive, checkpoints, diff, repository, trees, worktrees
from segue.git.checkpoints import Checkpoint
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, init

from .conftest import SESSION

REF = f"refs/segue/{SESSION}/turns/1/after"


def capture(worktree: Worktree) -> Checkpoint:
    return checkpoints.capture(worktree, REF, "Turn 1, after")


def test_everything_that_is_not_ignored_is_in_it(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("a.txt", "modified\n")
    agent.write("b.txt", "staged\n")
    agent.git("add", "b.txt")
    agent.write("new/file", "untracked\n")
    agent.write("x.log", "ignored\n")
    (agent.path / "src" / "deep" / "file.py").unlink()
    (agent.path / "link").symlink_to("nowhere")
    agent.write("run", "#!/bin/sh\n").chmod(0o755)
    before = agent.everything_of_the_user()
    taken = capture(worktree)
    assert agent.everything_of_the_user() == before
    assert repo.rev(REF) == taken.commit
    assert repo.rev(f"{REF}^") == taken.head == repo.rev("main")
    assert repo.rev(f"{REF}^{{tree}}") == taken.tree
    assert repo.git("log", "-1", "--format=%an <%ae> %s", REF) == "Segue <segue@localhost> Turn 1, after"
    assert repo.files_of(REF) == {
        ".gitignore": "*.log\nbuild/\n.env*",
        "a.txt": "modified",
        "b.txt": "staged",
        "link": "nowhere",
        "new/file": "untracked",
        "run": "#!/bin/sh",
    }
    assert repo.git("ls-tree", REF, "run").startswith("100755")


def test_nothing_changed_is_the_same_tree(repo: GitRepo, worktree: Worktree) -> None:
    assert capture(worktree).tree == repo.rev("main^{tree}")


def test_an_empty_worktree_is_an_empty_tree(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.git("rm", "--quiet", "-r", ".")
    assert repo.files_of(capture(worktree).commit) == {}


def test_a_ref_moves_and_parents_can_be_given(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    first = capture(worktree)
    agent.write("a.txt", "2\n")
    second = checkpoints.capture(worktree, REF, "Again", parents=(first.commit,))
    assert repo.rev(REF) == second.commit
    assert repo.rev(f"{REF}^") == first.commit


def test_the_agents_locks_and_conflicts_do_not_matter(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D26."""
    agent.commit("ours", a_txt="ours\n")
    agent.git("checkout", "--quiet", "--detach", "main")
    agent.commit("theirs", a_txt="theirs\n")
    agent.git("merge", worktree.branch_ref, check=False)
    lock = worktree.admin_dir / "index.lock"
    lock.write_text("")
    taken = capture(worktree)
    assert "<<<<<<<" in repo.files_of(taken.commit)["a.txt"]
    assert lock.exists()
    kept = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    assert kept.tree == taken.tree
    assert repo.rev(worktree.branch_ref) in repo.git("rev-list", "--parents", "-1", kept.commit)


def test_a_damaged_index_does_not_matter(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    agent.write("new", "new\n")
    worktree.index.write_bytes(b"DIRC damaged")
    assert set(repo.files_of(capture(worktree).commit)) == {*repo.files_of("main"), "new"}


def test_no_temporary_file_stays(worktree: Worktree, agent: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(worktree.path.parent / "tmp"))
    (worktree.path.parent / "tmp").mkdir()
    before = {file.name for file in worktree.admin_dir.iterdir()}
    capture(worktree)
    diff.live_stat(worktree, "HEAD")
    assert {file.name for file in worktree.admin_dir.iterdir()} == before
    assert list((worktree.path.parent / "tmp").iterdir()) == []


NAME = st.binary(min_size=1, max_size=20).map(lambda name: name.replace(b"\0", b"").replace(b"/", b""))
ODD = [
    "-rf",
    "--output=x",
    "a\nb",
    "tab\t",
    'qu"ote',
    "back\\slash",
    "e\u0301",
    "\u00e9",
    "\u202etxt",
    ":(top)x",
    "*",
    "[a]",
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(NAME.filter(lambda name: name not in {b"", b".", b".."} and b"git" not in name.lower()), max_size=6)
)
def test_odd_file_names_come_through_unharmed(
    names: list[bytes], repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """D25: checkpoint, list, read and restore."""
    wanted = {os.fsencode(name): b"content of " + os.fsencode(name) for name in ODD}
    wanted |= {name: b"content of " + name for name in names}
    ignored = (b".log", b".env")
    wanted = {name: content for name, content in wanted.items() if not name.endswith(ignored) and b".env" not in name}
    folder = agent.path / "odd"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in wanted.items():
        (folder / os.fsdecode(name)).write_bytes(content)
    taken = capture(worktree)
    found = {change.raw_path: change for change in diff.changes(worktree.common_dir, "main", taken.commit)}
    assert set(found) == {b"odd/" + name for name in wanted}
    for name, content in wanted.items():
        change = found[b"odd/" + name]
        assert change.status is diff.Status.ADDED and change.new_oid is not None
        assert diff.read_blob(worktree.common_dir, change.new_oid, 1000) == content
        assert change.display.isprintable()
    assert diff.live_stat(worktree, "main").files == len(wanted)


def test_archive_and_restore_bring_everything_back(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """D29: committed, staged, unstaged, untracked, ignored but precious; names that are odd."""
    head = agent.commit("by the agent", a_txt="committed\n")
    agent.write("a.txt", "staged\n")
    agent.git("add", "a.txt")
    agent.write("a.txt", "unstaged\n")
    agent.write(os.fsdecode(b"untracked \xff\n"), "new\n")
    agent.write(".env", "SECRET=1\n")
    agent.write("src/.env.local", "SECRET=2\n")
    agent.write("x.log", "not precious\n")
    agent.write("build/.env", "not looked for in ignored folders\n")
    (agent.path / "b.txt").unlink()
    files, status = agent.on_disk(), agent.status()
    kept = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    assert agent.status() == status
    worktrees.remove(worktree)
    restored = worktrees.restore(repository.inspect(repo.path), SESSION, kept.commit, worktree.path)
    del files["x.log"], files["build/.env"]
    assert restored == worktree
    assert agent.on_disk() == files
    assert agent.status() == status
    assert agent.rev("HEAD") == repo.rev(worktree.branch_ref) == head
    assert agent.git("diff", "--cached") and agent.git("diff")


def test_what_an_index_flag_hides_is_archived(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """S9: an agent can tell its index not to look."""
    agent.git("update-index", "--assume-unchanged", "a.txt")
    agent.git("update-index", "--skip-worktree", "b.txt")
    agent.write("a.txt", "hidden\n")
    agent.write("b.txt", "hidden too\n")
    kept = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    files = repo.files_of(kept.commit)
    assert (files["a.txt"], files["b.txt"]) == ("hidden", "hidden too")


def test_files_outside_of_a_sparse_cone_take_part(repo: GitRepo, tmp_path: Path) -> None:
    """D27, S9."""
    repo.commit("docs", **{"docs/page.md": "page\n"})
    repo.git("sparse-checkout", "set", "src")
    facts = repository.inspect(repo.path)
    made = worktrees.create(facts, SESSION, facts.head.commit, tmp_path / "data" / SESSION / "repo")
    agent = GitRepo(made.path)
    assert not (agent.path / "docs").exists()
    agent.write("docs/new.md", "new\n")
    agent.write("other/.env", "SECRET\n")
    taken = checkpoints.capture(made, REF, "Turn 1")
    assert {change.path for change in diff.changes(made.common_dir, "main", taken.commit)} == {"docs/new.md"}
    assert diff.live_stat(made, "main").files == 1
    kept = archive.capture(made, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(made)
    worktrees.restore(facts, SESSION, kept.commit, made.path)
    assert (agent.read("docs/new.md"), agent.read("other/.env")) == ("new\n", "SECRET\n")
    assert not (agent.path / "docs" / "page.md").exists()
    assert "docs/page.md" in repo.files_of(checkpoints.capture(made, REF, "Turn 2").commit)


def test_an_archive_is_never_overwritten(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """S9."""
    first = archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    agent.write("a.txt", "later\n")
    with pytest.raises(GitFailed, match="already leads to another commit"):
        archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    assert repo.rev(archive_ref(SESSION, 1)) == first.commit


def test_any_commit_can_be_restored(repo: GitRepo, worktree: Worktree) -> None:
    """A session that was archived before its first turn has only its base."""
    archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    worktrees.remove(worktree)
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", c_txt="c\n")
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "merge", "side")
    worktrees.restore(repository.inspect(repo.path), SESSION, repo.rev("HEAD"), worktree.path)
    assert (worktree.path / "c.txt").read_text() == "c\n"


def test_a_repository_made_by_the_agent_is_recorded_by_its_files(
    repo: GitRepo, worktree: Worktree, agent: GitRepo
) -> None:
    """S9: git alone would record a pointer that leads nowhere."""
    scaffold = init(agent.path / "app")
    scaffold.write(".gitignore", "secret\n")
    scaffold.write("secret", "ignored\n")
    scaffold.commit(main_py="print()\n")
    scaffold.write("later.py", "untracked\n")
    init(agent.path / "app" / "inner").write("deep.txt", "deep\n")
    taken = capture(worktree)
    files = repo.files_of(taken.commit)
    assert taken.nested == ("app",)
    assert {name for name in files if name.startswith("app/")} == {
        "app/.gitignore",
        "app/main.py",
        "app/later.py",
        "app/inner/deep.txt",
    }


def test_one_without_a_commit_as_well(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    """git add stops at such a one."""
    init(agent.path / "-app").write("a", "a\n")
    agent.write("b", "b\n")
    taken = capture(worktree)
    assert set(repo.files_of(taken.commit)) == {*repo.files_of("main"), "-app/a", "b"}
    assert diff.live_stat(worktree, "main").files == 1


def test_one_that_the_agent_committed_as_a_pointer(repo: GitRepo, worktree: Worktree, agent: GitRepo) -> None:
    init(agent.path / "app").commit(a="a\n")
    agent.commit("pointer")
    taken = capture(worktree)
    assert repo.files_of(taken.commit)["app/a"] == "a"


@pytest.mark.parametrize("where", ["app", "src"])
def test_a_repository_inside_is_not_archived_away(where: str, worktree: Worktree, agent: GitRepo) -> None:
    """D29: its history would be lost, so nothing is removed."""
    init(agent.path / where).commit(a="a\n")
    with pytest.raises(WorktreeUnusable) as refused:
        archive.capture(worktree, archive_ref(SESSION, 1), "Archive")
    assert refused.value.reason == "nested_repository"
    assert refused.value.details["folders"] == [where]


def test_a_submodules_pointer_is_recorded(repo: GitRepo, tmp_path: Path) -> None:
    """D28: the pointer alone, and nothing in the submodule is run."""
    outer = init(tmp_path / "outer")
    outer.git("submodule", "add", "--quiet", str(repo.path), "inner")
    outer.commit()
    facts = repository.inspect(outer.path)
    made = worktrees.create(facts, SESSION, facts.head.commit, tmp_path / "data" / SESSION / "outer")
    GitRepo(made.path).git("submodule", "--quiet", "update", "--init")
    inner = GitRepo(made.path / "inner")
    inner.write("dirty", "dirty")
    moved = inner.commit("moved")
    taken = checkpoints.capture(made, REF, "Turn 1")
    (change,) = diff.changes(made.common_dir, "main", taken.commit)
    assert (change.path, change.kind, change.new_oid) == ("inner", diff.Kind.SUBMODULE, moved)
    assert taken.nested == ("inner",)


def test_a_file_rewritten_within_the_second_of_its_index_is_seen(repo: GitRepo, worktree: Worktree) -> None:
    """S9. Met by the oracle, whose merge was refused as changed although no agent ran: the plan had seen a file of the
    same size in the same second as its index, and a second later, behind an index with a younger time, it was unseen.
    """
    repo.git("config", "core.trustctime", "false")
    agent = GitRepo(worktree.path)
    then = 1_000_000_000
    file = agent.write("a.txt", "x\n")
    os.utime(file, (then, then))
    agent.git("add", "a.txt")
    agent.write("a.txt", "y\n")
    for path in (file, worktree.index):
        os.utime(path, (then, then))
    taken = checkpoints.capture(worktree, REF, "Turn")
    assert agent.files_of(taken.commit)["a.txt"] == "y"


def test_a_full_folder_for_temporary_files_is_named(
    worktree: Worktree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D31, met with a full TMPDIR: the turn never ended, since the error was none that anybody waited for."""
    (tmp_path / "gone").write_text("a file where the folder should be")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(GitFailed, match="gone") as failed:
        checkpoints.capture(worktree, "refs/segue/x/turns/1/after", "x")
    assert failed.value.reason == "temporary_folder_unusable"


def test_private_indexes_of_killed_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Met by killing the daemon at random moments: each kill in a checkpoint left a folder in TMPDIR."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    left, own = tmp_path / f"{trees.PRIVATE}{ended.pid}-a", tmp_path / f"{trees.PRIVATE}{os.getpid()}-b"
    for folder in (left, own, tmp_path / f"{trees.PRIVATE}other"):
        folder.mkdir()
        (folder / "index.lock").touch()  # of a git command that was killed with it
    trees.drop_abandoned()
    assert not left.exists() and own.exists() and (tmp_path / f"{trees.PRIVATE}other").exists()
