"""Clients read a patch piece by piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.engine.api import patches
from segue.engine.api.patches import Patches
from support.repositories import git


async def whole(source: Patches, key: patches.Key) -> bytes:
    read, size = b"", 1
    while len(read) < size:
        piece, size = await source.read(key, len(read))
        assert len(piece) <= 100
        read += piece
    return read


@pytest.fixture
def key(project: Path) -> patches.Key:
    """Two commits with some kilobytes between them."""
    old = git(project, "rev-parse", "HEAD")
    (project / "new.txt").write_text("".join(f"line {number}\n" for number in range(300)))
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=More")
    return project / ".git", old, git(project, "rev-parse", "HEAD")


async def test_the_pieces_are_the_patch_and_git_makes_it_once(
    key: patches.Key, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0

    def counted(*arguments: object) -> object:
        nonlocal made
        made += 1
        return original(*arguments)  # type: ignore[arg-type]

    original = patches.patch_file
    monkeypatch.setattr(patches, "patch_file", counted)
    source = Patches(piece=100)
    expected = git(project, "diff-tree", "-p", "-r", "--full-index", *key[1:]) + "\n"
    assert (await whole(source, key)).decode() == expected
    assert made == 1


async def test_readers_of_several_patches_do_not_disturb_each_other(key: patches.Key, project: Path) -> None:
    """More of them than are kept: what was dropped is made again, with the same bytes."""
    source = Patches(piece=100)
    directory, old, new = key
    keys = [key, (directory, new, old), (directory, new, new), (project / ".git" / ".." / ".git", old, new)]
    expected = [await whole(source, each) for each in keys]
    read = [b"" for _ in keys]
    for _ in range(3):
        for number, each in enumerate(keys):
            read[number] += (await source.read(each, len(read[number])))[0]
    assert read == [text[:300] for text in expected]
    source.close()


async def test_nothing_is_read_behind_the_end(key: patches.Key) -> None:
    piece, size = await Patches(piece=100).read(key, 10_000_000)
    assert piece == b"" and size > 1000
    assert await Patches().read((key[0], key[1], key[1]), 0) == (b"", 0)
