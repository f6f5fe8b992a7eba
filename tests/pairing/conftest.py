"""An editor on a repository, and a daemon of its own, for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from support.pairing import LINES, Pairing, pairing
from support.repositories import repository


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    """An editor on a repository, and a daemon of its own."""
    project = repository(tmp_path / "project", {"a.txt": LINES, "src/b.txt": LINES, ".gitignore": "*.log\n"})
    async with pairing(project) as made:
        yield made
