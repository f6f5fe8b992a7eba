"""The verb uninstall: says all that Segue keeps on this machine, then removes it. Knows where everything lies."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from segue import connect, places
from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.doctor import end
from segue.cli.output import Cell, Colour, Output, confirm
from segue.domain.errors import InputRefused, SegueError
from segue.domain.ids import SessionId
from segue.git import repository, session_removal
from segue.places import Places

OWN = ("agents", "images", "links", "logs", "runners", "server", "tmp", "trusted", "worktrees")
OWN_BEGINNINGS = ("daemon.", "journal.")
"""What Segue makes in its data directory; anything else there is somebody else's and stays."""


@dataclass(frozen=True, slots=True)
class Found:
    """All that there is."""

    places: Places
    sessions: list[Json]
    common_dirs: dict[str, Path]
    """By repository; those that are gone are left out."""

    @property
    def data(self) -> list[Path]:
        """Segue's own entries of the data directory."""
        folder = self.places.data
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        return [path for path in entries if path.name in OWN or path.name.startswith(OWN_BEGINNINGS)]

    @property
    def sockets(self) -> list[Path]:
        key = Path(self.places.socket).stem
        return sorted(self.places.runtime.glob(f"{key}*.sock"))

    @property
    def unmerged(self) -> list[Json]:
        """Sessions that are at work, or whose changes are merged nowhere; archived ones too."""
        return [session for session in self.sessions if _is_at_work(session) or _is_unmerged(session)]

    def ids_in(self, name: str) -> list[SessionId]:
        return [SessionId(session["id"]) for session in self.sessions if session["repository"] == name]

    def as_json(self) -> Json:
        return {
            "dataDirectory": str(self.places.data),
            "data": [str(path) for path in self.data],
            "worktrees": [s["worktree"] for s in self.sessions if not s["isArchived"]],
            "repositories": [
                {"path": name, "refs": sorted(session_removal.refs_of(folder, self.ids_in(name)))}
                for name, folder in self.common_dirs.items()
            ],
            "sockets": [str(path) for path in self.sockets],
            "unmerged": self.unmerged,
        }


def _is_at_work(session: Json) -> bool:
    return session["state"] in {"creating", "running", "requires_action"} or bool(session["queue"])


def _is_unmerged(session: Json) -> bool:
    return bool(session["stat"]["files"]) and "merged" not in session


def uninstall(call: Call) -> int:
    """List, ask, remove; 1 where the answer is no."""
    found = _look(call)
    listed = found.as_json()
    if not found.data and not found.sessions:
        _tell(call, listed, "There is nothing to remove.", is_removed=False)
        return 0
    if not call.options.json:
        _show(call.out, found, listed)
    if not _is_wanted(call, found):
        return 1
    _remove(call, found)
    _tell(call, listed, "Removed. The extension itself is removed in the editor.", is_removed=True)
    return 0


def _look(call: Call) -> Found:
    where = places.find()
    sessions: list[Json] = []
    if where.journal.exists():
        sessions = _listed(call)
        clients = call.request("segue/status")["clients"]
        if clients > 1:
            message = (
                f"Segue is in use by {clients - 1} other client(s), such as editor windows: they would start it again."
            )
            raise InputRefused(
                "in_use", message, action="Uninstall or disable the extension there first, or close them."
            )
    common_dirs = {}
    for name in sorted({session["repository"] for session in sessions}):
        try:
            common_dirs[name] = repository.inspect(Path(name)).common_dir
        except SegueError:
            continue
    return Found(where, sessions, common_dirs)


def _listed(call: Call) -> list[Json]:
    sessions: list[Json] = call.request("segue/session/list", includeArchived=True)["sessions"]
    return sessions


def _show(out: Output, found: Found, listed: Json) -> None:
    out.line(f"In {listed['dataDirectory']}:")
    for path in found.data:
        out.table(
            [[Cell(_size(path).rjust(10)), Cell(path.name + ("/" if path.is_dir() else "")), Cell(_about(path))]],
            indent="  ",
        )
    out.line(f"Worktrees: {len(listed['worktrees'])}")
    for repo in listed["repositories"]:
        out.line(f"In {repo['path']}: {len(repo['refs'])} branches and refs of sessions")
    for path in listed["sockets"]:
        out.line(f"Socket {path}")
    if found.unmerged:
        out.line("Work that is merged nowhere:", Colour.YELLOW)
        out.table([texts.row(session) for session in found.unmerged], indent="  ")


def _is_wanted(call: Call, found: Found) -> bool:
    options, count = call.options, len(found.unmerged)
    if options.yes:
        _refuse_loss(call, found.unmerged)
        return True
    if not confirm("Remove all of this?", "Say `segue uninstall --yes`."):
        return False
    return not count or _may_lose(call) or confirm(f"Also the unmerged work of {count} session(s), for good?", "")


def _may_lose(call: Call) -> bool:
    return bool(call.options.even_unmerged or call.options.yes > 1)


def _refuse_loss(call: Call, unmerged: list[Json]) -> None:
    """Raise InputRefused where unmerged work would go without a word of its own."""
    if unmerged and not _may_lose(call):
        names = ", ".join(f"{session['id']} “{session['title']}”" for session in unmerged)
        raise InputRefused(
            "unmerged_work",
            f"Nothing was removed: {len(unmerged)} session(s) hold work that is merged nowhere: {names}.",
            action="Merge it first, or say `segue uninstall --yes --even-unmerged`.",
            details={"sessions": [session["id"] for session in unmerged]},
        )


def _remove(call: Call, found: Found) -> None:
    """Sessions first, each with a snapshot, so that whatever stops this half-way leaves a Segue that works."""
    if found.sessions:
        for session in found.sessions:
            if not session["isArchived"]:
                call.request("segue/session/archive", sessionId=session["id"])
        # What was made since the list was shown is not known to anybody: it is in a snapshot now, and stays there.
        shown = {session["id"] for session in found.unmerged}
        late = [session for session in _listed(call) if _is_unmerged(session) and session["id"] not in shown]
        _refuse_loss(call, late)
        end(call.client)
    found.places.prepare()
    starting = connect.hold_start(found.places)  # nobody starts a daemon on what is half gone
    try:
        for name, common_dir in found.common_dirs.items():
            session_removal.remove_refs(common_dir, found.ids_in(name))
        for path in (*found.data, *found.sockets):
            _delete(path)
    finally:
        os.close(starting)
    for folder in (found.places.data, found.places.runtime):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _tell(call: Call, listed: Json, text: str, *, is_removed: bool) -> None:
    if call.options.json:
        call.out.json({**listed, "isRemoved": is_removed})
    else:
        call.out.line(text)


def _about(path: Path) -> str:
    names = {"server": "environments of the server", "agents": "agent definitions, yours among them", "worktrees": ""}
    count = len([each for each in path.iterdir() if not each.name.startswith(".")]) if path.is_dir() else 0
    return f"{count} {names[path.name]}" if count and names.get(path.name) else ""


def _size(path: Path) -> str:
    total = path.lstat().st_size if not path.is_dir() else 0
    for folder, _, files in os.walk(path):
        total += sum((Path(folder) / name).lstat().st_size for name in files)
    return f"{total / 1024**2:.1f} MiB"
