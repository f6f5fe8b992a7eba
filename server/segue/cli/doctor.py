"""The verbs status, doctor, lsp and daemon. Knows what can be checked here without a daemon."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from typing import Any

from segue.cli.call import Call, folder
from segue.cli.client import Client, Json
from segue.cli.output import Cell, Colour, inert, sentences
from segue.domain.errors import DaemonUnavailable, SegueError
from segue.domain.ids import visible
from segue.version import VERSION

MARKS = {"ok": ("✓", Colour.GREEN), "warning": ("!", Colour.YELLOW), "failed": ("✗", Colour.RED)}
STOP_LIMIT_S = 30.0


def status(call: Call) -> int:
    """Print how the daemon is; raises DaemonUnavailable where none runs."""
    client = running()
    if client is None:
        raise DaemonUnavailable("no_daemon", "No daemon runs.", action="`segue list`, say, starts one.")
    with client:
        result = client.request("segue/status")
        disk = client.request("segue/disk")["disk"]
    if call.options.json:
        call.out.json({**result, "disk": disk})
        return 0
    facts = (*_facts(result), *_disk(disk))
    call.out.table([[Cell(name, Colour.DIM), Cell(visible(value))] for name, value in facts])
    return 0


def running(**info: Any) -> Client | None:
    """A client of the daemon that runs, with the given keys of ClientInfo; None where none does."""
    from segue import connect, places

    connection = connect.attach(places.find())
    return None if connection is None else Client.over(connection, version=VERSION, **info)


def doctor(call: Call) -> int:
    """Print what the daemon finds, or without one what can be found here; 1 where a check failed."""
    path = call.options.path
    try:
        checks = call.request("segue/doctor", path=folder(path or "."))["checks"]
        checks.insert(0, _check("daemon", "ok", f"It answers; this terminal's Segue is {VERSION}."))
    except DaemonUnavailable as error:
        checks = [_check("daemon", "failed", error.message, error.action), *local_checks()]
    if path is None:  # Segue works in other folders, so this one is not a failure
        checks = [{**check, "status": "warning"} if _is_bad_folder(check) else check for check in checks]
    if call.options.json:
        call.out.json({"checks": checks})
    else:
        for check in _without_missing_agents(checks):
            mark, colour = MARKS[check["status"]]
            text = inert(sentences(check["message"], check["action"]))
            call.out.line(f"{call.out.paint(mark, colour)} {inert(check['name'])}: {text}")
    return 1 if any(check["status"] == "failed" for check in checks) else 0


def _is_bad_folder(check: Json) -> bool:
    return bool(check["name"] == "repository" and check["status"] == "failed")


def _without_missing_agents(checks: list[Json]) -> list[Json]:
    """The checks, with one line for all agents that are not installed: nobody needs every agent."""
    missing = [check for check in checks if check["name"].startswith("agent ") and check["status"] == "warning"]
    names = ", ".join(check["name"].removeprefix("agent ") for check in missing)
    line = _check("other agents", "ok", f"not installed: {names}.", "`segue agents install NAME` installs one.")
    return [check for check in checks if check not in missing] + ([line] if missing else [])


def local_checks() -> Iterator[Json]:
    """What can be said without a daemon: Python, git, the directories."""
    from segue import places

    yield _check("python", "ok", f"Python {platform.python_version()} at {sys.executable}.")
    try:
        from segue.git import repository

        yield _check("git", "ok", f"git {repository.git_version()}")
    except SegueError as error:
        yield _check("git", "failed", error.message, error.action)
    try:
        where = places.find()
        where.prepare()
    except DaemonUnavailable as error:
        yield _check("directories", "failed", error.message, error.action)
        return
    free = shutil.disk_usage(where.data).free // 1024**2
    state = "ok" if free >= 256 else "warning"
    action = "" if state == "ok" else "Make room: journal and worktrees live there."
    yield _check("directories", state, f"Data in {where.data} ({free} MiB free), sockets in {where.runtime}.", action)


def lsp(call: Call) -> int:
    """Be the bridge between an editor and the daemon."""
    from segue import bridge

    return bridge.main()


def daemon(call: Call) -> int:
    """Run a daemon in the foreground, or end the one that runs; agents go on."""
    if call.options.action == "run":
        from segue import daemon as server

        return server.main([])
    if call.options.action == "retire":
        return _retire(call)
    client = _running_of_any_version()
    if client is None:
        if not call.options.json:
            call.out.line("No daemon runs.")
        return 0
    with client:
        pid = client.request("segue/status")["pid"]
        end(client)
    if call.options.json:
        call.out.json({"pid": pid})
    else:
        call.out.line(f"The daemon (process {pid}) ended; agents that work go on.")
    return 0


def end(client: Client) -> None:
    """Stop the daemon and wait until it is gone."""
    client.request("segue/daemon/stop")
    for _ in client.notifications("segue/stopped", limit_s=STOP_LIMIT_S):
        pass  # there is no such notification: the end of the connection is the answer


def _retire(call: Call) -> int:
    """End a daemon that is older than this Segue as soon as no turn runs; prints a line only where it has to wait."""
    client = _running_of_any_version()
    if client is None:
        return 0
    with client:
        version = client.server["serverInfo"]["version"]
        if _numbers(version) >= _numbers(VERSION):
            return 0
        client.request("segue/subscribe", {"resource": "sessions"})
        changes = client.notifications("segue/items")
        has_told = False
        while turns := client.request("segue/status")["running"]:
            if not has_told:
                has_told = True
                call.out.line(f"Segue {version} finishes {turns} running turn(s); then {VERSION} takes over.")
            if next(changes, None) is None:
                return 0  # it ended by itself
        end(client)
    return 0


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _running_of_any_version() -> Client | None:
    """Like `running`, but a daemon of another protocol is spoken to as if by a client of its own: it can be stopped."""
    try:
        return running()
    except DaemonUnavailable as refused:
        if refused.reason != "incompatible_version":
            raise
        return running(protocol=refused.details["protocol"])


def _check(name: str, state: str, message: str, action: str = "") -> Json:
    return {"name": name, "status": state, "message": message, "action": action}


def _disk(disk: Json) -> Iterator[tuple[str, str]]:
    """What Segue takes, and what its snapshots keep in each repository."""
    kinds = ("worktrees", "runners", "images", "journal", "logs")
    yield "disk", ", ".join(f"{kind} {_size(disk[kind])}" for kind in kinds)
    for row in disk["repositories"]:
        kept = f"{row['snapshots']} snapshots for {disk['keepDays']} days, {row['expired']} expired"
        yield "kept", f"{_size(row['bytes'])} in {row['repository']}: checkpoints, and {kept}"


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"


def _facts(result: Json) -> Iterator[tuple[str, str]]:
    yield "version", f"{result['version']} (protocol {result['protocol']})"
    yield "process", f"{result['pid']}, up {result['uptimeS']:.0f} s"
    yield "data", result["dataDirectory"]
    yield "socket", result["endpoint"]
    yield "clients", str(result["clients"])
    yield "sessions", f"{result['sessions']}: {result['running']} running, {result['waiting']} waiting for you"
    if "storeProblem" in result:
        yield "problem", result["storeProblem"]
