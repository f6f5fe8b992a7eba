"""An agent's commands through its client, over real runners and real processes."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.acp import Agent, agent, runner_places
from segue.agents import runners
from segue.agents.broker import Desk
from segue.agents.connection import Options
from segue.agents.connection_record import Asked
from segue.agents.outputs import Outputs
from segue.agents.terminals import Method, Surroundings, Terminals, short_number
from segue.domain.events import TerminalEnded, TerminalPrinted, TerminalStarted
from segue.system import processes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "session" / "project"
    made.mkdir(parents=True)
    return made


def terminals(root: Path, base: Path) -> Terminals:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    kept = Outputs(root.parent / "outputs")
    return Terminals(
        Surroundings(root, root, lambda: environment, lambda number: (base / "t" / number, base / f"{number}.s"), kept)
    )


def read(ended: TerminalEnded) -> str:
    """The file that the end of a command names."""
    return Path(ended.whole).read_text()


@asynccontextmanager
async def talking(root: Path) -> AsyncIterator[Agent]:
    async with runner_places() as (directory, _):
        desk = Desk(terminals=terminals(root, directory.parent))
        async with agent(root, options=Options(desk=desk)) as fake:
            yield fake
        assert not list(directory.parent.iterdir()) or not list(directory.parent.glob("t/*"))


def said(fake: Agent) -> list[Any]:
    """The results that the agent said."""
    return [json.loads(line) for line in fake.text.splitlines()]


async def test_a_command_runs_and_its_end_is_told(root: Path) -> None:
    """D19: by exec, both streams in their order, nothing on its stdin."""
    async with talking(root) as fake:
        await fake.turn("[[terminal cat; pwd; echo wrong >&2; exit 3]] [[wait-exit]][[output]] [[release]]")
        status, result, released = said(fake)
        assert status == result.pop("exitStatus") == {"exitCode": 3, "signal": None}
        assert result == {"output": f"{root}\nwrong\n", "truncated": False}
        assert released == {}


async def test_people_see_the_command_its_output_and_its_end(root: Path) -> None:
    async with talking(root) as fake:
        await fake.turn("[[terminal echo one; echo two]] [[wait-exit]] [[release]]")
        await fake.heard.until(lambda: fake.heard.of(TerminalEnded))
        assert fake.heard.of(TerminalStarted)[0].command == "/bin/sh -c 'echo one; echo two'"
        assert "".join(printed.text for printed in fake.heard.of(TerminalPrinted)) == "one\ntwo\n"
        assert fake.heard.of(TerminalEnded)[0].status == "exit 0"


async def test_output_is_told_while_the_command_runs(root: Path) -> None:
    async with talking(root) as fake:
        await fake.prompt("[[terminal echo first; while [ ! -e go ]; do sleep 0.01; done; echo second]] [[wait-exit]]")
        await fake.heard.until(lambda: fake.heard.of(TerminalPrinted))
        assert fake.heard.of(TerminalPrinted)[0].text == "first\n" and not fake.heard.of(TerminalEnded)
        (root / "go").touch()
        await fake.end()


async def test_a_flood_is_told_in_short(root: Path) -> None:
    """D10"""
    async with talking(root) as fake:
        await fake.turn(
            "[[terminal head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last]] [[wait-exit]] [[release]]"
        )
        await fake.heard.until(lambda: fake.heard.of(TerminalEnded))
        printed = fake.heard.of(TerminalPrinted)
        assert sum(len(piece.text) for piece in printed) < 300_000
        assert sum(len(piece.text) + piece.skipped for piece in printed) == 20_000_006
        assert "".join(piece.text for piece in printed).endswith("x\nlast\n")


@pytest.mark.parametrize("how", ["[[release]]", ""])
async def test_all_of_an_output_that_is_told_in_short_is_in_a_file(root: Path, how: str) -> None:
    """The transcript said how much was missing, and the output went with the terminal."""
    async with talking(root) as fake:
        await fake.turn(f"[[terminal seq 1 30000]] [[wait-exit]] {how}")
        await fake.turn("[[terminal seq 1 3]] [[wait-exit]] [[release]]")
    long, short = fake.heard.of(TerminalEnded)
    assert read(long) == "".join(f"{number}\n" for number in range(1, 30001))
    assert (long.dropped, short.whole) == (0, "")
    assert list((root.parent / "outputs").iterdir()) == [Path(long.whole)]


async def test_the_end_of_an_output_without_end_is_in_a_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segue.agents.terminals.FILE_LIMIT", 1024)
    async with talking(root) as fake:
        await fake.turn("[[terminal seq 1 700000]] [[wait-exit]] [[release]]")
    (ended,) = fake.heard.of(TerminalEnded)
    kept, written = read(ended), "".join(f"{number}\n" for number in range(1, 700001))
    assert written.endswith(kept) and kept.endswith("\n699999\n700000\n")
    assert ended.dropped == len(written) - len(kept) > 0


@pytest.mark.parametrize(
    ("limit", "output"), [(7, "ßé世"), (6, "é世"), (5, "é世"), (4, "世"), (0, ""), (1000, "aßé世")]
)
async def test_output_is_cut_between_characters(root: Path, limit: int, output: str) -> None:
    """D20"""
    command = json.dumps({"command": "printf", "args": ["aßé世"], "outputByteLimit": limit}, ensure_ascii=False)
    async with talking(root) as fake:
        await fake.turn(f"[[terminal-with {command}]] [[wait-exit]][[output]]")
        result = said(fake)[1]
        assert (result["output"], result["truncated"]) == (output, limit < 8)


async def test_what_is_no_text_is_shown_replaced(root: Path) -> None:
    """D20"""
    async with talking(root) as fake:
        await fake.turn("[[terminal printf '\\377\\033[31mred\\000']] [[wait-exit]][[output]]")
        assert said(fake)[1]["output"] == "\ufffd\x1b[31mred\0"


async def test_kill_and_release_are_idempotent_and_foreign_ids_refused(root: Path) -> None:
    """D20"""
    async with talking(root) as fake:
        await fake.turn("[[terminal sleep 600]] [[kill]] [[kill]][[wait-exit]][[release]][[release]][[kill]]")
        assert said(fake) == [{}, {}, {"exitCode": None, "signal": "SIGTERM"}, {}, {}, {}]
    async with talking(root) as fake:
        await fake.turn("[[output term-1-5]] [[release term-9-9]] [[wait-exit nonsense]]")
        assert fake.text.count("-32602") == 3


async def test_everything_that_a_command_started_ends_with_it(root: Path) -> None:
    """D21, S11: double-forked and in sessions of their own, TERM ignored."""
    inner = "trap '' TERM; echo $$ > a.new; mv a.new a; sleep 600; sleep 600"
    script = f'trap "" TERM; (setsid sh -c "{inner}" &); sleep 600'.replace("$$", "\\$\\$")
    async with talking(root) as fake:
        await fake.turn(f"[[terminal {script}]] [[wait-file a]] [[say up]]")
        pid = int((root / "a").read_text())
        assert processes.identity(pid)[1]
    assert not processes.identity(pid)[1], "the agent was ended, and with it its commands"


async def test_a_cancelled_turn_ends_the_commands_that_still_run(root: Path) -> None:
    async with talking(root) as fake:
        await fake.prompt("[[terminal sleep 600]] [[hang]]")
        await fake.heard.until(lambda: fake.heard.of(TerminalStarted))
        await fake.connection.cancel(fake.session_id)
        await fake.heard.until(lambda: fake.heard.of(TerminalEnded))


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"command": "no-such-program --flag"}, "without a shell"),
        ({"command": ""}, "`command`"),
        ({"command": "true", "args": "x"}, "`args`"),
        ({"command": "true", "args": ["a\0b"]}, "NUL"),
        ({"command": "true", "args": ["x" * 200_000]}, "Write it to a file"),
        ({"command": "true", "cwd": "/etc"}, "outside"),
        ({"command": "true", "cwd": "sub"}, "absolute"),
        ({"command": "true", "cwd": "{root}/link"}, "outside"),
        ({"command": "true", "cwd": "{root}/../project-evil"}, "outside"),
        ({"command": "true", "cwd": "{root}/nowhere"}, "exists"),
        ({"command": "true", "outputByteLimit": -1}, "outputByteLimit"),
    ],
)
async def test_what_cannot_be_run_is_refused_in_words(root: Path, params: dict[str, Any], why: str) -> None:
    """D19"""
    (root / "link").symlink_to("/etc")
    (root.parent / "project-evil").mkdir()
    text = json.dumps(params).replace("{root}", str(root))
    async with talking(root) as fake:
        await fake.turn(f"[[terminal-with {text}]]")
        assert fake.text.startswith("-32602 ") and why in fake.text
        assert not fake.heard.of(TerminalStarted)


async def test_a_command_gets_no_variable_that_loads_code_or_misleads(root: Path) -> None:
    """D19"""
    names = (
        "LD_PRELOAD",
        "GIT_DIR",
        "PATH",
        "https_proxy",
        "HTTPS_PROXY",
        "NODE_OPTIONS",
        "BASH_ENV",
        "PYTHONPATH",
        "A=B",
    )
    variables = [{"name": name, "value": "bad"} for name in names] + [{"name": "MINE", "value": "good"}, {"name": 5}]
    command = json.dumps({"command": "env", "env": variables})
    async with talking(root) as fake:
        await fake.turn(f"[[terminal-with {command}]] [[wait-exit]][[output]]")
        found = dict(line.split("=", 1) for line in said(fake)[1]["output"].splitlines())
        assert found["MINE"] == "good" and found["HOME"] == "/nowhere" and "bad" not in found.values()


async def test_a_command_of_an_earlier_daemon_is_ended_although_it_is_not_reached_yet(root: Path) -> None:
    """S11: as where its agent turns out to be gone."""
    async with runner_places() as (directory, _):
        before = terminals(root, directory.parent)
        asked = Asked(1, Method.CREATE, {"command": "sleep", "args": ["600"]})
        terminal_id = (await before.answer("1-5", asked)).result["terminalId"]
        status = runners.read_status(directory.parent / "t" / "5")
        await before.detach()
        after = terminals(root, directory.parent)
        after.restore(before.records())
        assert list(after.records()) == [terminal_id]
        await after.close()
        assert status is not None and not processes.identity(status.agent[0])[1]


def test_runners_of_terminals_have_short_names() -> None:
    assert [short_number(number) for number in (0, 35, 36, 10**10)] == ["0", "z", "10", "4ldqpds"]
