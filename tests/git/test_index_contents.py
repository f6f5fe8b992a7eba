"""What an index certainly has no entry of is told without git, and only where that is certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.git.index_contents import GITLINK, LINK, has_entries, has_skipped
from support.gitrepo import GitRepo, init


@pytest.fixture
def index(repo: GitRepo) -> Path:
    """Of files alone, one of which has the name of an extension."""
    repo.commit("Words", **{"link": "link\n", "sdir": "sdir\n"})
    return repo.path / ".git" / "index"


def nested(repo: GitRepo) -> None:
    init(repo.path / "inside").commit("Inside")
    repo.git("-c", "advice.addEmbeddedRepo=false", "add", "inside")


def test_an_index_of_files_has_neither_links_nor_what_is_left_out(index: Path) -> None:
    assert not has_entries(index, LINK) and not has_entries(index, GITLINK) and not has_skipped(index)


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_links_are_seen_in_each_version_of_the_format(repo: GitRepo, index: Path, version: str) -> None:
    (repo.path / "pointer").symlink_to("a.txt")
    repo.git("add", "pointer")
    repo.git("update-index", "--index-version", version)
    assert has_entries(index, LINK) and not has_entries(index, GITLINK)
    nested(repo)
    assert has_entries(index, GITLINK)


def test_what_is_left_out_is_seen(repo: GitRepo, index: Path) -> None:
    repo.git("update-index", "--skip-worktree", "a.txt")
    assert has_skipped(index)


def test_an_index_whose_entries_lie_elsewhere_may_have_anything(repo: GitRepo, index: Path) -> None:
    repo.git("update-index", "--split-index")
    assert has_entries(index, LINK) and has_entries(index, GITLINK) and has_skipped(index)


def test_a_sparse_index_may_have_anything(repo: GitRepo, index: Path) -> None:
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "other")
    assert has_entries(index, GITLINK) and has_skipped(index)


@pytest.mark.parametrize("spoil", [lambda data: b"", lambda data: data[:-1], lambda data: data[:40] + b"x" + data[41:]])
def test_a_damaged_index_may_have_anything(index: Path, spoil: object) -> None:
    assert callable(spoil)
    index.write_bytes(spoil(index.read_bytes()))
    assert has_entries(index, LINK) and has_skipped(index)


def test_an_index_without_a_checksum_may_have_anything(repo: GitRepo, index: Path) -> None:
    """`index.skipHash` of newer versions of git."""
    data = index.read_bytes()
    index.write_bytes(data[:-20] + bytes(20))
    assert has_entries(index, GITLINK)


def test_where_no_index_is_nothing_is_in_it(tmp_path: Path) -> None:
    assert not has_entries(tmp_path / "index", LINK) and not has_skipped(tmp_path / "index")


def test_an_index_of_sha256_is_read(tmp_path: Path) -> None:
    repo = init(tmp_path / "other", "--object-format=sha256")
    repo.commit("Begin", a_txt="a\n")
    index = repo.path / ".git" / "index"
    assert not has_entries(index, LINK)
    (repo.path / "pointer").symlink_to("a.txt")
    repo.git("add", "pointer")
    assert has_entries(index, LINK)
