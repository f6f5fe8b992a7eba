"""Places to run agents under runners in, and an agent that numbers its lines. Run as a program: a client to kill."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from segue.agents import runners
from segue.agents.runner_client import RunnerClient
from segue.agents.runners import AgentSpec, Limits
from segue.domain.errors import AgentFailed
from segue.system import processes

NUMBERED = """
import os, random, select, sys
log, goal, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance, number, rest, seen = random.Random(seed), 0, b"", 0
with open(log, "ab", 0) as file:
    while seen < goal:
        if select.select([0], [], [], 0.001)[0]:
            data = os.read(0, 65536)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\\n")
            for line in lines:
                file.write(line.split()[1] + b"\\n")
            seen += len(lines)
        number += 1
        size = chance.choice((0, 10, 100, 3000, 150_000 if number % 20 == 0 else 1))
        sys.stdout.write(f"out {number} {'o' * size}\\n")
        sys.stdout.flush()
sys.stdout.write("end\\n")
"""
"""Writes numbered lines of all sizes until it has read `goal` lines, whose numbers it logs."""


@dataclass
class Place:
    """A directory with one runner in it, and links that are let go at the end."""

    root: Path
    links: list[RunnerClient] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        return self.root / "run"

    @property
    def socket_path(self) -> Path:
        return self.root / "r" / "socket"

    async def start(self, *argv: str, limits: Limits | None = None, **variables: str) -> RunnerClient:
        environment = {"PATH": os.defpath, **variables}
        spec = AgentSpec(argv, self.root, environment, limits or Limits())
        return self.keep(await RunnerClient.start(spec, self.directory, self.socket_path))

    async def python(self, code: str, *arguments: str, limits: Limits | None = None) -> RunnerClient:
        return await self.start(sys.executable, "-I", "-S", "-c", code, *arguments, limits=limits)

    async def attach(self, offset: int) -> RunnerClient:
        return self.keep(await RunnerClient.attach(self.directory, self.socket_path, offset))

    def keep(self, link: RunnerClient) -> RunnerClient:
        self.links.append(link)
        return link

    @property
    def status(self) -> runners.Status:
        status = runners.read_status(self.directory)
        assert status is not None
        return status


@asynccontextmanager
async def opened() -> AsyncIterator[Place]:
    """A place whose path is short enough for a socket; whatever still runs in it afterwards is ended."""
    place = Place(Path(tempfile.mkdtemp(prefix="segue-")))
    place.socket_path.parent.mkdir()
    try:
        yield place
    finally:
        for link in place.links:
            await link.detach()
        left = await asyncio.to_thread(runners.end, place.directory)
        shutil.rmtree(place.root)
        assert left == ()


async def read(link: RunnerClient, size: int) -> bytes:
    """The next `size` bytes of output, or fewer at its end."""
    taken = bytearray()
    async with aclosing(link.chunks()) as chunks:
        while len(taken) < size and (chunk := await anext(chunks, None)):
            taken += chunk.data
    return bytes(taken)


async def read_all(link: RunnerClient) -> bytes:
    return b"".join([chunk.data async for chunk in link.chunks()])


def memory(pid: int) -> dict[str, int]:
    """A process's figures from /proc in kB, such as VmRSS and VmHWM."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}


def is_alive(process: processes.Identity) -> bool:
    return processes.identity(process[0]) == process


class Client:
    """What a daemon does with an agent, in little code: journal output, then say so; journal a line, then send it."""

    def __init__(self, root: Path, until: int) -> None:
        self.place, self.until = Place(root), until
        self.output, self.sent, self.acked = (root / name for name in ("output", "sent", "acked"))

    async def run(self) -> None:
        size = self.output.stat().st_size if self.output.exists() else 0
        link = await self.place.attach(size)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.speak(link), name="speak")
            tasks.create_task(self.listen(link), name="listen")

    async def speak(self, link: RunnerClient) -> None:
        sent, acked = numbers(self.sent), set(numbers(self.acked))
        fresh = range(max(sent, default=0) + 1, self.until + 1)
        with self.sent.open("a", buffering=1) as sent_file, self.acked.open("a", buffering=1) as acked_file:
            for number in [number for number in sent if number not in acked] + list(fresh):
                if number in fresh:
                    print(number, file=sent_file)
                await link.send(number, b"in %d %b\n" % (number, b"i" * (number * 7919 % 40_000)))
                print(number, file=acked_file)
                os.write(1, b".")

    async def listen(self, link: RunnerClient) -> None:
        with self.output.open("ab", buffering=0) as output:
            async for chunk in link.chunks():
                assert chunk.offset == output.tell()
                output.write(chunk.data)
                os.write(1, b".")
                await link.consumed(output.tell())


def numbers(path: Path) -> list[int]:
    """The numbers in a file, one per line; a line that a kill cut off does not count."""
    with suppress(FileNotFoundError):
        return [int(line) for line in path.read_text().split("\n")[:-1]]
    return []


if __name__ == "__main__":
    try:
        asyncio.run(Client(Path(sys.argv[1]), int(sys.argv[2])).run())
    except* AgentFailed as failed:
        sys.exit(repr(failed.exceptions))
