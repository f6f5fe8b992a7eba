"""The `agent_servers` shape that people know from other editors, as definitions. Knows JSON objects; knows no TOML.

    {"agent_servers": {"My Agent": {"command": "my-agent", "args": ["--acp"], "env": {"KEY": "value"}}}}

Keys that only those editors know are passed over. What is wrong with one entry leaves the others as they are.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from segue.agents.definitions import AgentDefinition, Problem

KEY = "agent_servers"
SIZE_LIMIT = 256 * 1024
INHERITED = ("*_API_KEY", "*_BASE_URL")
"""Besides the usual variables: the shape has no list of its own."""


def config_file(environ: Mapping[str, str]) -> Path:
    """Where a person keeps agents for every editor: `segue/agents.json` in their configuration directory."""
    named = environ.get("XDG_CONFIG_HOME", "")
    home = Path(named) if named.startswith("/") else Path(environ.get("HOME") or os.path.expanduser("~")) / ".config"  # noqa: PTH111
    return home / "segue" / "agents.json"


def read(path: Path, source: Literal["user", "editor"]) -> Iterator[AgentDefinition | Problem]:
    """What a file of that shape defines; nothing where there is none. Never raises."""
    try:
        with path.open("rb") as file:
            text = file.read(SIZE_LIMIT + 1)
        if len(text) > SIZE_LIMIT:
            raise ValueError("it is too large")
        table = json.loads(text)
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError) as failed:
        yield Problem(f"The agents in {path} cannot be read: {failed}.", "Correct the file, or remove it.")
        return
    inner = table.get(KEY, table) if isinstance(table, dict) else table
    if not isinstance(inner, dict):
        yield Problem(f"The agents in {path} cannot be read: `{KEY}` is no table.", "Correct the file, or remove it.")
        return
    for name, entry in inner.items():
        found = definition_of(name, entry, source)
        yield found if isinstance(found, Problem) else replace(found, file=str(path))


def definition_of(name: str, entry: object, source: Literal["user", "editor"]) -> AgentDefinition | Problem:
    """One entry of the table."""
    slug = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:40]
    table = entry if isinstance(entry, dict) else {}
    args, env = table.get("args") or [], table.get("env") or {}
    parts: list[Any] = [table.get("command"), *args] if isinstance(args, list) else []
    if not slug or not all(isinstance(part, str) and "\0" not in part for part in parts) or not (parts and parts[0]):
        return _unfit(name, "`command` must be a program and `args` a list of texts")
    if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
        return _unfit(name, "`env` must be a table of texts")
    home = os.path.expanduser("~")  # noqa: PTH111
    first = home + parts[0][1:] if parts[0].startswith("~/") else parts[0]
    return AgentDefinition(
        name=slug,
        title=name[:60],
        command=(first, *parts[1:]),
        env=env,
        environment=INHERITED,
        prompt_hint="Say what is to be done.",
        source=source,
    )


def _unfit(name: str, why: str) -> Problem:
    return Problem(f"The agent {name[:60]!r} in `{KEY}` cannot be used: {why}.", "Correct the entry, or remove it.")


def keep(path: Path, servers: Mapping[str, object]) -> None:
    """Write the table for the user alone, whole or not at all; an empty one takes the file away. Raises OSError."""
    if not servers:
        path.unlink(missing_ok=True)
        return
    text = json.dumps({KEY: dict(servers)})
    if len(text) > SIZE_LIMIT or (path.exists() and path.read_text("utf-8") == text):
        return
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
