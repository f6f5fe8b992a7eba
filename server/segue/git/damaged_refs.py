"""Refs that git cannot follow: to an object that is missing, or in a file that is cut off. Knows files below `refs`.

One such ref stops git commands that look at all of them, so they are found, named and gone around.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from segue.git.names import data, text
from segue.git.run import Place, attempt

_SOUND = re.compile(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})\s*|ref: .+\s*", re.DOTALL)


def damaged_refs(place: Place, prefix: str) -> tuple[str, ...]:
    """Refs below (or equal to) `prefix` that stand for no commit."""
    words = ("--format=%(objectname) %(refname)", prefix)
    pairs = [line.split(b" ", 1) for line in attempt(place, "for-each-ref", *words).stdout.splitlines()]
    asked = b"".join(oid + b"\n" for oid, _ in pairs)
    kinds = attempt(place, "cat-file", "--batch-check=%(objecttype)", stdin=asked).stdout.splitlines()
    missing = [text(ref) for (_, ref), kind in zip(pairs, kinds, strict=False) if kind != b"commit"]
    return tuple(sorted({*missing, *_unreadable(_common_dir(place), prefix)}))


def drop_damaged(place: Place, ref: str) -> bool:
    """Delete a ref of Segue's own if it is damaged; whether it was."""
    if ref not in damaged_refs(place, ref):
        return False
    if attempt(place, "update-ref", "--no-deref", "-d", ref).status != 0:
        with suppress(FileNotFoundError):
            (_common_dir(place) / ref).unlink()
    return True


def loose_names(common_dir: Path, folder: str) -> set[str]:
    """What has a file or folder of its own right below `folder`, readable or not."""
    with suppress(OSError):
        return {entry.name for entry in (common_dir / folder).iterdir()}
    return set()


def _unreadable(common_dir: Path, prefix: str) -> Iterator[str]:
    top = common_dir / prefix
    for file in [top, *top.rglob("*")] if top.is_dir() else [top]:
        is_ref = file.is_file() and not file.name.startswith(".") and not file.name.endswith(".lock")
        if is_ref and not _SOUND.fullmatch(file.read_bytes()):
            yield text(data(str(file.relative_to(common_dir))))


def _common_dir(place: Place) -> Path:
    return Path(place.variables["GIT_COMMON_DIR"])
