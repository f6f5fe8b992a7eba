"""Names and paths on their way to and from git. Knows which branch names git takes; runs nothing."""

from __future__ import annotations

import os

from segue.domain.errors import InputRefused
from segue.domain.ids import visible

NAME_LIMIT = 240
"""Bytes of one part of a branch name: it is a file name, and git adds `.lock`."""
HEADS = "refs/heads/"
OWN_BRANCHES = "refs/heads/segue/"
"""The branches of Segue's sessions; no base for anything."""

_FORBIDDEN = set(" ~^:?*[\\\x7f") | {chr(code) for code in range(32)}


def text(data: bytes) -> str:
    """A path or name of git's as text that keeps every byte."""
    return os.fsdecode(data)


def data(text: str) -> bytes:
    """The bytes of a path or name."""
    return os.fsencode(text)


def split(output: bytes) -> list[bytes]:
    """The entries of a NUL-terminated list."""
    return output.split(b"\0")[:-1] if output.endswith(b"\0") else [part for part in output.split(b"\0") if part]


def joined(paths: list[str]) -> bytes:
    """Paths as a NUL-terminated list for git's stdin."""
    return b"".join(data(path) + b"\0" for path in paths)


def branch_ref(name: str) -> str:
    """The full ref of a branch that was named by a person, short or full; raises InputRefused("bad_branch_name")."""
    short = name.removeprefix(HEADS)
    parts = short.split("/")
    problem = (
        "is empty"
        if not short
        else "begins with “-”"
        if short.startswith("-")
        else "has a character that git does not allow"
        if any(character in _FORBIDDEN for character in short)
        else "has “..” or “@{” in it"
        if ".." in short or "@{" in short
        else "is “@”"
        if short == "@"
        else "has an empty part, or one that begins with “.” or ends with “.lock”"
        if any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
        else "ends with “.”"
        if short.endswith(".")
        else "is too long"
        if any(len(part.encode("utf-8", "surrogatepass")) > NAME_LIMIT for part in parts)
        else ""
    )
    if problem:
        shown = visible(name)
        raise InputRefused(
            "bad_branch_name",
            f"“{shown[:60]}{'…' if len(shown) > 60 else ''}” cannot be a branch: the name {problem}.",
            action="Pick one of the repository's branches.",
        )
    if (HEADS + short).startswith(OWN_BRANCHES):
        raise InputRefused(
            "own_branch", f"“{visible(short)[:60]}” belongs to a session of Segue.", action="Pick another branch."
        )
    return HEADS + short
