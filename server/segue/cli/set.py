"""The verb set. Knows options and values as the agent told them; what may be chosen is the engine's to say."""

from __future__ import annotations

from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Cell, Colour, Output, bullets, cut
from segue.domain.errors import InputRefused
from segue.domain.ids import visible

ABOUT_COLUMNS = 100


def set_(call: Call) -> int:
    """Choose a value; without one, list what can be chosen."""
    session_id, option_id = call.session_id(), call.options.option
    if call.options.value is not None:
        params = {"sessionId": session_id, "optionId": option_id, "value": call.options.value}
        offer = call.request("segue/session/configure", **params)["offer"]
    else:
        offer = call.show(session_id)["offer"]
    found = [option for option in offer["options"] if option_id in {None, option["optionId"]}]
    if call.options.json:
        call.out.json({"options": found})
    elif call.options.value is not None and not offer["options"]:
        call.out.line("Noted; the agent gets it before its first prompt.")
    elif option_id is None and not found:
        call.out.line("The agent offers nothing to choose, or has not started yet.")
    elif not found:
        known = ", ".join(visible(option["optionId"]) for option in offer["options"])
        raise InputRefused(
            "no_such_option", f"There is no option {visible(option_id)!r}.", action=f"There are: {known}."
        )
    elif option_id is None or call.options.value is not None:
        call.out.table([_row(option) for option in found])
    else:
        _values(call.out, found[0])
    return 0


def offer(out: Output, offered: Json) -> None:
    """What a session's agent offers, below its details: options with their values, and commands."""
    if offered["options"]:
        out.line("options (`segue set`):")
        out.table([_row(option) for option in offered["options"]], indent="  ")
    if offered["commands"]:
        out.line("commands (at the beginning of a prompt):")
        out.table([_command(command) for command in offered["commands"]], indent="  ")


def current(option: Json) -> str:
    """The current value as it is called."""
    names = {value["value"]: value["name"] for value in option["values"]}
    return str(names.get(option["current"], option["current"]))


def _row(option: Json) -> list[Cell]:
    category = option.get("category") or ""
    others = ", ".join(value["value"] for value in option["values"])
    return [
        Cell(option["optionId"], Colour.BOLD),
        Cell(current(option)),
        Cell(category if category != option["optionId"] else "", Colour.DIM),
        Cell(others, Colour.DIM),
    ]


def _values(out: Output, option: Json) -> None:
    if option.get("description"):
        out.line(visible(option["description"]))
    rows, group = [], None
    for value in option["values"]:
        mark = "●" if value["value"] == option["current"] else "○"
        about = value.get("description") or ""
        heading = f"[{value['group']}] " if value.get("group") and value["group"] != group else ""
        group = value.get("group")
        rows.append(
            [Cell(mark), Cell(value["value"], Colour.BOLD), Cell(value["name"]), Cell(heading + about, Colour.DIM)]
        )
    if rows:
        out.table(rows, indent="  ")
    for line in [] if rows else bullets([f"{visible(option['current'])} (the agent says no values)"]):
        out.line(line)


def _command(command: Json) -> list[Cell]:
    hint = f" {command['hint']}" if command.get("hint") else ""
    about = " ".join((command.get("description") or "").split())
    return [Cell(f"/{command['name']}{hint}", Colour.BOLD), Cell(cut(about, ABOUT_COLUMNS), Colour.DIM)]
