"""Ways back in the terminal: rollback, undo, redo, delete, and what all that takes on the disk."""

from __future__ import annotations

from pathlib import Path

from support.daemon import Installation


def test_roll_back_undo_redo_delete_and_undo_again(segue: Installation, project: Path, tmp_path: Path) -> None:
    made = segue.run("new", "--wait", "--json", "echo more >> hello.txt; echo new > new.txt", cwd=project).json
    session, worktree = made["session"]["id"], Path(made["session"]["worktree"])

    rolled = segue.run("rollback", session[:6], "1", "--yes")
    assert (rolled.code, "segue undo" in rolled.out) == (0, True), rolled
    assert (worktree / "hello.txt").read_text() == "hello\n" and not (worktree / "new.txt").exists()
    out = tmp_path / "out"
    assert segue.run("undo", session, "1", "--to", str(out)).code == 0
    assert (out / "new.txt").read_text() == "new\n"
    undone = segue.run("undo", "--yes")
    assert f"Redo: segue undo {session} 2" in undone.out, undone
    assert (worktree / "new.txt").exists()
    assert segue.run("undo", session, "2", "--yes").code == 0
    assert not (worktree / "new.txt").exists()

    assert segue.run("delete", session, "--yes", "--json").error["reason"] == "not_archived"
    assert segue.run("archive", session, "--yes").code == 0
    assert "For 30 days" in segue.run("delete", session, "--yes").out
    assert session not in segue.run("list", "--archived", "--json").out
    listed = segue.run("undo", "--list")
    assert listed.out.count(session) == 5 and "Deleted" in listed.out.splitlines()[0]
    assert segue.run("undo", session, "--yes").code == 0
    assert segue.run("undo", session, "--yes").code == 0
    assert (worktree / "hello.txt").read_text() == "hello\n"

    status = segue.run("status")
    assert "checkpoints, and 5 snapshots for 30 days, 0 expired" in status.out, status.out


def test_nothing_is_undone_without_a_yes(segue: Installation, project: Path) -> None:
    made = segue.run("new", "--wait", "--json", "echo more >> hello.txt", cwd=project).json
    session = made["session"]["id"]
    for verb in (("rollback", session, "1"), ("delete", session)):
        refused = segue.run(*verb)
        assert (refused.code, "--yes" in refused.err) == (1, True), refused
    assert segue.run("undo", session, "--json").error["reason"] == "nothing_to_undo"


def test_what_is_kept_and_for_how_long_is_a_setting(segue: Installation, project: Path) -> None:
    """D29: the file lies in the data directory, so that it holds while no editor is open."""
    settings = segue.places.settings
    settings.write_text('[snapshots]\nkeep_days = 90\nprecious = ["*.pem"]\n')
    try:
        (project / ".gitignore").write_text("*.pem\n")
        script = "echo '*.pem' > .gitignore; echo key > my.pem"
        made = segue.run("new", "--wait", "--json", script, cwd=project).json["session"]
        assert segue.run("archive", made["id"], "--yes").code == 0
        assert segue.run("restore", made["id"]).code == 0
        assert (Path(made["worktree"]) / "my.pem").read_text() == "key\n"
        assert "kept for 90 days; ignored files that they hold: *.pem" in segue.run("doctor").out
        settings.write_text("[snapshots]\nkeep_days = 0\n")
        doctor = segue.run("doctor")
        assert doctor.code == 1 and "keep_days" in doctor.out and "no snapshot is let go" in doctor.out
    finally:
        settings.unlink()
