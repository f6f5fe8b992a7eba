"""The built-in command agent as a real process."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from agents.acp import Agent, agent, builtin
from segue.agents.builtin.command import title_of
from segue.agents.builtin.shell import KEPT, TAIL, Tail, described
from segue.domain.events import StopReason
from support.patience import quiet_s

COMMAND = builtin("command")


def output(agent: Agent) -> str:
    """The output that the newest tool call shows."""
    content = agent.tool_calls[-1].content
    assert content is not None
    return content[-1].text


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


async def test_a_command_runs_in_its_directory_and_says_what_it_did(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        end = await command.turn("echo Grüße > new; cat new; echo error >&2")
        assert end.stop_reason is StopReason.END_TURN
        assert (tmp_path / "new").read_text() == "Grüße\n"
        call = command.tool_calls[-1]
        assert (call.status, output(command)) == ("completed", "Grüße\nerror\n")
        assert command.text.startswith("`echo Grüße > new; cat new; echo error >&2` ended with exit status 0 after ")


async def test_the_tool_call_shows_the_whole_command(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        await command.turn("true\ntrue # and more\n")
        first = command.tool_calls[0]
        assert (first.title, first.kind) == ("true", "execute")
        assert first.input is not None and r"true\ntrue # and more\n" in first.input


async def test_a_failure_says_status_and_last_line(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        end = await command.turn("echo first; echo 'no such module'; exit 3")
        assert end.stop_reason is StopReason.FAILED
        assert end.message == "The command ended with exit status 3. no such module"
        assert command.tool_calls[-1].status == "failed"
        assert (await command.turn("true")).stop_reason is StopReason.END_TURN


async def test_a_command_killed_by_a_signal_says_which(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        assert (await command.turn("kill -SEGV $$")).message == "The command was ended by signal 11 (SIGSEGV)."


async def test_a_script_runs_under_its_own_interpreter(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        script = f"#!{sys.executable}\nimport os, sys\nprint(os.getcwd(), sys.stdin.read() == '')"
        await command.turn(script)
        assert output(command) == f"{tmp_path} True\n"
        assert command.tool_calls[0].title == "import os, sys"


async def test_a_script_without_its_interpreter_says_so(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        end = await command.turn("#!/no/such/interpreter\nx")
        assert (end.stop_reason, end.message) == (
            StopReason.FAILED,
            "The command could not be started: its interpreter '/no/such/interpreter' was not found.",
        )


async def test_output_is_shown_while_a_command_runs(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        await command.prompt("echo so far; while [ ! -e go ]; do sleep 0.01; done; echo done")
        await command.heard.until(lambda: any(call.content for call in command.tool_calls))
        assert output(command) == "so far\n"
        (tmp_path / "go").touch()
        await command.end()
        assert output(command) == "so far\ndone\n"


async def test_endless_output_is_shown_by_its_end_and_not_too_often(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        await command.turn("yes ü | head -c 20000000; echo; echo the end")
        assert output(command).endswith("the end\n")
        assert KEPT - 3 <= len(output(command).encode()) <= KEPT + 64
        assert len(command.tool_calls) < 100


async def test_segue_ask_lets_a_script_go_on_when_a_person_allows_it(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        await command.prompt("segue-ask 'Rewrite 34 files?' && touch rewritten; segue-ask Sure? || touch refused")
        (first,) = await command.asked()
        assert first.title == "Rewrite 34 files?"
        assert [option.kind for option in first.options] == ["allow_once", "reject_once"]
        await command.connection.answer(first.request_id, "allow")
        second = (await command.asked(2))[1]
        await command.connection.answer(second.request_id, "reject")
        assert (await command.end()).stop_reason is StopReason.END_TURN
        assert names(tmp_path) == ["refused", "rewritten"]


async def test_questions_asked_at_once_get_their_own_answers(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        await command.prompt("segue-ask a && touch a & segue-ask b && touch b & wait; true")
        for request in await command.asked(2):
            await command.connection.answer(request.request_id, "allow" if request.title == "b" else "reject")
        await command.end()
        assert names(tmp_path) == ["b"]


async def test_a_cancel_ends_the_whole_group_and_its_questions(tmp_path: Path) -> None:
    """D6"""
    async with agent(tmp_path, COMMAND) as command:
        await command.prompt("trap '' TERM; sleep 600 & echo $! > child; segue-ask 'Go on?'; sleep 600")
        await command.asked()
        started = time.monotonic()
        await command.connection.cancel(command.session_id)
        assert (await command.end()).stop_reason is StopReason.CANCELLED
        assert quiet_s(started) < 3
        assert not is_running((tmp_path / "child").read_text().strip())
        assert command.tool_calls[-1].status == "failed"
        assert (await command.turn("true")).stop_reason is StopReason.END_TURN


async def test_what_a_command_leaves_running_does_not_outlive_its_turn(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        await command.turn("sleep 600 & echo $! > child")
        assert not is_running((tmp_path / "child").read_text().strip())


async def test_output_of_a_helper_behind_a_pipe_is_not_lost(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        await command.turn("(sleep 0.1; echo late) & exit 0")
        assert output(command) == "late\n"


def dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


async def test_temporary_directories_go_also_those_of_agents_that_were_killed(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="segue-t-") as directory:
        temporary = Path(directory)
        (temporary / f"segue-command-{dead_pid()}-x").mkdir()
        (temporary / "segue-command-other").mkdir()
        async with agent(tmp_path, COMMAND, {"TMPDIR": directory}) as command:
            await command.turn("#!/bin/sh\ntrue")
            assert len(names(temporary)) == 2
        assert names(temporary) == ["segue-command-other"]


async def test_a_loaded_session_goes_on_in_its_directory(tmp_path: Path) -> None:
    async with agent(tmp_path, COMMAND) as command:
        await command.connection.load_session("earlier", tmp_path)
        command.session_id = "earlier"
        await command.turn("pwd")
        assert output(command) == f"{tmp_path}\n"


def is_running(pid: str) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _used_s() -> float:
    """CPU time of the children so far, which other work on the machine leaves alone."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_it_starts_fast() -> None:
    """It answers `initialize` with the standard library alone; the fastest of a few starts counts."""
    request = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1}}\n'
    times = []
    for _ in range(5):
        started = _used_s()
        done = subprocess.run(COMMAND, input=request, capture_output=True, text=True, check=True)
        times.append(_used_s() - started)
        assert '"segue-command"' in done.stdout
    assert min(times) < 0.2


