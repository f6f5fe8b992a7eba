"""A disk without room costs time, nothing else."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from segue.domain.errors import StoreFailed
from segue.store import writer
from segue.store.journal import Journal
from store.journals import FIRST, IS_ROOT, created, fill, journal_path, note, notes, opened, tmpfs

DISKS = ["limited files", *(["small disk"] if IS_ROOT else [])]


class Disk:
    """One that can be filled up and freed again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._hog: Path | None = None
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, journal: Path) -> None:
        if self.directory.is_mount():
            self._hog = fill(self.directory)
        else:
            size = max(path.stat().st_size for path in journal.parent.glob(f"{journal.name}*") if path.suffix != "-shm")
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, self._limits[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)
        if self._hog is not None:
            self._hog.unlink()


@contextmanager
def made(kind: str, directory: Path) -> Iterator[Disk]:
    if kind == "limited files":
        disk = Disk(directory)
        try:
            yield disk
        finally:
            disk.free()
    else:
        with tmpfs(directory / "disk", "size=1m,mode=700") as point:
            yield Disk(point)


async def fail(journal: Journal) -> StoreFailed:
    """Append until the disk refuses; what the waiting caller is told."""
    number = len(notes(journal.events(FIRST)))
    with pytest.raises(StoreFailed) as refused:
        while True:
            (recorded,) = journal.append(FIRST, [note(str(number))])
            number += 1
            await journal.durable(recorded.seq)
    return refused.value


@pytest.mark.parametrize("kind", DISKS)
async def test_a_full_disk_is_said_and_recovered_from_by_itself(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D31: a visible error with the path; what happened meanwhile is written once there is room, in order, once."""
    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    with made(kind, tmp_path) as disk:
        path = journal_path(disk.directory)
        async with opened(path) as journal:
            problems: list[str | None] = []
            is_well = asyncio.Event()

            def heard(problem: StoreFailed | None) -> None:
                problems.append(problem.reason if problem else None)
                is_well.set() if problem is None else is_well.clear()

            journal.problem_observers.append(heard)
            journal.append(FIRST, [created()])
            await journal.flushed()
            disk.fill(path)
            refused = await fail(journal)
            assert str(path) in refused.message
            assert refused.action
            assert journal.problem is not None
            assert kind != "small disk" or refused.reason == "disk_full"
            kept = len(notes(journal.events(FIRST)))
            for number in range(kept + 1, kept + 101):
                journal.append(FIRST, [note(str(number))])
            with pytest.raises(StoreFailed):
                await journal.flushed()
            disk.free()
            await is_well.wait()
            await journal.flushed()
            assert journal.problem is None
            assert problems[-1] is None
            assert len(problems) <= 4
            assert notes(journal.events(FIRST)) == [str(number) for number in range(kept + 101)]
        async with opened(path) as journal:
            assert notes(journal.events(FIRST)) == [str(number) for number in range(kept + 101)]
            assert not journal.notices


@pytest.mark.parametrize("kind", DISKS)
async def test_what_could_not_be_written_before_the_end_is_said(tmp_path: Path, kind: str) -> None:
    """D31: closing does not hang on a full disk, and what was acknowledged stays."""
    with made(kind, tmp_path) as disk:
        path = journal_path(disk.directory)
        journal = Journal.open(path)
        journal.append(FIRST, [created()])
        await journal.flushed()
        disk.fill(path)
        await fail(journal)
        with pytest.raises(StoreFailed) as refused:
            await journal.close()
        assert refused.value.reason == "journal_unwritten"
        disk.free()
        async with opened(path) as journal:
            assert notes(journal.events(FIRST)) == [str(number) for number in range(journal.committed - 1)]


@pytest.mark.parametrize("kind", DISKS[1:])
async def test_a_journal_on_a_full_disk_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    """D31, D33: no room is no damage."""
    with made(kind, tmp_path) as disk:
        path = journal_path(disk.directory)
        async with opened(path) as journal:
            journal.append(FIRST, [created(), note("0")])
        disk.fill(path)
        with pytest.raises(StoreFailed) as refused:
            Journal.open(path)
        assert refused.value.reason == "disk_full"
        assert str(path) in refused.value.message
        disk.free()
        async with opened(path) as journal:
            assert notes(journal.events(FIRST)) == ["0"]
            assert not journal.notices
