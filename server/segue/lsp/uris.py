"""Files that URIs name, and where those really lie. Knows URIs and links; knows no documents."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit


def path_of(uri: str) -> Path | None:
    """The file that a URI of scheme `file` names; None for every other and for those of other machines."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        return None
    return Path(os.fsdecode(unquote_to_bytes(parts.path)))


def entry_of(uri: str) -> Path | None:
    """Where the name of `path_of` stands: links among its folders are followed, one at its end is not."""
    path = path_of(uri)
    return None if path is None else Path(os.path.realpath(path.parent)) / path.name


def place_of(uri: str) -> Path | None:
    """Where the file of `path_of` really lies, so that it is the same one by whichever links a client came to it."""
    path = path_of(uri)
    return None if path is None else Path(os.path.realpath(path))
