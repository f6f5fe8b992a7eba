"""The person's own permissions and folders: exactly as they were behind a link, and behind every decision in it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from segue.engine.pairing import disk
from support.pairing import LINES, Pairing
from support.repositories import git

Change = Callable[[Path], object]
OWN = {
    "private.txt": 0o600,
    "group.txt": 0o640,
    "shown.txt": 0o444,
    "odd.txt": 0o604,
    "tool.sh": 0o700,
    "shared.sh": 0o750,
    "once.sh": 0o711,
}
FOLDERS = {"k": 0o700, "k/deep": 0o2750, "empty": 0o710}


def _append(file: Path) -> None:
    file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
    file.write_text(file.read_text() + "more\n")


def _flip(file: Path) -> None:
    file.chmod(0o644 if file.stat().st_mode & 0o100 else 0o755)


def _made_again(file: Path) -> None:
    text = file.read_text()
    file.unlink()
    file.write_text("again\n" + text)


def _made_a_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("a.txt")


def _made_binary(file: Path) -> None:
    _made_again(file)
    file.write_bytes(b"\0binary")


CHANGES: dict[str, Change] = {
    "edits": _append,
    "changes whether it may be run": _flip,
    "makes it again": _made_again,
    "makes it a link": _made_a_link,
    "makes it binary": _made_binary,
    "deletes it": Path.unlink,
}


def _bits(root: Path) -> dict[str, int]:
    names = [*OWN, *FOLDERS, "k/deep/x.txt", "k/deep/y.sh"]
    found = {name: (root / name).lstat().st_mode for name in names if (root / name).exists()}
    return {name: stat.S_IMODE(mode) for name, mode in found.items() if not stat.S_ISLNK(mode)}


async def _begun(pair: Pairing) -> dict[str, int]:
    root = pair.project
    for name, bits in OWN.items():
        (root / name).write_text(LINES)
        (root / name).chmod(bits)
    (root / "k/deep").mkdir(parents=True)
    for name in ("k/deep/x.txt", "k/deep/y.sh"):
        (root / name).write_text(LINES)
    (root / "k/deep/y.sh").chmod(0o700)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=modes")
    (root / "empty").mkdir()
    for name, bits in FOLDERS.items():
        (root / name).chmod(bits)
    await pair.new("Hello")
    await pair.turns_ended(1)
    return _bits(root)


async def _linked(pair: Pairing, paths: int) -> None:
    await pair.on_session("segue/link/start")
    await pair.until(lambda: len({change.path for change in (*pair.hunks, *pair.proposals)}) == paths)


@pytest.mark.parametrize("way", ["unlink", "reject", "restart"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_the_persons_own_permissions_come_back_exactly(pair: Pairing, change: Change, way: str) -> None:
    before = await _begun(pair)
    for name in OWN:
        change(pair.worktree / name)
    await _linked(pair, len(OWN))
    if way == "restart":
        await pair.restart()
    if way == "reject":
        await pair.decide("reject", *pair.hunks)
        for proposal in pair.proposals:  # a new executable bit is held back
            await pair.resolve(proposal, "mine")
        assert _bits(pair.project) == before
    await pair.on_session("segue/link/stop")
    assert _bits(pair.project) == before
    assert git(pair.project, "status", "--porcelain") == ""


async def test_accepted_edits_keep_the_files_permissions(pair: Pairing) -> None:
    before = await _begun(pair)
    for name in OWN:
        _append(pair.worktree / name)
    await _linked(pair, len(OWN))
    assert _bits(pair.project) == before
    await pair.decide("accept", *pair.hunks)
    await pair.on_session("segue/link/stop")
    assert _bits(pair.project) == before


async def test_permissions_that_the_person_changes_meanwhile_are_the_ones_that_come_back(pair: Pairing) -> None:
    before = await _begun(pair)
    _append(pair.worktree / "group.txt")
    await _linked(pair, 1)
    (pair.project / "group.txt").chmod(0o660)
    await pair.on_session("segue/link/share")
    (pair.worktree / "group.txt").unlink()
    await pair.until(lambda: not (pair.project / "group.txt").exists())
    await pair.on_session("segue/link/stop")
    assert _bits(pair.project) == {**before, "group.txt": 0o660}


async def test_a_private_file_stays_private_under_the_name_that_the_agent_gives_it(pair: Pairing) -> None:
    await _begun(pair)
    (pair.worktree / "private.txt").rename(pair.worktree / "other.txt")
    await _linked(pair, 1)
    file = pair.project / "other.txt"
    await pair.until(lambda: stat.S_IMODE(file.stat().st_mode) == 0o600)
    await pair.decide("accept", *pair.hunks)
    await pair.on_session("segue/link/stop")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("way", ["unlink", "reject", "restart"])
async def test_folders_of_the_persons_come_back_with_what_was_in_them(pair: Pairing, way: str) -> None:
    before = await _begun(pair)
    shutil.rmtree(pair.worktree / "k")
    await _linked(pair, 2)
    await pair.until(lambda: not (pair.project / "k").exists())
    if way == "restart":
        await pair.restart()
    if way == "reject":
        await pair.decide("reject", *pair.hunks)
    await pair.on_session("segue/link/stop")
    assert _bits(pair.project) == before


@pytest.mark.parametrize("way", ["unlink", "reject", "restart"])
async def test_empty_folders_of_the_persons_stay_and_those_of_the_agent_go(pair: Pairing, way: str) -> None:
    before = await _begun(pair)
    for name in ("empty/in.txt", "made/by/agent.txt"):
        (pair.worktree / name).parent.mkdir(parents=True)
        (pair.worktree / name).write_text("of the agent\n")
    await _linked(pair, 2)
    assert _bits(pair.project) == before
    if way == "restart":
        await pair.restart()
    if way == "reject":
        await pair.decide("reject", *pair.hunks)
    await pair.on_session("segue/link/stop")
    assert _bits(pair.project) == before
    assert not (pair.project / "made").exists()
    assert not list((pair.project / "empty").iterdir())


@pytest.mark.parametrize(
    ("before", "mode", "after"),
    [
        (0o611, disk.REGULAR, 0o611),
        (0o640, disk.EXECUTABLE, 0o750),
        (0o700, disk.REGULAR, 0o600),
        (0o711, disk.EXECUTABLE, 0o711),
    ],
)
def test_only_the_bit_that_git_knows_is_changed(tmp_path: Path, before: int, mode: str, after: int) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(before)
    disk.set_mode(tmp_path, "file", mode)
    assert stat.S_IMODE(file.stat().st_mode) == after
    file.chmod(before)
    disk.write(tmp_path, "file", disk.NewFile(b"new", mode))
    assert stat.S_IMODE(file.stat().st_mode) == after
