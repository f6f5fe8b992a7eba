"""The whole flow in an editor that Segue has no code for: Neovim as Debian has it, headless, without a plugin."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import SEGUE, Installation, installation
from support.panel import Panel
from support.patience import scaled
from support.repositories import repository

SCRIPT = Path(__file__).with_name("neovim.lua")
TEXT = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation() as made:
        yield made


def test_neovim_pairs_accepts_one_hunk_and_rejects_one(segue: Installation, tmp_path: Path) -> None:
    """Issue 5, 7: code actions, lenses and diagnostics; the agent sees what is typed and not saved."""
    nvim = shutil.which("nvim")
    assert nvim, "run `python3 tools/setup.py --for test`"
    project = repository(tmp_path / "project", {"a.txt": TEXT})
    report = tmp_path / "report.json"
    told = {
        "command": [str(SEGUE), "lsp"],
        "root": str(project),
        "file": str(project / "a.txt"),
        "typed": "typed and not saved",
        "prompt": "grep -q 'not saved' a.txt && sed -i -e 's/^two$/2/' -e 's/^six$/6/' a.txt",
        "report": str(report),
        "limit_ms": int(scaled() * 1000),
    }
    environment = {**segue.environment, "SEGUE_TEST": json.dumps(told), "XDG_STATE_HOME": str(segue.home)}
    argv = [nvim, "--headless", "--clean", "-n", "-S", str(SCRIPT)]
    done = subprocess.run(
        argv, env=environment, cwd=project, capture_output=True, text=True, timeout=scaled(120), check=False
    )
    assert done.returncode == 0, done.stderr
    with segue.client() as client:
        panel = Panel(client)
        (session,) = panel.sessions
        panel.ended(session)
    seen = json.loads(report.read_text())
    assert seen["errors"] == []
    assert seen["with_hunks"] == ["typed and not saved", "one", "2", "three", "four", "five", "6", "seven"]
    assert [shown["line"] for shown in seen["shown"]] == [2, 6]
    assert "two" in seen["shown"][0]["message"], "what stood there can be read"
    assert seen["actions"][:2] == ["Segue: Accept (line 3)", "Segue: Reject (line 3)"]
    assert seen["lenses"] == ["Accept", "Reject"]
    assert seen["lines"] == ["typed and not saved", "one", "2", "three", "four", "five", "six", "seven"]
    assert seen["is_modified"], "nothing is saved unasked"
    assert (project / "a.txt").read_text() == TEXT
