"""Agents for tests: the fake one and the built-in ones behind a real runner, with what their connection tells.

async with agent(tmp_path) as fake:
    await fake.turn("[[say hello]]")
    assert fake.text == "hello"
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from segue.agents.connection import AgentConnection, Options
from segue.agents.connection_setup import Start
from segue.agents.contract.driver import Agent, Heard
from segue.agents.runner_client import AgentSpec, RunnerClient

FAKE = (sys.executable, "-I", str(Path(__file__).with_name("fake_agent.py")))
DEFAULT = Options()


def builtin(name: str) -> tuple[str, ...]:
    """The command of a built-in agent."""
    return (sys.executable, "-I", "-m", f"segue.agents.builtin.{name}")


@asynccontextmanager
async def runner_places() -> AsyncIterator[tuple[Path, Path]]:
    """A runner's directory and socket, with a path short enough for one; removed at the end."""
    base = Path(tempfile.mkdtemp(prefix="segue-t-"))
    try:
        yield base / "runner", base / "s"
    finally:
        shutil.rmtree(base)


@asynccontextmanager
async def connected(
    cwd: Path, command: Sequence[str] = FAKE, environment: dict[str, str] | None = None, options: Options = DEFAULT
) -> AsyncIterator[Agent]:
    """An agent behind its runner; nothing was said to it yet."""
    async with runner_places() as (directory, socket):
        spec = AgentSpec(tuple(command), cwd, {"PATH": os.environ["PATH"], **(environment or {})})
        link = await RunnerClient.start(spec, directory, socket)
        heard = Heard()
        connection = AgentConnection(link, heard.take, Start(1, cwd), options=options)
        try:
            yield Agent(connection, link, heard)
        finally:
            assert await connection.close(1.0) == ()


@asynccontextmanager
async def agent(
    cwd: Path, command: Sequence[str] = FAKE, environment: dict[str, str] | None = None, options: Options = DEFAULT
) -> AsyncIterator[Agent]:
    """An agent with an open session in `cwd`."""
    async with connected(cwd, command, environment, options) as found:
        await found.connection.initialize()
        found.session_id = await found.connection.open_session(cwd)
        yield found
