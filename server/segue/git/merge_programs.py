"""What of a merge runs on the user's machine. Knows trees, names and modes; runs nothing. Blocking."""

from __future__ import annotations

from pathlib import Path

from segue.domain.runnable_files import PROGRAM, Kind, Runs, Texts, runs
from segue.git.automatic_programs import Hooks
from segue.git.diff import FileChange, changes, read_blob
from segue.git.diff import Kind as ContentKind
from segue.git.repository import locate

_EXECUTABLE = "100755"
_SIZE = 256 * 1024
"""Bytes of a file whose content decides."""
_READ = ("package.json", "cargo.toml")


def runs_between(root: Path, old: str, new: str) -> tuple[tuple[str, Runs], ...]:
    """Paths that differ between two trees and run something, with why; first what runs without being started."""
    repository = locate(root)
    common_dir = repository.common_dir
    hooked = Hooks(repository.place, repository.root, common_dir).now()
    found: dict[str, Runs] = {}
    for change in changes(common_dir, old, new):
        texts = _texts(common_dir, change)
        for path in dict.fromkeys((change.path, change.old_path or change.path)):
            what = runs(path, texts, hooked) or (_bit(change) if path == change.path else None)
            if what is not None:
                found[path] = what
    return tuple(sorted(found.items(), key=lambda each: (each[1].kind is not Kind.AUTOMATIC, each[0])))


def _bit(change: FileChange) -> Runs | None:
    is_new = change.new_mode == _EXECUTABLE and change.old_mode != _EXECUTABLE
    return Runs(Kind.AUTOMATIC, PROGRAM) if is_new else None


def _texts(common_dir: Path, change: FileChange) -> Texts:
    if change.kind is ContentKind.SUBMODULE or change.path.rpartition("/")[2].casefold() not in _READ:
        return Texts()
    return Texts(*(_text(common_dir, oid) for oid in (change.old_oid, change.new_oid)))


def _text(common_dir: Path, oid: str | None) -> str | None:
    return read_blob(common_dir, oid, _SIZE).decode("utf-8", "replace") if oid is not None else None
