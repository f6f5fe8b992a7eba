"""The verb diff. Knows changesets and virtual documents; the algebra of lines is `unified_diff`'s."""

from __future__ import annotations

from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Cell, Colour, inert
from segue.cli.unified_diff import Side, differences
from segue.domain.ids import visible

TEXT_LIMIT = 1024 * 1024
"""Characters of one side; a larger file is named, not shown."""
COLOURS = {"+": Colour.GREEN, "-": Colour.RED, "@": Colour.CYAN}


def diff(call: Call) -> int:
    """Print what a session, or one turn of it, changed: files and counts, or a unified diff that `patch -p1` takes."""
    session_id = call.session_id()
    changeset = call.request("segue/changeset/show", sessionId=session_id, turn=call.options.turn)["changeset"]
    if call.options.json:
        call.out.json({"changeset": changeset})
        return 0
    if call.options.stat:
        _stat(call, changeset)
    else:
        for file in changeset["files"]:
            _file(call, file)
    if changeset["isTruncated"]:
        call.out.line(f"… and more: {texts.stat(changeset['stat'])} in all", Colour.YELLOW)
    call.seen(session_id)
    return 0


def _stat(call: Call, changeset: Json) -> None:
    if changeset["files"]:
        call.out.table([_row(file) for file in changeset["files"]])
    call.out.line(texts.stat(changeset["stat"]) or "No changes.")


def _row(file: Json) -> list[Cell]:
    lines = f"+{file['added']} −{file['removed']}" if "added" in file and "removed" in file else file["kind"]
    return [Cell(file["status"]), Cell(lines), Cell(_name(file))]


def _name(file: Json) -> str:
    old = file.get("oldPath")
    name: str = file["display"]
    return f"{old} → {name}" if old is not None and old != file["path"] else name


def _file(call: Call, file: Json) -> None:
    if file["kind"] not in {"text", "symlink"}:
        _named(call, file, file["kind"])
        return
    old, new = (_side(call, file, name) for name in ("base", "result"))
    if max(len(old.text), len(new.text)) > TEXT_LIMIT:
        _named(call, file, "too large to show here")
        return
    if file["status"] in {"renamed", "type_changed"} or old.text == new.text:
        _named(call, file, "")
    for line in differences(old, new):
        # A pipe gets the bytes as they are, so that the diff applies; a terminal gets nothing that it would obey.
        shown = inert(line) if call.out.is_terminal else line
        call.out.write(call.out.paint(shown, COLOURS.get(line[0])) + "\n")


def _named(call: Call, file: Json, why: str) -> None:
    reason = f" ({why})" if why else ""
    call.out.line(f"{file['status']}: {visible(_name(file))}{reason}", Colour.BOLD)


def _side(call: Call, file: Json, name: str) -> Side:
    path = file.get("oldPath", file["path"]) if name == "base" else file["path"]
    uri = file.get(f"{name}Uri")
    if uri is None:
        return Side(None, "")
    return Side(path, call.client.request("workspace/textDocumentContent", {"uri": uri})["text"])
