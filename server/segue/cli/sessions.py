"""The verbs list, show, stop, archive, restore and pin. Knows which request each one is; decides nothing."""

from __future__ import annotations

from segue.cli import texts
from segue.cli.call import Call, folder
from segue.cli.output import confirm
from segue.cli.set import offer


def list_(call: Call) -> int:
    """Print sessions under their buckets."""
    repository = call.options.repository
    result = call.request(
        "segue/session/list",
        repository=folder(repository) if repository else None,
        includeArchived=call.options.archived,
    )
    if call.options.json:
        call.out.json(result)
    else:
        texts.rows(call.out, result["sessions"], result["buckets"])
    return 0


def show(call: Call) -> int:
    """Print one session and its transcript."""
    result = call.show(call.session_id())
    if call.options.json:
        call.out.json(result)
        return 0
    texts.details(call.out, result["session"], result["turns"])
    offer(call.out, result["offer"])
    call.out.line()
    transcript = texts.Transcript(call.out)
    transcript.items(result["items"])
    transcript.end()
    call.seen(result["session"]["id"])
    return 0


def stop(call: Call) -> int:
    """Stop the turn."""
    return _change(call, "segue/session/stop", call.session_id())


def archive(call: Call) -> int:
    """Archive a session after asking."""
    session_id = call.session_id()
    if not call.options.yes:
        session = call.show(session_id)["session"]
        if not call.options.json:
            call.out.table([texts.row(session)])
        question = (
            f"Archive {session_id}? Its worktree is removed; `segue restore {session_id}` brings everything back."
        )
        if not confirm(question, f"Say `segue archive {session_id} --yes`."):
            return 1
    return _change(call, "segue/session/archive", session_id)


def pin(call: Call) -> int:
    """Show a session before others."""
    return _change(call, "segue/session/pin", call.session_id())


def unpin(call: Call) -> int:
    """Show it among others."""
    return _change(call, "segue/session/unpin", call.session_id())


def restore(call: Call) -> int:
    """Bring an archived session back."""
    return _change(call, "segue/session/restore", call.session_id())


def _change(call: Call, method: str, session_id: str) -> int:
    result = call.request(method, sessionId=session_id)
    if call.options.json:
        call.out.json(result)
    else:
        call.out.table([texts.row(result["session"])])
        if "folderKept" in result["session"]:
            call.out.line(result["session"]["folderKept"])
    return 0
