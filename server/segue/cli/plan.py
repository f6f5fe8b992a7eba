"""The verb plan. Knows a plan's lines, comments and the words for a decision; nothing is approved by default."""

from __future__ import annotations

import re

from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Cell, Colour, inert
from segue.domain.errors import InputRefused, NotFound
from segue.domain.ids import visible

LINES = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")


def plan(call: Call) -> int:
    """Show the plan that a session waits with, comment on its lines, or decide on it."""
    session_id = call.session_id()
    shown = call.show(session_id)
    proposal = shown["session"].get("proposal")
    if proposal is None:
        raise NotFound("no_plan", f"Session {session_id} waits with no plan.", action="See `segue list`.")
    for place, text in call.options.comment:
        first, last = _lines(place)
        at = {"sessionId": session_id, "key": proposal["key"], "first": first, "last": last}
        shown["session"] = call.request("segue/plan/comment", **at, text=text)["session"]
    decision, said = _decision(call)
    if decision is None:
        return _show(call, session_id, _item(shown["items"], proposal["key"]), shown["session"])
    background = call.options.background or None
    params = {"sessionId": session_id, "key": proposal["key"], "decision": decision, "isBackground": background}
    result = call.request("segue/plan/decide", **params, text=said)
    if call.options.json:
        call.out.json(result)
    else:
        call.out.table([texts.row(result["session"])])
    return 0


def _decision(call: Call) -> tuple[str | None, str | None]:
    """The decision and what is said with it; raises InputRefused for words that do not go together."""
    options = call.options
    if options.background and not options.approve:
        raise InputRefused("not_approved", "--background goes with --approve.", action="Nothing was decided.")
    if options.revise is not None:
        return "revised", options.revise
    return "approved" if options.approve else "rejected" if options.reject else None, None


def _lines(typed: str) -> tuple[int, int]:
    found = LINES.fullmatch(typed)
    if found is None:
        raise InputRefused(
            "no_line", f"{visible(typed)[:40]!r} is no line of a plan.", action="As in: --comment 3-5 TEXT"
        )
    return int(found[1]), int(found[2] or found[1])


def _item(items: list[Json], key: str) -> Json:
    return next(item for item in items if item.get("planKey") == key)


def _show(call: Call, session_id: str, item: Json, session: Json) -> int:
    comments = session["proposal"]["comments"]
    if call.options.json:
        call.out.json({"plan": item["text"], "proposal": session["proposal"]})
        return 0
    for number, line in enumerate(item["text"].splitlines(), 1):
        call.out.table([[Cell(f"{number:4}", Colour.DIM), Cell(inert(line))]])
        for comment in comments:
            if comment["last"] == number:
                call.out.line(f"      └ {visible(comment['text'])}", Colour.YELLOW)
    changed = session["proposal"]["changed"]
    if changed:
        files = "1 file" if changed == 1 else f"{changed} files"
        call.out.line(f"Although it only plans, {files} changed: segue diff {session_id}", Colour.YELLOW)
    call.out.line(f"Decide: segue plan {session_id} --approve | --revise TEXT | --reject, or --comment LINE TEXT")
    return 0
