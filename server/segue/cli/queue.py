"""The verbs queue, drop and turns. Knows what waits and what ran; the rules are the engine's."""

from __future__ import annotations

import time

from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Cell, Colour, age
from segue.domain.errors import InputRefused

TEXT_COLUMNS = 60


def drop(call: Call) -> int:
    """Take a queued prompt back; without one, list what waits."""
    session_id = call.session_id()
    queue = call.show(session_id)["session"]["queue"]
    if call.options.prompt is None:
        return _list(call, session_id, queue)
    result = call.request("segue/prompt/drop", sessionId=session_id, promptId=_chosen(queue, call.options.prompt))
    if call.options.json:
        call.out.json(result)
    else:
        call.out.table([texts.row(result["session"])])
    return 0


def queue(call: Call) -> int:
    """List what waits for other sessions; with a session and a place, move it or begin it now."""
    if call.options.session is not None and call.options.to is None:
        raise InputRefused("no_place", "Say where it shall stand: first, up, down, last, or now.")
    moved = None
    if call.options.session is not None:
        moved = _moved(call, call.session_id(), call.options.to)
    if call.options.json:
        call.out.json(moved or {"sessions": _line(call)})
    else:
        _show_line(call)
    return 0


def _moved(call: Call, session_id: str, to: str) -> Json:
    verb, place = ("start", None) if to == "now" else ("move", to)
    moved: Json = call.request(f"segue/queue/{verb}", sessionId=session_id, to=place)
    return moved


def _line(call: Call) -> list[Json]:
    sessions = call.request("segue/session/list")["sessions"]
    return sorted((each for each in sessions if "place" in each), key=lambda each: each["place"])


def _show_line(call: Call) -> None:
    waiting, status = _line(call), call.request("segue/status")
    limit = f"at most {status['maxRunning']}" if status["maxRunning"] else "any number"
    call.out.line(f"{status['running']} at work, {limit} at a time; {len(waiting)} waiting.")
    if waiting:
        call.out.table([[Cell(str(each["place"])), *texts.row(each)] for each in waiting], indent="  ")
        call.out.line("Move one: segue queue ID first|up|down|last. Begin it: segue queue ID now")


def turns(call: Call) -> int:
    """Print the turns of a session, oldest first."""
    result = call.request("segue/session/turns", sessionId=call.session_id())
    if call.options.json:
        call.out.json(result)
    elif result["turns"]:
        call.out.table([_turn(turn) for turn in result["turns"]])
    else:
        call.out.line("No turns yet.")
    return 0


def _list(call: Call, session_id: str, queue: list[Json]) -> int:
    if call.options.json:
        call.out.json({"queue": queue})
    elif not queue:
        call.out.line("Nothing is queued.")
    else:
        rows = [
            [Cell(str(number)), Cell(p["promptId"], Colour.DIM), Cell(_brief(p["text"]))]
            for number, p in enumerate(queue, 1)
        ]
        call.out.table(rows, indent="  ")
        call.out.line(f"Drop one: segue drop {session_id} NUMBER")
    return 0


def _chosen(queue: list[Json], typed: str) -> str:
    ids = [prompt["promptId"] for prompt in queue]
    if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(ids):
        return str(ids[int(typed) - 1])
    return typed


def _turn(turn: Json) -> list[Cell]:
    ended, started = turn.get("endedMs"), turn["startedMs"]
    took = f"{(ended - started) / 1000:.1f} s" if ended else "running"
    reason = turn.get("stopReason", "")
    colour = None if reason in {"", "end_turn"} else Colour.YELLOW
    return [
        Cell(str(turn["number"])),
        Cell(age(started, int(time.time() * 1000)) + " ago"),
        Cell(took),
        Cell(reason.removeprefix("_"), colour),
        Cell((turn.get("before") or "")[:10], Colour.DIM),
        Cell((turn.get("after") or "")[:10], Colour.DIM),
        Cell(_brief(turn["prompt"])),
    ]


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TEXT_COLUMNS else line[: TEXT_COLUMNS - 1] + "…"
