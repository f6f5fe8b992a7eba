"""What editors do besides typing, over the daemon's real socket: formatters, folders that are opened through links."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from support.daemon import Installation
from support.patience import scaled
from support.repositories import repository
from support.window import LIMIT_S, Json, Window

LINES = "".join(f"line {number}\n" for number in range(60))
LOOSE = "def a( x ):\n  return x\n\n\ndef b( y ):\n  return y\n"
LAID = "def a(x):\n    return x\n\n\ndef b(y):\n    return y\n"


async def _pair(segue: Installation, window: Window, repository: Path) -> tuple[str, Path]:
    """A linked session whose first turn has ended, and its worktree."""
    words = {"repository": str(repository), "agent": "fake", "prompt": "Hello", "mode": "inline"}
    session = (await window.request("segue/session/new", words))["session"]
    await window.follow()
    await window.until(lambda: window.sessions.get(session["id"], {}).get("stopReason"))
    return session["id"], Path(session["worktree"])


async def _hunks(window: Window, session_id: str) -> list[Json]:
    files = (await window.request("segue/link/show", {"sessionId": session_id}))["link"]["files"]
    assert not [found for file in files for found in file["proposals"]]
    return [hunk for file in files for hunk in file["hunks"]]


@pytest.mark.parametrize("form", ["one edit of the whole document", "an edit for each place"])
async def test_a_formatter_between_the_agents_writes_takes_nothing_over(
    segue: Installation, tmp_path: Path, form: str
) -> None:
    """Link rules 4 and 6: whose is what stays, what the agent writes loosely comes in, all is kept."""
    project = repository(tmp_path / "project", {"a.py": LOOSE})
    file = project / "a.py"
    segue.client().close()  # starts the daemon, in its own places
    window = await Window.open(segue.places)
    window.show(file)
    session_id, worktree = await _pair(segue, window, project)
    theirs = LOOSE.replace("def b", "def agents( z ):\n  return z\n\n\ndef b")
    (worktree / "a.py").write_text(theirs)
    await window.until(lambda: "agents" in window.texts[file])
    window.type(file, window.texts[file].index("return y"), "mine = y; ")
    old = window.texts[file]
    new = LAID.replace("def b", "def agents(z):\n    return z\n\n\ndef b").replace("return y", "mine = y; return y")
    if form.startswith("one"):
        window.edit(file, (0, len(old), new))
    else:
        spaces = [at for at in range(len(old)) if old.startswith(("( ", " )"), at)]
        indents = [at for at in range(len(old)) if old.startswith("\n  ", at)]
        places = [(at + old.startswith("( ", at), at + 1 + old.startswith("( ", at), "") for at in spaces]
        edits = sorted([*places, *((at + 1, at + 1, "  ") for at in indents)], reverse=True)
        window.edit(file, *edits)
    assert window.texts[file] == new
    (hunk,) = await _hunks(window, session_id)
    assert "def agents(z):\n    return z\n" in hunk["newText"], "it stays the agent's, as it is laid out now"
    (worktree / "a.py").write_text(theirs.replace("return x", "return x + 1"))
    await window.until(lambda: "return x + 1\n" in window.texts[file])
    assert window.texts[file] == new.replace("return x", "return x + 1"), "laid out, with the agent's words"
    assert len(await _hunks(window, session_id)) == 2
    await window.request("segue/link/share", {"sessionId": session_id})
    assert (worktree / "a.py").read_text() == window.texts[file]
    await window.request("segue/link/stop", {"sessionId": session_id})
    assert window.texts[file] == LAID.replace("return y", "mine = y; return y"), "his own, laid out"
    await window.close()


async def test_a_checkout_that_is_opened_through_a_link_takes_part(segue: Installation, tmp_path: Path) -> None:
    """Its buffers get the agent's edits, and what is to be decided on is named as the window names it."""
    project = repository(tmp_path / "project", {"a.txt": LINES, "closed.txt": LINES})
    (tmp_path / "linked").symlink_to(project)
    file = tmp_path / "linked" / "a.txt"
    segue.client().close()  # starts the daemon, in its own places
    window = await Window.open(segue.places)
    window.show(file)
    window.type(file, 0, "unsaved ")
    session_id, worktree = await _pair(segue, window, tmp_path / "linked")
    assert (worktree / "a.txt").read_text() == f"unsaved {LINES}"
    _write(worktree / "closed.txt", "by the agent")
    _write(worktree / "a.txt", "by the agent")
    await window.until(lambda: "by the agent" in window.texts[file])
    uris: set[str] = set()
    async with asyncio.timeout(scaled(LIMIT_S)):
        while len(uris) < 2:
            found = (await window.request("segue/subscribe", {"resource": f"link/{session_id}"}))["link"]
            uris = {hunk["uri"] for changed in found["files"] for hunk in [changed, *changed["hunks"]]}
    assert uris == {file.as_uri(), file.with_name("closed.txt").as_uri()}
    await window.request("segue/link/stop", {"sessionId": session_id})
    assert window.texts[file] == f"unsaved {LINES}"
    await window.close()


def _write(file: Path, line: str) -> None:
    file.write_text(file.read_text().replace("line 50\n", f"line 50\n{line}\n"))
