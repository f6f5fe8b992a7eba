"""How rows and transcripts read in a terminal. Knows the wire's objects and columns; asks the daemon nothing."""

from __future__ import annotations

import time

from segue.cli import forms
from segue.cli.client import Json
from segue.cli.output import Cell, Colour, Output, age, inert, sentences, told
from segue.domain.ids import visible

COLOURS = {
    "attention": Colour.YELLOW,
    "failure": Colour.RED,
    "success": Colour.GREEN,
    "active": Colour.BLUE,
    "waiting": Colour.CYAN,
    "merged": Colour.DIM,
    "quiet": Colour.DIM,
}
"""By the server's tones."""
TOOL_SIGNS = {"completed": "✓", "failed": "✗", "cancelled": "⊘"}
SAID = {"text", "terminal"}
"""Kinds of a tool call's content that are printed."""
TITLE_COLUMNS = 44
CENT = 0.005
"""Less than what rounds to a cent is said to be less."""
UNKNOWN = "unknown"


def sign(session: Json) -> Cell:
    """The session's state as one character."""
    return Cell(session["sign"], COLOURS.get(session["tone"]))


def stat(changed: Json) -> str:
    """`+a −b` with files, or nothing where nothing changed."""
    if not changed["files"]:
        return ""
    files = "1 file" if changed["files"] == 1 else f"{changed['files']} files"
    return f"+{changed['added']} −{changed['removed']} in {files}"


def rows(out: Output, sessions: list[Json], buckets: list[Json]) -> None:
    """Sessions as a table under their buckets, in the server's order."""
    if not sessions:
        out.line("No sessions. `segue new PROMPT` starts one; `segue list --archived` shows archived ones.")
        return
    for bucket in buckets:
        members = [session for session in sessions if session["bucket"] == bucket["id"]]
        if members:
            out.line(f"{told(bucket['name'])} ({len(members)})", COLOURS.get(members[0]["tone"]))
            out.table([row(session) for session in members], indent="  ")


def row(session: Json) -> list[Cell]:
    """One session in columns; the last one says what it does, asks, or how it ended."""
    title = visible(session["title"])
    title = title if len(title) <= TITLE_COLUMNS else title[: TITLE_COLUMNS - 1] + "…"
    return [
        sign(session),
        Cell(session["id"]),
        Cell(title),
        Cell(session["agent"], Colour.DIM),
        Cell(stat(session["stat"])),
        Cell(age(session["updatedMs"], round(time.time() * 1000)), Colour.DIM),
        Cell(_state(session)),
    ]


def _state(session: Json) -> str:
    words = "archived" if session["isArchived"] else ""
    if session["isStopping"]:
        words = "stopping"
    waiting = len(session["queue"]) if session["state"] != "creating" else 0
    queued = f"({waiting} queued)" if waiting else ""
    if "place" in session:
        queued = f"(no. {session['place']} of those that wait for others)"
    return sentences(words, session["activity"], queued)


def tokens(counted: Json) -> str:
    """What a turn took of its model; what was not counted is left out."""
    names = {
        "input": "in",
        "output": "out",
        "cached": "cached",
        "cachedWrite": "written to cache",
        "thought": "thought",
    }
    return ", ".join(f"{counted[key]:,} {name}" for key, name in names.items() if key in counted)


def cost(known: Json) -> str:
    """An amount with its currency; `≈` says that it is an estimate."""
    amount = known["amount"]
    shown = "<0.01" if 0 < amount < CENT else f"{amount:,.2f}"
    sign = "≈" if known["isEstimate"] else ""
    return f"{sign}{shown} {known.get('currency', '')}".rstrip()


def _usage(session: Json, turns: list[Json]) -> list[tuple[str, str]]:
    """What it took so far, and of that the last turn; what nobody told is unknown."""
    last = turns[-1] if len(turns) > 1 else {}
    used, size = session.get("contextUsed"), session.get("contextSize")
    window = f"{round(100 * used / size)} % of {size:,} tokens" if used is not None and size else UNKNOWN
    took = [tokens(session["tokens"]) if "tokens" in session else UNKNOWN]
    paid = [cost(session["cost"]) if "cost" in session else UNKNOWN]
    if "tokens" in last:
        took.append(f"{tokens(last['tokens'])} in the last turn")
    if "cost" in last:
        paid.append(f"{cost(last['cost'])} in the last turn")
    return [("context", window), ("tokens", "; ".join(took)), ("cost", "; ".join(paid))]


def details(out: Output, session: Json, turns: list[Json]) -> None:
    """One session in full: facts as they are, nothing shortened."""
    colour = COLOURS.get(session["tone"])
    out.line(sentences(visible(session["title"])), Colour.BOLD)
    facts = [
        ("session", session["id"]),
        ("state", sentences(told(session["status"]), f"({session['state']})", session["activity"])),
        ("agent", session["agent"] + (", its process runs" if session["isAgentAlive"] else "")),
        ("changes", stat(session["stat"]) or "none"),
        ("base", sentences(branch(session.get("baseRef") or "detached HEAD"), session["baseCommit"][:10])),
        ("branch", branch(session["branch"])),
        ("worktree", session["worktree"]),
        ("repository", session["repository"]),
    ]
    facts += _usage(session, turns)
    if "merged" in session:
        merged = session["merged"]
        facts.append(("merged", f"into {branch(merged['baseRef'])} as {merged['commit'][:10]}"))
    if "failure" in session:
        failure = session["failure"]
        facts.append(("failure", sentences(failure["message"], failure["action"])))
    facts += [("queued", prompt["text"]) for prompt in session["queue"]]
    for name, value in facts:
        shown = visible(value)
        out.line(f"  {name + ':':12}{out.paint(shown, colour) if name == 'state' else shown}")
    for permission in session["permissions"]:
        if "plan" in permission:
            continue
        question(out, permission)
        out.line(f"  Answer it: segue answer {session['id']} OPTION", Colour.YELLOW)
    for asked in session["questions"]:
        forms.question(out, asked)
        out.line(f"  See how to answer it: segue answer {session['id']}", Colour.YELLOW)

    if "proposal" in session:
        out.line(f"  See and decide on its plan: segue plan {session['id']}", Colour.YELLOW)


