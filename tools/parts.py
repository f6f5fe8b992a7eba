"""The parts of `make test`: what each runs and how its tests are counted. Runs none of them.

`python tools/parts.py` lists them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import jobs
import places
from places import ROOT

KNOWN = ("unit", "architecture", "git", "store", "agents", "lsp", "cli", "daemon", "real_agents")
"""pytest parts that must exist, in the order in which they run. Other folders below tests/ are found."""
LONGEST_FIRST = ("pairing", "engine", "git", "real_agents", "agents")
"""Begun before the others that run side by side, so that no core waits for them at the end."""
ALONE = frozenset({"extension", "demo", "journeys"})
"""Parts that fill both cores. The others run side by side."""
DRILLS = "faults"
"""Each file of this folder is a part of its own; they begin when the other parts that run side by side have."""
DRILLS_FIRST = ("pairing_model", "system_calls", "kills")
"""Those that take longest, so that no core waits for them at the end."""
_FIGURES = re.compile(r"^\.*([a-z][\w -]*: .+)$", re.IGNORECASE | re.MULTILINE)
NOT_PYTEST = frozenset({"journeys", "support"})
RUN_MARK = "SEGUE_TEST_RUN"
TOOLS = Path(__file__).parent


@dataclass(frozen=True)
class Count:
    passed: int
    failed: int


@dataclass(frozen=True)
class Place:
    """Folders of one part in one run, as short as they can be: unix sockets lie below them."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "h"

    @property
    def runtime(self) -> Path:
        return self.root / "r"

    @property
    def scratch(self) -> Path:
        """For what the part itself leaves on purpose, such as pytest's folders."""
        return self.root / "p"

    @property
    def junit(self) -> Path:
        return self.root / "junit.xml"

    def make(self) -> None:
        for folder in (self.root, self.home, self.runtime):
            folder.mkdir(mode=0o700)

    def left_over(self) -> list[Path]:
        """What tests left behind in the temporary folder and among the sockets."""
        ours = {self.home, self.runtime, self.scratch, self.junit}
        return [path for path in (*self.root.iterdir(), *self.runtime.iterdir()) if path not in ours]


@dataclass(frozen=True)
class Part:
    name: str
    job: Callable[[Place, dict[str, str]], jobs.Job]
    count: Callable[[Place, jobs.Outcome], Count]

    @property
    def is_alone(self) -> bool:
        return self.name in ALONE

    @property
    def is_drill(self) -> bool:
        return self.name.startswith(f"{DRILLS}/")

    def figures(self, outcome: jobs.Outcome) -> list[str]:
        """What a drill says of itself: what it did, and the seed that repeats it."""
        return _FIGURES.findall(outcome.output) if self.is_drill else []


def environment(place: Place, run: str) -> dict[str, str]:
    """What tests see: their own home, temporary and runtime folders, and a mark by which leaks are found."""
    env = places.environment(
        HOME=str(place.home),
        TMPDIR=str(place.root),
        XDG_RUNTIME_DIR=str(place.runtime),
        NODE_DISABLE_COMPILE_CACHE="1",  # it would stay in TMPDIR
        **{RUN_MARK: run},
    )
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "SEGUE_DATA_DIR"):
        env.pop(name, None)
    env.pop("SEGUE_RUNTIME_DIR", None)
    return env


def every() -> dict[str, Part]:
    """All parts by name, in order; `check` is apart, see check.py."""
    found = sorted(folder.parent.name for folder in (ROOT / "tests").glob("*/test_*.py"))
    names = dict.fromkeys([*LONGEST_FIRST, *KNOWN, *(name for name in found if name not in NOT_PYTEST)])
    parts = [_pytest(name) for name in names if name != DRILLS]
    parts += [_drill(name, path) for name, path in drills().items()]
    parts.append(Part("extension", _extension_job, _count_node))
    parts.append(Part("demo", _demo_job, lambda _place, outcome: Count(int(outcome.is_good), 0)))
    parts.append(Part("journeys", _journeys_job, _count_node))
    return {part.name: part for part in parts}


def drills() -> dict[str, Path]:
    """The fault drills by name, in the order in which they are begun."""
    found = {path.stem.removeprefix("test_"): path for path in sorted((ROOT / "tests" / DRILLS).glob("test_*.py"))}
    return {name: found[name] for name in dict.fromkeys([*DRILLS_FIRST, *found])}


