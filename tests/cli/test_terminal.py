"""What differs where a person sits at the terminal: questions, colours, and that the result was looked at."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from support.daemon import SEGUE, Installation
from support.patience import scaled
from support.repositories import git, repository


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", {"a.txt": "a\n"})


def typed(segue: Installation, keys: str, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run `segue` on a terminal of its own where `keys` are typed; returns exit code and what was shown."""
    ours, theirs = pty.openpty()
    environment = {**segue.environment, "TERM": "xterm", **variables}
    process = subprocess.Popen(
        [SEGUE, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=segue.home
    )
    os.close(theirs)
    os.write(ours, keys.encode())
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # how a terminal says that its other side is closed
        pass
    os.close(ours)
    return process.wait(scaled(30)), shown.decode()


def test_only_a_written_out_yes_merges(segue: Installation, project: Path) -> None:
    made = segue.run("new", "--wait", "--json", "echo b > b.txt", cwd=project).json["session"]
    before = git(project, "rev-parse", "main")
    for keys in ("\n", "n\n", "\x04"):
        code, shown = typed(segue, keys, "merge", made["id"])
        assert (code, git(project, "rev-parse", "main")) == (1, before), shown
    code, shown = typed(segue, "y\n", "merge", made["id"])
    assert code == 0, shown
    assert (project / "b.txt").exists()


def test_enter_is_no_answer(segue: Installation, project: Path) -> None:
    """D43."""
    made = segue.run("new", "--wait", "--json", "segue-ask Really? && echo y > y", cwd=project).json["session"]
    assert made["bucket"] == "needs_you"
    code, shown = typed(segue, "\n", "answer", made["id"])
    assert code == 0, shown
    assert "Allow" in shown
    assert segue.run("list", "--json").json["sessions"][0]["permissions"], "it still waits"
    code, shown = typed(segue, "1\n", "answer", made["id"])
    assert code == 0, shown
    assert not segue.run("show", "--json", made["id"]).json["session"]["permissions"]
    segue.run("stop", made["id"])


def test_colours_are_shown_unless_refused(segue: Installation, project: Path) -> None:
    segue.run("new", "--wait", "true", cwd=project)
    assert "\x1b[" in typed(segue, "", "list")[1]
    assert "\x1b[" not in typed(segue, "", "list", NO_COLOR="1")[1]
    assert "\x1b[" not in segue.run("list").out


def test_a_diff_is_coloured_inert_and_without_binary_content(segue: Installation, project: Path) -> None:
    """D43: what an agent wrote into a file cannot command the terminal that shows it."""
    script = r"printf '\033[3Jevil\rx\377\n' > a.txt; printf 'a\0b' > b.bin; echo last > c.txt"
    made = segue.run("new", "--wait", "--json", script, cwd=project).json["session"]
    code, shown = typed(segue, "", "diff", made["id"])
    assert code == 0, shown
    assert "\x1b[32m+\\x1b[3Jevil\\rx\\udcff\x1b[0m" in shown
    assert "\x1b[31m-a\x1b[0m" in shown
    assert "Binary content is not shown." in shown and "literal" not in shown
    assert "\x1b[32m+last\x1b[0m" in shown, "the files behind a binary one are shown"


def test_what_a_person_looked_at_is_no_longer_unread(segue: Installation, project: Path) -> None:
    made = segue.run("new", "--wait", "--json", "true", cwd=project).json["session"]
    assert segue.run("show", "--json", made["id"]).json["session"]["isUnread"], "a program is no person"
    assert typed(segue, "", "show", made["id"])[0] == 0
    assert not segue.run("show", "--json", made["id"]).json["session"]["isUnread"]
