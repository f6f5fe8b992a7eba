"""Reads and writes single files below a root, never through a link, whatever moves meanwhile. Knows bytes and modes.

Blocking; for worker threads. Writing is whole or not at all: a new file takes the old one's place.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Protocol

from segue.domain.errors import InputRefused
from segue.domain.ids import visible
from segue.domain.pairing.text_format import PLAIN, Shape, decode, encode, evened, line_end_of, settled
from segue.domain.pairing.whole_files import TEXT, Entry, Side
from segue.domain.paths import shortened
from segue.engine.pairing.buffer_offsets import plain
from segue.git.file_modes import with_mode
from segue.system import safe_open

BESIDE, RANDOM = ".segue-", 8
"""In the names of files that are being written, and the characters behind it."""
REGULAR, EXECUTABLE, LINK = "100644", "100755", "120000"
_NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}
"""What opening says where no file of that path can be."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file as it was read: `text` where it is one."""

    entry: Side
    data: bytes = b""
    """Of a buffer's text, empty: see `bytes_of`."""
    text: str | None = None
    bits: int | None = None
    """All permission bits of a regular file on the disk; git's mode has only one of them."""

    @property
    def shape(self) -> Shape:
        return self.entry.shape if self.entry is not None else PLAIN

    def like(self, known: Side) -> Content:
        """The same, with the line ends of a file that it is another state of, where its text has none."""
        if self.entry is None or self.text is None or known is None or "\n" in self.text:
            return self
        return replace(self, entry=replace(self.entry, shape=settled(self.text, self.shape, known.shape)))


ABSENT = Content(None)


class Folders(Protocol):
    """What is known of the folders above a file that comes or goes."""

    def made(self, folder: str) -> int | None:
        """A folder is about to be made: its permission bits, or None for the usual ones."""
        ...

    def may_go(self, folder: str, bits: int) -> bool:
        """Whether a folder with these bits, which is empty now, is removed."""
        ...


class _Any:
    """Folders that hold nothing but git's files: they come and go with those."""

    def made(self, _: str) -> int | None:
        return None

    def may_go(self, _folder: str, _bits: int) -> bool:
        return True


ANY = _Any()


def bytes_of(content: Content) -> bytes:
    """What the file reads, byte by byte."""
    if content.text is not None and not content.data:
        return encode(content.text, content.shape)
    return content.data


def opaque(content: Content) -> Side:
    """The same file, compared by its bytes."""
    entry = content.entry
    if entry is None or entry.content != TEXT:
        return entry
    return Entry(entry.mode, sha256(bytes_of(content)).hexdigest())


def content_of(data: bytes, mode: str) -> Content:
    """Bytes of git or of a file, with what they mean."""
    decoded = decode(data) if mode != LINK else None
    if decoded is None:
        return Content(Entry(mode, sha256(data).hexdigest()), data)
    text, shape = decoded
    return Content(Entry(mode, TEXT, settled(text, shape, PLAIN)), data, text)


def read(root: Path, path: str) -> Content:
    """A file below a root; folders, sockets and what lies behind a link or a file count as absent.

    Raises OSError where the file, or the root, cannot be read.
    """
    try:
        with _folder(root, path, safe_open.open_exact) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode):
                return content_of(os.fsencode(os.readlink(name, dir_fd=folder)), LINK)
            if not stat.S_ISREG(found.st_mode):
                return ABSENT
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
            with os.fdopen(handle, "rb") as source:
                content = content_of(source.read(), EXECUTABLE if found.st_mode & stat.S_IXUSR else REGULAR)
            return replace(content, bits=stat.S_IMODE(found.st_mode))
    except InputRefused:
        return ABSENT
    except OSError as failed:
        if failed.errno not in _NO_FILE or root.is_symlink() or not root.is_dir():
            raise
        return ABSENT


def readable(root: Path, path: str) -> Content | None:
    """The same; None where it cannot be read."""
    try:
        return read(root, path)
    except OSError:
        return None


def in_the_way(root: Path, path: str) -> str:
    """What keeps a path from being a file: the path itself where that is a folder, a file above it; else empty."""
    names = PurePosixPath(path).parts
    for count in range(1, len(names)):
        above = "/".join(names[:count])
        try:
            mode = (root / above).lstat().st_mode
        except OSError:
            return ""
        if not stat.S_ISDIR(mode):
            return above
    try:
        return path if stat.S_ISDIR((root / path).lstat().st_mode) else ""
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class NewFile:
    """What a file is to be: for a link, `data` is where it leads."""

    data: bytes
    mode: str
    bits: int | None = None
    """All permission bits, where they are known."""


def write(root: Path, path: str, file: NewFile, folders: Folders = ANY) -> None:
    """Put a file in the place of whatever file is there; raises OSError, or InputRefused for a path that leads out.

    It gets its `bits` where those agree with its `mode`, else those of the file that it replaces.
    """

    def made(root_fd: int, names: safe_open.Names, _flags: int) -> int:
        return _made(root_fd, names, folders)

    with _folder(root, path, made) as (folder, name):
        beside = f"{_stem(name)}{secrets.token_hex(RANDOM // 2)}"
        try:
            if file.mode == LINK:
                os.symlink(os.fsdecode(file.data), beside, dir_fd=folder)
            else:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with os.fdopen(os.open(beside, flags, 0o666, dir_fd=folder), "wb") as target:
                    target.write(file.data)
                    bits = _permissions((folder, name), target.fileno(), file.mode, file.bits)
                    os.fchmod(target.fileno(), bits)
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=folder)
            raise


