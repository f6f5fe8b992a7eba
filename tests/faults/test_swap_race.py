"""Folders and files are swapped for links that lead out, as fast as a process can, while an agent's files are read and
written through its client."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults import drill
from segue.agents.files import Files, Lines
from segue.agents.replies import Denied
from segue.system import safe_open

SECONDS = drill.length(1, 60)
SWAPPER = """
import os, shutil, sys
root, outside = sys.argv[1:]
os.chdir(root)
def insist(act, *names):
    while True:
        try:
            return act(*names)
        except OSError:  # the other side made a folder or file there meanwhile
            clear(names[-1])
def clear(name):
    try:
        os.unlink(name)
    except OSError:
        shutil.rmtree(name, ignore_errors=True)
def swap(name, link, aside):
    clear(aside)
    try:
        os.rename(name, aside)
    except OSError:
        return
    for _ in range(3):
        insist(os.symlink, link, name)
        clear(name)
    if os.path.isdir(os.path.dirname(aside) or "."):
        insist(os.rename, aside, name)
while True:
    for name in ("folder", "deep/er"):
        os.makedirs(name, exist_ok=True)
    for name in ("file", "folder/file", "deep/er/file"):
        with open(name, "w") as file:
            file.write("inside")
    for _ in range(20):
        swap("folder", outside, "aside")
        swap("deep/er", outside, "deep/aside")
        swap("deep", os.path.dirname(outside), "deep.aside")
        swap("folder/file", outside + "/file", "folder/aside")
        swap("file", outside + "/file", "aside.file")
"""
PLACES = ("file", "folder/file", "deep/er/file", "deep/er/new", "folder/new/file", "deep/outside/file")


@contextmanager
def swapping(root: Path, outside: Path) -> Iterator[None]:
    swapper = subprocess.Popen([sys.executable, "-I", "-S", "-c", SWAPPER, str(root), str(outside)])
    try:
        yield
        assert swapper.poll() is None, "it swapped to the end"
    finally:
        swapper.kill()
        swapper.wait()


@pytest.mark.parametrize("way", ["openat2", "walk"])
def test_no_byte_passes_a_root_while_folders_are_swapped(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D14, S3"""
    if way == "walk":
        monkeypatch.setattr(safe_open, "_syscall", None)
    root, outside = tmp_path / "s" / "root", tmp_path / "o" / "outside"
    for folder in (root / "folder", root / "deep" / "er", outside):
        folder.mkdir(parents=True)
    for name in ("file", "folder/file", "deep/er/file"):
        (root / name).write_text("inside")
    (outside / "file").write_text("SECRET")
    chance, files, done = drill.chance(f"swap race {way}"), Files(root, root.parent), Counter[str]()
    with swapping(root, outside):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            place = str(root / chance.choice(PLACES))
            try:
                if chance.random() < 0.5:
                    assert "SECRET" not in files.read(place, Lines())
                    done["read"] += 1
                else:
                    files.write(place, "inside", "1-1")
                    done["written"] += 1
            except Denied:
                done["refused"] += 1
    print(f"swap race {way}: {dict(done)}")
    assert [path.name for path in outside.parent.rglob("*")] == ["outside", "file"]
    assert (outside / "file").read_text() == "SECRET"
    assert min(done["read"], done["written"], done["refused"]) > 0
