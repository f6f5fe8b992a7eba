"""Starting a runner: what may be in the way, and a start that is given up."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agents.runner_tools import Place, opened, read
from segue.agents import runners
from segue.agents.runner_client import RunnerClient
from segue.agents.runners import AgentSpec
from segue.domain.errors import AgentFailed
from segue.system import processes
from support.patience import scaled


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with opened() as place:
        yield place


@pytest.mark.parametrize(
    ("argv", "cwd", "reason"),
    [
        (("no-such-agent-anywhere",), ".", "agent_not_found"),
        (("./no-such-agent",), ".", "agent_not_found"),
        (("./plain",), ".", "agent_not_startable"),
        (("./lost",), ".", "agent_not_startable"),
        (("cat",), "nowhere", "worktree_missing"),
    ],
)
async def test_an_agent_that_cannot_start_says_why(place: Place, argv: tuple[str, ...], cwd: str, reason: str) -> None:
    """Not there, not executable, without its interpreter, without its directory; no process remains."""
    (place.root / "plain").write_text("no program")
    (place.root / "lost").write_text("#!/no/such/interpreter\n")
    (place.root / "lost").chmod(0o755)
    spec = AgentSpec(argv, place.root / cwd, {"PATH": os.defpath})
    with pytest.raises(AgentFailed) as failed:
        await RunnerClient.start(spec, place.directory, place.socket_path)
    assert failed.value.reason == reason
    assert failed.value.action
    assert not place.socket_path.exists()


@pytest.mark.parametrize("argv", [("cat", "x" * 200_000), ("cat",)], ids=["argument", "variable"])
async def test_what_is_too_large_for_the_system_is_named(place: Place, argv: tuple[str, ...]) -> None:
    """Linux takes no single argument or variable of 128 KiB."""
    spec = AgentSpec(argv, place.root, {"PATH": os.defpath, "LC_HUGE": "x" * (150_000 if len(argv) == 1 else 1)})
    with pytest.raises(AgentFailed) as failed:
        await RunnerClient.start(spec, place.directory, place.socket_path)
    assert failed.value.reason == "too_large"
    assert ("argument 1 with 200,000" if len(argv) > 1 else "variable LC_HUGE with 150,000") in failed.value.message


async def test_a_directory_is_never_used_twice(place: Place) -> None:
    """D34: the runner that has it lives on."""
    link = await place.start("cat")
    with pytest.raises(AgentFailed) as failed:
        await RunnerClient.start(AgentSpec(("cat",), place.root, {}), place.directory, place.root / "other")
    assert failed.value.reason == "runner_failed"
    await link.send(1, b"alive\n")
    assert await read(link, 6) == b"alive\n"


@pytest.mark.parametrize("cancels", [1, 3])
async def test_a_start_that_is_given_up_leaves_no_runner(
    cancels: int, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that ends while an agent starts cancels once, and again when its time for ending is over."""
    launch, begun, go = runners.launch, threading.Event(), threading.Event()

    def slow_launch(*words: Any) -> None:
        begun.set()
        go.wait()
        launch(*words)

    monkeypatch.setattr(runners, "launch", slow_launch)
    starting = asyncio.create_task(place.start("cat"))
    await asyncio.to_thread(begun.wait)
    for _ in range(cancels):
        starting.cancel()
        await asyncio.wait([starting], timeout=0.01)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await starting

    def status_when_launched() -> runners.Status:
        while (status := runners.read_status(place.directory)) is None:
            time.sleep(0.01)
        return status

    status = await asyncio.to_thread(status_when_launched)
    for process in (status.runner, status.agent):  # the kernel ends the agent behind its runner
        assert await asyncio.to_thread(processes.wait_gone, process, scaled())
