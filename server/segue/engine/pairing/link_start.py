"""What a link begins with: the person's text as a commit, and its record. Knows git and the disk; links
nothing. Blocking.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from segue.domain.pairing.text_format import encode
from segue.engine.pairing import disk
from segue.engine.pairing.link_record import LinkRecord, StoredLink
from segue.git import pairing
from segue.git.refs import objects, tree_of


def begun(root: Path, buffers: dict[str, str], ref: str) -> str:
    """A commit of a checkout and the texts of buffers."""
    checkout = pairing.checkout_at(root)
    found: dict[str, tuple[bytes, str]] = {}
    for path, raw in buffers.items():
        on_disk = disk.readable(root, path)
        if on_disk is None:
            continue
        mine = disk.in_buffer(on_disk, raw)
        if mine is not on_disk and mine.entry is not None and mine.text is not None:
            found[path] = encode(mine.text, mine.shape), mine.entry.mode
    left_out = pairing.ignored(checkout.place, list(found))
    kept = {path: content for path, content in found.items() if path not in left_out}
    return pairing.capture_with_buffers(checkout, kept, ref)


def prepared(record: LinkRecord, root: Path, commit: str, documents: Collection[str]) -> None:
    """The record of a link whose session is about to be journaled, with its root and commit, and what is open there."""
    checkout = pairing.checkout_at(root)
    base = tree_of(objects(checkout.common_dir), commit)
    record.begin()
    record.save(StoredLink(str(root), base, pairing.head_of(checkout), has_window=bool(documents)))
