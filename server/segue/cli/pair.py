"""The verbs of pairing, from pair and switch to finish. Knows what is asked and shown; decides nothing."""

from __future__ import annotations

import shlex
from difflib import unified_diff
from io import StringIO
from itertools import islice
from pathlib import Path

from segue.cli import texts, watch
from segue.cli.call import Call, folder
from segue.cli.client import Json
from segue.cli.new import prompt_text
from segue.cli.output import Colour, confirm, inert, told
from segue.domain.errors import InputRefused, NotFound
from segue.domain.ids import visible

MOVING = ("hunks", "proposals", "held", "comments", "unlinks", "baseBranch")
"""What of a preview a person should agree to."""
COLOURS = {"+": Colour.GREEN, "-": Colour.RED}


def pair(call: Call) -> int:
    """Start a session that works on what is checked out here, unsaved text of open editors not included."""
    options, repository = call.options, folder(call.options.repository)
    if not _may_take_over(call, repository):
        return 1
    session = call.request(
        "segue/session/new",
        repository=repository,
        agent=options.agent,
        prompt=prompt_text(options.prompt, options.file),
        title=options.title,
        mode="inline",
    )["session"]
    hint = f"Its changes come into {visible(session['repository'])}. See them: segue hunks {session['id']}"
    return watch.started(call, session, hint)


def _may_take_over(call: Call, repository: str) -> bool:
    """Ask where another session is linked to the checkout: it goes to the background."""
    sessions = call.request("segue/session/list", includeArchived=False)["sessions"]
    linked = (one for one in sessions if one.get("linkedTo") is not None)
    other = next((one for one in linked if Path(repository).is_relative_to(one["linkedTo"])), None)
    if other is None or call.options.yes:
        return True
    preview = call.request("segue/link/preview", sessionId=other["id"])["preview"]
    call.out.line(f"“{visible(other['title'])}” is in your editor now; it continues in the background.")
    _tell(call, preview)
    question = "Start another one?"
    return confirm(question, "Say `segue pair --yes`.")


def switch(call: Call) -> int:
    """Bring a session into the checkout, or send it to the background where it is linked; what moves is said first."""
    options, session_id = call.options, call.session_id()
    preview = call.request("segue/link/preview", sessionId=session_id)["preview"]
    if not options.json:
        _tell(call, preview)
    leaves = preview["to"] == "background"
    asks = ("comments", "unlinks", "baseBranch") if leaves and options.keep_hunks else MOVING
    hint = f"Say `segue switch {session_id} --yes`{', or --keep-hunks' if leaves else _ways(preview)}."
    if any(preview.get(name) for name in asks) and not options.yes and not confirm(_question(preview), hint):
        return 1
    if leaves:
        return _row(call, call.request("segue/link/stop", sessionId=session_id, keepHunks=options.keep_hunks))
    onto = "base" if options.check_out else "present"
    return _show(call, call.request("segue/link/start", sessionId=session_id, onto=onto)["link"])


def _tell(call: Call, preview: Json) -> None:
    """What moves and what stays, and how comments that were not sent can be sent first."""
    for sentence in preview["sentences"]:
        call.out.line(told(sentence))
    if preview["to"] == "background" and preview["comments"]:
        call.out.line(f"To send the comments first: segue send {preview['sessionId']}")


def _ways(preview: Json) -> str:
    """What else can be done where the session is based on another branch."""
    if preview.get("baseBranch") is None:
        return ""
    checked_out = f", --check-out for {visible(preview['baseBranch'])} first" if preview["canCheckOut"] else ""
    return f"{checked_out}, or open {visible(preview['worktree'])} on its own"


def _question(preview: Json) -> str:
    to = "to the background" if preview["to"] == "background" else f"into {visible(preview['checkout'])}"
    return f"Switch {preview['sessionId']} {to}?"


def share(call: Call) -> int:
    """Give the agent what was changed in the checkout."""
    return _show(call, call.request("segue/link/share", sessionId=call.session_id())["link"])


def hunks(call: Call) -> int:
    """List what nobody decided on."""
    return _show(call, _link(call, call.session_id()))


def accept(call: Call) -> int:
    return _decide(call, "accept")


def reject(call: Call) -> int:
    return _decide(call, "reject")


def resolve(call: Call) -> int:
    """Decide on what could not be merged."""
    options, session_id = call.options, call.session_id()
    proposals = [found for file in _link(call, session_id)["files"] for found in file["proposals"]]
    found = _chosen(proposals, [options.proposal])[0]
    words = {"proposalId": found["id"], "revision": found["revision"], "take": options.take}
    return _show(call, call.request("segue/proposal/resolve", sessionId=session_id, **words)["link"])


def comment(call: Call) -> int:
    """Collect a comment for the agent."""
    options, session_id = call.options, call.session_id()
    path, _, line = options.place.rpartition(":")
    if not path or not line.isdigit() or line == "0":
        raise InputRefused("bad_place", f"{visible(options.place)[:60]!r} is no place.", action="Say PATH:LINE.")
    words = {"path": path, "startLine": int(line) - 1, "endLine": int(line), "text": options.text}
    shown = call.request("segue/comment/add", sessionId=session_id, **words)["link"]
    if call.options.json:
        call.out.json({"link": shown})
    else:
        waiting = sum(one["state"] == "draft" for one in shown["comments"])
        call.out.line(f"Collected: {waiting}. Send them: segue send {session_id}")
    return 0


