"""What is read of files is kept exactly as long as they look the same."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from segue.git.file_memory import RACY_NS, FileMemory


class Reader:
    """Joins the texts of files; the first one names another one."""

    def __init__(self, first: Path) -> None:
        self.first, self.readings = first, 0

    def __call__(self) -> tuple[list[str], tuple[Path, ...]]:
        self.readings += 1
        other = self.first.with_name(self.first.read_text())
        return [other.read_text() if other.exists() else ""], (self.first, other)


@pytest.fixture
def first(tmp_path: Path) -> Path:
    (tmp_path / "other").write_text("words")
    (tmp_path / "first").write_text("other")
    return tmp_path / "first"


def settle(*files: Path) -> None:
    """Return once these files can no longer change without looking different."""
    while max(file.stat().st_ctime_ns for file in files) > time.time_ns() - RACY_NS:
        pass


def test_the_same_object_is_returned_until_a_file_changes(first: Path) -> None:
    memory, reader = FileMemory[str, list[str]](), Reader(first)
    settle(first, first.with_name("other"))
    found = memory.read("key", (first,), reader)
    assert found == ["words"] and memory.read("key", (first,), reader) is found
    readings = reader.readings
    first.with_name("other").write_text("more words")
    assert memory.read("key", (first,), reader) == ["more words"] and reader.readings == readings + 1
    first.with_name("other").unlink()
    assert memory.read("key", (first,), reader) == [""]
    first.with_name("other").write_text("again")
    assert memory.read("key", (first,), reader) == ["again"]


def test_a_change_in_the_middle_of_reading_is_seen_the_next_time(first: Path) -> None:
    memory, reader = FileMemory[str, list[str]](), Reader(first)

    def disturbed() -> tuple[list[str], tuple[Path, ...]]:
        found = reader()
        first.with_name("other").write_text(f"changed {reader.readings}")
        return found

    files = (first, first.with_name("other"))
    assert memory.read("key", files, disturbed) == ["words"]
    assert memory.read("key", files, reader) == ["changed 1"]


def test_what_changed_just_now_is_not_kept_since_it_may_change_again_and_look_the_same(first: Path) -> None:
    memory, reader = FileMemory[str, list[str]](), Reader(first)
    other = first.with_name("other")
    for words in ("one", "two", "six"):
        other.write_text(words)
        assert memory.read("key", (first, other), reader) == [words]


def test_what_cannot_be_read_is_not_kept(first: Path) -> None:
    memory, reader = FileMemory[str, list[str]](), Reader(first)
    kept = first.read_text()
    first.unlink()
    with pytest.raises(FileNotFoundError):
        memory.read("key", (first,), reader)
    first.write_text(kept)
    assert memory.read("key", (first,), reader) == ["words"]
