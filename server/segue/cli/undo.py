"""The verbs rollback, undo and delete. Knows which request each one is and what to ask first; decides nothing."""

from __future__ import annotations

import time
from pathlib import Path

from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Cell, Colour, age, confirm
from segue.domain.errors import NotFound
from segue.domain.ids import visible

DAY_MS = 24 * 60 * 60 * 1000


def rollback(call: Call) -> int:
    """Bring the files of a turn's checkpoint back after asking."""
    options, session_id = call.options, call.session_id()
    side = "after" if options.after else "before"
    question = f"Roll {session_id} back to {side} turn {options.turn}? `segue undo {session_id}` takes that back."
    if not options.yes and not confirm(question, f"Say `segue rollback {session_id} {options.turn} --yes`."):
        return 1
    result = call.request("segue/session/rollback", sessionId=session_id, turn=options.turn, side=side)
    if options.tell:
        _tell(call, session_id, result.get("notice"))
    if options.json:
        call.out.json(result)
    else:
        call.out.table([texts.row(result["session"])])
        call.out.line(f"Way back: segue undo {session_id}")
    return 0


def undo(call: Call) -> int:
    """Take the newest action back, or the one of a number; or list them, or write a snapshot's files out."""
    options = call.options
    session_id = call.session_id() if options.session else None
    if options.list:
        return _list(call, session_id)
    actions = call.request("segue/undo/list", sessionId=session_id)["actions"]
    action = _chosen(actions, options.number)
    if options.to:
        folder = str(Path(options.to).absolute())
        wanted = {"sessionId": action["sessionId"], "number": action["number"], "folder": folder}
        written = call.client.request("segue/undo/export", wanted)
        if options.json:
            call.out.json(written)
        else:
            call.out.line(f"{written['files']} files written to {visible(folder)}.")
        return 0
    return _undo(call, action)


def delete(call: Call) -> int:
    """Delete an archived session after asking."""
    session_id = call.session_id()
    question = f"Delete {session_id}? `segue undo {session_id}` brings it back while its snapshots are kept."
    if not call.options.yes and not confirm(question, f"Say `segue delete {session_id} --yes`."):
        return 1
    result = call.request("segue/session/delete", sessionId=session_id)
    if call.options.json:
        call.out.json(result)
    else:
        days = max(0, round((result["expiresMs"] - time.time() * 1000) / DAY_MS))
        call.out.line(f"Deleted. For {days} days it can be brought back: segue undo {session_id}")
    return 0


def _undo(call: Call, action: Json) -> int:
    session_id, number = action["sessionId"], action["number"]
    question = f"Undo “{visible(action['title'])}” of “{visible(action['sessionTitle'])}” ({session_id})?"
    if not call.options.yes and not confirm(question, f"Say `segue undo {session_id} {number} --yes`."):
        return 1
    result = call.request("segue/undo/apply", sessionId=session_id, number=number)
    if call.options.tell:
        _tell(call, session_id, result.get("notice"))
    if call.options.json:
        call.out.json(result)
        return 0
    call.out.table([texts.row(result["session"])])
    redo = result["session"].get("redo")
    if redo:
        call.out.line(f"Redo: segue undo {session_id} {redo['number']}")
    return 0


def _chosen(actions: list[Json], number: int | None) -> Json:
    """The action of a number, or the newest that *Undo* means; what it may do is the server's."""
    if number is not None:
        found = [action for action in actions if action["number"] == number]
    else:
        found = [action for action in actions if action["canUndo"] and action["kind"] != "undo"]
    if not found:
        raise NotFound("nothing_to_undo", "There is nothing that could be undone.", action="See `segue undo --list`.")
    return found[0]


def _list(call: Call, session_id: str | None) -> int:
    result = call.request("segue/undo/list", sessionId=session_id)
    if call.options.json:
        call.out.json(result)
        return 0
    now_ms = round(time.time() * 1000)
    rows = [
        [
            Cell(action["sessionId"]),
            Cell(str(action["number"])),
            Cell(age(action["atMs"], now_ms), Colour.DIM),
            Cell(action["title"]),
            Cell(_state(action, now_ms), Colour.DIM),
            Cell(action["sessionTitle"], Colour.DIM),
        ]
        for action in result["actions"]
    ]
    if rows:
        call.out.table(rows)
    else:
        call.out.line("Nothing destructive was done yet.")
    return 0


def _state(action: Json, now_ms: int) -> str:
    if action["isExpired"]:
        return "expired"
    if action["isUndone"]:
        return "undone"
    days = max(0, round((action["expiresMs"] - now_ms) / DAY_MS)) if "expiresMs" in action else None
    kept = f", kept {days} days" if days is not None else ""
    word = "redone" if action["kind"] == "undo" else "undone"
    return (f"can be {word}" if action["canUndo"] else "snapshot only") + kept


def _tell(call: Call, session_id: str, notice: str | None) -> None:
    if notice is not None:
        call.request("segue/session/prompt", sessionId=session_id, text=notice)
