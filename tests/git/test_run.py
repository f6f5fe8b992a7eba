"""The one way in which git is run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from segue.domain.errors import GitFailed, InputRefused, RepositoryUnusable
from segue.git import run
from segue.git.refs import objects, set_ref
from support.gitrepo import GitRepo, executable
from support.patience import LIMIT_S, Patience


def test_output_is_bytes_and_complete(repo: GitRepo) -> None:
    """D22, D25."""
    name = os.fsdecode(b"odd \xff\n-\tname")
    repo.write(name, b"\x00\n\n")
    repo.commit()
    place = objects(repo.path / ".git")
    assert os.fsencode(name) in run.git(place, "ls-tree", "-z", "--name-only", "HEAD").split(b"\0")
    assert run.git(place, "cat-file", "blob", f"HEAD:{name}") == b"\x00\n\n"


def test_input_reaches_git(repo: GitRepo) -> None:
    oid = run.git(objects(repo.path / ".git"), "hash-object", "--stdin", stdin=b"x" * 300_000)
    assert oid.decode().strip() == repo.git("hash-object", "--stdin", stdin=b"x" * 300_000)


def test_the_environment_cannot_redirect_git(repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D22: GitPython hands this process' environment on."""
    marker = tmp_path / "marker"
    evil = executable(tmp_path / "evil", f"touch {marker}")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(evil))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(evil))
    found = run.git(run.undiscovered(repo.path), "rev-parse", "--show-toplevel")
    assert found.decode().strip() == str(repo.path)
    run.git(run.undiscovered(repo.path), "status")
    assert not marker.exists()


def test_a_failure_says_what_was_run(repo: GitRepo) -> None:
    with pytest.raises(GitFailed) as failed:
        run.git(objects(repo.path / ".git"), "cat-file", "-p", "--end-of-options", "--output=x")
    assert failed.value.reason == "git_failed"
    assert failed.value.details["status"] == 128
    assert failed.value.details["argv"] == ["git", "cat-file", "-p", "--end-of-options", "--output=x"]
    assert failed.value.details["stderr"]


