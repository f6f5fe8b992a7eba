"""What is read of files is kept exactly as long as they look the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.git.file_memory import FileMemory


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


def test_the_same_object_is_returned_until_a_file_changes(first: Path) -> None:
    memory, reader = FileMemory[str, list[str]](), Reader(first)
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


def test_what_cannot_be_read_is_not_kept(first: Path) -> None:
    memory, reader = FileMemory[str, list[str]](), Reader(first)
    kept = first.read_text()
    first.unlink()
    with pytest.raises(FileNotFoundError):
        memory.read("key", (first,), reader)
    first.write_text(kept)
    assert memory.read("key", (first,), reader) == ["words"]
