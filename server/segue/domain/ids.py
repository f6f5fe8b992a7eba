"""Identifiers and names that are safe as paths, refs and arguments. Knows text; knows nothing of what it names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NewType

from segue.domain.errors import InputRefused

SessionId = NewType("SessionId", str)
"""Eight characters of `ALPHABET`; safe as a path, a ref component and an argument on every system."""

ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
"""No vowels (no words appear by chance), nothing that looks alike, one case."""

_SESSION_ID = re.compile(f"[{ALPHABET}]{{8}}")
TITLE_LIMIT = 80
"""Characters of a title that are kept."""


def session_id_from(entropy: bytes) -> SessionId:
    """The id that eight or more random bytes stand for (27⁸, about 38 bits)."""
    number = int.from_bytes(entropy[:8], "big")
    digits = []
    for _ in range(8):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return SessionId("".join(digits))


def parse_session_id(text: str) -> SessionId:
    """Take a session id from outside; raises InputRefused where it is none."""
    if not _SESSION_ID.fullmatch(text):
        raise InputRefused("bad_session_id", f"{visible(text)[:40]!r} is not a session id.", action="See `segue list`.")
    return SessionId(text)


def session_branch(session_id: SessionId) -> str:
    """The session's own branch as a full ref name; a directory of its own survives `git pack-refs` on the host."""
    return f"refs/heads/segue/{session_id}/work"


def checkpoint_ref(session_id: SessionId, turn: int, side: str) -> str:
    """Where the checkpoint of a turn stands; `side` is `before` or `after`."""
    return f"refs/segue/{session_id}/turns/{turn}/{side}"


def archive_ref(session_id: SessionId, number: int) -> str:
    """Where the snapshot that precedes the n-th destructive step of a session stands."""
    return f"refs/segue/{session_id}/archive/{number}"


def undo_ref(session_id: SessionId, number: int, what: str) -> str:
    """Where a snapshot that leads back from the n-th action of an undo log stands."""
    return f"refs/segue/{session_id}/undo/{number}/{what}"


def visible(text: str) -> str:
    """`text` with control, bidi and other invisible characters written as escapes; line ends and tabs too."""
    if text.isprintable():  # the same rule, without a look at each character
        return text
    return "".join(
        character if unicodedata.category(character)[0] not in "CZ" or character == " " else escape(character)
        for character in text
    )


def visible_lines(text: str) -> str:
    """The same for a text whose line ends stay."""
    return "\n".join(map(visible, text.split("\n")))


def named(paths: Sequence[str]) -> str:
    """A few paths for a sentence, and how many more there are."""
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return ", ".join(visible(path) for path in paths[:5]) + more


def escape(character: str) -> str:
    """One character as a Python-style escape, for showing what would be invisible."""
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def title_from(prompt: str) -> str:
    """A one-line title: the first line of a prompt that says something, without comment or heading marks, inert.

    At most `TITLE_LIMIT` characters.
    """
    for line in prompt.splitlines():
        if line.startswith("#!"):
            continue
        words = visible(" ".join(line.lstrip("# \t").split()))
        if words:
            return words if len(words) <= TITLE_LIMIT else words[: TITLE_LIMIT - 1].rstrip() + "…"
    return "Untitled"
