"""The folders of a runner: its own, and those that are removed while it runs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from agents.runner_tools import Place, opened, read
from segue.agents import runners
from segue.domain.errors import AgentFailed


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with opened() as place:
        yield place


@pytest.mark.parametrize("what", ["the socket", "its directory"])
async def test_a_runner_is_found_again_where_its_socket_was_removed(place: Place, what: str) -> None:
    """Cleaners of /tmp, and the end of a login, take sockets with them."""
    link = await place.start("cat")
    await link.send(1, b"one\n")
    assert await read(link, 4) == b"one\n"
    place.socket_path.unlink() if what == "the socket" else shutil.rmtree(place.socket_path.parent)
    await link.detach()
    again = None
    async with asyncio.timeout(10):
        while again is None:
            with suppress(AgentFailed):
                again = await place.attach(4)
    await again.send(2, b"two\n")
    assert await read(again, 4) == b"two\n"
    assert runners.socket_of(place.directory, Path("/usual")) == place.socket_path


async def test_an_agents_folder_for_temporary_files_is_made_again_for_its_next_line(place: Place) -> None:
    """It may belong to a shell that ended meanwhile; what was made for the agent goes with it."""
    scratch = place.root / "nix-shell.1"
    scratch.mkdir()
    link = await place.start("sh", "-c", "while read line; do ls -d $TMPDIR; done", TMPDIR=str(scratch))
    scratch.rmdir()
    await link.send(1, b"look\n")
    assert await read(link, len(f"{scratch}\n")) == f"{scratch}\n".encode()
    await link.stop()
    assert not scratch.exists()
