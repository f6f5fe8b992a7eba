"""One game of pairing from outside: a window, a daemon, a checkout, a worktree, and what each of them must read.

Knows the wire, files and git; the acts themselves are in `pairing_user.py`, `_agent` and `_segue`.
"""

from __future__ import annotations

import asyncio
import os
import random
import stat
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from faults.pairing_files import difference, read, words
from faults.pairing_model import (
    ALIASES,
    CONE,
    EMPTY_FOLDERS,
    LINES,
    MODES,
    OUTSIDE,
    STEP,
    SUBMODULE,
    File,
    line,
    universe,
)
from support.code_window import CodeWindow, Refused, as_buffer
from support.daemon import Installation
from support.gitrepo import init
from support.patience import scaled
from support.window import Json

PATIENCE_S = float(os.environ.get("SEGUE_PATIENCE_S", "60"))
"""How long anything may take that has to come, on a quiet machine."""
NOT_SHARED = {"kept.log"}
"""Files of the user that git ignores."""
REFUSALS = frozenset(
    (
        "hunk_changed",
        "turn_running",
        "not_linked",
        "nothing_to_merge",
        "conflicts",
        "checkout_dirty",
        "in_the_way",
        "changes_outside",
    )
)
"""Reasons with which a request may be refused in the middle of everything."""


