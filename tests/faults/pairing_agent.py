"""What an agent does in its worktree in a game of pairing, an act a method. Knows `Player` and its model.

An act that has nothing to act on does nothing.
"""

from __future__ import annotations

import asyncio

from faults.pairing_files import read, replaced, with_line
from faults.pairing_model import AGENT_DELETES, AGENTS, ALIASES, OUTSIDE, RUNS, File, line
from faults.pairing_player import Player


class AgentActs(Player):
    """See the module."""

    # The agent, in its worktree.

    async def agent_adds(self, path: str = "", number: str = "") -> None:
        path = path or self.one_of(self.texts())
        if path and (self.worktree / path).exists():
            word, after = self.word("a"), line(int(number), path) if number else self.a_line(path, AGENTS)
            self.agent_puts(path, with_line(self.worktree / path, after, word))
            self.files[path].text.insert(after, word, by_agent=True)  # type: ignore[union-attr]

    async def agent_edits(self, path: str = "") -> None:
        path = path or self.one_of(self.texts())
        if path:
            word, old = self.word("a"), self.a_line(path, AGENTS)
            data = (self.worktree / path).read_bytes()
            at = data.index(old.encode())
            end = at + len(data[at:].splitlines()[0])
            self.agent_puts(path, data[:at] + f"{old} {word}".encode() + data[end:])
            self.files[path].text.replace(old, f"{old} {word}", by_agent=True)  # type: ignore[union-attr]

    async def agent_deletes_a_line(self) -> None:
        path = self.one_of(self.texts())
        if path:
            old = self.a_line(path, AGENT_DELETES)
            data = (self.worktree / path).read_bytes()
            if old.encode() in data:
                at = data.index(old.encode())
                end = at + len(data[at:].splitlines(keepends=True)[0])
                self.agent_puts(path, data[:at] + data[end:])
                self.files[path].text.replace(old, None, by_agent=True)  # type: ignore[union-attr]

    async def agent_writes_in_pieces(self, path: str = "") -> None:
        """A write that is seen cut anywhere: within a line end, a character, the mark."""
        path = path or self.one_of(self.texts())
        if path:
            word, after = self.word("ä"), self.a_line(path, AGENTS)
            data = with_line(self.worktree / path, after, word)
            cut = self.dice.choice((data.index(word.encode()) + 2, self.dice.randrange(len(data)), 1))
            with (self.worktree / path).open("wb", buffering=0) as target:
                target.write(data[:cut])
                await asyncio.sleep(self.dice.choice((0, 0.02)))
                target.write(data[cut:])
            self.files[path].text.insert(after, word, by_agent=True)  # type: ignore[union-attr]

    def agent_puts(self, path: str, data: bytes) -> None:
        """In place, or by a rename over the old file."""
        place = self.worktree / path
        if self.dice.random() < 0.5:
            place.write_bytes(data)
        else:
            replaced(place, data)

    async def agent_makes_it_a(self, kind: str = "", path: str = "") -> None:
        """Something else of a file: bytes, a link, a folder, other line ends, another encoding, nothing."""
        await self.settled()
        kind = kind or self.dice.choice(("bytes", "link", "folder", "latin", "mixed", "nothing"))
        path = path or self.one_of([n for n, f in self.files.items() if self._is_untouched(f)])
        place = self.worktree / path
        is_text_of_link = place.is_symlink() and kind in {"latin", "mixed"}
        if not path or is_text_of_link or not (place.is_file() or place.is_symlink()):
            return
        old = read(place) or b""
        place.unlink()
        match kind:
            case "bytes":
                place.write_bytes(b"\0" + self.word("a").encode())
            case "link":
                place.symlink_to(self.word("a"))
            case "folder":
                place.mkdir()
                (place / "in it.txt").write_text(self.word("a"))
                self.files[f"{path}/in it.txt"] = File(f"{path}/in it.txt", data=None, is_whole=True)
            case "latin":
                place.write_bytes(old + b"caf\xe9\n")
            case "mixed":
                place.write_bytes(old.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n", 3) + b"a\n")
        self.files[path].becomes_whole()

    @staticmethod
    def _is_untouched(file: File) -> bool:
        is_alias = file.path in ALIASES.values()
        return not (file.is_loose or is_alias) and (file.text is None or not [*file.text.undecided()])

    async def agent_changes_bytes(self, path: str = "") -> None:
        path = path or self.one_of([n for n, f in self.files.items() if f.text is None and not f.is_link])
        if path and (self.worktree / path).is_file():
            (self.worktree / path).write_bytes(b"\0" + self.word("a").encode())
            for name in (path, *self.below(path)):
                self.files[name].becomes_whole()

    async def agent_makes_a_file_of_a_folder(self, path: str = "folder/deep") -> None:
        """In which the user has a file open: the folder stays, and one proposal decides on both."""
        for name in self.below(path):
            (self.worktree / name).unlink()
            self.files[name].becomes_whole()
        (self.worktree / path).rmdir()
        self._puts_new(path, f"{self.word('a')}\n".encode())
        self.files[path] = File(path, data=None, is_whole=True)

    async def agent_points_a_link_elsewhere(self, path: str = "link") -> None:
        place = self.worktree / path
        if place.is_symlink():
            place.unlink()
            place.symlink_to(self.word("a"))
            self.files[path].becomes_whole()

    async def agent_makes_a_file(self, path: str = "") -> None:
        """One that was not there; its folder may be new as well."""
        path = path or self.dice.choice(("new/", "folder/", "")) + self.word("a").strip("<>") + ".txt"
        self._puts_new(path, f"{self.word('a')}\n".encode())
        self.files[path] = File(path, data=None, is_whole=True)

    async def agent_writes_outside_the_cone(self) -> None:
        """Into a file that a sparse checkout of the user's leaves out."""
        if self.is_sparse:
            self._puts_new(OUTSIDE, f"{self.word('a')}\n".encode())
            self.files[OUTSIDE].is_held = True

    async def agent_makes_what_runs(self, path: str = "") -> None:
        """A file that some program runs or obeys as soon as it stands there."""
        path = path or self.one_of([name for name in RUNS if name not in self.files])
        if path:
            self._puts_new(path, b"#!/bin/sh\ntouch ran\n")
            (self.worktree / path).chmod(0o755)
            self.files[path] = File(path, data=None, is_whole=True, is_held=True)

    def _puts_new(self, path: str, data: bytes) -> None:
        place = self.worktree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    async def agent_renames(self, path: str = "", to: str = "") -> None:
        await self.settled()
        path = path or self.one_of([n for n in self.texts(is_open=False) if self._is_untouched(self.files[n])])
        if path and (self.worktree / path).is_file():
            to = to or f"{path}.renamed"
            (self.worktree / path).rename(self.worktree / to)
            self.files[path].becomes_whole()
            self.files[to] = File(to, data=None, is_whole=True)

    async def agent_renames_by_case(self) -> None:
        if self.files["Case.txt"].text is not None:
            await self.agent_renames("Case.txt", "CASE.txt")

    async def agent_makes_it_a_program(self, path: str = "") -> None:
        """Sets the bit that lets a file be run, or takes it away."""
        await self.settled()
        path = path or self.one_of([n for n in self.texts() if self._is_untouched(self.files[n])])
        place = self.worktree / path
        if path and place.is_file():
            place.chmod(place.stat().st_mode ^ 0o111)
            self.files[path].becomes_whole()
