"""The whole path in the terminal: a real daemon, the command agent, a real repository."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from support.daemon import Installation
from support.patience import scaled
from support.repositories import git, repository

ASK = 'segue-ask "May I write asked.txt?" && echo yes > asked.txt'
FILES = {"hello.txt": "hello\nworld\n", "src/app.py": "print('hi')\n"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", FILES)


def new(segue: Installation, project: Path, prompt: str, *options: str) -> str:
    """Delegate and wait; returns the session's id."""
    done = segue.run("new", "--wait", "--json", *options, "--", prompt, cwd=project)
    assert done.code in {0, 4}, done
    session_id: str = done.json["session"]["id"]
    return session_id


def test_delegate_review_merge_and_undo(segue: Installation, project: Path) -> None:
    before = git(project, "rev-parse", "main")
    (project / "mine.txt").write_text("not committed\n")

    made = segue.run("new", "--wait", "--title", "Say more", "echo more >> hello.txt", cwd=project)
    assert made.code == 0, made
    assert "+1 −0 in 1 file" in made.out
    (session,) = segue.run("list", "--json", "-C", str(project)).json["sessions"]
    assert (session["bucket"], session["title"]) == ("ready", "Say more")
    short = session["id"][:6]

    shown = segue.run("show", short)
    assert "> echo more >> hello.txt" in shown.out
    assert segue.run("show", short, "--json").json["turns"][0]["stopReason"] == "end_turn"

    diff = segue.run("diff", short).out
    assert "+more" in diff
    git(project, "apply", "--check", str(_written(project, diff)))
    assert "hello.txt" in segue.run("diff", short, "--stat", "--turn", "1").out

    plan = segue.run("merge", short, "--plan")
    assert plan.code == 0, plan
    assert "A merge commit brings 1 file" in plan.out and "to main." in plan.out, plan
    assert git(project, "rev-parse", "main") == before, "a plan changes nothing"

    refused = segue.run("merge", short)
    assert (refused.code, git(project, "rev-parse", "main")) == (1, before), "nobody was there to confirm it"
    assert "--yes" in refused.err

    merged = segue.run("merge", short, "--yes", "--message", "More\n\nof it")
    assert merged.code == 0, merged
    assert (project / "hello.txt").read_text() == "hello\nworld\nmore\n"
    assert (project / "mine.txt").read_text() == "not committed\n"
    message = git(project, "log", "-1", "--format=%B", "main")
    assert message.startswith("More\n\nof it")
    assert f"Segue-Session: {session['id']}" in message

    undone = segue.run("undo-merge", short, "--yes")
    assert undone.code == 0, undone
    assert git(project, "rev-parse", "main") == before
    assert (project / "mine.txt").read_text() == "not committed\n"


def test_squash_makes_one_commit(segue: Installation, project: Path) -> None:
    session_id = new(segue, project, "echo a > a && git add a && git commit -qm one && echo b > b")
    result = segue.run("merge", session_id, "--squash", "--yes", "--json").json
    assert git(project, "rev-list", "--parents", "-1", result["merge"]["commit"]).count(" ") == 1
    assert result["session"]["bucket"] == "done"


def test_a_question_is_shown_in_full_and_answered_once(segue: Installation, project: Path) -> None:
    """D42, D43."""
    asked = segue.run("new", "--wait", ASK, cwd=project)
    assert asked.code == 4, asked
    assert "? May I write asked.txt?" in asked.out
    (session,) = segue.run("list", "--json", "-C", str(project)).json["sessions"]
    session_id = session["id"]
    assert session["bucket"] == "needs_you"

    shown = segue.run("answer", session_id)
    assert shown.code == 0
    assert "1  Allow" in shown.out
    assert "2  Deny once — the agent calls it “Reject”" in shown.out
    for wrong in ("0", "3", "yes", ""):
        assert segue.run("answer", session_id, wrong).code == 1
    assert segue.run("answer", session_id, "--request", "other", "1").code == 1

    assert segue.run("answer", session_id, "1").code == 0
    late = segue.run("answer", session_id, "2", "--json")
    assert late.code == 1
    assert late.error["reason"] in {"nothing_asked", "already_decided"}
    _follow_to_end(segue, session_id)
    assert "asked.txt" in segue.run("diff", session_id, "--stat").out


def test_rules_are_tried_listed_and_revoked(segue: Installation, project: Path) -> None:
    """D44: what is no simple command is never allowed without asking, and that is said."""
    assert "No rules" in segue.run("rules").out
    tried = segue.run("rules", "--try", "ls; rm x", cwd=project)
    assert "ask, since no rule fits" in tried.out and "not a simple command" in tried.out
    session_id = new(segue, project, ASK)
    assert segue.run("answer", session_id, "1", "--always", "7").code == 1
    assert segue.run("answer", session_id, "1", "--reason", "x").code == 1
    assert segue.run("answer", session_id, "2", "--reason", "not now").code == 0
    assert segue.run("rules", "--revoke", "nothing").code == 1


def test_a_rejected_question_fails_the_command(segue: Installation, project: Path) -> None:
    session_id = new(segue, project, ASK)
    assert segue.run("answer", session_id, "reject").code == 0
    _follow_to_end(segue, session_id)
    assert segue.run("diff", session_id, "--stat").out == "No changes.\n"


