"""What the user's files must read while they pair: their own part of each, and the agent's undecided changes in it.

Pure: knows lines, bytes and modes; knows no editor and no daemon. In a text, the user changes the lines whose number is
a multiple of five, the agent those behind the second of five, so that both flow without a conflict.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field

LINES = 20
STEP = 5
USERS, AGENTS, AGENT_DELETES = 0, 2, 3
"""Line numbers modulo `STEP` that each side changes."""


RUNS = (".vscode/tasks.json", ".husky/pre-commit", ".envrc", ".mcp.json", "CLAUDE.md")
"""Files that run something, or tell an agent what to do, with no act of the user's on them."""


def line(number: int, path: str) -> str:
    """The text of a line at the beginning; whatever it becomes starts with this."""
    return f"line {number} of {path}."


@dataclass
class Line:
    """One line of a text, on two sides."""

    own: str | None
    """As the user has it without the agent; None where only the agent has it."""
    both: str | None
    """As it stands while the agent's undecided changes are there; None where they delete it."""
    end: str = "\n"

    @property
    def is_undecided(self) -> bool:
        return self.own != self.both


@dataclass
class Text:
    lines: list[Line]
    mark: bytes = b""

    @property
    def own(self) -> bytes:
        return self._side([(line.own, line.end) for line in self.lines])

    @property
    def both(self) -> bytes:
        return self._side([(line.both, line.end) for line in self.lines])

    def _side(self, lines: list[tuple[str | None, str]]) -> bytes:
        return self.mark + "".join(text + end for text, end in lines if text is not None).encode()

    def find(self, beginning: str) -> int:
        """The index of a line that stands in the user's files."""
        return next(
            at for at, line in enumerate(self.lines) if line.both is not None and line.both.startswith(beginning)
        )

    def insert(self, after: str, text: str, *, by_agent: bool) -> None:
        at = self.find(after)
        end = self.lines[at].end or "\n"
        if not self.lines[at].end:  # the last line had no end
            self.lines[at].end, end = end, ""
        self.lines.insert(at + 1, Line(None if by_agent else text, text, end))

    def replace(self, beginning: str, text: str | None, *, by_agent: bool) -> None:
        line = self.lines[self.find(beginning)]
        line.both = text
        if not by_agent:
            line.own = text

    def undecided(self) -> Iterator[Line]:
        return (line for line in self.lines if line.is_undecided)


@dataclass
class File:
    """One path of the user's checkout, as they have it without the agent."""

    path: str
    text: Text | None = None
    """Where both sides are texts that flow line by line."""
    data: bytes | None = b""
    """Of everything else; a link's is its target. None where there is no file."""
    mode: int = 0o644
    is_link: bool = False
    is_whole: bool = False
    """The agent changed more of it than lines: it is taken or left as a file."""
    is_held: bool = False
    """What the agent made of it would run something: it may not stand in the checkout before it is taken."""
    is_loose: bool = False
    """Both changed the same, or a tool rewrote it: only that nothing is lost is known."""
    words: set[str] = field(default_factory=set)
    """The user's own, each of which has to stay."""

    @property
    def own(self) -> bytes | None:
        return self.text.own if self.text is not None else self.data

    @property
    def both(self) -> bytes | None:
        return self.text.both if self.text is not None else self.data

    def becomes_whole(self) -> None:
        """From now on it is compared as bytes; what is undecided in it may stand there or not."""
        if self.text is not None:
            self.data, self.text = self.text.own, None
        self.is_whole = True


def with_run_bits(mode: int, *, is_program: bool) -> int:
    """A mode in which whoever may read the file may run it too, or nobody may."""
    return mode | ((mode & 0o444) >> 2) if is_program else mode & ~0o111


def text(path: str, *, end: str = "\n", mark: bytes = b"", last_end: str | None = None) -> Text:
    lines = [Line(words, words, end) for words in (line(number, path) for number in range(LINES))]
    if last_end is not None:
        lines[-1].end = last_end
    return Text(lines, mark)


def mixed(path: str) -> bytes:
    """A text whose lines end in both ways."""
    ends = ("\n", "\r\n")
    return "".join(line(number, path) + ends[number % 2] for number in range(LINES)).encode()


def universe() -> dict[str, File]:
    """Every kind of file that the user has at the beginning, by path."""
    texts = {
        "plain.txt": text("plain.txt"),
        "closed.txt": text("closed.txt"),
        "saved.txt": text("saved.txt"),
        "windows.txt": text("windows.txt", end="\r\n"),
        "marked.txt": text("marked.txt", end="\r\n", mark=codecs.BOM_UTF8),
        "open end.txt": text("open end.txt", last_end=""),
        "größe 日本.txt": text("größe 日本.txt"),
        "folder/inner.txt": text("folder/inner.txt"),
        "folder/deep/below.txt": text("folder/deep/below.txt"),
        "Case.txt": text("Case.txt"),
        OUTSIDE: text(OUTSIDE),
    }
    files = {path: File(path, found) for path, found in texts.items()}
    modes = {"secret.txt": 0o600, "run.sh": 0o755, "locked.txt": 0o444, "private/key.txt": 0o640}
    files |= {path: File(path, text(path), mode=mode) for path, mode in modes.items()}
    wholes = {
        "mixed.txt": mixed("mixed.txt"),
        "latin.txt": "caf\xe9\nna\xefve\n".encode("latin-1"),
        "wide.txt": "zwei\nBytes\n".encode("utf-16"),
        "picture.bin": b"\0\1\2 base",
        "other.bin": b"\0\1\2 base",
        "empty.txt": b"",
        "huge.txt": b"0123456789abcdef\n" * 260_000,
        "kept.log": b"ignored\n",
    }
    files |= {path: File(path, data=data) for path, data in wholes.items()}
    links = {"link": b"plain.txt", "link to folder": b"folder", "alias.txt": b"closed.txt"}
    return files | {path: File(path, data=target, is_link=True, mode=0o777) for path, target in links.items()}


ALIASES = {"folder/inner.txt": "link to folder/inner.txt", "closed.txt": "alias.txt"}
"""Other names of files, by links, for an editor that opens them."""
OUTSIDE = "out/far.txt"
"""Outside of the cone, where the checkout is a sparse one."""
CONE = ("folder", "private", "hollow")
SUBMODULE = "library"
"""One that the user has filled; its files are not the session's."""
MODES = {"private": 0o700}
"""Of the user's folders."""
EMPTY_FOLDERS = ("hollow/within",)
