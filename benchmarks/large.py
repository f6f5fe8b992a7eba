"""D39 in a link: an agent changes 10,000 files, then writes 200 MiB; how long the daemon leaves others waiting.

Run by itself (`python benchmarks/large.py`): it takes minutes. A second client asks for the daemon's state every 10 ms;
the slowest answer bounds the longest time for which the event loop did nothing else.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

from load import define_talker
from machine import own_machine, own_places, repository
from measure import Goal, Outcome, say

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.window import Window

FILES = 10_000
BIG, BIG_KIB = 100, 2048
WAIT_S = 600.0

STALL = Goal("D39", "slowest answer to another client meanwhile", 1, "took", "of")


def measure() -> list[Outcome]:
    with own_machine() as root:
        made = repository(root / "repository", FILES)
        define_talker(root / "data")
        slowest = asyncio.run(_pair(made))
    return [Outcome(STALL, slowest * 1000, 100.0, slowest / 0.1)]


async def _pair(made: Path) -> float:
    window, other = await Window.open(own_places()), await Window.open(own_places())
    words = {"repository": str(made), "agent": "talker", "prompt": "2 3600", "mode": "inline"}
    session = (await window.request("segue/session/new", words))["session"]
    worktree = Path(session["worktree"])
    await window.follow()
    await window.until(lambda: window.state_of(session["id"]) == "running")
    pid = (await other.request("segue/status", {}))["pid"]
    answers: list[float] = []
    asking = asyncio.create_task(_ask(other, answers))
    files = sorted(await asyncio.to_thread(_files, made))[:FILES]
    await asyncio.to_thread(_change, worktree, files)
    await _until(lambda: _is_up(made, files))
    say(f"       {len(files):,} files are up; slowest answer {max(answers) * 1000:.0f} ms, {_megabytes(pid)} MB")
    await asyncio.to_thread(_grow, worktree)
    await _until(lambda: (made / f"big{BIG - 1}.txt").exists() and _is_whole(made))
    say(f"       {BIG * BIG_KIB // 1024} MiB are up; slowest answer {max(answers) * 1000:.0f} ms, {_megabytes(pid)} MB")
    asking.cancel()
    begun = time.monotonic()
    hunks = await _hunks(window, session["id"])
    decisions = [{"hunkId": hunk["id"], "revision": hunk["revision"]} for hunk in hunks]
    words = {"sessionId": session["id"], "decisions": decisions, "decision": "reject"}
    await window.request("segue/hunk/decide", words)
    say(f"       {len(decisions)} of the hunks rejected in {time.monotonic() - begun:.1f} s")
    await window.request("segue/session/stop", {"sessionId": session["id"]})
    await window.close()
    await other.close()
    return max(answers)


async def _hunks(window: Window, session_id: str) -> list[dict[str, str]]:
    link = (await window.request("segue/link/show", {"sessionId": session_id}))["link"]
    return [hunk for file in link["files"] for hunk in file["hunks"]]


async def _ask(other: Window, answers: list[float]) -> None:
    while True:
        begun = time.monotonic()
        await other.request("segue/status", {})
        answers.append(time.monotonic() - begun)
        await asyncio.sleep(0.01)


async def _until(is_reached: Callable[[], bool]) -> None:
    assert await asyncio.to_thread(_reached, is_reached), "not in time"


def _reached(is_reached: Callable[[], bool]) -> bool:
    end = time.monotonic() + WAIT_S
    while not is_reached() and time.monotonic() < end:
        time.sleep(0.5)
    return is_reached()


def _files(root: Path) -> list[str]:
    found = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return [str(path.relative_to(root)) for path in found]


def _change(root: Path, files: list[str]) -> None:
    for name in files:
        with (root / name).open("a") as target:
            target.write("by the agent\n")


def _grow(root: Path) -> None:
    line = "x" * 63 + "\n"
    for number in range(BIG):
        (root / f"big{number}.txt").write_text(f"{number}\n" + line * (BIG_KIB * 1024 // len(line)))


def _is_up(root: Path, files: list[str]) -> bool:
    return all((root / name).read_bytes().endswith(b"by the agent\n") for name in files)


def _is_whole(root: Path) -> bool:
    sizes = [path.stat().st_size for path in root.glob("big*.txt")]
    return len(sizes) == BIG and min(sizes) > BIG_KIB * 1000


def _megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    for outcome in measure():
        print(outcome.line())
