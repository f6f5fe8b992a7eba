"""The verb watch, and waiting for a turn's end. Knows resources and cursors; knows nothing of why things change."""

from __future__ import annotations

import time
from collections.abc import Iterator

from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import ConnectionEnded, Json
from segue.cli.output import Cell
from segue.domain.errors import NotFound

NEEDS_YOU = 4
"""Exit code of a wait that ended with a question to the person."""


def watch(call: Call) -> int:
    """Follow all sessions, or one transcript, until Ctrl-C or the daemon's end."""
    resource = "sessions" if call.options.session is None else f"session/{call.session_id()}"
    transcript = texts.Transcript(call.out)
    for items in follow(call, resource):
        if call.options.json:
            call.out.json(items)
        elif call.options.session is None:
            _rows(call, items)
        else:
            apply(transcript, items)
    raise ConnectionEnded


def started(call: Call, session: Json, hint: str) -> int:
    """Tell of a session that was just started, and `hint` how to go on; with --wait show its work."""
    if call.options.wait:
        return until_it_rests(call, session["id"])
    if call.options.json:
        call.out.json({"session": session})
    else:
        call.out.table([texts.row(session)])
        call.out.line(hint)
    return 0


def until_it_rests(call: Call, session_id: str, prompt_id: str | None = None) -> int:
    """Show a session's work until its turn ended, it failed, or it needs a person; the exit code says which.

    With `prompt_id` it waits for the turn of that prompt; with --json only the session's last state is printed.
    """
    transcript = texts.Transcript(call.out)
    session = None
    for items in follow(call, "sessions", f"session/{session_id}"):
        if items["resource"] != "sessions" and not call.options.json:
            apply(transcript, items)
        session = next((s for s in items["sessions"] if s["id"] == session_id), session)
        if session_id in items["removed"]:
            raise NotFound("no_session", f"Session {session_id} is gone.")
        if session is not None and _rests(session, prompt_id):
            break
    shown = call.show(session_id)
    session = shown["session"]
    if call.options.json:
        call.out.json({"session": session})
    else:
        transcript.items(shown["items"])  # what came with the last state, but after it
        transcript.end()
        call.out.table([texts.row(session)])
    return outcome(session)


def follow(call: Call, *resources: str) -> Iterator[Json]:
    """Params of `segue/items`: what each resource is now, then every change. Ends where the daemon does."""
    for resource in resources:
        yield call.request("segue/subscribe", resource=resource)
    yield from call.client.notifications("segue/items")


def apply(transcript: texts.Transcript, items: Json) -> None:
    """Show what one `segue/items` brought, in the protocol's order."""
    transcript.items(items["items"])
    for append in items["appends"]:
        transcript.append(append["itemId"], append["text"])


def outcome(session: Json) -> int:
    """Exit code for a session that rests: 0 done, 1 failed or stopped, 4 it needs a person."""
    if session["state"] == "requires_action" or "proposal" in session:
        return NEEDS_YOU
    return 0 if session["state"] == "idle" and session.get("stopReason") == "end_turn" else 1


def _rests(session: Json, prompt_id: str | None) -> bool:
    if session["state"] == "idle":
        return not any(prompt_id in {None, prompt["promptId"]} for prompt in session["queue"])
    return session["state"] in {"failed", "requires_action"} or bool(session["isArchived"])


def _rows(call: Call, items: Json) -> None:
    now = time.strftime("%H:%M:%S")
    sessions = [session for session in items["sessions"] if not session["isArchived"] or not items["isSnapshot"]]
    if sessions:
        call.out.table([[Cell(now), *texts.row(session)] for session in sessions])
    for session_id in items["removed"]:
        call.out.line(f"{now}  {session_id} is gone")
