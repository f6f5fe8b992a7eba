"""The verb diff. Knows changesets and how a patch is shown to a person; git has made the patch."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator

from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Cell, Colour, Output, inert

COLOURS = {"d": Colour.BOLD, "+": Colour.GREEN, "-": Colour.RED, "@": Colour.CYAN}
"""By a line's first character; with d begins the line that names a file."""
FILE, BINARY = b"diff --git ", b"GIT binary patch"


def diff(call: Call) -> int:
    """Print what a session, or one turn of it, changed: files and counts, or a diff that `git apply` takes."""
    session_id = call.session_id()
    changeset = call.request("segue/changeset/show", sessionId=session_id, turn=call.options.turn)["changeset"]
    if call.options.json:
        call.out.json({"changeset": changeset})
        return 0
    if call.options.stat:
        _stat(call, changeset)
    elif call.out.is_terminal:
        _show(call.out, lines_of(_pieces(call, changeset)))
    else:
        for piece in _pieces(call, changeset):
            call.out.raw(piece)
    call.seen(session_id)
    return 0


def _stat(call: Call, changeset: Json) -> None:
    if changeset["files"]:
        call.out.table([_row(file) for file in changeset["files"]])
    call.out.line(texts.stat(changeset["stat"]) or "No changes.")
    if changeset["isTruncated"]:
        call.out.line("Not all files are listed.", Colour.YELLOW)


def _row(file: Json) -> list[Cell]:
    lines = f"+{file['added']} −{file['removed']}" if "added" in file and "removed" in file else file["kind"]
    return [Cell(file["status"]), Cell(lines), Cell(_name(file))]


def _name(file: Json) -> str:
    old = file.get("oldPath")
    name: str = file["display"]
    return f"{old} → {name}" if old is not None and old != file["path"] else name


def _pieces(call: Call, changeset: Json) -> Iterator[bytes]:
    """The diff, as it comes."""
    wanted = {"sessionId": changeset["sessionId"], "base": changeset["base"], "result": changeset["result"]}
    offset, size = 0, 1
    while offset < size:
        shown = call.request("segue/changeset/diff", **wanted, offset=offset)
        piece, size = b64decode(shown["data"]), shown["size"]
        if piece:
            yield piece
        offset += len(piece) or size


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of what comes in pieces; only a line feed ends one, as for git."""
    started: list[bytes] = []
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for line in ended:
            yield b"".join([*started, line])
            started = []
        started.append(rest)
    if last := b"".join(started):
        yield last


def _show(out: Output, lines: Iterable[bytes]) -> None:
    """Lines for a person: in colours, with nothing that the terminal obeys and without the content of binary files."""
    is_binary = False
    for line in lines:
        # In a binary patch no line can begin like the next file: its lines have no blanks.
        is_binary = is_binary and not line.startswith(FILE)
        if is_binary:
            continue
        is_binary = line == BINARY
        text = "Binary content is not shown." if is_binary else inert(line.decode("utf-8", "surrogateescape"))
        out.write(out.paint(text, COLOURS.get(text[:1])) + "\n")
