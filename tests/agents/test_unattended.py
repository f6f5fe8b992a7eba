"""Commands of agents that want an editor, a pager or a password end at once, and say why."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from segue.agents.catalog import load_catalog
from segue.agents.environment import unattended
from support.repositories import repository

LIMIT_S = 60


def run(script: str, project: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """As a command of an agent: nothing on stdin, no terminal, what a window has and what Segue adds."""
    window = {
        "PATH": os.environ["PATH"],
        "HOME": str(project.parent),
        "LANG": "C",
        "EDITOR": "vim",
        "VISUAL": "code -w",
    }
    catalog = load_catalog(project.parent)
    environment = {**catalog.environment_for(catalog.find("command"), window), **more}
    return subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
        start_new_session=True,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = repository(tmp_path / "project", {"a.txt": "a\n"})
    config = made / ".git" / "config"
    settings = "[user]\nname = Ann\nemail = ann@example.invalid\n[core]\neditor = vim\npager = less\n"
    config.write_text(config.read_text() + settings + "[sequence]\neditor = vim\n")
    return made


@pytest.mark.parametrize("command", ["git commit --allow-empty", "git commit --amend", "git rebase -i --root"])
def test_an_editor_fails_at_once_with_a_sentence(project: Path, command: str) -> None:
    done = run(command, project)
    assert done.returncode != 0
    assert "There is no editor here" in done.stderr


@pytest.mark.parametrize("name", ["EDITOR", "VISUAL"])
def test_other_programs_that_start_an_editor_get_the_same(project: Path, name: str) -> None:
    done = run(f'eval "${name} a.txt"', project)
    assert done.returncode != 0
    assert "There is no editor here" in done.stderr


def test_a_command_may_say_what_it_wants_instead(project: Path) -> None:
    done = run("GIT_EDITOR=true git commit --amend --allow-empty && git log -p | cat && git -p log", project)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["GIT_ASKPASS", "SSH_ASKPASS", "SUDO_ASKPASS"])
def test_a_question_for_a_password_fails_at_once_with_a_sentence(project: Path, name: str) -> None:
    done = run(f'"${name}" "Password for \'https://x\':"', project)
    assert done.returncode != 0
    assert "Nobody can type a password" in done.stderr
    assert "https://x" in done.stderr


def test_git_asks_nobody_for_credentials(project: Path) -> None:
    filled = "printf 'protocol=https\nhost=example.invalid\n\n' | git -c credential.helper= credential fill"
    done = run(filled, project)
    assert done.returncode != 0
    assert "Nobody can type a password" in done.stderr


def test_an_agents_own_definition_may_name_an_editor(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    text = 'name = "mine"\ncommand = ["mine"]\n[env]\nEDITOR = "ed"\n'
    (tmp_path / "agents" / "mine.toml").write_text(text)
    catalog = load_catalog(tmp_path)
    environment = catalog.environment_for(catalog.find("mine"), {"EDITOR": "vim"})
    assert environment["EDITOR"] == "ed"
    assert environment["GIT_EDITOR"] == unattended()["GIT_EDITOR"]
