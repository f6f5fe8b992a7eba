"""Files for agents on a real file system: what may be read and written, and what must not be."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from segue.agents.files import READ_LIMIT, Files, Lines
from segue.agents.replies import NOT_FOUND, Denied
from segue.system import safe_open


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "session" / "project"
    made.mkdir(parents=True)
    (tmp_path / "secret").write_text("secret\n")
    return made


@pytest.fixture(params=["openat2", "walk"])
def files(root: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Files:
    """With the kernel's own call, and as where there is none."""
    if request.param == "walk":
        monkeypatch.setattr(safe_open, "_syscall", None)
    return Files(root, root.parent)


def read(files: Files, path: Path, first: int = 1, count: int | None = None) -> str:
    return files.read(str(path), Lines(first, count))


def write(files: Files, path: Path, text: str) -> None:
    files.write(str(path), text, "1-7")


def refusal(files: Files, path: Path) -> Denied:
    with pytest.raises(Denied) as denied:
        read(files, path)
    return denied.value


@pytest.mark.parametrize(
    ("first", "count", "text"),
    [
        (1, None, "one\r\ntwo\nGrüße\nlast"),
        (0, None, "one\r\ntwo\nGrüße\nlast"),
        (2, 1, "two\n"),
        (1, 2, "one\r\ntwo\n"),
        (3, 99, "Grüße\nlast"),
        (4, None, "last"),
        (5, None, ""),
        (1, 0, ""),
    ],
)
def test_lines_are_read_as_they_are(files: Files, root: Path, first: int, count: int | None, text: str) -> None:
    (root / "f").write_bytes("one\r\ntwo\nGrüße\nlast".encode())
    assert read(files, root / "f", first, count) == text


def test_lines_beyond_the_first_block_are_found(files: Files, root: Path) -> None:
    (root / "f").write_text("".join(f"line {number}\n" for number in range(1, 200_001)))
    assert read(files, root / "f", 150_000, 2) == "line 150000\nline 150001\n"


def test_a_missing_file_is_said_to_be_missing(files: Files, root: Path) -> None:
    assert refusal(files, root / "no" / "file").code == NOT_FOUND
    (root / "dangling").symlink_to("nowhere")
    assert refusal(files, root / "dangling").code == NOT_FOUND


def test_links_inside_are_followed_for_reading(files: Files, root: Path) -> None:
    """D13"""
    (root / "lib").mkdir()
    (root / "lib" / "f").write_text("inside")
    (root / "one").symlink_to("lib/f")
    (root / "two").symlink_to("./lib/../one")
    (root / "folder").symlink_to(root / "lib")
    (root / "lib" / "up").symlink_to("../folder/f")
    for name in ("one", "two", "folder/f", "lib/up", "folder/up"):
        assert read(files, root / name) == "inside"


@pytest.mark.parametrize(
    "target",
    [
        "../../secret",
        "/etc/passwd",
        "/proc/self/root/etc/passwd",
        "/proc/self/cwd",
        "loop",
        "..",
        "sub/../../../secret",
    ],
)
def test_no_link_leads_out(files: Files, root: Path, target: str) -> None:
    """D13"""
    (root / "sub").mkdir()
    (root / "loop").symlink_to(target)
    (root / "chain").symlink_to("loop")
    for name in ("loop", "chain", "loop/x"):
        assert "secret" not in str(refusal(files, root / name)).replace(str(root.parent.parent), "")
        with pytest.raises(Denied):
            write(files, root / name, "escaped")
    assert (root.parent.parent / "secret").read_text() == "secret\n"
    assert (root / "loop").is_symlink()


def test_links_to_gits_own_files_are_refused(files: Files, root: Path) -> None:
    """D15"""
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("[credential]")
    (root / "innocent").symlink_to(".git/config")
    (root / "folder").symlink_to(root / ".git")
    assert "git" in str(refusal(files, root / "innocent"))
    assert "git" in str(refusal(files, root / "folder" / "config"))


def test_nothing_is_written_through_a_link(files: Files, root: Path) -> None:
    """D13: a link to a missing file does not make it."""
    (root / "there").mkdir()
    (root / "folder").symlink_to("there")
    (root / "dangling").symlink_to("../made")
    for name in ("folder/f", "dangling"):
        with pytest.raises(Denied) as denied:
            write(files, root / name, "x")
        assert "symbolic link" in str(denied.value) or "not a directory" in str(denied.value)
    assert not (root.parent / "made").exists() and not list((root / "there").iterdir())


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder", "zero", "sparse", "sparse in lines"])
def test_strange_files_hold_nothing_up(files: Files, root: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """D16: refused within a second of work, with and without lines."""
    path, lines = root / "x", (1, None)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with monkeypatch.context() as here, socket.socket(socket.AF_UNIX) as listener:
            here.chdir(root)  # unix sockets have room for about 100 bytes
            listener.bind("x")
    elif kind == "folder":
        path.mkdir()
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    else:
        path.touch()
        os.truncate(path, 10 << 30)
        lines = (1, 10) if kind == "sparse in lines" else lines
    began = time.process_time()
    with pytest.raises(Denied):
        read(files, path, *lines)
    with pytest.raises(Denied):
        read(files, path, 5_000_000, 1)
    if "sparse" not in kind:
        with pytest.raises(Denied):
            write(files, path, "x")
    assert time.process_time() - began < 1


def test_what_is_no_text_or_too_large_is_said(files: Files, root: Path) -> None:
    (root / "latin").write_bytes(b"caf\xe9")
    assert "UTF-8" in str(refusal(files, root / "latin"))
    (root / "large").write_bytes(b"x" * READ_LIMIT + b"\nlast\n")
    assert "fewer lines" in str(refusal(files, root / "large"))
    assert read(files, root / "large", 2, 1) == "last\n"


def test_a_write_keeps_mode_attributes_and_the_other_name(files: Files, root: Path) -> None:
    """D17"""
    path = root / "run.sh"
    path.write_text("old")
    path.chmod(0o751)
    (root / "other name").hardlink_to(path)
    os.setxattr(path, "user.note", b"kept")
    write(files, path, "new\r\n\ufeffGrüße")
    assert path.read_bytes() == "new\r\n\ufeffGrüße".encode()
    assert path.stat().st_mode & 0o7777 == 0o751
    assert os.getxattr(path, "user.note") == b"kept"
    assert (root / "other name").read_text() == "old"
    assert [left.name for left in root.parent.iterdir()] == ["project"], "nothing half-written is left"


def test_folders_are_made_and_read_only_files_stay(files: Files, root: Path) -> None:
    write(files, root / "a" / "b" / "c.txt", "new")
    write(files, root / "a" / "b" / "c.txt", "new")
    assert (root / "a/b/c.txt").read_text() == "new"
    (root / "fixed").write_text("stays")
    (root / "fixed").chmod(0o444)
    with pytest.raises(Denied):
        write(files, root / "fixed", "changed")
    assert (root / "fixed").read_text() == "stays"


def test_what_a_kill_left_half_written_is_removed(files: Files, root: Path) -> None:
    (root.parent / "writing-3-99").write_text("half")
    files.clear_staging()
    assert [left.name for left in root.parent.iterdir()] == ["project"]


def test_a_root_that_was_swapped_for_a_link_is_refused(files: Files, root: Path) -> None:
    """S3"""
    root.rename(root.with_name("moved"))
    outside = root.parent.parent / "outside"
    outside.mkdir()
    root.symlink_to(outside)
    with pytest.raises(Denied):
        write(files, root / "f", "escaped")
    assert not list(outside.iterdir())
