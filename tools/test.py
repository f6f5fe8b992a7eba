"""`make test`: every part, its time and count, what it left behind; the last line is `N passed, N failed`.

`tools/test.py git lsp` runs only those parts. A failing part does not stop the others.
"""

from __future__ import annotations

import argparse
import compileall
import shutil
import signal
import string
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import check
import jobs
import leaks
import parts
import places
from parts import Count, Part, Place


class Run:
    """One run: its mark, its temporary folder, and what was counted so far."""

    def __init__(self, folder: Path) -> None:
        self.mark = uuid.uuid4().hex
        self.folder = folder
        self.counts: list[Count] = []
        self.cpu_s = 0.0
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        print(f"[test +{self.seconds:4.0f}s] {text}", flush=True)

    def perform(self, number: int, part: Part) -> None:
        """Run one part in folders of its own and print its line, and the end of its output if it failed."""
        place = Place(self.folder / string.ascii_letters[number])
        place.make()
        outcome = jobs.run(part.job(place, parts.environment(place, self.mark)))
        left = leaks.settle(place.left_over)
        count = parts.judge(part, place, outcome)
        self.counts += [count, Count(0, len(left))]
        self.cpu_s += outcome.cpu_s
        mark = "✗" if count.failed or left else "✓"
        told = f"{count.passed:4} passed" + (f", {count.failed} failed" if count.failed else "")
        lines = [f"{mark} {part.name:13} {told:24} {outcome.seconds:6.1f} s {outcome.cpu_s:6.1f} s CPU"]
        lines += [outcome.tail()] if count.failed else [f"    {line}" for line in part.figures(outcome)]
        lines += [f"    left behind by {part.name}: {path}" for path in left]
        self.say("\n".join(lines))

    def check(self) -> None:
        started = time.monotonic()
        outcomes = check.run()
        good, cpu_s = [outcome.is_good for outcome in outcomes], sum(outcome.cpu_s for outcome in outcomes)
        self.cpu_s += cpu_s
        self.counts.append(Count(sum(good), len(good) - sum(good)))
        self.say(f"{'✓' if all(good) else '✗'} {'check':38} {time.monotonic() - started:6.1f} s {cpu_s:6.1f} s CPU")

    def find_leaks(self, checkout_before: str) -> None:
        """Count each leaked process, socket and trace in the checkout as a failure, and end the processes."""
        mark = f"{parts.RUN_MARK}={self.mark}"
        alive = leaks.settle(lambda: leaks.processes(mark, self.folder))
        found = [f"process {pid}: {command}" for pid, command in alive.items()]
        found += [f"socket {path}" for path in leaks.sockets(self.folder)]
        leaks.end(alive)
        after = leaks.traces_in_checkout()
        if after != checkout_before:
            found.append(f"worktrees or refs in this checkout:\n{after}")
        for leak in found:
            self.say(f"✗ left behind: {leak}")
        self.say(f"{'✗' if found else '✓'} {'leak check':13} {'':24} ")
        self.counts.append(Count(0 if found else 1, len(found)))


def perform(run: Run, chosen: Sequence[str]) -> None:
    """Run the chosen parts: `check` first, then those that may run side by side, then the others."""
    every = parts.every()
    numbered = [(number, part) for number, part in enumerate(every.values()) if part.name in chosen]
    before = leaks.traces_in_checkout()
    if "check" in chosen:
        run.check()
    try:
        _side_by_side(run, [(number, part) for number, part in numbered if not part.is_alone])
        for number, part in numbered:
            if part.is_alone:
                run.perform(number, part)
    finally:
        run.find_leaks(before)


def _side_by_side(run: Run, numbered: Sequence[tuple[int, Part]]) -> None:
    with ThreadPoolExecutor(parts.lane_count()) as lanes:
        for done in as_completed([lanes.submit(run.perform, number, part) for number, part in numbered]):
            done.result()


def main() -> int:
    every = ["check", *parts.every()]
    parser = argparse.ArgumentParser(description="Run the tests, all parts or the named ones.")
    parser.add_argument("parts", nargs="*", choices=[*every, parts.DRILLS, []], metavar="part", help=", ".join(every))
    chosen = parts.chosen(parser.parse_args().parts or every)
    # A shell that runs this in its background has Ctrl-C ignored, and every child would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    shutil.rmtree(places.LOGS, ignore_errors=True)
    # Else, where Python is told to write no bytecode, each of several hundred daemons would compile the server anew.
    compileall.compile_dir(places.ROOT / "server", quiet=1)
    folder = Path(tempfile.mkdtemp(prefix="sg", dir="/tmp"))  # short, whatever TMPDIR says: sockets lie below
    run = Run(folder)
    try:
        perform(run, chosen)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        run.say(f"✗ could not be removed: {folder}")
        run.counts.append(Count(0, 1))
    run.say(f"  {'all parts':38} {run.seconds:6.1f} s {run.cpu_s:6.1f} s CPU")
    passed, failed = (sum(getattr(count, kind) for count in run.counts) for kind in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