@pytest.mark.parametrize("why", ["No space left on device", "Disk quota exceeded"])
def test_a_full_disk_is_told_in_plain_words(
    repo: GitRepo, tmp_path: Path, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn failed with git's words. This git answers as one on a full disk does."""
    words = f"error: unable to write file .git/objects/1a/2b: {why}"
    folder = executable(tmp_path / "bin" / "git", f"echo '{words}' >&2; exit 128").parent
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    with pytest.raises(GitFailed) as failed:
        run.git(objects(repo.path / ".git"), "add", "--all")
    assert failed.value.reason == "disk_full"
    assert failed.value.message == "The disk is full, so git add could not write."
    assert failed.value.action.startswith("Nothing was lost") and "Make room" in failed.value.action


@pytest.mark.parametrize(("times", "is_well"), [(1, True), (run.SWEPT_TRIES - 1, True), (run.SWEPT_TRIES, False)])
@pytest.mark.parametrize(
    "words",
    [
        "error: unable to create temporary file",
        "fatal: could not open '/p/.git/worktrees/p1/locked' for writing",
        "fatal: could not create directory of '.git/worktrees/p'",
    ],
)
def test_a_command_that_meets_housekeeping_is_run_again(
    repo: GitRepo, tmp_path: Path, words: str, times: int, is_well: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`git gc` removes the folder that git has just made for an object or a worktree. This git meets that at first."""
    real, left = shutil.which("git"), tmp_path / "left"
    left.write_text("x\n" * times)
    fails = f"sed -i 1d '{left}'; echo \"{words}: No such file or directory\" >&2; exit 128"
    script = f"[ -s '{left}' ] || exec {real} \"$@\"; {fails}"
    monkeypatch.setenv("PATH", str(executable(tmp_path / "bin" / "git", script).parent), prepend=os.pathsep)
    result = run.attempt(objects(repo.path / ".git"), "hash-object", "-w", "--stdin", stdin=b"of an hour")
    assert (result.status == 0) == is_well
    assert not is_well or repo.git("cat-file", "blob", result.stdout.decode().strip()) == "of an hour"


def test_a_nul_character_is_refused(repo: GitRepo) -> None:
    """D24."""
    with pytest.raises(InputRefused) as refused:
        run.attempt(objects(repo.path / ".git"), "rev-parse", "a\0b")
    assert refused.value.reason == "bad_argument"


def test_a_command_that_hangs_is_ended_with_its_children(repo: GitRepo, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    hang = executable(tmp_path / "hang", f"echo $$ > {pid_file}; exec sleep 600")
    repo.git("config", "alias.hang", f"!{hang}")
    with pytest.raises(GitFailed) as failed:
        run.attempt(run.undiscovered(repo.path), "hang", timeout_s=0.5)
    assert failed.value.reason == "git_timeout"
    pid = int(pid_file.read_text())
    patience = Patience(LIMIT_S)
    while _lives(pid) and not patience.is_over():
        os.sched_yield()
    assert not _lives(pid)


def test_the_lock_that_a_killed_git_left_is_named_and_let_be(repo: GitRepo) -> None:
    """D26, met by the kills at system calls: git's own words named no way to go on."""
    ref, commit = "refs/segue/abc/turns/1/after", repo.commit()
    with subprocess.Popen(
        ["git", "update-ref", "--stdin"], cwd=repo.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as killed:
        assert killed.stdin is not None and killed.stdout is not None
        killed.stdin.write(f"start\ncreate {ref} {commit}\nprepare\n".encode())
        killed.stdin.flush()
        assert killed.stdout.readline() + killed.stdout.readline() == b"start: ok\nprepare: ok\n"
        killed.kill()
    lock = repo.path / ".git" / f"{ref}.lock"
    place = objects(repo.path / ".git")
    with pytest.raises(GitFailed) as refused:
        set_ref(place, ref, commit)
    assert (refused.value.reason, refused.value.details["lock"]) == ("git_locked", str(lock))
    assert str(lock) in refused.value.message and "delete that file" in refused.value.action
    lock.unlink()
    set_ref(place, ref, commit)
    assert repo.rev(ref) == commit


def test_reading_stops_at_the_limit(repo: GitRepo) -> None:
    repo.write("big", b"y" * 5_000_000)
    repo.commit()
    found = run.read_limited(objects(repo.path / ".git"), "cat-file", "blob", "HEAD:big", limit=1000)
    assert (found.status, found.stdout) == (0, b"y" * 1000)


def test_a_stream_is_complete_and_its_end_is_the_commands(repo: GitRepo) -> None:
    repo.write("big", bytes(range(256)) * 20_000)
    repo.commit()
    place, blocks = objects(repo.path / ".git"), list[bytes]()
    ended = run.stream(place, ("cat-file", "blob", "HEAD:big"), lambda block: blocks.append(block) is None)
    assert (ended.status, b"".join(blocks)) == (0, bytes(range(256)) * 20_000)
    with pytest.raises(GitFailed) as failed:
        run.stream(place, ("cat-file", "blob", "HEAD:none"), lambda _: True).require()
    assert failed.value.reason == "git_failed" and "none" in failed.value.details["stderr"]


def test_a_command_that_says_much_on_stderr_is_read_to_its_end(repo: GitRepo, tmp_path: Path) -> None:
    """More than a pipe takes: whoever reads only stdout until its end waits for ever."""
    talk = executable(tmp_path / "talk", "head -c 300000 /dev/zero | tr '\\0' e >&2; echo said")
    repo.git("config", "alias.talk", f"!{talk}")
    said = bytearray()
    ended = run.stream(run.undiscovered(repo.path), ("talk",), lambda block: said.extend(block) is None)
    assert (ended.status, bytes(said), ended.stderr) == (0, b"said\n", b"e" * 300_000)
    assert run.read_limited(run.undiscovered(repo.path), "talk", limit=100).stdout == b"said\n"


@pytest.mark.parametrize("script", ["exec sleep 600", "exec >&- 2>&-; exec sleep 600", "yes"])
def test_a_stream_that_never_ends_is_ended(repo: GitRepo, tmp_path: Path, script: str) -> None:
    """Silent, behind its output, and in the middle of it."""
    repo.git("config", "alias.hang", f"!{executable(tmp_path / 'hang', script)}")
    with pytest.raises(GitFailed) as failed:
        run.stream(run.undiscovered(repo.path), ("hang",), lambda _: True, timeout_s=0.5)
    assert failed.value.reason == "git_timeout"


def test_a_folder_that_is_gone_is_not_exchanged_for_another(tmp_path: Path) -> None:
    with pytest.raises(GitFailed) as failed:
        run.git(run.undiscovered(tmp_path / "gone"), "status")
    assert failed.value.reason == "folder_missing"


@pytest.mark.parametrize("version", ["2.38.9", "1.8.3.1", "2.4"])
def test_an_old_git_is_refused(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D22."""
    executable(tmp_path / "bin" / "git", f"echo git version {version}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with pytest.raises(RepositoryUnusable) as refused:
        run.git_version()
    assert refused.value.reason == "git_too_old"
    assert version in refused.value.message


def test_a_vendors_version_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "bin" / "git", "echo 'git version 2.50.1.windows.1 (Apple Git-155)'")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert run.git_version() == "2.50.1.windows.1"


def test_no_git_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D22."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryUnusable) as refused:
        run.git_version()
    assert refused.value.reason == "git_missing"


def _lives(pid: int) -> bool:
    try:
        # A killed child of a killed parent may stay as a zombie until somebody reaps it.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
