"""Everything destructive has a way back: rollback and redo, delete, the undo log (S9, D29)."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from engine.test_merges import merge, ready
from segue.domain.errors import SegueError
from support.daemon import Installation
from support.panel import Panel
from support.repositories import git

TWO_TURNS = ("[[write a.txt one\\n]] [[append hello.txt first\\n]]", "[[delete a.txt]] [[write b.txt two\\n]]")


def two_turns(panel: Panel, project: Path) -> tuple[str, Path]:
    session = ready(panel, project, TWO_TURNS[0])
    panel.prompt(session, TWO_TURNS[1])
    panel.ended(session, turns=2)
    return session, Path(panel.sessions[session]["worktree"])


def files(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file() and file.name != ".git"
    }


def undo(panel: Panel, session: str, number: int | None = None) -> dict[str, Any]:
    return panel.call("undo/apply", session, **({} if number is None else {"number": number}))


def log(panel: Panel, session: str) -> list[dict[str, Any]]:
    actions: list[dict[str, Any]] = panel.call("undo/list", session)["actions"]
    return actions


def test_rolling_back_undoing_and_redoing(panel: Panel, project: Path) -> None:
    session, worktree = two_turns(panel, project)
    (worktree / "mine.txt").write_text("by hand\n")
    (worktree / ".env").write_text("KEY=1\n")
    before = files(worktree)

    rolled = panel.call("session/rollback", session, turn=2)
    assert "turn 2" in rolled["notice"]
    assert files(worktree) == {"hello.txt": "hello\nfirst\n", "src/app.py": "print('hi')\n", "a.txt": "one\n"}
    assert rolled["session"]["stat"] == {"files": 2, "added": 2, "removed": 0}
    assert rolled["session"]["undo"] == {"number": 1, "kind": "rollback", "title": "Rolled back to before turn 2"}

    undone = undo(panel, session)
    assert files(worktree) == before
    assert "undo" not in undone["session"]
    redo = undone["session"]["redo"]["number"]
    undo(panel, session, redo)
    assert not (worktree / "b.txt").exists()
    assert [(a["kind"], a["isUndone"], a["canUndo"]) for a in log(panel, session)] == [
        ("undo", False, True),
        ("undo", True, False),
        ("rollback", False, True),
    ]
    undo(panel, session)
    assert files(worktree) == before
    notices = [item["text"] for item in panel.call("session/show", session)["items"] if item["kind"] == "notice"]
    assert notices[0] == "The files were rolled back to how they were before turn 2."


def test_every_side_of_every_turn_can_be_gone_to(panel: Panel, project: Path) -> None:
    session, worktree = two_turns(panel, project)
    for turn, side, found in [(1, "before", set()), (2, "after", {"b.txt"}), (1, "after", {"a.txt"})]:
        panel.call("session/rollback", session, turn=turn, side=side)
        assert set(files(worktree)) - {"hello.txt", "src/app.py"} == found
    with pytest.raises(SegueError) as refused:
        panel.call("session/rollback", session, turn=3)
    assert refused.value.reason == "no_checkpoint"


def test_nothing_is_rolled_back_under_a_running_turn(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[write a.txt one\\n]] [[say busy]] [[hang]]")
    panel.wait(session, lambda row: row["activity"] == "busy")
    with pytest.raises(SegueError) as refused:
        panel.call("session/rollback", session, turn=1)
    assert refused.value.reason == "turn_running"
    worktree = Path(panel.sessions[session]["worktree"])
    panel.call("session/stop", session)
    panel.call("session/rollback", session, turn=1)
    assert not (worktree / "a.txt").exists()


def test_without_a_snapshot_nothing_happens(panel: Panel, project: Path) -> None:
    """S9: a repository inside the worktree has a history that no snapshot holds."""
    session, worktree = two_turns(panel, project)
    git(worktree, "init", "-q", "inner")
    (worktree / "inner" / "kept.txt").write_text("kept\n")
    before = files(worktree)
    for verb, words in (("session/rollback", {"turn": 1}), ("session/archive", {})):
        with pytest.raises(SegueError) as refused:
            panel.call(verb, session, **words)
        assert refused.value.reason == "nested_repository"
    assert files(worktree) == before
    assert log(panel, session) == []


def test_a_deleted_session_comes_back(panel: Panel, project: Path) -> None:
    """D29: unmerged commits, staged, untracked and precious content, through delete, undo and restore."""
    session, worktree = two_turns(panel, project)
    with pytest.raises(SegueError) as refused:
        panel.call("session/delete", session)
    assert refused.value.reason == "not_archived"
    (worktree / ".env").write_text("KEY=1\n")
    git(worktree, "add", "b.txt")
    git(worktree, "commit", "-qm", "Not merged")
    commit = git(worktree, "rev-parse", "HEAD")
    before = files(worktree)
    panel.call("session/archive", session)
    deleted = panel.call("session/delete", session)
    assert deleted["expiresMs"] > 0
    panel.until(lambda: None if session in panel.sessions else {})
    listed = panel.client.request("segue/session/list", {"includeArchived": True})["sessions"]
    assert session not in [row["id"] for row in listed]
    assert git(project, "branch", "--list", f"segue/{session}/*") == ""
    with pytest.raises(SegueError) as refused:
        panel.call("session/restore", session)
    assert refused.value.reason == "session_deleted"

    assert undo(panel, session)["session"]["isArchived"]
    assert git(project, "rev-parse", f"segue/{session}/work") == commit
    assert undo(panel, session)["action"]["kind"] == "archive"
    assert files(worktree) == before
    assert git(worktree, "log", "-1", "--format=%s") == "Not merged"


def test_a_merge_and_its_undo_keep_what_the_user_has_not_committed(panel: Panel, project: Path, tmp_path: Path) -> None:
    session = ready(panel, project)
    (project / "hello.txt").write_text("mine\n")
    (project / "loose.txt").write_text("loose\n")
    merge(panel, session)
    (entry,) = log(panel, session)
    assert (entry["kind"], entry["canUndo"], entry["snapshots"][0]["what"]) == ("merge", True, "checkout")
    assert panel.call("undo/export", session, number=entry["number"], folder=str(tmp_path / "out")) == {"files": 3}
    assert (tmp_path / "out" / "hello.txt").read_text() == "mine\n"
    with pytest.raises(SegueError) as refused:
        panel.call("undo/export", session, number=entry["number"], folder=str(tmp_path / "out"))
    assert refused.value.reason == "folder_taken"
    undo(panel, session)
    assert not (project / "new.txt").exists()
    assert files(project / "src") and (project / "loose.txt").read_text() == "loose\n"
    assert [entry["kind"] for entry in log(panel, session)] == ["undo_merge", "merge"]


def test_a_rollback_that_a_kill_cut_short_is_finished(segue: Installation, project: Path, tmp_path: Path) -> None:
    """D30: journaled before it begins. The kill comes while git writes files, held up there by a filter of the user."""
    hold, started, never = (tmp_path / name for name in ("hold", "started", "never"))
    os.mkfifo(started)
    os.mkfifo(never)
    smudge = f"if [ -e {hold} ]; then echo > {started}; read x < {never}; fi; cat"
    git(project, "config", "filter.slow.smudge", smudge)
    (project / ".gitattributes").write_text("held.txt filter=slow\n")
    git(project, "add", ".gitattributes")
    git(project, "commit", "-qm", "Filter")
    with segue.client() as client:
        panel = Panel(client)
        session = ready(panel, project, "[[write held.txt one\\n]] [[write z.txt one\\n]]")
        panel.prompt(session, "[[write held.txt two\\n]] [[write z.txt two\\n]] [[write new.txt two\\n]]")
        panel.ended(session, turns=2)
        worktree = Path(panel.sessions[session]["worktree"])
        before = files(worktree)
        hold.touch()
        daemon = client.request("segue/status")["pid"]
        with segue.start("rollback", session, "1", "--after", "--yes") as rolling:
            started.read_text()
            os.kill(daemon, signal.SIGKILL)
            rolling.communicate()
        list(client.notifications("none"))
    for process, line in segue.processes().items():
        if "read-tree" in line or str(never) in line:
            os.kill(process, signal.SIGKILL)
    for left in (segue.root / "t").glob("segue-index-*"):  # what any killed program leaves in TMPDIR
        shutil.rmtree(left)
    assert files(worktree) != before
    hold.unlink()
    (worktree / "meanwhile.txt").write_text("by hand\n")
    with segue.client() as client:
        panel = Panel(client)
        now = files(worktree)
        assert (now["held.txt"], now["z.txt"], "new.txt" in now) == ("one\n", "one\n", False)
        (entry,) = log(panel, session)
        assert (entry["canUndo"], [kept["what"] for kept in entry["snapshots"]]) == (True, ["worktree", "worktree-2"])
        assert git(project, "show", f"{entry['snapshots'][1]['commit']}:meanwhile.txt") == "by hand"
        undo(panel, session)
        assert files(worktree) == before


def test_the_disk_account_counts_what_is_kept(panel: Panel, project: Path) -> None:
    session, _ = two_turns(panel, project)
    panel.call("session/rollback", session, turn=1)
    disk = panel.client.request("segue/disk", {})["disk"]
    mine = next(row for row in disk["repositories"] if row["repository"] == str(project))
    assert mine["snapshots"] == 1 and mine["bytes"] > 0 and mine["expired"] == 0
    assert disk["keepDays"] == 30 and disk["worktrees"] > 0 and disk["journal"] > 0


def test_a_session_whose_repository_is_gone_can_be_put_away(panel: Panel, project: Path) -> None:
    session, worktree = two_turns(panel, project)
    shutil.rmtree(project)
    archived = panel.call("session/archive", session)["session"]
    assert archived["isArchived"] and str(worktree) in archived["folderKept"]
    panel.call("session/delete", session)
    panel.until(lambda: None if session in panel.sessions else {})
    assert (worktree / "b.txt").read_text() == "two\n", "what no snapshot holds is not removed"
    assert undo(panel, session)["session"]["isArchived"]
    with pytest.raises(SegueError):
        panel.call("session/restore", session)


def test_what_was_archived_while_the_repository_was_away_is_taken_up_as_it_stands(panel: Panel, project: Path) -> None:
    """It was called archived without a snapshot, and could not be restored since its folder was there."""
    session, worktree = two_turns(panel, project)
    (worktree / "by-hand.txt").write_text("mine\n")
    (worktree / "b.txt").unlink()
    before = files(worktree)
    project.rename(project.with_name("away"))
    kept = panel.call("session/archive", session)["session"]["folderKept"]
    assert str(project) in kept and str(worktree) in kept
    assert files(worktree) == before
    with pytest.raises(SegueError):
        panel.call("session/restore", session)
    project.with_name("away").rename(project)
    restored = panel.call("session/restore", session)["session"]
    assert files(worktree) == before and "folderKept" not in restored
    assert restored["stat"] == {"files": 2, "added": 2, "removed": 0}
    panel.prompt(session, "[[write c.txt three\\n]]")
    panel.ended(session, turns=3)


def test_a_tampered_worktree_is_archived_from_its_last_checkpoint_and_its_folder_stays(
    panel: Panel, project: Path
) -> None:
    session, worktree = two_turns(panel, project)
    panel.open(session)
    (worktree / "by-hand.txt").write_text("mine\n")
    before = files(worktree)
    (worktree / ".git").write_text(f"gitdir: {project}/.git\n")
    archived = panel.call("session/archive", session)["session"]
    assert str(worktree / ".git") in archived["folderKept"]
    (entry,) = log(panel, session)
    kept = entry["snapshots"][0]
    assert git(project, "rev-parse", kept["ref"]) == kept["commit"]
    assert git(project, "ls-tree", "--name-only", kept["commit"]).splitlines() == ["b.txt", "hello.txt", "src"]
    notice = panel.until(lambda: next((item for item in panel.items(session) if "checkpoint" in item["text"]), None))
    assert notice["text"] == f"Archived from the last checkpoint. {archived['folderKept']}"
    assert files(worktree) == before
    panel.call("session/restore", session)
    assert files(worktree) == before and git(worktree, "status", "--porcelain")
    assert "folderKept" not in panel.call("session/archive", session)["session"]
    assert not worktree.exists()


def test_a_file_that_became_a_pipe_is_named_and_nothing_waits_for_it(panel: Panel, project: Path) -> None:
    """One such file stopped every checkpoint, merge and archive."""
    session, worktree = two_turns(panel, project)
    panel.open(session)
    (worktree / "hello.txt").unlink()
    os.mkfifo(worktree / "hello.txt")
    panel.prompt(session, "[[write c.txt three\\n]]")
    panel.ended(session, turns=3)
    panel.until(
        lambda: next((item for item in panel.items(session) if "could not read hello.txt" in item["text"]), None)
    )
    plan = panel.call("merge/plan", session)["plan"]
    assert [note["reason"] for note in plan["notes"]] == ["not_recorded"] and plan["obstacles"] == []
    merge(panel, session)
    assert (project / "c.txt").read_text() == "three\n" and (project / "hello.txt").read_text() == "hello\nfirst\n"
    assert "folderKept" not in panel.call("session/archive", session)["session"]
