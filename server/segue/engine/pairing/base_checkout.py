"""Checks out a session's base branch before it is linked. Knows when a checkout is clean; never overwrites anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from segue.domain.errors import InputRefused
from segue.domain.ids import visible
from segue.domain.session import Session
from segue.engine.pairing import disk
from segue.engine.pairing.buffer_offsets import plain
from segue.engine.pairing.buffers import Change, Document, Window
from segue.engine.pairing.windows import below
from segue.git import pairing
from segue.git.checkouts import Checkout

RELOAD_S = 5.0
"""How long editors get to show what the checkout reads now."""


def base_branch(session: Session, checkout: Checkout) -> str | None:
    """The ref that a session is based on, where something else is checked out."""
    return session.base_ref if session.base_ref != checkout.branch else None


def can_check_out(ref: str, checkout: Checkout) -> bool:
    """Whether it is a branch of this repository's own, and git waits for nothing in the checkout."""
    return ref.startswith(pairing.HEADS) and checkout.unfinished is None


async def check_out_base(session: Session, clients: Callable[[], list[Window]]) -> None:
    """Check the base branch out, and wait until every editor shows its files.

    Raises InputRefused, or RepositoryUnusable where git refuses.
    """
    root = Path(session.repository)
    checkout = await asyncio.to_thread(pairing.checkout_at, root)
    ref = base_branch(session, checkout)
    if ref is None:
        return
    status = await asyncio.to_thread(pairing.status, checkout)
    unsaved = await asyncio.to_thread(_behind, root, clients())
    if status.staged or status.unstaged or unsaved or not can_check_out(ref, checkout):
        raise InputRefused(
            "checkout_not_clean",
            f"{visible(pairing.short(ref))} cannot be checked out: something there is not committed or not saved.",
            action="Commit or stash it first, or bring the session onto what is checked out.",
        )
    await asyncio.to_thread(pairing.check_out, checkout, ref)
    await _reloaded(root, clients)


async def _reloaded(root: Path, clients: Callable[[], list[Window]]) -> None:
    """A buffer that still reads as the other branch would count as typed."""
    news = _News()
    with ExitStack() as ears:
        for client in clients():
            if client.buffers is not None:
                ears.callback(client.buffers.listen(root, news))
        with suppress(TimeoutError):
            async with asyncio.timeout(RELOAD_S):
                while await asyncio.to_thread(_behind, root, clients()):
                    news.told.clear()
                    await news.told.wait()
    behind = await asyncio.to_thread(_behind, root, clients())
    if behind:
        raise InputRefused(
            "editor_behind",
            f"The branch is checked out, but {visible(behind[0])} is open and still shows the other one.",
            action="Reload it from the disk, then bring the session into the editor.",
        )


def _behind(root: Path, clients: list[Window]) -> list[str]:
    """Open files whose buffers do not read as they do."""
    documents = [document for client in clients for document in below(root, client)]
    texts = [(str(document.path.relative_to(root)), plain(document.text)) for document in documents]
    found = [(path, text, disk.readable(root, path)) for path, text in texts]
    return [path for path, text, on_disk in found if on_disk is not None and on_disk.text not in (text, None)]


class _News:
    """A `buffers.Listener` that only says that something happened."""

    def __init__(self) -> None:
        self.told = asyncio.Event()

    def opened(self, _: Document) -> None:
        self.told.set()

    def changed(self, _: Change) -> None:
        self.told.set()

    def saved(self, _: Document) -> None:
        self.told.set()

    def closed(self, _: Document) -> None:
        self.told.set()
