"""What an index has no entry of, told from its bytes, so that git need not list all of it. Parses no entry.

Every version of the format has an entry's mode as four bytes. Only an index that is whole is believed: for any other
one, and where entries lie elsewhere (a split or a sparse index), the answer is that it may have some.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

LINK = 0o120000
"""A symbolic link."""
GITLINK = 0o160000
"""A pointer to a commit of another repository."""
_ELSEWHERE = (b"link", b"sdir")
"""Extensions of a split and of a sparse index."""
_HEADER = 8
"""Bytes of an extension's name and size."""
_PLAIN = 2
"""The version whose entries have no flag for what a sparse checkout leaves out."""


def has_entries(index: Path, mode: int) -> bool:
    """Whether an index may have entries of a mode."""
    data = _whole(index)
    return data is None or mode.to_bytes(4, "big") in data


def has_skipped(index: Path) -> bool:
    """Whether an index may have files that are left out of the folder."""
    data = _whole(index)
    return data is None or (data != b"" and int.from_bytes(data[4:8], "big") != _PLAIN)


def _whole(index: Path) -> bytes | None:
    """All of an index that is whole and has all entries in itself; empty where there is none."""
    try:
        data = index.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError:
        return None
    for hash_of in (hashlib.sha1, hashlib.sha256):
        end = len(data) - hash_of().digest_size
        if end > 0 and hash_of(data[:end]).digest() == data[end:]:
            return None if any(_has_extension(data[:end], name) for name in _ELSEWHERE) else data
    return None


def _has_extension(data: bytes, name: bytes) -> bool:
    """Extensions come last, each with its size; a path may have the same letters in it."""
    at = data.find(name)
    while at >= 0:
        end = at
        while end + _HEADER <= len(data):
            end += _HEADER + int.from_bytes(data[end + len(name) : end + _HEADER], "big")
        if end == len(data):
            return True
        at = data.find(name, at + 1)
    return False
