"""What rules have to know of what an agent has its client do. Knows ACP's requests for files and commands; decides
nothing.
"""

from __future__ import annotations

import shlex

from segue.agents.broker import READ, WRITE
from segue.agents.connection_record import Asked
from segue.agents.terminals import Method
from segue.domain.events import PermissionRequested

TOOLS = {READ: "read", WRITE: "edit"}


def as_request(asked: Asked, directory: str) -> PermissionRequested | None:
    """The request for permission that says the same; None for what only goes on with a command that was begun.

    `directory` is where a command runs that names no folder.
    """
    params = asked.params
    if asked.method == Method.CREATE:
        args = params.get("args")
        words = [params.get("command"), *(args if isinstance(args, list) else ())]
        command = shlex.join(word for word in words if isinstance(word, str))
        stated = params.get("cwd")
        place = stated if isinstance(stated, str) and stated else directory
        return PermissionRequested("", command, (), command=command, directory=place, kind="execute")
    if asked.method in TOOLS:
        path = params.get("path")
        paths = (path,) if isinstance(path, str) else ()
        return PermissionRequested("", "", (), directory=directory, paths=paths, kind=TOOLS[asked.method])
    return None
