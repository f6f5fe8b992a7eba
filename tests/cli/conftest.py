"""A daemon for each module and a repository for each test; a module that needs other ones defines its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.repositories import repository


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", {"hello.txt": "hello\n"})