def branch(ref: str) -> str:
    """A full ref name as people say it."""
    return ref.removeprefix("refs/heads/")


def question(out: Output, permission: Json) -> None:
    """A permission request in full: the whole command, where it runs, what it touches, and the numbered answers."""
    out.line(f"? {visible(permission['title'])}", Colour.YELLOW)
    for fact in permission["facts"]:
        name = f"{told(fact['name'])}:"
        for value in fact["values"]:
            first, *others = value.split("\n")
            out.line(f"    {name} {visible(first)}")
            # Further lines carry a mark of their own, so that none of them passes for another fact.
            for line in others:
                out.line(f"    {'|':>{len(name)}} {visible(line)}")
    decided = permission.get("decidedBy")
    if decided:
        chosen = permission.get("chosen")
        out.line(f"    {visible(f'answered {chosen!r} by {decided}' if chosen else f'not answered ({decided})')}")
        for name in ("rule", "remembered", "reason"):
            if permission.get(name):
                out.line(f"    {name}: {visible(permission[name])}")
        return
    if permission.get("expiresMs"):
        due = time.strftime("%Y-%m-%d %H:%M", time.localtime(permission["expiresMs"] / 1000))
        out.line(f"    denied at {due}, if nobody answers before")
    for number, option in enumerate(permission["options"], 1):
        out.line(f"    {number}  {told(option['effect'])} — the agent calls it “{visible(option['name'])}”")
    for number, rule in enumerate(permission.get("remember", []), 1):
        out.line(f"    --always {number}  from now on: {visible(rule['about'])} ({visible(rule['where'])})")


class Transcript:
    """Prints items as they come and grow; each character once."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._items: dict[str, Json] = {}
        self._printed: dict[str, int] = {}
        self._open: str | None = None
        """The item whose last line is not finished yet."""

    def items(self, items: list[Json]) -> None:
        """Show items that are new or changed."""
        for item in items:
            self._items[item["id"]] = item
            self._show(item)

    def append(self, item_id: str, text: str) -> None:
        """Show text that was added to an item."""
        item = self._items.get(item_id)
        if item is not None:
            self._items[item_id] = item = {**item, "text": item.get("text", "") + text}
            self._show(item)

    def end(self) -> None:
        """Finish the last line."""
        if self._open is not None:
            self._out.write("\n")
            self._open = None

    def _show(self, item: Json) -> None:
        kind = item["kind"]
        if kind in {"message", "thought"}:
            self._grow(item, Colour.DIM if kind == "thought" else None)
            return
        shown = self._block(item)
        if hash(shown) == self._printed.get(item["id"]):
            return
        self._printed[item["id"]] = hash(shown)
        self.end()
        if kind == "permission":
            question(self._out, item["permission"])
        elif kind == "question":
            forms.question(self._out, item["question"])
        else:
            self._out.line(shown, {"prompt": Colour.BOLD, "notice": Colour.YELLOW, "tool_call": Colour.CYAN}.get(kind))

    def _grow(self, item: Json, colour: Colour | None) -> None:
        text = item.get("text", "")
        new = text[self._printed.get(item["id"], 0) :]
        if not new:
            return
        if self._open != item["id"]:
            self.end()
        self._printed[item["id"]] = len(text)
        # Coloured line by line: a sequence that is open at the end of a line would colour what comes next.
        self._out.write("\n".join(self._out.paint(line, colour) for line in inert(new).split("\n")))
        self._open = None if new.endswith("\n") else item["id"]

    def _block(self, item: Json) -> str:
        match item["kind"]:
            case "prompt":
                return "> " + inert(item.get("text", "")).replace("\n", "\n> ")
            case "handover":
                return "· Segue told the new agent:\n  " + inert(item.get("text", "")).replace("\n", "\n  ")
            case "tool_call":
                return self._tool_call(item)
            case "proposal":
                return f"Plan ({item.get('status') or 'to approve'}):\n  " + inert(item["text"]).replace("\n", "\n  ")
            case "plan":
                marks = {"completed": "[x]", "in_progress": "[~]"}
                entries = item.get("entries", [])
                return "\n".join(f"  {marks.get(e['status'], '[ ]')} {visible(e['content'])}" for e in entries)
            case "permission":
                permission = item["permission"]
                return f"{permission['requestId']} {permission.get('decidedBy')} {permission.get('chosen')}"
            case "question":
                return f"{item['question']['requestId']} {item['question'].get('action')}"
            case _:
                return "· " + inert(item.get("text") or item.get("title") or item["kind"])

    def _tool_call(self, item: Json) -> str:
        status = item.get("status", "")
        title = visible(item.get("title") or item.get("toolKind") or "tool call")
        text = "".join(content["text"] for content in item.get("content") or [] if content["type"] in SAID)
        is_over = status in TOOL_SIGNS
        body = "".join(f"\n    {line}" for line in inert(text).rstrip("\n").split("\n")) if is_over and text else ""
        return f"{TOOL_SIGNS.get(status, '▸')} {title}{body}"
