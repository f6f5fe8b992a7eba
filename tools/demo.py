"""`make demo`: VS Code with Segue, in the browser, on a clone of a real repository; Ctrl-C ends everything it started.

Knows the order of things; the editor itself is editor.py's. Everything lies in one folder of the cache, so that the
next demo goes on with the same clone, settings and sessions.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import editor
import places
from places import ROOT
from process_end import end_segue

TOUR = """
  Try this, in the window:
    1. Click Segue in the activity bar, then Delegate Task… (or Ctrl+Alt+D).
    2. Take the agent Command, the branch that is offered, and this prompt:
         segue-ask "Add a line to the README?" && echo "Edited by a codemod." >> README.md
    3. The session asks: Answer it. It becomes Ready: Review Changes, then Merge….

  The same sessions in a terminal:
         export SEGUE_DATA_DIR={data} SEGUE_RUNTIME_DIR={runtime}
         cd {clone} && {segue} list

  Ctrl-C here ends the editor, Segue and its agents; clone and sessions are kept.
"""


class DemoFailed(Exception):
    """One sentence that says what to do."""


def _say(text: str) -> None:
    print(f"[demo] {text}", flush=True)


def _git(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *map(str, arguments)], capture_output=True, text=True, check=False)


def build_vsix() -> Path:
    """Build the extension as a VSIX. Raises DemoFailed."""
    _say("building the extension")
    done = subprocess.run(
        [str(places.NPM), "run", "--silent", "--prefix", str(places.EXTENSION), "vsix"],
        env=places.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not places.VSIX.exists():
        raise DemoFailed(f"The extension could not be built.\n{done.stdout}{done.stderr}")
    return places.VSIX


def clone(source: str, below: Path) -> Path:
    """The clone of `source` (path or URL) below this folder, made now or by an earlier demo. Raises DemoFailed."""
    local = Path(source).expanduser()
    if local.exists():
        top = _git("-C", local, "rev-parse", "--show-toplevel")
        source = top.stdout.strip() or str(local.resolve())  # a bare repository has no top level
    name = Path(source.rstrip("/")).name.removesuffix(".git") or "repository"
    made = below / hashlib.sha256(source.encode()).hexdigest()[:6] / name
    if not made.exists():
        _say(f"cloning {source}")
        half = made.with_name("half-made")
        shutil.rmtree(half, ignore_errors=True)
        half.parent.mkdir(parents=True, exist_ok=True)
        done = _git("clone", "--quiet", "--", source, half)
        if done.returncode != 0:
            raise DemoFailed(f"{source} could not be cloned; REPO= names a git repository.\n{done.stderr.strip()}")
        half.rename(made)
    _see_to_identity(made)
    return made


def _see_to_identity(repository: Path) -> None:
    """Give the clone an identity where the machine has none, without which git makes no commits."""
    for key, value in (("user.name", "Segue Demo"), ("user.email", "demo@example.invalid")):
        if _git("-C", repository, "config", key).returncode != 0:
            _git("-C", repository, "config", key, value)


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[Path]:
    """Hold the demo's folder; the yielded file tells others where this demo is. Raises DemoFailed."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "running"
    with note.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoFailed(f"A demo is already running: {note.read_text().strip() or 'it is starting'}") from None
        yield note
        lock.truncate(0)


@contextlib.contextmanager
def _segue(data: Path) -> Iterator[dict[str, str]]:
    """The environment for a Segue of this demo's own; ends its daemon and agents when left."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Paths of unix sockets are limited to about 100 bytes, and a checkout may lie deep.
    runtime = Path(tempfile.mkdtemp(prefix="sgd", dir="/tmp"))
    env = {"SEGUE_DATA_DIR": str(data), "SEGUE_RUNTIME_DIR": str(runtime)}
    try:
        yield env
    finally:
        end_segue(places.environment(**env))
        shutil.rmtree(runtime, ignore_errors=True)


def _has_display() -> bool:
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _check(url: str) -> None:
    """Look at the window with a headless Chromium. Raises DemoFailed."""
    script = places.JOURNEYS / "harness" / "demo.mjs"
    done = subprocess.run([str(places.NODE), str(script), url], env=places.environment(), check=False)
    if done.returncode != 0:
        raise DemoFailed("The window of the demo did not show Segue.")
    _say(f"the window shows Segue: {places.ARTIFACTS / 'demo.png'}")


def run(options: argparse.Namespace) -> None:
    """Set the stage, then wait for Ctrl-C, or look once and leave. Raises DemoFailed, EditorFailed."""
    folder: Path = options.folder.resolve()
    with _only_one(folder) as note, _segue(folder / "data") as env:
        launch = editor.Launch(
            folder=clone(options.repo, folder / "repositories"),
            run=folder / "editor",
            vsix=build_vsix(),
            port=options.port,
            machine_settings={"segue.server.command": [str(places.SEGUE)]},
            env=env,
        )
        _say("starting the editor")
        with editor.running(launch) as window:
            note.write_text(window.url)
            _say(f"ready: {window.url}")
            if options.check:
                _check(window.url)
                return
            print(
                TOUR.format(
                    data=env["SEGUE_DATA_DIR"],
                    runtime=env["SEGUE_RUNTIME_DIR"],
                    clone=launch.folder,
                    segue=places.SEGUE,
                ),
                flush=True,
            )
            if _has_display():
                webbrowser.open(window.url)
            window.process.wait()
            raise DemoFailed(f"The editor ended by itself; its log is {launch.run / 'editor.log'}")


def _leave(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description="VS Code with Segue on a clone of a real repository.")
    parser.add_argument("--repo", default=str(ROOT), help="path or URL of a git repository (default: Segue's own)")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=places.CACHE / "demo", help="where everything is kept")
    parser.add_argument("--check", action="store_true", help="look once with a headless browser, then end")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        run(parser.parse_args())
    except (DemoFailed, editor.EditorFailed) as failed:
        print(f"[demo] {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        _say("ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