class Player:
    """See the module. `trail` names the acts so far, for a failure."""

    def __init__(self, segue: Installation, folder: Path, dice: random.Random) -> None:
        self.segue, self.dice = segue, dice
        self.user = init(folder, "--initial-branch=main")
        self.project = folder
        self.files: dict[str, File] = universe()
        self.trail: list[str] = []
        self.done: Counter[str] = Counter()
        self.session_id = ""
        self.turns = 0
        self.is_sparse = False
        """The checkout is a sparse one; set before `begin`."""
        self._flags: list[str] = []
        self.folders = dict(MODES)
        """Modes of folders, as the user and their git made them."""
        self.window: CodeWindow
        self.worktree = Path()
        self.view: Json = {"files": [], "notices": []}
        self.is_linked = False
        self._words = 0

    # The beginning and the end.

    async def begin(self, opened: tuple[str, ...]) -> None:
        for path, file in self.files.items():
            place = self.project / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if file.is_link:
                place.symlink_to(os.fsdecode(file.data or b""))
            else:
                place.write_bytes(file.own or b"")
                place.chmod(file.mode)
        for name, mode in MODES.items():
            (self.project / name).chmod(mode)
        for name in EMPTY_FOLDERS:
            (self.project / name).mkdir(parents=True)
        self.add_submodule()
        self.user.write(".gitignore", "*.log\n")
        self.user.git("config", "user.name", "Ann Example")
        self.user.git("config", "user.email", "ann@example.invalid")
        self.user.git("add", "--all")
        self.user.git("commit", "--quiet", "--message", "Begin")
        self.upstream()
        if self.is_sparse:
            self.user.git("sparse-checkout", "set", *CONE)
            self.files[OUTSIDE].becomes_whole()
            self.files[OUTSIDE].data = None
        self._flags = self.flags()
        await self.open_window()
        for path in opened:
            self.window.show(self.project / path)
        row = await self.window.call(
            "session/new", repository=str(self.project), agent="fake", prompt="Hello", mode="inline"
        )
        self.session_id = row["session"]["id"]
        await self.turn_ended()
        self.is_linked = True

    def add_submodule(self) -> None:
        library = init(self.project.with_name(f"{self.project.name} library"), "--initial-branch=main")
        library.git("-c", "user.name=Ann", "-c", "user.email=a@example.invalid", "commit", "-qm", "1", "--allow-empty")
        self.user.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.path), SUBMODULE)

    def upstream(self) -> None:
        """A branch that has something more, which `main` can be put onto."""
        self.user.git("checkout", "--quiet", "-b", "upstream")
        self.user.commit("Upstream", upstream_txt="upstream\n")
        self.user.git("checkout", "--quiet", "main")

    async def open_window(self) -> None:
        """A new window; the daemon is started where none runs."""
        await asyncio.to_thread(self.segue.run, "list")
        self.window = await CodeWindow.open(self.segue.places)

    async def end(self) -> None:
        """Into the background for good; what is left is the user's own, to the byte."""
        await self.settled()
        if self.is_linked:
            await self.shares_all()
            await self.stop()
        for path in [*self.window.texts]:
            if self.window.is_dirty(path) and self.known(path).own is not None:
                self.window.save(path)
        await self.until(lambda: not self.wrong_at_the_end(), self.wrong_at_the_end)
        await self.on_session("changeset/show")
        with suppress(Refused):
            await self.on_session("merge/plan", strategy="squash", base="main")
        await self.on_session("session/archive")
        assert (await self.row())["isArchived"]
        await self.window.close()

    async def act(self, name: str, *words: str) -> None:
        self.trail.append(" ".join((name, *words)))
        self.done[name] += 1
        await getattr(self, name)(*words)

    # Requests

    async def on_session(self, method: str, **params: object) -> Json:
        """A request on the session. Refused is raised, but never for a fault of Segue's own."""
        try:
            return await self.window.call(method, sessionId=self.session_id, **params)
        except Refused as refused:
            assert refused.reason in REFUSALS, (refused, self.trail)
            raise

    async def row(self) -> Json:
        row: Json = (await self.on_session("session/show"))["session"]
        return row

    async def turn_ended(self) -> None:
        self.turns += 1
        deadline = self.deadline()
        while (row := await self.row())["turns"] < self.turns or row["state"] not in {"idle", "failed"}:
            assert self.now() < deadline, (row, self.trail)
            await self.something_new()
        assert row["state"] == "idle", (row, self.trail)
        self.worktree = Path(row["worktree"])

    async def shares_all(self) -> None:
        """Until the agent has whatever of the user's it can have."""
        await self.settled()
        await self.on_session("link/share")
        await self.until(lambda: not self.wrong_for_the_agent(), self.wrong_for_the_agent)

    async def stop(self) -> None:
        """To the background. What was rejected reaches the agent first, or it would come again."""
        await self.on_session("link/share")
        await self.settled()
        await self.on_session("link/stop")
        self.is_linked = False

    async def start(self) -> None:
        await self.on_session("link/start")
        self.is_linked = True

    # What must be.

    async def settled(self) -> None:
        """Until each side shows what the model says."""
        await self.until(lambda: not self.wrong(), self.wrong)

    async def until(self, is_reached: Callable[[], bool], why: Callable[[], object]) -> None:
        """Look again until something holds."""
        deadline = self.deadline()
        while True:
            self.window.look()
            if self.is_linked:
                self.view = (await self.on_session("link/show"))["link"]
            if is_reached():
                return
            assert self.now() < deadline, (why(), self.trail, self.shown())
            await self.something_new()

    async def something_new(self) -> None:
        """Until the window hears something, or a moment later: files change without a word."""
        self.window.changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.window.changed.wait(), 0.05)

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    def deadline(self) -> float:
        return self.now() + scaled(PATIENCE_S)

    def wrong(self) -> list[str]:
        """What does not read as it should while the session is linked, or in the background."""
        unnamed = [path for path, file in self.files.items() if file.is_held and path not in self.named()]
        if self.is_linked and unnamed:
            return [f"{unnamed} are held back without a word"]
        around = self.wrongly_told() if self.is_linked else self.wrong_folders()
        return around + [
            said for path, file in self.files.items() if (said := self._wrong(path, file, self.expected(file)))
        ]

    def wrongly_told(self) -> list[str]:
        """Failures, of which there are none now; and questions on what a sparse checkout leaves out."""
        told = [f"said: {notice}" for notice in self.view["notices"] if OUTSIDE not in notice]
        return [*told, f"{OUTSIDE} is asked about"] if self.is_sparse and OUTSIDE in self.offered() else told

    def wrong_folders(self) -> list[str]:
        """Folders of the user's that went, or came back as others."""
        found = []
        for name, mode in self.folders.items():
            folder = self.project / name  # the user's git removes it where a stash takes its last file
            if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) != mode:
                found.append(f"{name} has another mode")
        return found + [f"{name} is gone" for name in EMPTY_FOLDERS if not (self.project / name).is_dir()]

    def flags(self) -> list[str]:
        """What the index says of files beside their content, such as that they are outside of a sparse checkout."""
        return [said for said in self.user.git("ls-files", "-v").splitlines() if not said.startswith("H ")]

    def expected(self, file: File) -> bytes | None:
        return file.both if self.is_linked else file.own

    def wrong_for_the_agent(self) -> list[str]:
        """What the worktree does not have as the user has it, once that was shared."""
        found = []
        for path, file in self.files.items():
            theirs = read(self.worktree / path)
            is_shared = not (file.is_whole or file.is_loose or path in NOT_SHARED)
            if is_shared and theirs != file.both:
                found.append(f"{path} for the agent: {difference(words(file.both), words(theirs))}")
        return found

    def wrong_at_the_end(self) -> list[str]:
        found = [said for path, file in self.files.items() if (said := self._wrong(path, file, file.own))]
        found += self.wrong_folders()
        if not (self.project / SUBMODULE / ".git").exists() or self.user.git("status", "--porcelain", SUBMODULE):
            found.append("the submodule is another one")
        if self.flags() != self._flags:
            found.append(f"the index has other flags: {self.flags()}")
        return found

    def _wrong(self, path: str, file: File, expected: bytes | None) -> str:
        shown = self.window.texts.get(self.place(path)) if not file.is_link else None
        place = self.project / path
        if file.is_loose:
            side = shown if shown is not None else (read(place) or b"").decode("utf-8", "replace")
            missing = [word for word in file.words if word not in side]
            return f"{path} lost {missing}" if missing else ""
        is_dirty = shown is not None and self.is_unsaved(path)
        is_text = file.text is not None or is_dirty
        if shown is not None and is_text and expected is not None:
            if shown != as_buffer(expected):
                return f"{path} shows {difference(as_buffer(expected), shown)}"
            if is_dirty:
                return ""
        found = read(place)
        if found == expected and (found is None or self._has_mode(place, file)):
            return ""
        may_stand = (expected,) if file.is_held else (expected, read(self.worktree / path))
        if file.is_whole and self.is_linked and path in self.named() and found in may_stand:
            return ""
        mode = oct(stat.S_IMODE(place.lstat().st_mode)) if found is not None else ""
        return f"{path} is {mode}, not {oct(file.mode)}: {difference(words(expected), words(found))}"

    def is_unsaved(self, path: str) -> bool:
        place = self.place(path)
        return place in self.window.texts and self.window.is_dirty(place)

    def place(self, path: str) -> Path:
        """Where the window has a file, by whichever links it came to it."""
        alias = self.project / ALIASES.get(path, path)
        return alias if alias in self.window.texts else self.project / path

    @staticmethod
    def _has_mode(place: Path, file: File) -> bool:
        return file.is_link or stat.S_IMODE(place.lstat().st_mode) == file.mode

    def shown(self) -> Json:
        """What the user is shown, shortened, for a failure."""
        return {"notices": self.view["notices"]} | {
            file["path"]: [
                *((hunk.get("message") or hunk["newText"])[:100] for hunk in file["hunks"]),
                *(f"{proposal['kind']}: {proposal['message'][:100]}" for proposal in file["proposals"]),
                file.get("message") or "",
            ]
            for file in self.view["files"]
        }

    def named(self) -> set[str | None]:
        """Paths of which the user is shown something."""
        hunks = [hunk for file in self.view["files"] for hunk in file["hunks"]]
        told = {path for path in self.files if any(path in notice for notice in self.view["notices"])}
        return told | self.offered() | {hunk.get("renamedFrom") for hunk in hunks}

    def offered(self) -> set[str | None]:
        """Paths in which there is something to decide."""
        return {file["path"] for file in self.view["files"]}

    def asked_around(self, path: str) -> list[str]:
        """The paths of what there is to decide in a file, and in those that cannot be where it is."""
        asked = [asked["path"] for file in self.view["files"] for asked in (*file["hunks"], *file["proposals"])]
        return [found for found in asked if found == path or found in self.below(path)]

    def below(self, path: str) -> list[str]:
        """Paths of the files of a folder, of either side."""
        return [name for name in self.files if name.startswith(f"{path}/")]

    def suspended(self) -> set[str]:
        """Paths whose text came from somewhere else than typing."""
        return {file["path"] for file in self.view["files"] if file["isSuspended"]}

    def known(self, place: Path) -> File:
        name = str(place.relative_to(self.project))
        return self.files[next((path for path, alias in ALIASES.items() if alias == name), name)]

    def a_line(self, path: str, whose: int) -> str:
        """The beginning of one of the lines that a side may change."""
        return line(STEP * self.dice.randrange(LINES // STEP) + whose, path)

    def one_of(self, things: list[Any]) -> Any:
        """One at random, or nothing."""
        return self.dice.choice(things) if things else ""

    def word(self, who: str) -> str:
        self._words += 1
        return f"<{who}{self._words}>"

    def texts(self, *, is_open: bool | None = None) -> list[str]:
        """Paths of texts that flow line by line."""
        found = [path for path, file in self.files.items() if file.text is not None and not file.is_loose]
        if is_open is None:
            return found
        return [path for path in found if (self.place(path) in self.window.texts) == is_open]
