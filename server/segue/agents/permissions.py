"""Permission requests of agents. Knows what a person must see to decide, and what an answer may be; decides nothing."""

from __future__ import annotations

import shlex

from segue.agents import fields
from segue.agents.jsonrpc import Message
from segue.agents.mapper import Unfit
from segue.domain.events import OptionKind, PermissionOption, PermissionRequested

PENDING_LIMIT = 64
"""Requests of one session that may wait; more are denied."""
OPTIONS_LIMIT = 50
NAME_LIMIT = 1000
COMMAND_LIMIT = 256 * 1024
"""Characters; a request with a longer command is refused, since what is shown must be what runs (S5)."""
CANCELLED: Message = {"outcome": {"outcome": "cancelled"}}
_KINDS = {kind.value: kind for kind in OptionKind}


def requested(request_id: str, params: Message, directory: str) -> PermissionRequested:
    """The event for a `session/request_permission`; raises Unfit where it cannot be answered or shown in full."""
    call = params.get("toolCall")
    if not isinstance(call, dict):
        raise Unfit("a permission request without a tool call")
    raw = call.get("rawInput")
    raw = raw if isinstance(raw, dict) else {}
    command = _command(raw)
    if len(command) > COMMAND_LIMIT:
        raise Unfit("a permission request whose command is too long to be shown")
    title = fields.text(call.get("title"), fields.TITLE_LIMIT) or command.partition("\n")[0]
    stated = raw.get("cwd")
    return PermissionRequested(
        request_id,
        title or "The agent asks for permission",
        _options(params.get("options")),
        tool_call_id=fields.identifier(call.get("toolCallId")) or "",
        command=command,
        directory=stated if isinstance(stated, str) and stated else directory,
        paths=_paths(call),
        kind=fields.label(call.get("kind")) or "",
        plan=fields.plan_text(call) if call.get("kind") == fields.LEAVES_MODE else "",
    )


def selected(option_id: str) -> Message:
    """The result that names an option."""
    return {"outcome": {"outcome": "selected", "optionId": option_id}}


def denied(request: PermissionRequested) -> Message:
    """The result that denies without asking anybody: the option to reject once where there is one."""
    for option in request.options:
        if option.kind is OptionKind.REJECT_ONCE:
            return selected(option.option_id)
    return CANCELLED


def _options(value: object) -> tuple[PermissionOption, ...]:
    options = []
    for option in fields.messages(value):
        option_id, name, kind = option.get("optionId"), option.get("name"), option.get("kind")
        if not isinstance(option_id, str) or len(option_id) > NAME_LIMIT:
            raise Unfit("a permission option without a usable id")
        shown = fields.text(name, NAME_LIMIT) or option_id
        known = _KINDS.get(kind, OptionKind.UNKNOWN) if isinstance(kind, str) else OptionKind.UNKNOWN
        options.append(PermissionOption(option_id, shown, known))
    ids = {option.option_id for option in options}
    if not options or len(options) > OPTIONS_LIMIT or len(ids) < len(options):
        raise Unfit("a permission request without distinct options")
    return tuple(options)


def _command(raw: Message) -> str:
    """The full command line, wherever the agent put it."""
    command = raw.get("command", raw.get("cmd"))
    words = _words(raw.get("args") if isinstance(command, str) else command)
    if isinstance(command, str):
        return shlex.join([command, *words]) if words else command
    return shlex.join(words)


def _words(value: object) -> list[str]:
    """A list of strings; empty for anything else."""
    is_argv = isinstance(value, list) and all(isinstance(word, str) for word in value)
    return [str(word) for word in value] if is_argv and isinstance(value, list) else []


def _paths(call: Message) -> tuple[str, ...]:
    found = [location.path for location in fields.locations(call.get("locations")) or ()]
    found += [piece.path for piece in fields.tool_content(call.get("content")) or () if piece.path]
    return tuple(dict.fromkeys(found))
