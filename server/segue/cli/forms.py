"""Questions of agents in a terminal: fields with numbered choices, answered by name.

Knows forms; what may be sent is the daemon's to say.
"""

from __future__ import annotations

from argparse import Namespace

from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Colour, Output, inert
from segue.domain.errors import InputRefused
from segue.domain.ids import visible

HINTS = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "choice": "one of these",
    "choices": "any of these",
}


def is_reply(options: Namespace) -> bool:
    """Whether a form is answered, rather than shown."""
    return bool(options.field or options.submit or options.skip or options.cancel)


def show(call: Call, session_id: str, asked: Json) -> None:
    """The question in full, and how it is answered."""
    question(call.out, asked)
    request = f" --request {visible(asked['requestId'])}"
    if "url" in asked:
        call.out.line(f"  Once you opened it: segue answer {session_id}{request} --submit")
    else:
        call.out.line(f"  Answer it: segue answer {session_id}{request} --field NAME=VALUE …")
    call.out.line("  Or --skip, so that the agent goes on without; or --cancel.")


def question(out: Output, asked: Json) -> None:
    """A question with its fields, their choices numbered; once it was answered, with what was said."""
    out.line("? " + inert(asked["message"]).replace("\n", "\n  "), Colour.YELLOW)
    if "url" in asked:
        out.line(f"    address:   {visible(asked['url'])}")
    given = {answer["name"]: answer["values"] for answer in asked["values"]}
    for field in asked["fields"]:
        if "decidedBy" not in asked:
            _field(out, field)
        elif field["name"] in given:
            out.line(f"    {visible(field['title'])}: {visible(', '.join(_titles(field, given[field['name']])))}")
    if "decidedBy" in asked:
        said = {"accept": "answered", "decline": "skipped", "cancel": "cancelled"}[asked["action"]]
        out.line(f"    {said} by {visible(asked['decidedBy'])}")


def reply(call: Call, session_id: str, asked: Json) -> int:
    """Send what the options say; raises InputRefused as the daemon does."""
    options = call.options
    if options.skip or options.cancel:
        action, values = ("cancel" if options.cancel else "decline"), {}
    else:
        action, values = "accept", _values(asked, options)
    answers = [{"name": name, "values": said} for name, said in values.items()]
    params = {"sessionId": session_id, "requestId": asked["requestId"], "action": action, "values": answers}
    result = call.request("segue/question/answer", **params)
    if options.json:
        call.out.json(result)
        return 0
    said = {"accept": "Answered", "decline": "Skipped", "cancel": "Cancelled"}[result["action"]]
    call.out.line(f"{said}: {visible(asked['message'])}")
    return 0


def _field(out: Output, field: Json) -> None:
    facts = [HINTS[field["kind"]], *(["required"] if field["isRequired"] else [])]
    low, high = (f"{field[key]:g}" if key in field else "" for key in ("minimum", "maximum"))
    if low or high:
        facts.append(f"{low or '…'} to {high or '…'}{' characters' if field['kind'] == 'text' else ''}")
    if field["defaults"]:
        facts.append(f"default {', '.join(_titles(field, field['defaults']))}")
    out.line(f"    {visible(field['name'])}: {visible(field['title'])}  ({visible(', '.join(facts))})")
    if "description" in field:
        out.line("      " + inert(field["description"]).replace("\n", "\n      "))
    for number, choice in enumerate(field["choices"], 1):
        more = f" — {visible(choice['description'])}" if "description" in choice else ""
        out.line(f"      {number}  {visible(choice['title'])}  ({visible(choice['value'])}){more}")


def _titles(field: Json, values: list[str]) -> list[str]:
    titles = {choice["value"]: choice["title"] for choice in field["choices"]}
    return [titles.get(value, value) for value in values]


def _values(asked: Json, options: Namespace) -> dict[str, list[str]]:
    """By field: what was typed, and the defaults of the others."""
    fields = {field["name"]: field for field in asked["fields"]}
    values = {name: list(field["defaults"]) for name, field in fields.items() if field["defaults"]}
    typed: dict[str, list[str]] = {}
    for pair in options.field or []:
        name, separator, value = pair.partition("=")
        if not separator or name not in fields:
            known = ", ".join(visible(known) for known in fields)
            raise InputRefused("no_field", f"{visible(pair)[:60]!r} names no field.", action=f"Fields: {known}.")
        typed.setdefault(name, []).append(_value(fields[name], value))
    if options.option is not None:
        field = _only(asked["fields"])
        typed[field["name"]] = [_value(field, options.option)]
    return {**values, **typed}


def _only(fields: list[Json]) -> Json:
    """The field that an answer without a name is for."""
    choosing = [field for field in fields if field["choices"]]
    found = choosing if len(fields) > 1 else fields
    if len(found) != 1:
        raise InputRefused("no_field", "The form has several fields.", action="Name them: --field NAME=VALUE.")
    return found[0]


def _value(field: Json, typed: str) -> str:
    """A choice's value by its number; anything else is meant as it is."""
    values = [choice["value"] for choice in field["choices"]]
    is_number = typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(values)
    return str(values[int(typed) - 1]) if is_number and typed not in values else typed