def send(call: Call) -> int:
    """Send what was collected, reasons of rejections too, as one prompt."""
    session_id = call.session_id()
    shown = call.request("segue/comment/send", sessionId=session_id)
    if call.options.json:
        call.out.json(shown)
    else:
        call.out.line(f"Sent. Follow it: segue watch {session_id}")
    return 0


def finish(call: Call) -> int:
    """End pairing: what was accepted stays, the rest goes with the archived session."""
    session_id = call.session_id()
    shown = _link(call, session_id)
    left = _undecided(shown)
    question = f"{left} will be archived with the session. Finish {session_id}?"
    if left and not call.options.yes and not confirm(question, f"Say `segue finish {session_id} --yes`."):
        return 1
    code = _row(call, call.request("segue/session/finish", sessionId=session_id))
    if left and not call.options.json:
        call.out.line(f"Archived with the session: {left}. `segue restore {session_id}` brings them back.")
    return code


def _undecided(link: Json) -> str:
    """What of a link has no decision yet, in words; empty where everything is decided."""
    changes = sum(len(file["hunks"]) for file in link["files"])
    conflicts = sum(len(file["proposals"]) for file in link["files"])
    said = [f"{_changes(changes)} without a decision"] if changes else []
    said += [f"{conflicts} conflict{'s' if conflicts > 1 else ''}"] if conflicts else []
    return " and ".join(said)


def _decide(call: Call, decision: str) -> int:
    options, session_id = call.options, call.session_id()
    undecided = [hunk for file in _link(call, session_id)["files"] for hunk in file["hunks"]]
    if options.all:
        chosen = undecided
    elif options.hunks:
        chosen = _chosen(undecided, options.hunks)
    else:
        action = f"Name some from `segue hunks {session_id}`, or say --all."
        raise InputRefused("no_hunks", f"Say which changes you {decision}.", action=action)
    result = call.request(
        "segue/hunk/decide",
        sessionId=session_id,
        decision=decision,
        decisions=[{"hunkId": hunk["id"], "revision": hunk["revision"]} for hunk in chosen],
        reason=options.reason if decision == "reject" else None,
        isAll=options.all,
    )
    for held in result["held"] if not options.json else ():
        _show_held(call, session_id, held)
    return _show(call, result["link"])


def _show_held(call: Call, session_id: str, held: Json) -> None:
    """What was left out of *accept all*, why, and how to take it."""
    path = visible(held["path"])
    if held["hunks"]:
        said = f"Not accepted with the others: {path} ({held['why']}). segue accept {session_id} {shlex.quote(path)}"
    else:
        said = f"Held back: {path} ({held['why']}). segue resolve {session_id} {shlex.quote(path)} theirs"
    call.out.line(said, Colour.YELLOW)


def _chosen(offered: list[Json], wanted: list[str]) -> list[Json]:
    """Those that an id begins with; several files of a name are all meant."""
    chosen: list[Json] = []
    for typed in wanted:
        found = [one for one in offered if one["path"] == typed or one["id"].startswith(typed)]
        if not found:
            action = "Nothing was decided. See `segue hunks`."
            raise NotFound("no_hunk", f"There is no undecided change {visible(typed)[:60]!r}.", action=action)
        chosen += [one for one in found if one not in chosen]
    return chosen


def _link(call: Call, session_id: str) -> Json:
    shown: Json = call.request("segue/link/show", sessionId=session_id)["link"]
    return shown


def _show(call: Call, shown: Json) -> int:
    if call.options.json:
        call.out.json({"link": shown})
        return 0
    out = call.out
    for notice in shown["notices"]:
        out.line(inert(notice), Colour.YELLOW)
    for file in shown["files"]:
        out.line(f"{visible(file['path'])}{': ' + inert(file['message']) if file.get('message') else ''}", Colour.BOLD)
        if file.get("runs"):
            out.line(f"  Look closely, {file['runs']}.", Colour.YELLOW)
        for hunk in file["hunks"]:
            out.line(f"  {hunk['id']}  {hunk.get('message') or _lines(hunk)}")
            if not hunk["isWholeFile"]:
                _difference(call, hunk["oldText"], hunk["newText"])
        for proposal in file["proposals"]:
            out.line(f"  {proposal['id']}  {_lines(proposal)}: {inert(proposal['message'])}", Colour.YELLOW)
            if proposal["kind"] in ("overlap", "held"):
                _difference(call, proposal["mine"], proposal["theirs"])
    if not shown["files"]:
        out.line("Nothing waits for a decision.")
    return 0


def _lines(found: Json) -> str:
    first, last = found["startLine"] + 1, max(found["startLine"] + 1, found["endLine"])
    return f"line {first}" if first == last else f"lines {first}–{last}"


def _difference(call: Call, old: str, new: str) -> None:
    # Read as files, because only a line feed ends a line.
    found = unified_diff(StringIO(old).readlines(), StringIO(new).readlines(), n=0)
    for line in islice(found, 2, None):
        if line[0] in COLOURS:
            call.out.line("      " + inert(line.removesuffix("\n")), COLOURS[line[0]])


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count} changes"


def _row(call: Call, result: Json) -> int:
    if call.options.json:
        call.out.json(result)
    else:
        call.out.table([texts.row(result["session"])])
        if "folderKept" in result["session"]:
            call.out.line(result["session"]["folderKept"])
    return 0
