"""What a switch moves, and what it leaves alone, in words. Knows counts as the daemon tells them; asks nothing."""

from __future__ import annotations

from segue.cli.client import Json
from segue.cli.output import inert

SHOWN = 5
"""Files that are named one by one."""


def sentences(preview: Json) -> list[str]:
    """What a person should know before a session goes to the background or comes into the editor."""
    if preview["to"] == "background":
        said = [*_leaving(preview), *_staying(preview)]
        return [*said, "The agent's turn goes on in the background."] if preview["isTurnRunning"] else said
    said, other = _arriving(preview), preview.get("unlinks")
    if other is not None:
        said.append(f"“{inert(other['title'])}” is in the editor now; it goes on in the background.")
        said += _leaving(other)
    base, checked_out = preview.get("baseBranch"), preview.get("checkedOut")
    if base is not None:
        now = f"{inert(checked_out)} is checked out" if checked_out is not None else "no branch is checked out"
        said.append(f"The session is based on {inert(base)}; {now}.")
    return [*said, *_staying(preview)]


def _leaving(moving: Json) -> list[str]:
    said = []
    hunks, proposals, comments = moving["hunks"], moving["proposals"], moving["comments"]
    if hunks:
        said.append(
            f"{_of(hunks, 'unreviewed hunk')} in {_of(moving['files'], 'file')} {_verb(hunks, 'leave')} your buffers; "
            f"the session keeps {'it' if hunks == 1 else 'them'}."
        )
    if proposals:
        said.append(f"{_of(proposals, 'proposal')} {_verb(proposals, 'wait')} in the session; your lines stay.")
    said += [_about_suspended(path) for path in moving["suspended"][:SHOWN]]
    if moving["unshared"]:
        files = _of(moving["unshared"], "file")
        said.append(f"Edits of yours in {files} have not reached the agent; they stay with you alone.")
    if comments:
        them = "it" if comments == 1 else "them"
        said.append(
            f"{_of(comments, 'comment')} that you did not send {_verb(comments, 'stay')} with the session. "
            f"Send {them}: segue send {moving['sessionId']}"
        )
    return said


def _about_suspended(path: str) -> str:
    return (
        f"{inert(path)}: its text was replaced outside the editor, and changes of the agent are left in it. "
        "They are taken out, or stay with --keep-hunks. Check this file."
    )


def _arriving(moving: Json) -> list[str]:
    said = []
    hunks, proposals = moving["hunks"], moving["proposals"]
    if hunks:
        files = _of(moving["files"], "file")
        said.append(f"{_of(hunks, 'hunk')} in {files} {_verb(hunks, 'come')} into your files, for you to decide on.")
    if proposals:
        places = _of(proposals, "place")
        said.append(f"In {places} you and the agent changed the same; yours stays until you decide.")
    return said or ["None of your files changes now."]


def _staying(own: Json) -> list[str]:
    kinds = [(own[kind], kind) for kind in ("staged", "unstaged", "untracked", "unsaved") if own[kind]]
    if not kinds:
        return []
    words = [f"{count} {kind}" for count, kind in kinds]
    named = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    total = sum(count for count, _ in kinds)
    return [f"Your own {named} {'file' if kinds[-1][0] == 1 else 'files'} {_verb(total, 'stay')}."]


def _of(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"


def _verb(count: int, plural: str) -> str:
    return f"{plural}s" if count == 1 else plural
