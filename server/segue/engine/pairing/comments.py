"""Review comments on a linked session: collected, then sent to the agent as one prompt. Knows words; sends nothing."""

from __future__ import annotations

import secrets

from msgspec.structs import replace

from segue.domain.errors import InputRefused
from segue.engine.pairing.link_record import StoredComment
from segue.protocol.pairing import AddCommentParams, CommentState

COMMENT_LIMIT = 64 * 1024
"""Characters of one comment."""


def comment(params: AddCommentParams) -> StoredComment:
    """A comment from outside; raises InputRefused."""
    return _made(params.path, (params.start_line, params.end_line), params.text, hunk_id=params.hunk_id or "")


def rejection(path: str, lines: tuple[int, int], reason: str, hunk_id: str) -> StoredComment:
    """Why a hunk was rejected."""
    return replace(_made(path, lines, reason, hunk_id), is_rejection=True)


def _made(path: str, lines: tuple[int, int], text: str, hunk_id: str) -> StoredComment:
    if not text.strip() or len(text) > COMMENT_LIMIT:
        raise InputRefused("bad_comment", "A comment needs some words, and at most 64 KiB of them.")
    start, end = max(0, lines[0]), max(0, lines[0], lines[1])
    return StoredComment(secrets.token_hex(4), path, start, end, text.strip(), hunk_id=hunk_id)


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
        replace(found, state=CommentState.SENT.value, turn=turn) if found.state == CommentState.DRAFT.value else found
        for found in comments
    )


def answered(comments: tuple[StoredComment, ...], turn: int, answer: str) -> tuple[StoredComment, ...]:
    """The turn has ended with these words of the agent."""
    return tuple(
        replace(found, state=CommentState.ANSWERED.value, answer=answer)
        if found.state == CommentState.SENT.value and found.turn <= turn
        else found
        for found in comments
    )


def drafts(comments: tuple[StoredComment, ...]) -> list[StoredComment]:
    return [found for found in comments if found.state == CommentState.DRAFT.value]
