"""Disks that are full or turn read-only, below the data directory, the worktrees and TMPDIR of a real daemon."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from faults import drill
from segue.cli.client import Client
from segue.domain.errors import SegueError
from support import gitrepo
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.gitrepo import GitRepo
from support.panel import Panel

IS_ROOT = os.geteuid() == 0
SIZE = "48m"
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class Disk:
    """A small disk of its own (for root), or a limit on the size of the daemon's files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hog = folder / "hog"
        self._limited = 0

    def fill(self, client: Client) -> None:
        if not IS_ROOT:
            self._limited = client.request("segue/status")["pid"]
            resource.prlimit(self._limited, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        with suppress(OSError), self._hog.open("wb", buffering=0) as hog:
            for size in (1 << 20, 1 << 12, 1):
                with suppress(OSError):
                    while hog.write(b"x" * size):
                        pass

    def free(self) -> None:
        if self._limited:
            resource.prlimit(self._limited, resource.RLIMIT_FSIZE, NO_LIMIT)
        self._hog.unlink(missing_ok=True)

    def remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self._folder)], check=True)


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not IS_ROOT:
        yield Disk(folder)
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def segue_on(which: str) -> Iterator[tuple[Installation, Disk]]:
    """An installation whose data directory (`d`) or TMPDIR (`t`) is a small disk; unmounted behind its last process."""
    mounted = []
    with installation(fork_daemon) as segue:
        small = disk(segue.root / which)
        mounted.append(small)
        made = small.__enter__()
        try:
            drill.define_agent(segue.root / "d")
            yield segue, made
        finally:
            made.free()
            with segue.client() as client:
                drill.stop_daemon(segue, client)
            small.__exit__(None, None, None)


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(gitrepo.CONFIG)
    repo = gitrepo.init(tmp_path / "project")
    repo.commit("Begin", a_txt="a\n")
    return repo


def said(failed: SegueError) -> str:
    """What a person reads: a sentence, never a traceback."""
    text = f"{failed.message} {failed.action}"
    assert "Traceback" not in text and failed.action, failed.reason
    return text


def test_a_full_data_directory_is_said_and_over_when_there_is_room(user: GitRepo, tmp_path: Path) -> None:
    """D31: a turn that runs goes on afterwards, what was acknowledged stays, and nobody has to restart anything."""
    with segue_on("d") as (segue, small), segue.client() as client:
        panel = Panel(client)
        done = panel.new(user.path, "[[write done.txt yes\\n]]")
        panel.ended(done)
        gate = tmp_path / "gate"
        waiting = panel.new(user.path, f"[[chunks 5]] [[wait-file {gate}]] [[chunks 5]] [[say over]]")
        panel.wait(waiting, lambda row: row["state"] == "running" and row["activity"].startswith("0"))
        before = user.everything_of_the_user()
        small.fill(client)
        gate.touch()
        reasons = _refused(panel, done, user)
        assert str(segue.root / "d") in client.request("segue/status")["storeProblem"]
        small.free()
        assert panel.ended(waiting)["activity"].endswith("over")
        _works_again(panel, done)
        assert user.everything_of_the_user() == before
    print(f"full data directory: refused as {reasons}, over by itself")


def _refused(panel: Panel, session_id: str, user: GitRepo) -> list[str]:
    reasons = []
    for attempt in (
        lambda: panel.prompt(session_id, "[[say late]]"),
        lambda: panel.new(user.path, "[[say never]]"),
        lambda: panel.call("session/archive", session_id),
    ):
        with pytest.raises(SegueError) as refused:
            attempt()
        said(refused.value)
        reasons.append(refused.value.reason)
    return reasons


def _works_again(panel: Panel, session_id: str) -> None:
    """Tried until it is taken: the journal tries again every second."""
    row = panel.wait(session_id, lambda row: row["state"] == "idle" and not row["queue"])
    turns = int(row["turns"])
    panel.prompt(session_id, "[[say back]]")
    assert panel.wait(
        session_id, lambda row: row["turns"] > turns and row["activity"] == "back" and row["state"] == "idle"
    )


