"""Review comments on a linked session: collected, then sent to the agent as one prompt. Knows words; sends nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from msgspec.structs import replace

from segue.domain.errors import InputRefused
from segue.domain.pairing.comments import CommentState
from segue.domain.transcript import Item, ItemKind
from segue.engine.pairing.link_record import StoredComment

COMMENT_LIMIT = 64 * 1024
"""Characters of one comment."""


def comment(path: str, lines: tuple[int, int], text: str, hunk_id: str = "") -> StoredComment:
    """A comment on a change, or on any lines; raises InputRefused."""
    if not text.strip() or len(text) > COMMENT_LIMIT:
        raise InputRefused("bad_comment", "A comment needs some words, and at most 64 KiB of them.")
    start, end = max(0, lines[0]), max(0, lines[0], lines[1])
    return StoredComment(secrets.token_hex(4), path, start, end, text.strip(), hunk_id=hunk_id)


def rejection(path: str, lines: tuple[int, int], reason: str, hunk_id: str) -> StoredComment:
    """Why a hunk was rejected."""
    return replace(comment(path, lines, reason, hunk_id), is_rejection=True)


def as_prompt(comments: list[StoredComment]) -> str:
    """What the agent is told; raises InputRefused where there is nothing to tell."""
    if not comments:
        raise InputRefused("no_comments", "There are no comments to send.", action="Write one at a change first.")
    said = "\n\n".join(f"{_place(found)}{_what(found)}\n{found.text}" for found in comments)
    return f"I reviewed your changes. Please answer each comment and change what it asks for.\n\n{said}"


def _place(found: StoredComment) -> str:
    last = found.end_line if found.end_line > found.start_line else found.start_line + 1
    lines = f"line {last}" if last == found.start_line + 1 else f"lines {found.start_line + 1}–{last}"
    return f"{found.path}, {lines}"


def _what(found: StoredComment) -> str:
    return " (I took this change of yours back; why:)" if found.is_rejection else ":"


def sent(comments: tuple[StoredComment, ...], turn: int) -> tuple[StoredComment, ...]:
    """All drafts went with that turn."""
    return tuple(
        replace(found, state=CommentState.SENT, turn=turn) if found.state is CommentState.DRAFT else found
        for found in comments
    )


def not_sent(comments: tuple[StoredComment, ...], tried: list[StoredComment]) -> tuple[StoredComment, ...]:
    """These could not be sent: they are drafts still."""
    ids = {found.id for found in tried}
    return tuple(replace(found, state=CommentState.DRAFT, turn=0) if found.id in ids else found for found in comments)


def answered(comments: tuple[StoredComment, ...], turn: int, answer: str) -> tuple[StoredComment, ...]:
    """The turn has ended with these words of the agent."""
    return tuple(
        replace(found, state=CommentState.ANSWERED, answer=answer)
        if found.state is CommentState.SENT and found.turn <= turn
        else found
        for found in comments
    )


def answer_in(items: Iterable[Item], turn: int) -> str:
    """What the agent said last in a turn."""
    said = [item.text for item in items if item.kind is ItemKind.MESSAGE and item.turn == turn]
    return said[-1] if said else ""


def drafts(comments: tuple[StoredComment, ...]) -> list[StoredComment]:
    return [found for found in comments if found.state is CommentState.DRAFT]
