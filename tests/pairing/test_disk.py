"""Files of a link are reached by descriptors: nothing outside of a root is touched, whatever moves (S3, D14)."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from segue.domain.errors import InputRefused
from segue.engine.pairing import disk


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", ".git/config", "sub/.GIT/hooks/x", "a/../../out", ""])
def test_paths_that_lead_out_are_refused(tmp_path: Path, path: str) -> None:
    assert disk.read(tmp_path, path) == disk.ABSENT
    with pytest.raises(InputRefused):
        disk.write(tmp_path, path, disk.NewFile(b"x", disk.REGULAR))
    with pytest.raises(InputRefused):
        disk.remove(tmp_path, path)


@pytest.mark.parametrize("name", ["x" * 255, "文" * 85], ids=["one byte each", "three bytes each"])
def test_a_file_with_the_longest_name_is_written_and_removed(tmp_path: Path, name: str) -> None:
    disk.write(tmp_path, name, disk.NewFile(b"x", disk.REGULAR))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    disk.remove(tmp_path, name)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("leaves_link", [True, False])
def test_files_of_a_root_that_was_moved_are_not_taken_for_deleted(tmp_path: Path, leaves_link: bool) -> None:
    root, moved = tmp_path / "root", tmp_path / "moved"
    moved.mkdir()
    (moved / "a.txt").write_text("a")
    if leaves_link:
        root.symlink_to(moved)
    with pytest.raises(OSError, match="root"):
        disk.read(root, "a.txt")


def test_nothing_behind_a_link_is_read_or_written(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("s")
    (root / "way").symlink_to(outside)
    assert disk.read(root, "way/secret") == disk.ABSENT
    with pytest.raises(OSError):
        disk.write(root, "way/made", disk.NewFile(b"x", disk.REGULAR))
    with pytest.raises(OSError):
        disk.remove(root, "way/secret")
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]
    found = disk.read(root, "way")
    assert found.entry is not None and found.entry.mode == disk.LINK
    os.mkfifo(root / "pipe")
    assert disk.read(root, "pipe") == disk.ABSENT


def test_a_folder_that_is_swapped_for_a_link_lets_nothing_out(tmp_path: Path) -> None:
    """D14: zero escapes while somebody swaps."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    is_over = threading.Event()

    folder, link = root / "folder", root / "link"

    def swap() -> None:
        while not is_over.is_set():
            with suppress(OSError):  # it is made, and written to, whenever it is not there
                link.rename(folder)
                folder.rename(link)
                shutil.rmtree(folder, ignore_errors=True)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(600):
            try:
                disk.write(root, "folder/file", disk.NewFile(b"x", disk.REGULAR))
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        is_over.set()
        swapping.join()
    assert not list(outside.iterdir())


def test_modes_and_whole_files(tmp_path: Path) -> None:
    file = tmp_path / "a" / "run.sh"
    disk.write(tmp_path, "a/run.sh", disk.NewFile(b"one", disk.EXECUTABLE))
    assert file.stat().st_mode & 0o111
    file.chmod(0o640)
    disk.write(tmp_path, "a/run.sh", disk.NewFile(b"two", disk.EXECUTABLE))
    assert file.stat().st_mode & 0o777 == 0o750
    disk.write(tmp_path, "a/run.sh", disk.NewFile(b"../b", disk.LINK))
    assert str(file.readlink()) == "../b"
    disk.remove(tmp_path, "a/run.sh")
    assert not (tmp_path / "a").exists()
