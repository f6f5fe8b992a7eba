"""A daemon of its own for a benchmark: own directories, own repository, gone afterwards. Knows Segue from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segue import connect, places
from segue.cli.client import Client
from segue.places import Places


@contextmanager
def own_machine() -> Iterator[Path]:
    """A short temporary directory that HOME and Segue's directories lie in; the daemon in it is ended at the end."""
    root = Path(tempfile.mkdtemp(prefix="sgb", dir="/tmp"))
    before = dict(os.environ)
    os.environ.update(
        HOME=str(root / "home"),
        SEGUE_DATA_DIR=str(root / "data"),
        SEGUE_RUNTIME_DIR=str(root / "run"),
        GIT_CONFIG_NOSYSTEM="1",
    )
    (root / "home").mkdir()
    (root / "home/.gitconfig").write_text("[user]\n\tname = Bench\n\temail = bench@example.org\n")
    try:
        yield root
    finally:
        stop_daemon()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(root, ignore_errors=True)


def own_places() -> Places:
    return places.find()


def client(name: str = "bench") -> Client:
    """A connected client; starts the daemon where none runs."""
    return Client.connected(own_places(), name=name, environment=dict(os.environ))


def stop_daemon() -> None:
    """Ask the daemon to end and wait until its socket is closed."""
    peer = connect.attach(own_places())
    if peer is None:
        return
    with Client.over(peer, name="bench") as last:
        last.request("segue/daemon/stop", {})
        for _ in last.notifications("segue/nothing"):
            pass


def repository(path: Path, files: int) -> Path:
    """A git repository with that many small files in folders of a hundred."""
    path.mkdir(parents=True)
    for number in range(files):
        file = path / f"d{number // 100:04}" / f"f{number:05}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"def f{number}():\n    return {number}\n" * 20)
    git(path, "init", "-q", "-b", "main")
    git(path, "add", "-A")
    git(path, "commit", "-q", "-m", "All files")
    return path


def git(path: Path, *words: str) -> None:
    """Bare git, as a person would run it."""
    subprocess.run(["git", "-C", str(path), *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def python(*words: str) -> None:
    """This interpreter, as a whole process."""
    subprocess.run([sys.executable, *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
