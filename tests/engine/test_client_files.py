"""An agent that reads and writes through its client: what a person sees of it, and what a kill leaves (D30)."""

from __future__ import annotations

from pathlib import Path

from support.daemon import Installation, kill
from support.panel import Panel
from support.repositories import git


def test_what_is_written_through_the_client_is_the_sessions_change(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[read-file hello.txt]] [[write-file src/new.py x = 1\\n]]")
    row = panel.ended(session)
    assert row["stat"] == {"files": 1, "added": 1, "removed": 0}
    assert (Path(row["worktree"]) / "src/new.py").read_text() == "x = 1\n"
    assert not (project / "src/new.py").exists()
    items = panel.call("session/show", session)["items"]
    written = next(item for item in items if item["kind"] == "tool_call")
    assert (written["title"], written["status"]) == ("Write new.py", "completed")
    assert written["locations"][0]["path"] == f"{row['worktree']}/src/new.py"


def test_the_users_checkout_cannot_be_reached(panel: Panel, project: Path) -> None:
    """S3, S10"""
    prompt = f"[[write-file {project}/hello.txt changed]] [[write-file .git gitdir: /elsewhere]]"
    session = panel.new(project, prompt)
    panel.ended(session)
    said = [item["text"] for item in panel.call("session/show", session)["items"] if item["kind"] == "message"]
    assert "(outside)" in said[0] and "(git)" in said[0]
    assert (project / "hello.txt").read_text() == "hello\n"
    assert git(project, "status", "--porcelain") == ""


def test_requests_that_come_while_there_is_no_daemon_are_answered_by_the_next(
    segue: Installation, project: Path, tmp_path: Path
) -> None:
    """D30"""
    with segue.client() as client:
        panel = Panel(client)
        prompt = f"[[write-file a one]] [[wait-file {tmp_path}/go]] [[write-files a 40]] [[write-file b two]]"
        session = panel.new(project, prompt)
        worktree = Path(panel.wait(session, lambda row: row["state"] == "running")["worktree"])
        panel.wait(session, lambda row: row["activity"] in {"Write a", "done"})  # whichever the feed tells
        kill(client)
    (tmp_path / "go").touch()
    with segue.client() as client:
        panel = Panel(client)
        assert panel.ended(session)["stopReason"] == "end_turn"
        said = [item["text"] for item in panel.call("session/show", session)["items"] if item["kind"] == "message"]
        assert "40 answers, 0 errors" in "".join(said)
    assert ((worktree / "a").read_text(), (worktree / "b").read_text()) == ("39", "two")
    assert [path.name for path in worktree.parent.iterdir()] == [worktree.name]
