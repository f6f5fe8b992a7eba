"""What a switch moves and what it leaves alone, in words for every client. Knows previews; asks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from segue.domain.phrases import Phrase, counted, phrase
from segue.engine.pairing.switch_previews import Direction, Moving, OtherBase, Own, Preview

NAMED = 5
"""Files that are named one by one."""


def sentences(preview: Preview) -> list[Phrase]:
    """What the user should know before a session goes to the background or comes into the editor."""
    said: list[Phrase] = []
    if preview.to is Direction.EDITOR:
        said += _arriving(preview.moves)
        if preview.replaced is not None:
            title = preview.replaced.session.title
            said.append(phrase("“{0}” is in your editor now; it continues in the background.", title))
            said += _leaving(preview.replaced.moves)
        if preview.base is not None:
            said.append(_other_base(preview.base))
    else:
        said += _leaving(preview.moves)
    said += _staying(preview.own)
    if preview.to is Direction.BACKGROUND and preview.session.is_turn_running:
        said.append(phrase("The agent's turn continues in the background."))
    return said


def _leaving(moves: Moving) -> Iterator[Phrase]:
    if moves.hunks:
        yield counted(
            moves.hunks,
            "1 unreviewed change in {1} leaves your files; the session keeps it.",
            "{0} unreviewed changes in {1} leave your files; the session keeps them.",
            counted(moves.files, "1 file", "{0} files"),
        )
    if moves.proposals:
        yield counted(
            moves.proposals,
            "1 proposal waits in the session; your lines stay.",
            "{0} proposals wait in the session; your lines stay.",
        )
    yield from _held(moves.held)
    for path in moves.suspended[:NAMED]:
        yield phrase(
            "{0} was rewritten outside the editor and still has changes of the agent. "
            "They are removed or kept, as you choose. Check this file.",
            path,
        )
    if moves.unshared:
        yield counted(
            moves.unshared,
            "Your edits in 1 file have not reached the agent; only you have them.",
            "Your edits in {0} files have not reached the agent; only you have them.",
        )
    if moves.comments:
        yield counted(
            moves.comments,
            "1 comment that you did not send stays with the session until you bring it back.",
            "{0} comments that you did not send stay with the session until you bring it back.",
        )


def _arriving(moves: Moving) -> Iterator[Phrase]:
    if moves.hunks:
        yield counted(
            moves.hunks,
            "1 change in {1} comes into your files, for you to accept or reject.",
            "{0} changes in {1} come into your files, for you to accept or reject.",
            counted(moves.files, "1 file", "{0} files"),
        )
    if moves.proposals:
        yield counted(
            moves.proposals,
            "In 1 place you and the agent changed the same lines; yours stay until you decide.",
            "In {0} places you and the agent changed the same lines; yours stay until you decide.",
        )
    yield from _held(moves.held)
    if not moves.hunks and not moves.proposals and not moves.held:
        yield phrase("None of your files changes now.")


def _held(files: int) -> Iterator[Phrase]:
    if files:
        yield counted(
            files,
            "1 file is held back until you take it: it runs on your machine without being started.",
            "{0} files are held back until you take them: they run on your machine without being started.",
        )


def _other_base(base: OtherBase) -> Phrase:
    if base.checked_out is None:
        return phrase("The session is based on {0}; no branch is checked out.", base.branch)
    return phrase("The session is based on {0}; {1} is checked out.", base.branch, base.checked_out)


def _staying(own: Own) -> Iterator[Phrase]:
    kinds = (
        (own.staged, phrase("{0} staged", own.staged)),
        (own.unstaged, phrase("{0} unstaged", own.unstaged)),
        (own.untracked, phrase("{0} untracked", own.untracked)),
        (own.unsaved, phrase("{0} unsaved", own.unsaved)),
    )
    found = [kind for count, kind in kinds if count]
    if found:
        yield phrase("Your own work stays: {0}.", reduce(lambda one, other: phrase("{0}, {1}", one, other), found))