def test_a_full_folder_for_temporary_files_stops_nothing(user: GitRepo) -> None:
    """D31: Segue's own temporary files are in its data directory; the user's TMPDIR may be full, or gone."""
    with segue_on("t") as (segue, small), segue.client() as client:
        panel = Panel(client)
        session_id = panel.new(user.path, "[[write done.txt yes\\n]]")
        worktree = Path(panel.ended(session_id)["worktree"])
        before = user.everything_of_the_user()
        small.fill(client)
        panel.prompt(session_id, "[[append done.txt more\\n]]")
        assert panel.ended(session_id, 2)["stopReason"] == "end_turn"
        panel.call("session/archive", session_id)
        panel.call("session/restore", session_id)
        assert (worktree / "done.txt").read_text() == "yes\nmore\n"
        small.free()
        _works_again(panel, session_id)
        assert user.everything_of_the_user() == before


def test_a_full_disk_below_the_worktrees_is_said_and_over_when_there_is_room(user: GitRepo) -> None:
    """D31. Met here: a rollback that ran out of room left half of the files, and said that somebody had written there.

    A new session, a rollback and a restore say the folder, come to nothing, and work as soon as there is room.
    """
    if not IS_ROOT:
        print("full worktrees: only root can mount a disk, nothing was tried")
        return
    user.commit("Large", large_bin="x" * (4 << 20))
    with segue_on("d/worktrees") as (segue, small), segue.client() as client:
        panel = Panel(client)
        session_id = panel.new(user.path, "[[write large.bin small\\n]] [[write done.txt yes\\n]]")
        worktree = Path(panel.ended(session_id)["worktree"])
        archived = panel.new(user.path, "[[write kept.txt yes\\n]]")
        panel.ended(archived)
        panel.call("session/archive", archived)
        before = user.everything_of_the_user()
        small.fill(client)
        reasons = _refused_below_worktrees(panel, session_id, archived)
        failed = panel.new(user.path, "[[say late]]")
        assert panel.wait(failed, lambda row: row["state"] == "failed")["failure"]["reason"] == "worktree_failed"
        assert (worktree / "large.bin").read_text() == "small\n"
        small.free()
        _works_again(panel, session_id)
        panel.prompt(failed, "[[say now]]")
        assert panel.ended(failed, 2)["activity"] == "now"
        panel.call("session/restore", archived)
        panel.call("session/rollback", session_id, turn=1, side="before")
        assert (worktree / "large.bin").stat().st_size == 4 << 20
        assert user.everything_of_the_user() == before
    print(f"full worktrees: refused as {reasons}, over by itself")


def _refused_below_worktrees(panel: Panel, session_id: str, archived: str) -> list[str]:
    reasons = []
    for attempt, refused_id in (
        (lambda: panel.call("session/rollback", session_id, turn=1, side="before"), session_id),
        (lambda: panel.call("session/restore", archived), archived),
    ):
        with pytest.raises(SegueError) as refused:
            attempt()
        assert panel.sessions[refused_id]["worktree"] in said(refused.value)
        reasons.append(refused.value.reason)
    return reasons


def test_a_data_directory_that_turns_read_only_is_said_and_over_when_it_is_writable(user: GitRepo) -> None:
    """D32, D31."""
    if not IS_ROOT:
        print("read-only: only root can remount a disk, nothing was tried")
        return
    with segue_on("d") as (segue, small):
        with segue.client() as client:
            panel = Panel(client)
            session_id = panel.new(user.path, "[[write done.txt yes\\n]]")
            panel.ended(session_id)
            drill.stop_daemon(segue, client)
        small.remount("ro")
        refused = segue.run("list", "--json")
        assert refused.code != 0 and str(segue.root / "d") in refused.err, refused
        assert "Traceback" not in refused.err
        small.remount("rw")
        with segue.client() as client:
            _works_again(Panel(client), session_id)
    print("read-only data directory: refused with its path, served when writable")
