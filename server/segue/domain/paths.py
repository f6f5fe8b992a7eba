"""Which paths an agent may name. Knows strings only; touches no file, so the verdict is the same on every system: what
any system would read as another place (D11, D12) and what belongs to git (D15) is refused everywhere."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

PATH_LIMIT = 4096
"""Bytes of a path in UTF-8."""
NAME_LIMIT = 255
"""Bytes of one name of it."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE = re.compile(r"[A-Za-z]:")
_SHORT_NAME = re.compile(r"[^.~]{1,8}~[0-9]{1,6}(\.[^.]{0,3})?")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)


class PathReason(StrEnum):
    """Why a path is refused."""

    MALFORMED = "malformed"
    """No path at all: empty, with NUL or half a character, or too long."""
    NOT_ABSOLUTE = "not_absolute"
    """Relative, a URI, `~`, or another system's notation."""
    OUTSIDE = "outside"
    """Not below a root of the session, or it climbs."""
    ROOT = "root"
    """A root itself, which is a folder."""
    AMBIGUOUS = "ambiguous"
    """A name that some system reads as another one, or as a device."""
    GIT = "git"
    """Git's own files: what stands there is run, or leads elsewhere."""


SENTENCES = {
    PathReason.MALFORMED: "That is no usable path.",
    PathReason.NOT_ABSOLUTE: "The path must be absolute, and a path of this system.",
    PathReason.OUTSIDE: "The path is outside of the session's folder.",
    PathReason.ROOT: "The path is the session's folder itself.",
    PathReason.AMBIGUOUS: "A name in the path means something else on some systems.",
    PathReason.GIT: "Git's own files are neither read nor written for an agent.",
}


@dataclass(frozen=True, slots=True)
class Inside:
    """A path that may be looked at: the names below root number `root`; what stands there is not known yet."""

    root: int
    names: tuple[str, ...]


def verdict(roots: tuple[str, ...], path: str) -> Inside | PathReason:
    """Whether `path`, as an agent wrote it, names something below one of `roots`; these are absolute, without a slash
    at their end, and compared as they are: other case is another folder."""
    if _is_malformed(path):
        return PathReason.MALFORMED
    for number, root in enumerate(roots):
        if path == root or path.startswith(f"{root}/"):
            return _below(number, path[len(root) :])
    if not path.startswith("/") or path.startswith("//") or "\\" in path or _SCHEME.match(path):
        return PathReason.NOT_ABSOLUTE
    return PathReason.OUTSIDE


def name_reason(name: str) -> PathReason | None:
    """Why a single name in a path is refused; None where it is not."""
    if _is_gits(name):
        return PathReason.GIT
    is_odd = "\\" in name or ":" in name or name[-1:] in {".", " "}
    if is_odd or _SHORT_NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        return PathReason.AMBIGUOUS
    return None


def _below(number: int, rest: str) -> Inside | PathReason:
    names = tuple(name for name in rest.split("/") if name not in {"", "."})
    if ".." in names:
        return PathReason.OUTSIDE
    if any(_DRIVE.fullmatch(name) for name in names):
        return PathReason.NOT_ABSOLUTE
    reasons = [reason for reason in map(name_reason, names) if reason]
    if PathReason.GIT in reasons:
        return PathReason.GIT
    if reasons:
        return reasons[0]
    return Inside(number, names) if names else PathReason.ROOT


def _is_malformed(path: str) -> bool:
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return True
    return not path or "\0" in path or size > PATH_LIMIT or any(len(n.encode()) > NAME_LIMIT for n in path.split("/"))


def _is_gits(name: str) -> bool:
    """As the most forgiving file system reads it: other case, look-alikes, invisible characters, streams, dots and
    spaces at the end, and the short name."""
    kept = "".join(character for character in name if unicodedata.category(character) != "Cf")
    plain = unicodedata.normalize("NFKC", kept).casefold().partition(":")[0].rstrip(". ")
    return plain == ".git" or re.fullmatch(r"git~[0-9]+", plain) is not None


def shortened(name: str, limit: int = 200) -> str:
    """The beginning of a file name, at most so many bytes: a name that is made of it has to fit, too."""
    while len(name.encode("utf-8", "surrogateescape")) > limit:
        name = name[:-1]
    return name
