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


FAKE_GPG = """#!/bin/sh
for argument; do
  case $argument in --pinentry-mode=error) echo "[GNUPG:] ERROR no pinentry" >&2; exit 2 ;; esac
done
sleep 1000  # a pinentry's window
"""


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("gpg.program", "gpg"),
        ("gpg.openpgp.program", "gpg2"),
        ("gpg.x509.program", "gpgsm"),
        ("", "gpg"),
    ],
)
def test_a_passphrase_for_signing_fails_at_once_with_a_sentence(project: Path, setting: str, name: str) -> None:
    """With a display, gpg opens a window for the passphrase and waits for it."""
    fake = project.parent / "with space" / name
    fake.parent.mkdir()
    fake.write_text(FAKE_GPG)
    fake.chmod(0o755)
    kind = "x509" if name == "gpgsm" else "openpgp"
    program = f"git config {setting} '{fake}' &&" if setting else f"PATH='{fake.parent}':$PATH"
    sign = f"git -c gpg.format={kind} -c user.signingKey=K"
    done = run(f"{program} {sign} commit -S --allow-empty -m x", project, DISPLAY=":7", WAYLAND_DISPLAY="wayland-7")
    assert done.returncode != 0
    assert done.stderr.count("nobody can type it here") == 1


def test_a_signing_program_of_the_users_own_is_called_as_git_would(project: Path) -> None:
    own = project.parent / "sign"
    own.write_text('#!/bin/sh\necho "$@" > "${0%/*}/called"\nexit 1\n')
    own.chmod(0o755)
    run(f"git config gpg.program {own}; git commit -S --allow-empty -m x", project)
    assert (project.parent / "called").read_text().startswith("--status-fd=2 -bsau")


def test_a_key_without_a_passphrase_signs(project: Path, tmp_path: Path) -> None:
    fake = tmp_path / "gpg"
    fake.write_text("#!/bin/sh\ncat > /dev/null\necho '\n[GNUPG:] SIG_CREATED D' >&2\necho signature\n")
    fake.chmod(0o755)
    done = run(f"git config gpg.program {fake}; git commit -S --allow-empty -m x; git cat-file commit HEAD", project)
    assert done.returncode == 0, done.stderr
    assert "gpgsig signature" in done.stdout
