"""A daemon with the tests' scriptable agent, one for each module; a repository and a panel for each test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel
from support.repositories import repository

FAKE_AGENT = Path(__file__).parent.parent / "agents" / "fake_agent.py"


def define_agent(segue: Installation, name: str, *flags: str) -> None:
    """Write an agent definition as a user would."""
    agents = segue.root / "d" / "agents"
    for folder in (agents.parent, agents):
        folder.mkdir(mode=0o700, exist_ok=True)
    command = [sys.executable, "-I", str(FAKE_AGENT), *flags]
    (agents / f"{name}.toml").write_text(f'name = "{name}"\ncommand = {command!r}\nstart_timeout_s = 300\n')


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        define_agent(made, "fake")
        define_agent(made, "sees", "--images")
        define_agent(made, "choosy", "--offer", "config")
        define_agent(made, "old-words", "--offer", "legacy")
        define_agent(made, "not-acp", "--not-acp")
        define_agent(made, "old", "--protocol-version", "0")
        define_agent(made, "locked", "--auth")
        define_agent(made, "signs-in", "--sign-in", str(made.root / "signed-in"))
        define_agent(made, "dies", "--exit-at-start", "3")
        define_agent(made, "leaving")
        with (made.root / "d" / "agents" / "leaving.toml").open("a") as definition:
            definition.write("facts = { leaves_processes_on_cancel = true }\n")
        yield made


@pytest.fixture
def panel(segue: Installation) -> Iterator[Panel]:
    with segue.client() as client:
        yield Panel(client)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", {"hello.txt": "hello\n", "src/app.py": "print('hi')\n"})
