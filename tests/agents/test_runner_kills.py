"""Kills at random points, with numbered lines in both directions. SEGUE_KILLS and SEGUE_SEED lengthen and repeat it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents import runner_tools
from agents.runner_tools import NUMBERED, numbers, opened, read_all
from segue.agents.runner_client import Ack, RunnerClient
from segue.agents.runners import line_record, wait_runner_gone
from segue.domain.errors import AgentFailed
from segue.system import processes
from support.chance import SEED
from support.patience import scaled

KILLS = int(os.environ.get("SEGUE_KILLS", "20"))
SERVER = Path(sys.modules["segue"].__file__ or "").parent.parent
PER_LIFE = 12


def live(root: Path, until: int, steps: int) -> None:
    """A client's life: killed after so many steps, or to its end where there are none to count."""
    command = [sys.executable, runner_tools.__file__, str(root), str(until)]
    environment = {**os.environ, "PYTHONPATH": str(SERVER)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, bufsize=0) as client:
        assert client.stdout is not None
        while steps > 0:
            steps -= len(client.stdout.read(1)) or steps
        if steps == 0:
            client.kill()
        else:
            assert client.wait(scaled(60)) == 0
        client.stdout.read()


async def test_a_client_killed_at_any_point_costs_no_line_in_either_direction() -> None:
    """D30, issue 4: what the agent writes is taken exactly once, what is written to it arrives exactly once."""
    print(f"SEGUE_KILLS={KILLS} SEGUE_SEED={SEED}")
    chance = random.Random(SEED)
    goal = PER_LIFE * (KILLS + 1)
    async with opened() as place:
        link = await place.python(NUMBERED, str(place.root / "received"), str(goal), str(SEED))
        await link.detach()
        for life in range(KILLS):
            await asyncio.to_thread(live, place.root, PER_LIFE * (life + 1), chance.randrange(30))
        await asyncio.to_thread(live, place.root, goal, -1)
        lines = (place.root / "output").read_bytes().split(b"\n")
        assert lines[-2:] == [b"end", b""]
        assert [int(line.split()[1]) for line in lines[:-2]] == list(range(1, len(lines) - 1))
        assert numbers(place.root / "received") == list(range(1, goal + 1))


async def send_until_the_end(link: RunnerClient, chance: random.Random) -> int:
    """Send numbered lines until the link ends; the last number that was on record for sure."""
    number = 0
    try:
        while True:
            ack = await link.send(
                number + 1, b"in %d %b\n" % (number + 1, b"i" * chance.choice((1, 90_000, 2_000_000)))
            )
            assert ack is Ack.RECORDED
            number += 1
    except AgentFailed as failed:
        assert failed.reason == "runner_gone"
    return number


@pytest.mark.parametrize("turn", range(max(KILLS // 4, 1)))
async def test_a_killed_runner_takes_its_agent_along_and_reports_what_it_does_not_know(turn: int) -> None:
    """D30, issue 4: no line is written twice, and each one is known to be written or not, or reported as unknown."""
    chance = random.Random(SEED + turn)
    print(f"SEGUE_SEED={SEED}")
    async with opened() as place:
        link = await place.python(NUMBERED, str(place.root / "received"), "100000", str(SEED + turn))
        status = place.status
        sending = asyncio.create_task(send_until_the_end(link, chance), name="send")
        steps, output = chance.randrange(1, 60), bytearray()
        async for chunk in link.chunks():
            assert chunk.offset == len(output)
            output += chunk.data
            steps -= 1
            if steps == 0:
                os.kill(status.runner[0], signal.SIGKILL)
        acked = await sending
        assert (await link.wait()).description == "ended with its runner"
        assert await asyncio.to_thread(wait_runner_gone, place.directory, 5)
        assert await asyncio.to_thread(processes.wait_gone, status.agent, 5)
        record, received = line_record(place.directory), numbers(place.root / "received")
        taken = record.written | record.undelivered | set(record.unknown)
        assert received == sorted(set(received))
        assert set(received) <= record.written | set(record.unknown)
        assert set(range(1, acked + 1)) <= taken <= set(range(1, acked + 2))
        whole = output[: output.rindex(b"\n") + 1].splitlines()
        assert [int(line.split()[1]) for line in whole] == list(range(1, len(whole) + 1))
        assert await read_all(RunnerClient.remains(place.directory, 0)) == output


async def test_a_line_in_the_pipe_of_a_killed_runner_is_reported_as_unknown() -> None:
    """Issue 4: of two lines, the first was read; the second was on its way when the runner died."""
    async with opened() as place:
        link = await place.python("print(input(), flush=True)\nimport signal\nsignal.pause()")
        await link.send(1, b"one\n")
        assert await runner_tools.read(link, 4) == b"one\n"
        await link.send(2, b"x" * 200_000 + b"\n")
        os.kill(place.status.runner[0], signal.SIGKILL)
        await link.wait()
        assert RunnerClient.unknown_lines(place.directory) == [2]
        with pytest.raises(AgentFailed, match="runner") as failed:
            await place.attach(0)
        assert failed.value.reason == "runner_gone"


async def test_processes_left_by_a_killed_runner_are_found_by_their_mark_and_ended() -> None:
    """S11, D21: double-forked and in a session of its own, with its runner dead."""
    async with opened() as place:
        link = await place.start("/bin/sh", "-c", "setsid sleep 300 & echo $!; exec sleep 300")
        orphan = processes.identity(int(await runner_tools.read(link, 2)))
        os.kill(place.status.runner[0], signal.SIGKILL)
        await link.wait()
        assert runner_tools.is_alive(orphan)
        assert await link.stop() == ()
        assert not runner_tools.is_alive(orphan)
