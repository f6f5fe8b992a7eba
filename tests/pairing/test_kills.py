"""The daemon is killed while a person and an agent work in one file; the next one finds the bases again (D30)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.conftest import define_agent
from support.daemon import Installation, installation
from support.repositories import repository
from support.window import Window

LINES = "".join(f"line {number}\n" for number in range(60))
KILLS = 4


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation() as made:
        define_agent(made, "fake")
        yield made


async def test_kills_in_the_middle_of_pairing_lose_nothing(segue: Installation, tmp_path: Path) -> None:
    """Rule 14: a key, an agent's line, a base: all there afterwards, and nothing twice."""
    dice = random.Random(7)
    project = repository(tmp_path / "project", {"a.txt": LINES, "closed.txt": LINES})
    file = project / "a.txt"
    with segue.client() as client:
        words = {"repository": str(project), "agent": "fake", "prompt": "Hello", "mode": "inline"}
        session = client.request("segue/session/new", words)["session"]
        worktree = Path(session["worktree"])
    window = await Window.open(segue.places)
    window.show(file)
    await window.follow()
    await window.until(lambda: window.sessions.get(session["id"], {}).get("stopReason"))
    keys, lines = [], []
    for round_number in range(KILLS):
        pid = (await window.request("segue/status", {}))["pid"]
        for number in range(dice.randint(5, 25)):
            keys.append(f"<k{round_number}.{number}>")
            window.type(file, window.texts[file].index("line 30"), keys[-1])
            if number % 4 == 0:
                lines.append(f"agent {round_number}.{number}")
                _write(worktree / "a.txt", lines[-1])
                _write(worktree / "closed.txt", lines[-1])
            await asyncio.sleep(dice.random() * 0.05)
        os.kill(pid, signal.SIGKILL)
        keys.append(f"<alone {round_number}>")
        window.type(file, window.texts[file].index("line 30"), keys[-1])
        lines.append(f"agent alone {round_number}")
        _write(worktree / "a.txt", lines[-1])
        _write(worktree / "closed.txt", lines[-1])
        await window.close()
        segue.client().close()  # starts the next daemon, in its own places
        following = await Window.open(segue.places)
        following.show_again(window)
        window = following
    await window.until(lambda: all(f"{line}\n" in window.texts[file] for line in lines))
    text = window.texts[file]
    assert [text.count(key) for key in keys] == [1] * len(keys)
    assert [text.count(f"{line}\n") for line in lines] == [1] * len(lines)
    shared = await window.request("segue/link/share", {"sessionId": session["id"]})
    assert not [found for changed in shared["link"]["files"] for found in changed["proposals"]]
    assert (worktree / "a.txt").read_text() == text
    assert (worktree / "closed.txt").read_text() == (project / "closed.txt").read_text()
    await window.request("segue/link/stop", {"sessionId": session["id"]})
    own = LINES.replace("line 30", f"{''.join(keys)}line 30")
    assert window.texts[file] == own, "his own text, to the byte"
    assert (project / "closed.txt").read_text() == LINES
    assert file.read_text() == LINES, "nothing was saved"
    await window.close()


def _write(file: Path, line: str) -> None:
    beside = file.with_name("beside.tmp")
    beside.write_text(file.read_text().replace("line 50\n", f"line 50\n{line}\n"))
    beside.replace(file)
