"""A session whose refs are damaged stops no other one, and has a way out."""

from __future__ import annotations

from pathlib import Path

from engine.test_merges import merge, ready
from support.daemon import Installation, kill
from support.panel import Panel
from support.repositories import git

GONE = "1234567890" * 4


def test_one_damaged_session_stops_no_other_one(segue: Installation, project: Path) -> None:
    """Its branch led to a missing object, and nothing could be started, restored or merged in that repository."""
    with segue.client() as client:
        panel = Panel(client)
        session = ready(panel, project, "[[write a.txt one\\n]]")
        (project / ".git" / "refs" / "heads" / "segue" / session / "work").write_text(f"{GONE}\n")
        (project / ".git" / "refs" / "segue" / session / "turns" / "1" / "after").write_text("")
        other = ready(panel, project)
        panel.call("session/archive", other)
        panel.call("session/restore", other)
        merge(panel, other)
        assert (project / "new.txt").exists()
        kill(client)
    with segue.client() as client:
        panel = Panel(client)
        rows = client.request("segue/session/list", {"repository": str(project)})["sessions"]
        assert {row["id"] for row in rows} == {session, other}
        checks = client.request("segue/doctor", {"path": str(project)})["checks"]
        assert any(f"segue/{session}/work" in check["message"] for check in checks)
        panel.prompt(session, "[[write b.txt two\\n]]")
        panel.ended(session, turns=2)
        panel.call("session/archive", session)
        panel.call("session/restore", session)
        worktree = Path(panel.sessions[session]["worktree"])
        assert (worktree / "a.txt").read_text() == "one\n" and (worktree / "b.txt").read_text() == "two\n"
        merge(panel, session)
        assert git(project, "log", "--format=%s", "-1") == "Write a file"
        panel.call("session/archive", session)
        panel.call("session/delete", session)
