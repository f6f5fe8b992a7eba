"""Tells which files below a folder changed. Knows the file system's notifications; knows nothing of what they mean.

Events are settled: a batch comes when nothing has happened for a moment, or at the latest after `BATCH_MS`.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

from watchfiles import Change, awatch
from watchfiles._rust_notify import WatchfilesRustInternalError

from segue.engine.pairing.disk import is_ours

logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it would log each batch

log = logging.getLogger(__name__)

SETTLE_MS = 40
BATCH_MS = 200
AGAIN_S = 0.5
"""How long after a name that cannot be told the next watch begins."""


async def below(root: Path, stop: asyncio.Event) -> AsyncIterator[set[str]]:
    """Paths that changed below `root`, relative to it, with folders that came or went; without git's own.

    Empty where something changed whose name cannot be told, because it is no UTF-8.
    """
    prefix = f"{root}{os.sep}"

    def is_wanted(_: Change, path: str) -> bool:
        relative = path.removeprefix(prefix)
        return not _is_gits(relative) and path != str(root) and not is_ours(relative)

    async for changes in _watch(root, is_wanted, stop):
        found = await asyncio.to_thread(_really_below, root, {path for _, path in changes})
        wanted = {path for path in found if not _is_gits(path)}
        if wanted or not changes:
            yield wanted


def _is_gits(path: str) -> bool:
    return path == ".git" or path.startswith(".git/")


def _really_below(root: Path, paths: set[str]) -> set[str]:
    """The same paths by where they lie, relative to the root.

    inotify names a folder that a symbolic link leads to by that link alone, and so all that changes in it.
    """
    real, folders = os.path.realpath(root), {}
    found = set()
    for path in paths:
        folder, _, name = path.rpartition(os.sep)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        place = f"{folders[folder]}{os.sep}{name}"
        if place.startswith(f"{real}{os.sep}"):
            found.add(place.removeprefix(f"{real}{os.sep}"))
    return found


async def inside(folder: Path, stop: asyncio.Event) -> AsyncIterator[set[str]]:
    """Names that changed in a folder itself."""
    async for changes in awatch(
        folder, watch_filter=None, step=SETTLE_MS, debounce=BATCH_MS, stop_event=stop, recursive=False
    ):
        yield {os.path.basename(path) for _, path in changes}  # noqa: PTH119


async def _watch(
    root: Path, is_wanted: Callable[[Change, str], bool], stop: asyncio.Event
) -> AsyncIterator[set[tuple[Change, str]]]:
    while not stop.is_set():
        try:
            async for changes in awatch(
                root,
                watch_filter=is_wanted,
                step=SETTLE_MS,
                debounce=BATCH_MS,
                stop_event=stop,
                ignore_permission_denied=True,
            ):
                yield changes
        except* WatchfilesRustInternalError as failed:  # the watch has ended with the name that it could not tell
            log.info("watch of %s: %s", root, failed.exceptions)
        else:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), AGAIN_S)
        if not stop.is_set():
            yield set()
