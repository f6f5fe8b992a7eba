"""How a person signs in with an agent: what ACP's `authMethods` offer. Knows JSON; knows no connection and no terminal.

A method is the agent's own (`authenticate` is sent, the agent does the rest) or a command for a terminal, which runs
only after a person has seen and confirmed it.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from segue.agents.jsonrpc import Message

LIMIT_S = 600.0
"""How long a person gets to sign in, in a browser, say."""
CAPABILITIES: Message = {"auth": {"terminal": True}, "_meta": {"terminal-auth": True}}
"""What `initialize` says: methods for a terminal may be offered, in the protocol's shape or in the older one."""
METHODS_LIMIT = 20
PARTS_LIMIT = 64
LABEL_LIMIT = 200


class SignInMethod(msgspec.Struct, frozen=True):
    id: str
    name: str
    description: str = ""
    kind: Literal["agent", "terminal", "variables"] = "agent"
    """`variables`: environment variables have to be set, by the person, before the editor is started."""
    args: tuple[str, ...] = ()
    """`terminal`: behind the agent's own command; of another `command`, all of it."""
    command: str = ""
    env: dict[str, str] = {}
    variables: tuple[str, ...] = ()


def methods_of(offered: object) -> tuple[SignInMethod, ...]:
    """What an agent offers; entries that make no sense are left out."""
    entries = offered[:METHODS_LIMIT] if isinstance(offered, list) else []
    return tuple(method for entry in entries if (method := _method(entry)) is not None)


def terminal_command(method: SignInMethod, argv: Sequence[str]) -> tuple[str, ...]:
    """What to run in a terminal, with the agent's own command as `argv`."""
    return (method.command, *method.args) if method.command else (*argv, *method.args)


def shown(command: Sequence[str]) -> str:
    """A command as a person types it."""
    return shlex.join(command)


def _method(entry: object) -> SignInMethod | None:
    if not isinstance(entry, dict) or not _is_text(entry.get("id")):
        return None
    name = entry["name"] if _is_text(entry.get("name")) else entry["id"]
    about = entry["description"] if _is_text(entry.get("description")) else ""
    label = (entry["id"][:LABEL_LIMIT], name[:LABEL_LIMIT], about[: 2 * LABEL_LIMIT])
    meta = entry.get("_meta")
    old = meta.get("terminal-auth") if isinstance(meta, dict) else None
    if isinstance(old, dict) and _is_text(old.get("command")):
        return SignInMethod(*label, "terminal", _texts(old.get("args")), old["command"], _table(old.get("env")))
    match entry.get("type"):
        case "terminal":
            return SignInMethod(*label, "terminal", _texts(entry.get("args")), "", _table(entry.get("env")))
        case "env_var":
            wanted = entry.get("vars")
            named = [each.get("name") for each in wanted if isinstance(each, dict)] if isinstance(wanted, list) else []
            return SignInMethod(*label, "variables", variables=_texts(named))
        case _:
            return SignInMethod(*label)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(part for part in value[:PARTS_LIMIT] if _is_text(part)) if isinstance(value, list) else ()


def _table(value: object) -> dict[str, str]:
    entries = value.items() if isinstance(value, dict) else ()
    return {name: text for name, text in entries if _is_text(name) and isinstance(text, str) and "\0" not in text}
