"""What stands in the data directory when the journal is opened, and what is made of it."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from segue.domain.errors import StoreFailed
from segue.store.database import open_database
from segue.store.journal import Journal
from store.journals import FIRST, IS_ROOT, created, journal_path, make_read_only, note, notes, opened, raw, tmpfs

FLIPS = 60


async def written(path: Path, count: int = 200) -> None:
    async with opened(path) as journal:
        journal.append(FIRST, [created(), *[note(str(number) + "x" * 100) for number in range(count)]])


def refusal(path: Path) -> StoreFailed:
    with pytest.raises(StoreFailed) as refused:
        open_database(path).connection.close()
    assert refused.value.action
    assert str(path.parent) in str(refused.value.details["path"])
    return refused.value


def kept_aside(path: Path) -> list[Path]:
    return sorted(kept for kept in path.parent.glob(f"{path.name}.corrupt-*") if kept.name[-4:] not in {"-wal", "-shm"})


def modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(entry.stat().st_mode) for entry in directory.iterdir()}


async def test_what_is_made_is_for_its_user_alone(tmp_path: Path) -> None:
    """S7, D32: a missing directory is made 0700, every file in it 0600, whatever the umask."""
    path = tmp_path / "deep" / "er" / "journal.sqlite3"
    before = os.umask(0)
    try:
        async with opened(path) as journal:
            journal.append(FIRST, [created()])
            await journal.flushed()
            assert {entry.name.removeprefix(path.name) for entry in path.parent.iterdir()} == {"", "-wal", "-shm"}
            assert modes(path.parent) == {0o600}
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            assert not journal.notices
    finally:
        os.umask(before)


async def test_what_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    """S7."""
    path = journal_path(tmp_path)
    await written(path)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    await written(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes(path.parent) == {0o600}


def test_a_directory_that_all_may_write_to_is_refused(tmp_path: Path) -> None:
    """D32."""
    path = journal_path(tmp_path)
    path.parent.mkdir()
    path.parent.chmod(0o777)
    assert "chmod 700" in refusal(path).action
    assert not list(path.parent.iterdir())


def test_another_users_directory_is_refused(tmp_path: Path) -> None:
    """D32."""
    directory = tmp_path / "theirs"
    if IS_ROOT:
        directory.mkdir(mode=0o700)
        os.chown(directory, 12345, 12345)
    else:
        directory = Path("/")
    assert refusal(directory / "journal.sqlite3").reason == "directory_foreign"


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    """D32."""
    path = journal_path(tmp_path)
    path.parent.write_text("not a folder")
    refusal(path)
    assert path.parent.read_text() == "not a folder"


async def test_a_disk_that_is_read_only_is_refused_and_left_alone(tmp_path: Path) -> None:
    """D32."""
    path = journal_path(tmp_path)
    with ExitStack() as stack:
        if IS_ROOT:
            point = stack.enter_context(tmpfs(tmp_path / "mounted", "size=4m,mode=700"))
            path = journal_path(point)
            await written(path)
            make_read_only(point)
        else:
            await written(path)
            path.chmod(0o400)
        assert refusal(path).reason in {"directory_read_only", "journal_read_only"}
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["journal.sqlite3", "journal.sqlite3-wal"])
def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path, name: str) -> None:
    """D32: nothing is written through it."""
    path = journal_path(tmp_path)
    path.parent.mkdir(mode=0o700)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (path.parent / name).symlink_to(victim)
    assert refusal(path).reason == "journal_foreign"
    assert victim.read_text() == "precious"


async def test_a_directory_reached_through_a_link_of_ones_own_serves(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    await written(journal_path(tmp_path))
    assert (tmp_path / "disk" / "journal.sqlite3").is_file()


@pytest.mark.parametrize("damage", ["zero", "garbage", "short garbage", "another program's", "header only", "half"])
async def test_a_damaged_journal_is_kept_aside_and_a_fresh_one_started(tmp_path: Path, damage: str) -> None:
    """D33."""
    path = journal_path(tmp_path)
    await written(path, 2000)
    whole = path.read_bytes()
    if damage == "another program's":
        path.unlink()
        with raw(path) as connection:
            connection.execute("CREATE TABLE theirs (x)")
    else:
        spoiled = {
            "zero": b"",
            "garbage": b"\x13\x37" * 20_000,
            "short garbage": b"x",
            "header only": whole[:100],
            "half": whole[: len(whole) // 2],
        }
        path.write_bytes(spoiled[damage])
    found = path.read_bytes()
    async with opened(path) as journal:
        (notice,) = journal.notices
        assert notice.reason == "journal_corrupt"
        (kept,) = kept_aside(path)
        assert str(kept) == notice.details["kept"]
        assert kept.read_bytes() == found
        assert journal.load() == []
        journal.append(FIRST, [created(), note("fresh")])
    async with opened(path) as journal:
        assert notes(journal.events(FIRST)) == ["fresh"]
        assert not journal.notices


async def test_each_damaged_journal_is_kept_under_its_own_name(tmp_path: Path) -> None:
    """D33."""
    path = journal_path(tmp_path)
    for number in range(3):
        await written(path)
        path.write_bytes(b"damage %d" % number)
    await written(path)
    assert sorted(kept.read_bytes() for kept in kept_aside(path)) == [b"damage 0", b"damage 1", b"damage 2"]


async def test_a_damaged_journal_keeps_its_log(tmp_path: Path) -> None:
    """D33: what was committed last stands in the WAL, and SQLite finds it under the new name."""
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        journal.append(FIRST, [created()])
        await journal.flushed()
        crashed = path.with_name("crashed")
        crashed.mkdir()
        for ending in ("", "-wal"):
            shutil.copyfile(f"{path}{ending}", crashed / (path.name + ending))
    path = crashed / path.name
    path.write_bytes(b"")
    log = path.with_name(f"{path.name}-wal").read_bytes()
    assert len(log) > 4096
    async with opened(path) as journal:
        (kept,) = kept_aside(path)
        assert kept.with_name(f"{kept.name}-wal").read_bytes() == log
        assert [notice.reason for notice in journal.notices] == ["journal_corrupt"]


async def test_a_log_without_its_journal_never_gets_into_the_next_one(tmp_path: Path) -> None:
    """D33."""
    path = journal_path(tmp_path)
    await written(path)
    path.rename(path.with_name(f"{path.name}-wal"))
    async with opened(path) as journal:
        assert [notice.reason for notice in journal.notices] == ["journal_corrupt"]
        assert journal.load() == []
    assert [entry.name[-4:] for entry in path.parent.glob(f"{path.name}.corrupt-*")] == ["-wal"]


async def test_flipped_bytes_and_cuts_never_keep_segue_from_starting(tmp_path: Path) -> None:
    """D33: whatever is damaged, it opens, or says that a newer version wrote it; nothing damaged is overwritten."""
    original = journal_path(tmp_path / "original")
    original.parent.parent.mkdir()
    await written(original, 1500)
    whole = original.read_bytes()
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    aside = 0
    for number in range(FLIPS):
        path = journal_path(tmp_path / str(number))
        path.parent.mkdir(parents=True, mode=0o700)
        spoiled = bytearray(whole)
        for _ in range(chance.choice([1, 1, 8, 64])):
            # Half of the damage goes where structure is dense: the header and the first pages.
            spoiled[chance.randrange(chance.choice([100, len(whole)]))] ^= 1 << chance.randrange(8)
        if number % 4 == 0:
            del spoiled[chance.randrange(len(whole)) :]
        path.write_bytes(bytes(spoiled))
        try:
            async with opened(path) as journal:
                for stored in journal.load():
                    journal.events(stored.session.id)
                journal.append(FIRST, [created(), note("goes on")])
                await journal.flushed()
        except StoreFailed as refused:
            assert refused.reason == "newer_schema", f"seed {seed}"
            assert path.read_bytes() == bytes(spoiled)
        else:
            kept = kept_aside(path)
            aside += len(kept)
            assert all(len(whole) >= copy.stat().st_size for copy in kept)
    print(f"{aside} of {FLIPS} kept aside")
    assert aside


async def test_a_newer_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    """D33, D36."""
    path = journal_path(tmp_path)
    await written(path)
    with raw(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StoreFailed) as refused:
        Journal.open(path)
    assert refused.value.reason == "newer_schema"
    assert "Update Segue" in refused.value.action
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


async def test_half_of_a_fresh_journal_is_replaced(tmp_path: Path) -> None:
    """D36: a kill while it was made leaves nothing that looks like a journal."""
    path = journal_path(tmp_path)
    path.parent.mkdir(mode=0o700)
    for ending in ("", "-wal", "-shm"):
        (path.parent / f"{path.name}.new{ending}").write_bytes(b"half")
    async with opened(path) as journal:
        assert not journal.notices
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


async def test_commits_are_synchronised_and_logged_ahead(tmp_path: Path) -> None:
    """S8."""
    opened_database = open_database(journal_path(tmp_path))
    try:
        connection = opened_database.connection
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    finally:
        opened_database.connection.close()


async def test_a_journal_in_use_can_be_read_by_sqlites_own_tools(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    async with opened(path) as journal:
        journal.append(FIRST, [created()])
        await journal.flushed()
        with raw(path) as connection:
            kind = connection.execute("SELECT json_extract(body, '$.event') FROM event").fetchone()
    assert kind == ("session_created",)
    assert sqlite3.sqlite_version_info >= (3, 34)
