"""Files of a link as entries of trees, and folders as files. Knows states and paths; runs no git. Blocking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from segue.engine.link.record import FileState, LinkRecord
from segue.git.linking import Replaced


def as_replaced(state: FileState, data: Callable[[FileState], bytes], record: LinkRecord) -> Replaced:
    """A file without what nobody has decided on, by a text of its state or by bytes that are kept."""
    side = state.whole.own if state.whole.is_undecided else state.whole.base
    if side is None:
        return Replaced(state.path, "", None)
    content = data(state) if state.text is not None else record.content(side.content)
    return Replaced(state.path, side.mode, content)


def files_below(root: Path, paths: list[str]) -> set[str]:
    """Paths with folders replaced by what is in them: files may be written before a new folder is watched."""
    found: set[str] = set()
    for path in paths:
        place = root / path
        if place.is_dir() and not place.is_symlink():
            found |= {str(file.relative_to(root)) for file in place.rglob("*") if not file.is_dir()}
        else:
            found.add(path)
    return found