def test_stop_ends_the_turn_and_a_follow_up_goes_on(segue: Installation, project: Path) -> None:
    begun = segue.run("new", "--json", "echo x > x; sleep 600", cwd=project).json["session"]["id"]
    waiting = segue.start("watch", begun, "--json")
    _until(waiting, lambda items: any(item["kind"] == "tool_call" for item in items["items"]))
    queued = segue.run("prompt", begun, "echo never", "--json").json
    assert queued["isQueued"]

    stopped = segue.run("stop", begun, "--json").json["session"]
    assert (stopped["stopReason"], stopped["queue"]) == ("cancelled", [])
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(scaled(10)) == 130
    assert waiting.communicate()[1] == "", "Ctrl-C is quiet"

    again = segue.run("prompt", begun, "--wait", "cat x > y")
    assert again.code == 0, again
    assert "y" in segue.run("diff", begun, "--stat", "--turn", "2").out


def test_a_failing_command_is_told_by_the_exit_code(segue: Installation, project: Path) -> None:
    failed = segue.run("new", "--wait", "--json", "echo 'it broke'; exit 3", cwd=project)
    assert failed.code == 1
    assert failed.json["session"]["bucket"] == "needs_you"


def test_archive_removes_and_restore_brings_back(segue: Installation, project: Path) -> None:
    """D29: what was never committed comes back too."""
    session_id = new(segue, project, "echo kept > kept.txt")
    worktree = Path(segue.run("show", session_id, "--json").json["session"]["worktree"])
    assert segue.run("archive", session_id).code == 1, "nobody was there to confirm it"
    assert worktree.is_dir()
    assert segue.run("archive", session_id, "--yes").code == 0
    assert not worktree.exists()
    assert segue.run("list", "--json", "-C", str(project)).json["sessions"] == []
    assert "archived" in segue.run("list", "--archived", "-C", str(project)).out
    assert segue.run("restore", session_id).code == 0
    assert (worktree / "kept.txt").read_text() == "kept\n"


def test_a_pinned_session_comes_first_until_it_is_unpinned(segue: Installation, project: Path) -> None:
    older, newer = new(segue, project, "echo 1 > one.txt"), new(segue, project, "echo 2 > two.txt")

    def rows() -> list[str]:
        printed = segue.run("list").out
        return sorted((older, newer), key=printed.index)

    first, second = rows()
    assert segue.run("pin", second).code == 0
    assert rows() == [second, first]
    assert [s["id"] for s in segue.run("list", "--json").json["sessions"] if s["isPinned"]] == [second]
    assert segue.run("pin", first).code == 0
    assert segue.run("unpin", second).code == 0
    assert rows() == [first, second]


def test_watch_streams_one_object_per_line(segue: Installation, project: Path) -> None:
    watching = segue.start("watch", "--json")
    first = json.loads(watching.stdout.readline() if watching.stdout else "")
    assert (first["resource"], first["isSnapshot"]) == ("sessions", True)
    session_id = new(segue, project, "true")
    _until(watching, lambda items: any(s["id"] == session_id and s["turns"] == 1 for s in items["sessions"]))
    if watching.stdout:
        watching.stdout.close()
    new(segue, project, "true")
    assert watching.wait(scaled(10)) == 141, "a reader that goes away ends it quietly"
    assert watching.stderr is not None
    assert watching.stderr.read() == ""
    watching.stderr.close()


def test_what_an_agent_prints_is_inert(segue: Installation, project: Path) -> None:
    """D47."""
    session_id = new(segue, project, r"printf '\033]52;c;cm0gLXJm\007\033[3J'", "--title", "ti\x1b]0;x\x07tle")
    for arguments in (["show", session_id], ["list", "-C", str(project)], ["merge", session_id, "--plan"]):
        shown = segue.run(*arguments).out
        assert "\x1b" not in shown
        assert "\x07" not in shown


def test_a_prompt_may_come_from_standard_input_or_a_file(segue: Installation, project: Path, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\necho file > from-file\n")
    made = [
        segue.run("new", "--wait", "--json", "-", cwd=project, input="echo stdin > from-stdin\n"),
        segue.run("new", "--wait", "--json", "--file", script, cwd=project),
    ]
    assert [result.code for result in made] == [0, 0], made
    stats = [segue.run("diff", result.json["session"]["id"], "--stat").out for result in made]
    assert "from-stdin" in stats[0]
    assert "from-file" in stats[1]


def test_status_doctor_and_agents_say_what_is_there(segue: Installation, project: Path) -> None:
    assert segue.run("agents").code == 0
    assert {"command", "replay"} <= {agent["name"] for agent in segue.run("agents", "--json").json["agents"]}
    status = segue.run("status", "--json").json
    assert status["dataDirectory"] == str(segue.places.data)
    assert str(status["pid"]) in segue.run("status").out
    doctor = segue.run("doctor", str(project), "--json")
    assert doctor.code == 0, doctor
    assert {"daemon", "python", "git"} <= {check["name"] for check in doctor.json["checks"]}


def test_prices_that_cannot_be_read_are_said(segue: Installation) -> None:
    own = segue.places.data / "prices.toml"
    own.write_text("nonsense")
    checks = {check["name"]: check for check in segue.run("doctor", "--json").json["checks"]}
    own.unlink()
    assert checks["prices"]["status"] == "warning" and str(own) in checks["prices"]["message"]


def _written(project: Path, text: str) -> Path:
    path = project.parent / "diff"
    path.write_text(text)
    return path


def _follow_to_end(segue: Installation, session_id: str) -> None:
    watching = segue.start("watch", "--json")
    _until(
        watching,
        lambda items: any(s["id"] == session_id and s["state"] == "idle" for s in items["sessions"]),
    )
    watching.terminate()
    watching.communicate()


def _until(watching: Popen[str], is_there: Callable[[Any], bool]) -> None:
    """Read what a `watch --json` prints until something is there; it ends by itself only with its daemon."""
    assert watching.stdout is not None
    for line in watching.stdout:
        if is_there(json.loads(line)):
            return
    raise AssertionError(watching.communicate())
