"""Pairing in a terminal: an agent works along in the checkout, and every change of it is decided on."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.daemon import Installation
from support.repositories import git, repository


@pytest.fixture
def project(tmp_path: Path) -> Path:
    lines = "".join(f"{number}\n" for number in range(1, 20))
    return repository(tmp_path / "project", {"hello.txt": lines})


def test_pair_decide_comment_and_finish(segue: Installation, project: Path) -> None:
    hello = project / "hello.txt"
    mine = "mine\n" + hello.read_text()
    hello.write_text(mine)
    script = "sed -i 's/^3$/three/; s/^15$/fifteen/' hello.txt; echo new > new.txt; cat hello.txt | head -1"
    made = segue.run("pair", "--wait", "--json", script, cwd=project)
    session = made.json["session"]["id"]
    changed = mine.replace("\n3\n", "\nthree\n").replace("\n15\n", "\nfifteen\n")
    assert hello.read_text() == changed, "the work stands in the checkout"
    listed = segue.run("hunks", session)
    assert "-3" in listed.out and "+three" in listed.out and "new.txt is new." in listed.out, listed

    assert segue.run("accept", session).code == 1
    assert segue.run("accept", session, "nothing").code == 1
    files = segue.run("hunks", session, "--json").json["link"]["files"]
    first, second = files[0]["hunks"]
    assert segue.run("accept", session, first["id"]).code == 0
    assert segue.run("reject", session, second["id"], "--reason", "digits are fine").code == 0
    assert hello.read_text() == changed.replace("fifteen", "15")
    assert segue.run("comment", session, "hello.txt", "no line").code == 1
    assert "Collected: 2" in segue.run("comment", session, "hello.txt:3", "nice").out

    assert segue.run("finish", session).code == 1, "a new file is undecided"
    done = segue.run("finish", session, "--yes")
    assert done.code == 0, done
    assert git(project, "status", "--porcelain") == " M hello.txt"
    assert hello.read_text() == mine.replace("\n3\n", "\nthree\n")


def test_into_the_background_and_back(segue: Installation, project: Path) -> None:
    made = segue.run("new", "--wait", "--json", "echo more >> hello.txt", cwd=project).json
    session, hello = made["session"]["id"], project / "hello.txt"
    before = hello.read_text()
    assert segue.run("share", session, "--json").error["reason"] == "not_linked"
    asked = segue.run("switch", session)
    assert asked.code == 1 and "1 change in 1 file comes into your files" in asked.out, asked
    assert hello.read_text() == before, "said, and not done"
    assert "+more" in segue.run("switch", session, "--yes").out
    assert hello.read_text() == before + "more\n"
    (project / "mine.txt").write_text("mine\n")
    asked = segue.run("switch", session)
    assert asked.code == 1 and "1 unreviewed change in 1 file leaves your files" in asked.out, asked
    assert "Your own work stays: 1 untracked." in asked.out, "the agent's own change is none of it"
    assert segue.run("switch", session, "--yes").code == 0
    assert git(project, "status", "--porcelain") == "?? mine.txt"
    assert segue.run("switch", session, "--yes").code == 0
    assert segue.run("switch", session, "--keep-hunks").code == 0
    assert hello.read_text() == before + "more\n"
    assert segue.run("merge", session, "--plan", "--json").json["plan"]["obstacles"]


def test_who_leaves_is_said_before_another_one_comes(segue: Installation, project: Path) -> None:
    """Issue 6, item 6."""
    first = segue.run("pair", "--wait", "--json", "echo more >> hello.txt", cwd=project).json["session"]["id"]
    asked = segue.run("pair", "true", cwd=project)
    assert asked.code == 1 and "1 unreviewed change in 1 file leaves your files" in asked.out, asked
    assert segue.run("hunks", first).code == 0, "nothing happened"
    second = segue.run("pair", "--wait", "--yes", "--json", "true", cwd=project).json["session"]["id"]
    assert git(project, "status", "--porcelain") == ""
    asked = segue.run("switch", first)
    assert asked.code == 1 and "“true” is in your editor now; it continues in the background." in asked.out, asked
    assert segue.run("switch", first, "--yes").code == 0
    assert segue.run("hunks", second, "--json").error["reason"] == "not_linked"


def test_a_merge_names_the_unfinished_lines_that_it_needs(segue: Installation, project: Path) -> None:
    """Issue 6, item 5: it says where, and what can be done; nothing happens unasked."""
    for name, value in (("name", "Ann Example"), ("email", "ann@example.invalid")):
        git(project, "config", f"user.{name}", value)
    hello = project / "hello.txt"
    begun = hello.read_text()
    hello.write_text(begun.replace("\n3\n", "\nmine\n"))
    script = "sed -i 's/^4$/four/; s/^15$/fifteen/' hello.txt"
    session = segue.run("pair", "--wait", "--json", script, cwd=project).json["session"]["id"]
    assert segue.run("switch", session, "--yes").code == 0
    asked = segue.run("merge", session, "--yes")
    assert asked.code == 1
    assert "hello.txt, line 3" in asked.err and "--unfinished leave or --unfinished commit" in asked.err, asked
    plan = segue.run("merge", session, "--plan", "--unfinished", "leave").out
    assert "Needs your uncommitted hello.txt, line 3: 1 change stays with the session for later." in plan, plan
    assert "Your uncommitted changes stay in hello.txt." in plan
    merged = segue.run("merge", session, "--yes", "--unfinished", "commit", "--first-message", "Mine")
    assert "First, in your name: Mine" in merged.out, merged
    assert git(project, "log", "-1", "--format=%s", "main^") == "Mine"
    assert git(project, "show", "main:hello.txt") + "\n" == hello.read_text()
    assert git(project, "status", "--porcelain") == ""


def test_another_branch_is_said_and_what_can_be_done(segue: Installation, project: Path) -> None:
    """Issue 6, item 6."""
    session = segue.run("new", "--wait", "--json", "echo more >> hello.txt", cwd=project).json["session"]["id"]
    git(project, "switch", "--quiet", "-c", "elsewhere")
    asked = segue.run("switch", session)
    assert asked.code == 1 and "The session is based on main; elsewhere is checked out." in asked.out, asked
    assert "--check-out for main first, or open /" in f"{asked.out}{asked.err}", asked
    assert git(project, "branch", "--show-current") == "elsewhere"
    assert segue.run("switch", session, "--check-out", "--yes").code == 0
    assert git(project, "branch", "--show-current") == "main"
    assert git(project, "status", "--porcelain") == " M hello.txt"
    assert segue.run("comment", session, "hello.txt:1", "why?").code == 0
    asked = segue.run("switch", session)
    assert "1 comment that you did not send stays with the session until you bring it back." in asked.out
    assert f"To send the comments first: segue send {session}" in asked.out
