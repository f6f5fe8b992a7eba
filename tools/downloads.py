"""Says how far pip and npm are while they fetch packages. Knows their output; installs nothing.

On a terminal one line is kept up to date; elsewhere a line is printed every ten seconds.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

LOOK_S, EVERY_S = 0.5, 10.0
_PIP = re.compile(r"^(?:Collecting|Requirement already satisfied:) ([\w.-]+?)==", re.MULTILINE)
_NPM = re.compile(r"^npm http (?:fetch GET \d+|cache) \S*?((?:@[^/ @]+/)?[^/ @]+)/-/", re.MULTILINE)


@dataclass(frozen=True)
class Packages:
    """What is fetched: how many packages, and how its program tells of each."""

    count: int
    seen: Callable[[str], list[str]]
    """Names in the order in which they came, out of all output so far."""

    def told(self, output: str) -> str:
        names = list(dict.fromkeys(self.seen(output)))
        if not self.count:
            return f"still {names[-1]}"
        if not names:
            return f"starting to fetch {self.count} packages"
        if len(names) >= self.count:
            return f"all {self.count} packages are fetched; installing them"
        return f"package {len(names)} of {self.count}: {names[-1]}"


def doing(what: str) -> Packages:
    """For a command that fetches nothing, or does not say what."""
    return Packages(0, lambda _: [what])


def of_pip(*requirements: Path) -> Packages:
    """For `pip install -r`, which says of each package that it collects it."""
    pinned = {name for file in requirements for name in re.findall(r"^([\w.-]+)==", file.read_text(), re.MULTILINE)}
    return Packages(len(pinned), _PIP.findall)


def of_npm(lock: Path, left_out: Collection[str] = ()) -> Packages:
    """For `npm ci --loglevel=http`, which says of each package that it fetches it.

    `left_out`: kinds of packages that are not fetched, such as `dev`.
    """
    names = set()
    for path, facts in json.loads(lock.read_text("utf-8"))["packages"].items():
        if path and not any(facts.get(kind) for kind in left_out) and _is_for_this_machine(facts):
            names.add(path.rpartition("node_modules/")[2])
    return Packages(len(names), _NPM.findall)


def _is_for_this_machine(facts: Mapping[str, list[str]]) -> bool:
    """npm leaves out packages for other systems, of which esbuild alone has two dozen."""
    system, machine = platform.system().lower(), {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    return system in facts.get("os", [system]) and machine in facts.get("cpu", [machine])


def follow(process: subprocess.Popen[bytes], log: Path, packages: Packages, say: Callable[[str], None]) -> int:
    """Say how far a process is that writes into a log, until it ends; returns its exit status."""
    is_live, said_at = sys.stdout.isatty(), time.monotonic()
    while True:
        try:
            code = process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            if is_live or time.monotonic() - said_at >= EVERY_S:
                said_at = time.monotonic()
                told = packages.told(log.read_text(errors="replace"))
                if is_live:
                    print(f"\r\x1b[K        {told}", end="", flush=True)
                else:
                    say(told)
            continue
        if is_live:
            print("\r\x1b[K", end="", flush=True)
        return code
