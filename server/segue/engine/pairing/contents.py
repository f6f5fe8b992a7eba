"""Where the bytes of linked files that are no texts can be found. Knows the record, git and both sides. Blocking."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Protocol

from segue.domain.errors import StoreFailed
from segue.domain.ids import visible
from segue.engine.pairing import disk
from segue.engine.pairing.link_record import LinkRecord
from segue.git import pairing


class Places(Protocol):
    """Where to look."""

    @property
    def checkout(self) -> Path: ...
    @property
    def worktree(self) -> Path: ...
    @property
    def record(self) -> LinkRecord: ...
    @property
    def common_dir(self) -> Path: ...
    @property
    def base(self) -> str:
        """The tree that both sides agree on."""
        ...


def find(places: Places, path: str, name: str) -> bytes:
    """The bytes of that name; raises StoreFailed where no place has them.

    The record has them; one that an earlier version wrote has no bytes of the base, which git has.
    """
    try:
        return places.record.content(name)
    except OSError:
        for data in _elsewhere(places, path):
            if sha256(data).hexdigest() == name:
                return data
    raise StoreFailed(
        "content_gone",
        f"A version of {visible(path)} is not on the disk any more.",
        action="Decide the other way, or write the file yourself.",
        details={"path": path},
    )


def _elsewhere(places: Places, path: str) -> list[bytes]:
    based = pairing.read_in_tree(places.common_dir, places.base, path)
    both = (disk.readable(root, path) for root in (places.checkout, places.worktree))
    return [*([based[0]] if based is not None else []), *(content.data for content in both if content is not None)]
