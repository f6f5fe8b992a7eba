"""What cannot be done is said in a sentence, with an exit code, before anything is created."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.cli import overview
from segue.cli.arguments import parser
from support.daemon import Installation, Result, installation
from support.repositories import git, repository

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation() as made:
        yield made


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("refusals") / "project", {"a.txt": "a\n"})


def check(result: Result, code: int, *said: str) -> None:
    """A refusal: the code, a sentence on the error stream, no traceback, nothing on standard output."""
    assert result.code == code, result
    assert "Traceback" not in result.err
    assert result.err.strip(), "silent"
    assert result.out == ""
    for part in said:
        assert part in result.err


def test_a_folder_without_a_repository(segue: Installation, tmp_path: Path) -> None:
    check(segue.run("new", "true", cwd=tmp_path), 1)
    assert segue.run("list", "--json").json["sessions"] == []


def test_a_repository_without_commits(segue: Installation, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    check(segue.run("new", "true", cwd=tmp_path), 1, "commit")
    assert git(tmp_path, "for-each-ref") == ""


@pytest.mark.parametrize(
    "base", ["--output=x", "-x", "gone", "a..b", "main@{0}", "new\nline", "main:a.txt", "🙈", "x" * 300]
)
def test_a_base_that_is_no_branch(segue: Installation, project: Path, base: str) -> None:
    """D24."""
    before = git(project, "for-each-ref")
    check(segue.run("new", f"--base={base}", "true", cwd=project), 1)
    assert git(project, "for-each-ref") == before
    assert not (project / "x").exists()


def test_an_agent_that_nobody_knows(segue: Installation, project: Path) -> None:
    check(segue.run("new", "--agent", "no-such\x1b[0m", "true", cwd=project), 1, "agent")


@pytest.mark.parametrize("prompt", ["", " \n"])
def test_an_empty_prompt(segue: Installation, project: Path, prompt: str) -> None:
    check(segue.run("new", prompt, cwd=project), 1, "empty")


def test_a_prompt_above_the_limit_and_one_below_it(segue: Installation, project: Path, tmp_path: Path) -> None:
    check(segue.run("new", "-", cwd=project, input="x" * (MIB + 1)), 1, "1 MiB")
    check(segue.run("new", "--file", tmp_path, cwd=project), 1)
    largest = "#!/bin/sh\ntrue\n" + "#" * (MIB - 15)
    done = segue.run("new", "--wait", "--json", "-", cwd=project, input=largest)
    assert done.code == 0, done.err[:500]


def test_an_unknown_session(segue: Installation) -> None:
    for wrong in ("zzzzzzzz", "zz", "-x", "../x", "\x1b[2J", ""):
        for verb in ("show", "stop", "diff", "restore"):
            result = segue.run(verb, "--", wrong)
            check(result, 1, "no session")
            assert "\x1b" not in result.err


def test_an_error_object_with_json(segue: Installation) -> None:
    result = segue.run("show", "--json", "zzzzzzzz")
    assert result.code == 1
    assert result.error["reason"] == "no_session"
    assert set(result.error) == {"reason", "message", "action", "details"}


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["show"], ["list", "--archive"], ["diff", "x", "--turn", "one"], ["daemon", "start"]],
)
def test_wrong_usage_is_exit_code_2(segue: Installation, arguments: list[str]) -> None:
    assert segue.run(*arguments).code == 2


def test_segue_alone_lists_every_verb_once_with_examples(segue: Installation) -> None:
    """It was an error about a missing argument."""
    shown = segue.run()
    listed = [verb for verbs in overview.GROUPS.values() for verb in verbs]
    assert sorted(listed) == sorted(overview.sentences(parser()))
    assert (shown.code, shown.err) == (0, "")
    assert all(f"\n  {verb:<11} " in shown.out for verb in listed)
    assert max(map(len, shown.out.splitlines())) <= 80


def test_doctor_says_that_a_folder_is_no_repository(segue: Installation) -> None:
    """It said nothing of the folder that it was asked in, and listed each agent that is not installed."""
    shown = segue.run("doctor")
    assert shown.code == 0
    assert "! repository: " in shown.out
    assert len([line for line in shown.out.splitlines() if "not installed" in line]) == 1
    assert segue.run("doctor", segue.home).code == 1


def test_a_daemon_that_is_not_there(tmp_path: Path) -> None:
    with installation() as alone:
        assert alone.run("status").code == 3
        assert alone.run("status", "--json").error["reason"] == "no_daemon"
        assert alone.run("daemon", "stop").code == 0
        assert not alone.places.data.exists(), "asking creates nothing"


def test_a_data_directory_that_cannot_be_used(tmp_path: Path) -> None:
    """D32."""
    with installation() as broken:
        broken.places.data.write_text("a file")
        check(broken.run("list"), 3)
        doctor = broken.run("doctor", "--json")
        assert doctor.code == 1
        states = {check["name"]: check["status"] for check in doctor.json["checks"]}
        assert states["daemon"] == states["directories"] == "failed"
        assert states["git"] == "ok"
        broken.places.data.unlink()


def test_the_token_is_shown_to_nobody(segue: Installation) -> None:
    """S7."""
    with segue.client() as client:
        token = Path(segue.places.entry).read_text().splitlines()[3]
        assert len(token) >= 32
        assert token not in str(client.server)
        assert token not in str(client.request("segue/status"))
        assert token not in "".join(segue.processes().values()), "nor is it on a command line"


def test_a_daemon_of_another_protocol_is_refused_and_can_be_stopped() -> None:
    """D36: this client plays one that is newer than the daemon."""
    newer = "import sys; from segue.cli import client, entry; client.PROTOCOL_VERSION += 1; sys.exit(entry.main())"
    with installation() as other:
        assert other.run("list").code == 0
        for arguments, code in (["status"], 3), (["list"], 3), (["daemon", "stop"], 0), (["status"], 3):
            argv = [sys.executable, "-c", newer, *arguments]
            done = subprocess.run(argv, env=other.environment, capture_output=True, text=True, check=False)
            assert done.returncode == code, done
            assert code == 0 or "segue daemon stop" in done.stderr or "No daemon" in done.stderr


def test_a_merge_that_conflicts_is_refused_with_everything_as_it_was(segue: Installation, project: Path) -> None:
    """D40."""
    made = segue.run("new", "--wait", "--json", "echo theirs > a.txt", cwd=project).json["session"]
    (project / "a.txt").write_text("mine\n")
    git(project, "commit", "--quiet", "--all", "--message=Mine")
    before = git(project, "rev-parse", "main")
    plan = segue.run("merge", made["id"], "--plan")
    assert plan.code == 1
    assert "conflict: a.txt" in plan.out
    refused = segue.run("merge", made["id"], "--yes", "--json")
    assert refused.code == 1
    assert refused.error["reason"] == "conflicts"
    assert git(project, "rev-parse", "main") == before
    assert (project / "a.txt").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("segue list >/dev/full", 1, "cannot be written"),
        ("segue list >&-", 0, ""),
        ("segue new - <&-", 1, "empty"),
        ("mkdir gone && cd gone && rmdir ../gone && segue new true", 1, "no such folder"),
        ("segue new --base \"$(printf '\\377')\" true", 1, ""),
        ("segue new -C \"$(printf '\\377')\" true", 1, "UTF-8"),
        ("SEGUE_DATA_DIR=relative segue list", 3, "absolute"),
    ],
)
def test_strange_surroundings(segue: Installation, line: str, code: int, said: str) -> None:
    done = subprocess.run(
        ["sh", "-c", line], env=segue.environment, cwd=segue.home, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done
    assert said in done.stderr
    assert "mistake" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


def test_what_an_agent_left_half_done_is_merged_with_a_word_of_its_own(segue: Installation, tmp_path: Path) -> None:
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    made = segue.run("new", "--wait", "--json", "git checkout -q --detach; echo b > a.txt", cwd=project)
    session = segue.run("list", "--json", cwd=project).json["sessions"][0]["id"]
    assert made.code == 0
    check(segue.run("merge", session, "--yes"), 1, "detached HEAD", f"segue merge {session} --anyway")
    assert (project / "a.txt").read_text() == "a\n"
    assert segue.run("merge", session, "--yes", "--anyway").code == 0
    assert (project / "a.txt").read_text() == "b\n"
