"""The verb agents: which there are, and what can be done with one. Knows the terminal; what is done is the daemon's."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from segue.cli.call import Call, connected
from segue.cli.client import Json
from segue.cli.output import Cell, Colour, confirm, sentences
from segue.domain.errors import AgentFailed, InputRefused
from segue.domain.ids import visible

PLACES = {
    "segue": "installed by Segue",
    "path": "on PATH",
    "npm": "in your npm prefix",
    "definition": "as you defined it",
}


def agents(call: Call) -> int:
    """List agents, or install, uninstall, check or sign in with one."""
    action, name = call.options.action, call.options.name
    if action == "list":
        return _list(call)
    if name is None:
        raise InputRefused("no_agent", f"`segue agents {action}` needs an agent's name.", action="See `segue agents`.")
    if action == "sign-in":
        return _sign_in(call, name)
    if call.options.contract:
        return _contract(call, name, action)
    ended = _do(call, name, action)
    if call.options.json:
        call.out.json(ended)
    elif action == "check":
        call.out.line(f"{call.out.paint('✓', Colour.GREEN)} {visible(name)} works here.")
    return 0


def _list(call: Call) -> int:
    result = call.request("segue/agent/list")
    if call.options.json:
        call.out.json(result)
        return 0
    for agent in result["agents"]:
        call.out.table([[_mark(agent), Cell(agent["name"].ljust(12)), Cell(_about(agent))]])
    return 0


def _mark(agent: Json) -> Cell:
    if agent["isAvailable"] and (agent["needsSignIn"] or "trouble" in agent):
        return Cell("!", Colour.YELLOW)
    return Cell("✓", Colour.GREEN) if agent["isAvailable"] else Cell("✗", Colour.RED)


def _about(agent: Json) -> str:
    if agent["isAvailable"] and agent["needsSignIn"]:
        return f"{agent['title']} wants you to sign in: `segue agents sign-in {agent['name']}`."
    if agent["isAvailable"] and "trouble" in agent:
        return sentences(f"{agent['title']}:", agent["trouble"]["message"], agent["trouble"]["action"])
    if agent["isAvailable"]:
        where = " ".join(filter(None, (agent.get("version"), PLACES.get(agent.get("place", "")))))
        return sentences(agent["title"] + (f" {where}." if where else "."), agent["description"])
    return str(agent["problem"])


def _do(call: Call, name: str, action: str, **more: str) -> Json:
    """Have the daemon do it, its log on the error stream; the end of it. Ctrl-C cancels. Raises AgentFailed."""
    with _cancelled_with_us(call, name):
        told: Json = call.client.request("segue/agent/run", {"name": name, "action": action, **more})
        while True:
            for line in told["lines"]:
                sys.stderr.write(f"{line}\n")
            if not told["isRunning"]:
                break
            told = call.request("segue/agent/progress", name=name, after=told["next"])
    failure = told.get("failure")
    if failure is not None:
        raise AgentFailed(failure["reason"], failure["message"], action=failure["action"])
    return told


@contextmanager
def _cancelled_with_us(call: Call, name: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        with connected() as client:
            client.request("segue/agent/cancel", {"name": name})
        raise


def _contract(call: Call, name: str, action: str) -> int:
    if action != "check":
        raise InputRefused("no_check", "`--contract` is a way to check an agent.", action="See `segue agents --help`.")
    from segue.cli.agents_check import contract  # late: a model and an agent's whole machinery

    return contract(call, name)


def _sign_in(call: Call, name: str) -> int:
    methods = _do(call, name, "methods")["methods"]
    chosen = _chosen(call, name, methods)
    if chosen["kind"] == "agent":
        _do(call, name, "sign_in", method=chosen["id"])
    elif chosen["kind"] == "variables":
        names = ", ".join(chosen["variables"])
        raise InputRefused("variables_needed", f"{name} reads {visible(names)}.", action="Set them, then try again.")
    else:
        _in_terminal(call, chosen)
        call.request("segue/agent/resume", name=name)
    if not call.options.json:
        call.out.line(f"Signed in with {visible(name)}; prompts that waited for that are sent.")
    return 0


def _chosen(call: Call, name: str, methods: list[Json]) -> Json:
    wanted = call.options.method
    fitting = [method for method in methods if wanted in {None, method["id"]}]
    if len(fitting) == 1:
        return fitting[0]
    if not methods:
        raise InputRefused("no_method", f"{name} offers no way to sign in.", action="Sign in with its own program.")
    offered = "; ".join(f"{visible(method['id'])} ({visible(method['name'])})" for method in methods)
    raise InputRefused("choose_method", f"{name} offers: {offered}.", action="Name one with `--method ID`.")


def _in_terminal(call: Call, method: Json) -> None:
    command: list[str] = method["command"]
    call.out.line(f"The agent wants to run this here: {visible(shlex.join(command))}")
    if not call.options.yes and not confirm("Run it?", "Say so with `--yes`."):
        raise InputRefused("not_confirmed", "Nothing was run.")
    status = subprocess.run(command, env=_environment(method), check=False).returncode
    if status:
        raise AgentFailed("sign_in_failed", f"It ended with exit {status}.", action="Try again, or another method.")


def _environment(method: Json) -> dict[str, Any]:
    from segue.agents.environment import is_inherited

    own = {name: value for name, value in method["env"].items() if is_inherited(name, ("*",))}
    return {**os.environ, **own}
