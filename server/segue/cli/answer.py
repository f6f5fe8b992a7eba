"""The verb answer. Knows permission requests and numbered options; nothing is chosen by default or by its label (D43).
Forms are `forms`'."""

from __future__ import annotations

import sys

from segue.cli import forms, texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import ask, told
from segue.domain.errors import InputRefused, NotFound
from segue.domain.ids import visible


def answer(call: Call) -> int:
    """Answer what a session waits with; without an option show it, and ask where a person is there."""
    session_id = call.session_id()
    session = call.show(session_id)["session"]
    waiting = [*session["permissions"], *session["questions"]]
    if not waiting:
        raise NotFound("nothing_asked", f"Session {session_id} waits for no answer.", action="See `segue list`.")
    wanted = call.options.request
    found = [permission for permission in waiting if wanted in {None, permission["requestId"]}]
    if not found:
        raise NotFound("no_request", f"There is no question {visible(wanted)!r}.", action=_which(waiting))
    if call.options.option is None and not forms.is_reply(call.options):
        return _show(call, session_id, found)
    if len(found) > 1:
        raise InputRefused("several_requests", f"{len(found)} questions wait.", action=_which(waiting))
    if "fields" in found[0]:
        return forms.reply(call, session_id, found[0])
    if call.options.option is None:
        raise InputRefused("no_form", "That is no form.", action="Answer with the number of an option.")
    return _send(call, session_id, found[0], chosen(found[0], call.options.option), _more(call, found[0]))


def chosen(permission: Json, typed: str) -> str:
    """The option id that a number or an id means; raises InputRefused for anything else."""
    options = [option["optionId"] for option in permission["options"]]
    if typed in options:
        return typed
    if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(options):
        return str(options[int(typed) - 1])
    action = f"Choose a number from 1 to {len(options)}, or one of: {visible(', '.join(options))}."
    raise InputRefused("unknown_option", f"{visible(typed)[:40]!r} is none of the answers.", action=action)


def _more(call: Call, permission: Json) -> Json:
    """What goes with the answer: a rule to remember, picked by its number, and a reason."""
    more: Json = {"reason": call.options.reason} if call.options.reason else {}
    if call.options.background:
        more["isBackground"] = True
    if call.options.always is not None:
        offered = permission.get("remember", [])
        if not 1 <= call.options.always <= len(offered):
            action = "See what it offers: `segue answer` without an option." if offered else "Answer it once."
            raise InputRefused("unknown_rule", "This request has nothing of that number to remember.", action=action)
        more["remember"] = offered[call.options.always - 1]["id"]
    return more


def _show(call: Call, session_id: str, waiting: list[Json]) -> int:
    if call.options.json:
        shown = {"permissions": [each for each in waiting if "options" in each]}
        call.out.json({**shown, "questions": [each for each in waiting if "fields" in each]})
        return 0
    for permission in waiting:
        if "fields" in permission:
            forms.show(call, session_id, permission)
            continue
        texts.question(call.out, permission)
        if not (sys.stdin.isatty() and call.out.is_terminal):
            request = f" --request {visible(permission['requestId'])}" if len(waiting) > 1 else ""
            call.out.line(f"  Answer it: segue answer {session_id} OPTION{request}")
            continue
        typed = ask(f"  Your answer [1-{len(permission['options'])}, nothing leaves it open]: ")
        if typed:
            _send(call, session_id, permission, chosen(permission, typed), {})
    return 0


def _send(call: Call, session_id: str, permission: Json, option_id: str, more: Json) -> int:
    answer = {"sessionId": session_id, "requestId": permission["requestId"], "optionId": option_id, **more}
    result = call.request("segue/permission/answer", **answer)
    if call.options.json:
        call.out.json(result)
        return 0
    names = {option["optionId"]: told(option["effect"]) for option in permission["options"]}
    subject = permission.get("command") or permission["title"]
    call.out.line(f"{visible(names.get(result['optionId'], result['optionId']))}: {visible(subject)}")
    if result.get("remembered"):
        call.out.line(f"Remembered: {visible(result['remembered'])}. See `segue rules`.")
    return 0


def _which(waiting: list[Json]) -> str:
    ids = ", ".join(visible(permission["requestId"]) for permission in waiting)
    return f"Name one with --request: {ids}."
