"""What a new agent is told where nobody can load the conversation before. Knows turns and transcripts; no agent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segue.domain.events import PlanEntry, StopReason
from segue.domain.ids import visible
from segue.domain.session import Session, Turn
from segue.domain.transcript import NOTICES, Item, ItemKind

LIMIT = 12 * 1024
"""Bytes of a whole hand-over in UTF-8."""
TEXT_LIMIT = 4 * 1024
"""Bytes of one prompt or answer."""
LIST_LIMIT = 1024
"""Bytes of the plan, of the files, and of the first prompt where its turn has no room."""

HEAD = (
    "This hand-over was written by Segue; it is not the user's words. The conversation that this session had so far "
    "could not be loaded, so here is a summary of it. The files in this worktree are as that work left them. What the "
    "user asks now follows behind this message."
)


def written(session: Session, items: Iterable[Item], files: Sequence[str]) -> str:
    """A summary of all turns before the newest, for the agent that gets the newest; "" where there is nothing to tell.

    `files` are the paths that the session changed. The newest of the earlier turns is told in full, up to TEXT_LIMIT
    for its prompt and its answer; older ones as long as there is room.
    """
    *earlier, now = session.turns or (None,)
    told = [turn for turn in earlier if turn and now and not _is_repeated(turn, now)]
    if not told:
        return ""
    by_turn: dict[int, list[Item]] = {}
    for item in items:
        by_turn.setdefault(item.turn, []).append(item)
    blocks = [_block(turn, by_turn.get(turn.number, [])) for turn in told]
    beside = [part for part in (_plan(session.plan), _files(files)) if part]
    first = f"The session began with:\n{_quoted(told[0].prompt, LIST_LIMIT)}"
    room = LIMIT - sum(_size(part) + 2 for part in (HEAD, first, *beside)) - 100
    kept = _newest(blocks, room)
    left_out = len(blocks) - len(kept)
    opening = [first, f"{left_out} older turns are left out."] if left_out else []
    return "\n\n".join([HEAD, *opening, *kept, *beside])


def _is_repeated(turn: Turn, now: Turn) -> bool:
    """It came to nothing, and the same is asked again."""
    return turn.stop_reason is StopReason.FAILED and turn.prompt == now.prompt


def _newest(blocks: list[str], room: int) -> list[str]:
    kept: list[str] = []
    for block in reversed(blocks):
        room -= _size(block) + 2
        if room < 0:
            break
        kept.insert(0, block)
    return kept


def _block(turn: Turn, items: list[Item]) -> str:
    answers = [item.text for item in items if item.kind is ItemKind.MESSAGE and item.text.strip()]
    calls = [item.title for item in items if item.kind is ItemKind.TOOL_CALL and item.title]
    parts = [f"Turn {turn.number}. The user asked:", _quoted(turn.prompt, TEXT_LIMIT)]
    if answers:
        parts += ["The agent's last answer:", _quoted(answers[-1], TEXT_LIMIT)]
    if calls:
        parts.append(f"The agent's last tool call: {_cut(visible(calls[-1]), 200)}")
    ended = NOTICES.get(turn.stop_reason, "It ended as usual.") if turn.stop_reason else "It has not ended."
    return "\n".join([*parts, f"How it ended: {ended}"])


def _plan(entries: tuple[PlanEntry, ...]) -> str:
    lines = [f"- {visible(entry.status)}: {visible(entry.content)}" for entry in entries]
    return _listed("The agent's plan:", lines) if lines else ""


def _files(files: Sequence[str]) -> str:
    lines = [f"- {visible(file)}" for file in files]
    return _listed(f"Files changed so far ({len(files)}):", lines) if lines else "No file is changed so far."


def _listed(title: str, lines: list[str]) -> str:
    shown: list[str] = []
    room = LIST_LIMIT
    for line in lines:
        room -= _size(line) + 1
        if room < 0:
            break
        shown.append(line)
    more = [f"- and {len(lines) - len(shown)} more"] if len(shown) < len(lines) else []
    return "\n".join([title, *shown, *more])


def _quoted(text: str, limit: int) -> str:
    return _cut("\n".join(f"> {line}" for line in text.splitlines()), limit)


def _cut(text: str, limit: int) -> str:
    """Beginning and end of a text that is too long."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode()
    half = (limit - 40) // 2
    head, tail = data[:half].decode("utf-8", "ignore"), data[-half:].decode("utf-8", "ignore")
    return f"{head}\n> [… cut by Segue …]\n> {tail}"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
