"""Reads a file when it looks whole. Knows what a write looks like that is under way; changes no state."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable
from contextlib import suppress

from segue.domain.pairing.text_format import TEXT_LIMIT, evened
from segue.engine.pairing import disk, unshowable_files
from segue.engine.pairing.disk import Content
from segue.engine.pairing.line_ends import is_mixed
from segue.engine.pairing.link_record import FileState

TORN_S = 0.1
"""How long a file that looks torn has to stay the same until it is believed."""
PATIENCE_S = 2.0
"""The same for one that changes again and again."""


async def settled(read: Callable[[], Content], known: Content, written: asyncio.Event) -> Content:
    """A file as `read` has it, `known` as it was; what looks torn is read again when `written`, or in a moment."""
    loop = asyncio.get_running_loop()
    found = await asyncio.to_thread(read)
    until = loop.time() + PATIENCE_S
    quiet = loop.time() + TORN_S
    while looks_torn(found, known) and (wait_s := min(quiet, until) - loop.time()) > 0:
        written.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(written.wait(), wait_s)
        again = await asyncio.to_thread(read)
        if again != found:
            found, quiet = again, loop.time() + TORN_S
    return found


def known_theirs(state: FileState | None) -> Content:
    """The agent's file, as far as a state knows its text."""
    if state is None:
        return disk.ABSENT
    is_text = state.text is not None and not unshowable_files.is_held(state)
    return Content(state.whole.theirs, b"", state.text.theirs if is_text and state.text is not None else None)


def known_mine(state: FileState, *, is_open: bool) -> Content:
    """The same of the user's file; the text of an open one may not be in it."""
    mine = state.text.mine if state.text is not None else None
    is_on_disk = mine is None or is_mixed(mine) or not is_open
    return Content(state.whole.mine, b"", mine if is_on_disk else None)


def looks_torn(found: Content, known: Content) -> bool:
    """Whether a file reads as it does in the middle of a write: cut short anywhere, or not there for a moment."""
    if known.text is not None and found.text == known.text:
        return False
    if not found.data:  # also where there is none
        return known.entry is not None and known.text != ""
    if found.text is None:
        return known.text is not None or _ends_within_a_character(found.data)
    if found.text.endswith("\r") or (is_mixed(found.text) and not is_mixed(known.text or "")):
        return True
    return (known.shape.has_bom and not found.shape.has_bom) or _lacks_its_end(found.text, known.text or "")


def _lacks_its_end(new: str, old: str) -> bool:
    new, old = evened(new), evened(old)
    return (len(new) < len(old) and old.startswith(new)) or (old.endswith("\n") and not new.endswith("\n"))


def _ends_within_a_character(data: bytes) -> bool:
    if len(data) > TEXT_LIMIT or b"\0" in data:
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(data)
    except UnicodeDecodeError:
        return False
    return bool(decoder.getstate()[0])
