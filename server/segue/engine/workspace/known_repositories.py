"""Remembers in which repositories sessions were made, beside the journal: all that leads to archived ones without it.

A plain file with one JSON string per line, only ever added to. Knows paths; runs no git.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from segue.places import Places

log = logging.getLogger(__name__)


def recall(places: Places) -> list[Path]:
    """The common directories that were remembered; lines that cannot be read are left out."""
    found = []
    with suppress(OSError, UnicodeDecodeError):
        for line in places.repositories.read_text("utf-8").splitlines():
            with suppress(ValueError):
                name = json.loads(line)
                found += [Path(name)] if isinstance(name, str) else []
    return found


def remember(places: Places, common_dirs: Iterable[str]) -> None:
    """Add what is not remembered yet; a disk that refuses is logged, since the journal still knows."""
    known = {str(path) for path in recall(places)}
    lines = [f"{json.dumps(name)}\n" for name in dict.fromkeys(common_dirs) if name not in known]
    if not lines:
        return
    try:
        with places.repositories.open("a", encoding="utf-8") as file:
            file.write("\n" * _is_cut_off(places.repositories) + "".join(lines))
        places.repositories.chmod(0o600)
    except OSError as failed:
        log.warning("%s could not be written: %s", places.repositories, failed)


def _is_cut_off(path: Path) -> bool:
    return bool(path.stat().st_size) and not path.read_bytes().endswith(b"\n")