@pytest.mark.parametrize("name", ["command", "replay"])
def test_built_in_agents_import_the_standard_library_only(name: str) -> None:
    script = f"import sys, segue.agents.builtin.{name}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    foreign = {module.partition(".")[0] for module in done.stdout.split()} - sys.stdlib_module_names
    assert foreign <= {"segue", "__editable___segue_finder"} | {f for f in foreign if f.startswith(("_", "sitecustom"))}
    assert not {"asyncio", "msgspec", "pydantic"} & set(done.stdout.split())


@pytest.mark.parametrize("size", [1, 17, 64 * 1024])
def test_the_tail_says_how_many_lines_it_leaves_out(size: int) -> None:
    """Of 5,000 lines the last 160 stood there, from the middle of one, without a word."""
    data = b"".join(b"line %d\n" % number for number in range(100_000))
    tail = Tail()
    for start in range(0, len(data), size):
        tail.append(data[start : start + size])
    for limit in (TAIL, KEPT):
        head, *lines = tail.text(limit).splitlines()
        assert head == f"… {100_000 - len(lines):,} earlier lines were left out and not kept"
        assert lines == [f"line {number}" for number in range(100_000 - len(lines), 100_000)]
        assert limit - 12 <= len("\n".join(lines)) <= limit


def test_the_tail_is_cut_between_characters() -> None:
    tail = Tail()
    for _ in range(10_000):
        tail.append("ü".encode())
    assert tail.text(TAIL).strip("ü") == "… the beginning of this line was left out and not kept: "
    torn = Tail()
    torn.append("a€".encode()[:-1])
    assert torn.text() == "a"
    torn.append("€".encode()[-1:])
    assert torn.text() == "a€"
    broken = Tail()
    broken.append(b"a\xffb")
    assert broken.text() == "a�b"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("ls", "ls"),
        ("#!/bin/sh\n\n  make all\nrest", "make all"),
        ("#!/bin/sh", "#!/bin/sh"),
        ("x" * 200, "x" * 119 + "…"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert title_of(text) == title


def test_ends_are_described() -> None:
    assert described(0) == "ended with exit status 0"
    assert described(-15) == "was ended by signal 15 (SIGTERM)"


@pytest.mark.parametrize("size", [50, 60, 70, 90, 110])
async def test_a_long_path_for_temporary_files_leaves_room_for_its_sockets(tmp_path: Path, size: int) -> None:
    """Met with a TMPDIR of 70 characters: no command could be started, and the reason was "None"."""
    with tempfile.TemporaryDirectory(prefix="segue-t-", dir="/tmp") as directory:
        long = Path(directory).joinpath("x" * (size - len(directory) - 1))
        long.mkdir()
        async with agent(tmp_path, COMMAND, {"TMPDIR": str(long)}) as command:
            assert (await command.turn("true")).stop_reason is StopReason.END_TURN


async def test_commands_go_on_where_the_folder_for_temporary_files_went(tmp_path: Path) -> None:
    """Met with nix-shell, whose TMPDIR goes with it."""
    with tempfile.TemporaryDirectory(prefix="segue-t-") as directory:
        temporary = Path(directory) / "of a shell"
        temporary.mkdir()
        async with agent(tmp_path, COMMAND, {"TMPDIR": str(temporary)}) as command:
            await command.turn("true")
            shutil.rmtree(temporary)
            assert (await command.turn('mktemp -u > where; test -n "$(command -v segue-ask)"')).message == ""
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.touch()  # nor can it be made again
            assert (await command.turn('mktemp -u > where; test -n "$(command -v segue-ask)"')).message == ""
            assert (tmp_path / "where").read_text().startswith("/tmp/")
