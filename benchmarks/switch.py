"""W1, W2: a session with 50 changed files comes into the editor and goes back, in a repository of 10,000 files.

By hand that is `git stash`, `git worktree add` and `git stash apply` there, for one direction.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from load import define_talker
from machine import client, git, own_machine, repository
from measure import Goal, Outcome, paired, say, timed
from segue.cli.client import Client

FILES, CHANGED = 10_000, 50

INTO = Goal("W1", f"into the editor, {CHANGED} changed files of {FILES:,}", 1, "link", "by hand")
AWAY = Goal("W2", f"to the background, {CHANGED} changed files of {FILES:,}", 1, "unlink", "by hand")


def measure() -> list[Outcome]:
    """Both directions."""
    with own_machine() as root:
        made = repository(root / "repository", FILES)
        define_talker(root / "data")
        say("W1, W2: the switch")
        with client() as asking:
            session = asking.request(
                "segue/session/new", {"repository": str(made), "agent": "talker", "prompt": "1 0"}
            )["session"]
            _until_idle(asking, session["id"])
            _change(Path(session["worktree"]))
            hand = _ByHand(root, made)
            switch = _Switch(asking, session["id"])
            return [paired(INTO, switch.into, hand.moved), paired(AWAY, switch.away, hand.moved)]


class _Switch:
    """Seconds of one direction; the other one is not counted."""

    def __init__(self, asking: Client, session_id: str) -> None:
        self._asking = asking
        self._params = {"sessionId": session_id}

    def into(self) -> float:
        start = time.perf_counter()
        link = self._asking.request("segue/link/start", self._params)["link"]
        taken = time.perf_counter() - start
        assert len(link["files"]) == CHANGED, len(link["files"])
        self._asking.request("segue/link/stop", self._params)
        return taken

    def away(self) -> float:
        self._asking.request("segue/link/start", self._params)
        return timed(lambda: self._asking.request("segue/link/stop", self._params))


class _ByHand:
    """A person who takes unfinished work to a worktree of its own, in a clone."""

    def __init__(self, root: Path, made: Path) -> None:
        self._root = root
        self._clone = root / "clone"
        git(root, "clone", "-q", str(made), str(self._clone))
        self._rounds = 0

    def moved(self) -> float:
        self._rounds += 1
        path, name = self._root / f"hand{self._rounds}", f"hand{self._rounds}"
        _change(self._clone)
        start = time.perf_counter()
        git(self._clone, "stash")
        git(self._clone, "worktree", "add", "-q", "-b", name, str(path))
        git(path, "stash", "apply")
        taken = time.perf_counter() - start
        git(self._clone, "stash", "drop")
        shutil.rmtree(path)
        git(self._clone, "worktree", "prune")
        return taken


def _change(folder: Path) -> None:
    for number in range(0, FILES, FILES // CHANGED):
        file = folder / f"d{number // 100:04}" / f"f{number:05}.py"
        file.write_text(file.read_text() + "# changed\n")


def _until_idle(asking: Client, session_id: str) -> None:
    limit = time.monotonic() + 60
    while asking.request("segue/session/show", {"sessionId": session_id})["session"]["state"] != "idle":
        if time.monotonic() > limit:
            raise TimeoutError("the session did not come to rest")
        time.sleep(0.05)


if __name__ == "__main__":
    for outcome in measure():
        print(outcome.line())