def chosen(words: Sequence[str]) -> list[str]:
    """Names of parts; the folder of the drills stands for all of them."""
    names = ((word,) if word != DRILLS else [f"{DRILLS}/{name}" for name in drills()] for word in words)
    return [name for several in names for name in several]


def _pytest(name: str) -> Part:
    return Part(name, _pytest_job(name, [f"tests/{name}", "--durations=5"]), _count_pytest)


def _drill(name: str, path: Path) -> Part:
    return Part(f"{DRILLS}/{name}", _pytest_job(f"{DRILLS} {name}", [path, "-s"]), _count_pytest)


def _pytest_job(name: str, words: list[str | Path]) -> Callable[[Place, dict[str, str]], jobs.Job]:
    def job(place: Place, env: dict[str, str]) -> jobs.Job:
        command: list[str | Path] = [places.PYTHON, TOOLS / "progress.py", jobs.file_of(name, "progress")]
        command += [*words, "-q", "--color=no"]
        command += ["-p", "no:cacheprovider", f"--basetemp={place.scratch}", f"--junitxml={place.junit}"]
        return jobs.Job(name, command, env=env, tells_stacks=True)

    return job


def _extension_job(_place: Place, env: dict[str, str]) -> jobs.Job:
    name, manifest = "extension tests", json.loads((places.EXTENSION / "package.json").read_text("utf-8"))
    _, *words = shlex.split(manifest["scripts"]["test"])
    return jobs.Job(name, [places.NODE, *_reporters(name), *words], folder=places.EXTENSION, env=env)


def _journeys_job(_place: Place, env: dict[str, str]) -> jobs.Job:
    name, files = "journeys", sorted(places.JOURNEYS.glob("*.test.mjs"))
    words: list[str | Path] = [places.NODE, *_reporters(name), "--test", "--test-isolation=none", *files]
    return jobs.Job(name, words, env=env)


def _reporters(name: str) -> list[str]:
    """For node:test: what a person reads, and each test as it begins and ends."""
    told = jobs.file_of(name, "progress")
    pairs = (("spec", "stdout"), (str(TOOLS / "progress.mjs"), str(told)))
    return [word for how, where in pairs for word in (f"--test-reporter={how}", f"--test-reporter-destination={where}")]


def _demo_job(place: Place, env: dict[str, str]) -> jobs.Job:
    return jobs.Job("demo", [places.PYTHON, "tools/demo.py", "--check", "--folder", place.scratch], env=env)


def _count_pytest(place: Place, _outcome: jobs.Outcome) -> Count:
    """Skipped tests count as failed: a skip would hide that something is not shown."""
    try:
        suites = ElementTree.parse(place.junit).getroot().iter("testsuite")
    except (OSError, ElementTree.ParseError):
        return Count(0, 0)
    passed = failed = 0
    for suite in suites:
        bad = sum(int(suite.get(kind, "0")) for kind in ("failures", "errors", "skipped"))
        passed += int(suite.get("tests", "0")) - bad
        failed += bad
    return Count(passed, failed)


def _count_node(_place: Place, outcome: jobs.Outcome) -> Count:
    """From the summary that node:test prints, whatever its reporter: `ℹ pass 3` or `# pass 3`."""
    told = {kind: int(number) for kind, number in re.findall(r"^[ℹ#] (\w+) (\d+)$", outcome.output, re.MULTILINE)}
    failed = sum(told.get(kind, 0) for kind in ("fail", "cancelled", "skipped", "todo"))
    return Count(told.get("pass", 0), failed)


def judge(part: Part, place: Place, outcome: jobs.Outcome) -> Count:
    """The part's count; a part without tests, or that ended badly without saying which failed, has one failure."""
    count = part.count(place, outcome)
    if count.failed == 0 and (count.passed == 0 or not outcome.is_good):
        return Count(count.passed, 1)
    return count


def lane_count() -> int:
    """How many parts run side by side: one more than there are cores, since each of them waits a good deal."""
    return min(3, (os.cpu_count() or 1) + 1)


def main() -> None:
    """Print what `PARTS=` takes, for `make help`."""
    names = dict.fromkeys(["check", *(name.partition("/")[0] for name in every())])
    print(textwrap.fill(f"Parts of make test: {', '.join(names)}", 100, subsequent_indent="    "))
    print(textwrap.fill(f"Drills of make faults: {', '.join(drills())}", 100, subsequent_indent="    "))


if __name__ == "__main__":
    main()
