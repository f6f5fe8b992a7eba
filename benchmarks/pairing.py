"""L1, L2: from an agent's write to the edit of the open buffer, while somebody types, in a repository of 10,000 files.

Over the daemon's real socket: the clock starts before the file is written in the worktree and stops when the first
`workspace/applyEdit` with that text has arrived. Settling, merging and refused edits are part of it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from load import define_talker
from machine import own_machine, own_places, repository
from measure import Goal, Outcome, percentile, say

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.window import Window

FILES = 10_000
SECONDS = 20.0
KEYS = 8
"""A second."""
WRITES = 5
"""A second."""
LINES = 400

MEDIAN = Goal("L1", f"agent's write to edit in the buffer, median, {KEYS} keys/s, {FILES:,} files", 1, "took", "of")
P95 = Goal("L2", "the same, 95 %", 1, "took", "of")


def measure() -> list[Outcome]:
    """Both figures from one run."""
    with own_machine() as root:
        made = repository(root / "repository", FILES)
        (made / "open.txt").write_text("".join(f"line {number}\n" for number in range(LINES)))
        define_talker(root / "data")
        say("L1, L2: pairing for 20 s")
        times = asyncio.run(_pair(made))
    figures = percentile(times, 50), percentile(times, 95)
    return [
        Outcome(MEDIAN, figures[0] * 1000, 100.0, figures[0] / 0.1),
        Outcome(P95, figures[1] * 1000, 200.0, figures[1] / 0.2),
    ]


async def _pair(made: Path) -> list[float]:
    window = await Window.open(own_places())
    file = made / "open.txt"
    window.show(file)
    words = {"repository": str(made), "agent": "talker", "prompt": f"2 {SECONDS + 60}", "mode": "inline"}
    session = (await window.request("segue/session/new", words))["session"]
    worktree = Path(session["worktree"])
    await window.follow()
    await window.until(lambda: window.state_of(session["id"]) == "running")
    await asyncio.sleep(2.0)
    typing = asyncio.create_task(_type(window, file))
    written = await _write(worktree / "open.txt")
    await typing
    await window.until(lambda: all(mark in window.texts[file] for mark in written))
    seen = {mark: next(at for at, text in window.edits if mark in text) for mark in written}
    say(f"       {len(written)} writes, {len(window.edits)} edits, {window.refused} refused")
    await window.request("segue/session/stop", {"sessionId": session["id"]})
    await window.close()
    return [seen[mark] - at for mark, at in written.items()]


async def _type(window: Window, file: Path) -> None:
    start = time.monotonic()
    for number in range(int(KEYS * SECONDS)):
        window.type(file, window.texts[file].index("line 200"), "k")
        await asyncio.sleep(max(0.0, start + (number + 1) / KEYS - time.monotonic()))


async def _write(file: Path) -> dict[str, float]:
    """Marks and when they were written; a line here, a line there."""
    written: dict[str, float] = {}
    lines = (await asyncio.to_thread(file.read_text)).splitlines()
    start = time.monotonic()
    for number in range(int(WRITES * SECONDS)):
        mark = f"written {number:04}"
        lines[10 + (number * 37) % 150] = mark
        beside = file.with_name(".beside.tmp")
        written[mark] = time.monotonic()
        beside.write_text("".join(f"{line}\n" for line in lines))
        os.replace(beside, file)  # noqa: PTH105
        await asyncio.sleep(max(0.0, start + (number + 1) / WRITES - time.monotonic()))
    return {mark: at for mark, at in written.items() if mark in lines}


if __name__ == "__main__":
    for outcome in measure():
        print(outcome.line())
