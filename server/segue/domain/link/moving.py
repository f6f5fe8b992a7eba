"""What moves when a session goes to the background or into the editor, in words. Knows counts; knows no files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Own:
    """Files of the person that are not committed as they are; one may count in several places."""

    staged: int = 0
    unstaged: int = 0
    untracked: int = 0
    unsaved: int = 0
    """Open, and their text stands in no file."""


@dataclass(frozen=True, slots=True)
class Moving:
    """What leaves the checkout, or comes into it."""

    hunks: int = 0
    """Changes that nobody decided on."""
    files: int = 0
    """Files that they are in."""
    proposals: int = 0
    """Where the person and the agent changed the same."""
    unshared: int = 0
    """Files with edits of the person that the agent has not got."""
    comments: int = 0
    """Collected, and not sent."""


def leaving(moving: Moving) -> list[str]:
    """What a person should know before a session goes to the background."""
    said = []
    if moving.hunks:
        said.append(
            f"{_of(moving.hunks, 'unreviewed hunk')} in {_of(moving.files, 'file')} "
            f"{_verb(moving.hunks, 'leave')} your buffers; the session keeps them."
        )
    if moving.proposals:
        said.append(
            f"{_of(moving.proposals, 'proposal')} {_verb(moving.proposals, 'wait')} in the session; your lines stay."
        )
    if moving.unshared:
        said.append(
            f"Edits of yours in {_of(moving.unshared, 'file')} have not reached the agent; they stay with you alone."
        )
    if moving.comments:
        said.append(f"{_of(moving.comments, 'comment')} that you did not send {_verb(moving.comments, 'get')} lost.")
    return said


def arriving(moving: Moving) -> list[str]:
    """What a person should know before a session comes into the editor."""
    said = []
    if moving.hunks:
        said.append(
            f"{_of(moving.hunks, 'hunk')} in {_of(moving.files, 'file')} {_verb(moving.hunks, 'come')} into your "
            "files, for you to decide on."
        )
    if moving.proposals:
        said.append(
            f"In {_of(moving.proposals, 'place')} you and the agent changed the same; yours stays until you decide."
        )
    return said or ["None of your files changes now."]


def staying(own: Own) -> list[str]:
    """What is the person's own, and is left alone."""
    kinds = [
        f"{count} {kind}"
        for count, kind in (
            (own.staged, "staged"),
            (own.unstaged, "unstaged"),
            (own.untracked, "untracked"),
            (own.unsaved, "unsaved"),
        )
        if count
    ]
    if not kinds:
        return []
    total = own.staged + own.unstaged + own.untracked + own.unsaved
    named = kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} and {kinds[-1]}"
    last = own.unsaved or own.untracked or own.unstaged or own.staged
    return [f"Your own {named} {'file' if last == 1 else 'files'} {_verb(total, 'stay')}."]


def _of(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"


def _verb(count: int, plural: str) -> str:
    return f"{plural}s" if count == 1 else plural
