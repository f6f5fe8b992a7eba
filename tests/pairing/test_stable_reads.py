"""What a write looks like that is under way, and that it is waited for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from segue.engine.pairing import disk, stable_reads
from segue.engine.pairing.disk import ABSENT, REGULAR, content_of

OLD = content_of("\ufeffone\r\ntwo 日\r\nthree\r\n".encode(), REGULAR)
NEW = "\ufeffONE\r\ntwo 日\r\nthree\r\n".encode()


@pytest.mark.parametrize("cut", range(len(NEW)))
def test_each_cut_of_a_new_text_looks_torn_or_ends_with_a_whole_line(cut: int) -> None:
    found = content_of(NEW[:cut], REGULAR)
    is_whole = NEW[:cut].endswith(b"\r\n")
    assert stable_reads.looks_torn(found, OLD) == (not is_whole)


def test_whole_files_do_not_look_torn() -> None:
    assert not stable_reads.looks_torn(content_of(NEW, REGULAR), OLD)
    assert not stable_reads.looks_torn(content_of(b"", REGULAR), content_of(b"", REGULAR))
    assert not stable_reads.looks_torn(content_of(b"new\n", REGULAR), ABSENT)
    assert stable_reads.looks_torn(ABSENT, OLD), "unlinked, to be made anew"
    assert stable_reads.looks_torn(content_of("é".encode()[:1], REGULAR), ABSENT)


async def test_a_torn_file_is_read_again_when_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stable_reads, "TORN_S", 60.0)
    monkeypatch.setattr(stable_reads, "PATIENCE_S", 60.0)
    file, written, looks = tmp_path / "f", asyncio.Event(), asyncio.Event()
    file.write_bytes(NEW[:4])

    def look() -> disk.Content:
        found = disk.read(tmp_path, "f")
        loop.call_soon_threadsafe(looks.set)
        return found

    loop = asyncio.get_running_loop()
    reader = asyncio.create_task(stable_reads.settled(look, OLD, written))
    for piece in (NEW[:4], NEW[:9], NEW):  # the notice of a write that was read already ends nothing
        await looks.wait()
        looks.clear()
        file.write_bytes(piece)
        while not looks.is_set() and not reader.done():
            written.set()
            await asyncio.sleep(0)
    assert (await reader).data == NEW
