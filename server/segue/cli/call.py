"""One run of a verb: its options, its output and its connection. Knows how the daemon is found; knows no verb."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from segue.cli.client import Client, Json, is_text, own_environment
from segue.cli.output import Output
from segue.domain.errors import InputRefused, NotFound
from segue.domain.ids import ALPHABET, visible
from segue.version import VERSION

WHOLE_ID = re.compile(f"[{ALPHABET}]{{8}}")


class Call:
    """What a verb works with; closes its connection at the end."""

    def __init__(self, options: argparse.Namespace, out: Output) -> None:
        self.options = options
        self.out = out
        self._client: Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def client(self) -> Client:
        """The connection, made at first use; starts a daemon where none runs. Raises DaemonUnavailable."""
        if self._client is None:
            self._client = connected()
        return self._client

    def request(self, method: str, **params: Any) -> Any:
        """The result of one request; what is None is left out of the parameters."""
        return self.client.request(method, {name: value for name, value in params.items() if value is not None})

    def session_id(self) -> str:
        """The id that the option ID means; raises NotFound, or InputRefused where it could be several."""
        wanted: str = self.options.session
        if WHOLE_ID.fullmatch(wanted):
            return wanted
        sessions = self.request("segue/session/list", includeArchived=True)["sessions"]
        return only(wanted, [session["id"] for session in sessions])

    def seen(self, session_id: str) -> None:
        """Tell the daemon that a person looked at the result; a program that reads along is none."""
        if self.out.is_terminal:
            self.request("segue/session/seen", sessionId=session_id)

    def show(self, session_id: str) -> Json:
        """The session with its transcript: the result of `segue/session/show`."""
        shown: Json = self.request("segue/session/show", sessionId=session_id)
        return shown


def only(wanted: str, ids: list[str]) -> str:
    """The one id that begins with `wanted`."""
    found = [session_id for session_id in ids if wanted and session_id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        action = f"Write more of it: {', '.join(sorted(found)[:5])}{' …' if len(found) > 5 else ''}"
        raise InputRefused("ambiguous_session", f"{len(found)} sessions begin with {wanted!r}.", action=action)
    message = f"There is no session {visible(wanted)[:40]!r}."
    raise NotFound("no_session", message, action="See `segue list --archived`.")


def folder(typed: str) -> str:
    """A folder as the daemon has to be told it: absolute, since it lives elsewhere; raises InputRefused."""
    try:
        path = str(Path(typed).resolve())
    except (OSError, RuntimeError, ValueError) as failed:  # the current folder was removed, a loop of links, a NUL
        raise InputRefused("no_folder", f"There is no such folder: {visible(typed)}.") from failed
    if not is_text(path):
        action = "Move it to a path that is text, or open it by another one."
        raise InputRefused("path_not_text", f"This path is not UTF-8 text: {visible(path)}.", action=action)
    return path


def connected() -> Client:
    """A client of the running daemon, or of a new one; sessions that it starts get this terminal's environment."""
    from segue import places

    return Client.connected(places.find(), version=VERSION, environment=own_environment())