def shows(on_disk: Content, raw: str) -> bool:
    """Whether a buffer has the text of its file; editors make line ends alike when they open one."""
    return on_disk.text is not None and evened(raw.removeprefix("\ufeff")) == evened(on_disk.text)


def in_buffer(on_disk: Content, raw: str) -> Content:
    """A file as a buffer shows it, with its own mark and mode; as it is where no buffer can show it.

    What reads like its file, line ends apart, is the file. An empty buffer where there is no file is none.
    """
    if shows(on_disk, raw):
        return on_disk
    text = plain(raw)
    is_shown = on_disk.entry is None or (on_disk.text is not None and "\r" not in on_disk.text)
    if text is None or not is_shown or (on_disk.entry is None and not text):
        return on_disk
    shape = on_disk.shape
    if "\n" not in (on_disk.text or ""):
        shape = Shape(line_end_of(raw), shape.has_bom)
    return Content(Entry(on_disk.entry.mode if on_disk.entry else REGULAR, TEXT, shape), b"", text, on_disk.bits)


def set_mode(root: Path, path: str, mode: str, bits: int | None = None) -> None:
    """Set or clear the bit that lets a file be run, without writing the file; raises OSError or InputRefused."""
    with _folder(root, path, safe_open.open_exact) as (folder, name):
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.fchmod(handle, _permissions((folder, name), handle, mode, bits))
        finally:
            os.close(handle)


def is_ours(path: str) -> bool:
    """Whether a file is one that `write` is about to put in another one's place."""
    name = path.rpartition("/")[2]
    return name.startswith(".") and name[:-RANDOM].endswith(BESIDE)


def clear_up(root: Path, path: str) -> None:
    """Remove what `write` left beside a file where it was killed."""
    with contextlib.suppress(OSError, InputRefused), _folder(root, path, safe_open.open_exact) as (folder, name):
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
        for found in names:
            if is_ours(found) and found[:-RANDOM] == _stem(name):
                os.unlink(found, dir_fd=folder)


def _stem(name: str) -> str:
    return f".{shortened(name, 100)}{BESIDE}"


def remove(root: Path, path: str, folders: Folders = ANY) -> None:
    """Remove a file, and the folders above it that it leaves empty, as far as those may go."""
    with contextlib.suppress(FileNotFoundError), _folder(root, path, safe_open.open_exact) as (folder, name):
        os.unlink(name, dir_fd=folder)
    for above in PurePosixPath(path).parents[:-1]:
        try:
            with _folder(root, str(above), safe_open.open_exact) as (folder, name):
                if not _is_empty(folder, name):
                    return
                bits = stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
                if not folders.may_go(str(above), bits):
                    return
                os.rmdir(name, dir_fd=folder)
        except OSError:
            return


@contextmanager
def _folder(root: Path, path: str, open_it: Callable[[int, safe_open.Names, int], int]) -> Iterator[tuple[int, str]]:
    """A descriptor of the folder that a path lies in, reached without any link, and the last name."""
    names = PurePosixPath(path).parts
    if not names or path.startswith("/") or ".." in names or any(name.lower() == ".git" for name in names):
        raise InputRefused("outside_of_root", f"{visible(path)} leads out of {visible(str(root))}; it was left alone.")
    with safe_open.root(str(root)) as descriptor:
        folder = open_it(descriptor, names[:-1], safe_open.FOLDER)
        try:
            yield folder, names[-1]
        finally:
            os.close(folder)


def _is_empty(folder: int, name: str) -> bool:
    handle = os.open(name, safe_open.FOLDER, dir_fd=folder)
    try:
        with os.scandir(handle) as entries:
            return next(iter(entries), None) is None
    finally:
        os.close(handle)


def _made(root: int, names: safe_open.Names, folders: Folders) -> int:
    """The folder of these names, made where it is missing."""
    for count in range(1, len(names) + 1):
        try:
            os.close(safe_open.open_exact(root, names[:count], safe_open.FOLDER))
        except FileNotFoundError:
            bits = folders.made("/".join(names[:count]))
            handle = safe_open.open_folder(root, names[:count])
            try:
                if bits is not None:
                    os.fchmod(handle, bits)
            finally:
                os.close(handle)
    return safe_open.open_exact(root, names, safe_open.FOLDER)


def _permissions(place: tuple[int, str], handle: int, mode: str, own: int | None) -> int:
    """A file's `own` bits; else those of the file that is replaced, or what the umask left, as `mode` has them."""
    if own is not None and with_mode(own, mode) == own:
        return own
    folder, name = place
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        bits = stat.S_IMODE((os.fstat(handle) if stat.S_ISLNK(found.st_mode) else found).st_mode)
    except OSError:
        bits = stat.S_IMODE(os.fstat(handle).st_mode)
    return with_mode(bits, mode)
