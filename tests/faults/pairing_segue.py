"""What Segue is asked for in a game of pairing, an act a method: turns, switches, decisions, and its daemon's death."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from faults import drill
from faults.pairing_files import read
from faults.pairing_model import with_run_bits
from faults.pairing_player import PATIENCE_S, Player
from segue.system import processes
from support.code_window import Refused
from support.window import Json


class SegueActs(Player):
    """See the module."""

    # Segue.

    async def segue_has_a_turn(self) -> None:
        await self.on_session("session/prompt", text="Hello again")
        await self.turn_ended()

    async def segue_cannot_keep_bytes(self, path: str = "other.bin") -> None:
        """What fails for one file is told, a turn ends all the same, and the file comes when that is over."""
        contents = self.segue.places.links / self.session_id / "contents"
        away = contents.rename(contents.with_name("away"))
        contents.write_bytes(b"")
        (self.worktree / path).write_bytes(b"\0" + self.word("a").encode())
        self.files[path].becomes_whole()
        await self.on_session("link/share")
        await self.segue_has_a_turn()
        await self.until(lambda: self.view["notices"] != [], lambda: "nothing is told")
        contents.unlink()
        away.rename(contents)
        await self.on_session("link/share")
        await self.until(lambda: path in self.offered(), lambda: f"{path} is not offered")

    async def segue_shares(self) -> None:
        if self.is_linked:
            await self.on_session("link/share")

    async def segue_shares_all(self) -> None:
        await self.shares_all()

    async def segue_does_not_finish(self) -> None:
        """While the agent has changed what the user's checkout leaves out: that would be put away."""
        with pytest.raises(Refused) as refused:
            await self.on_session("session/finish")
        assert refused.value.reason == "changes_outside"

    async def segue_switches(self) -> None:
        if self.is_linked:
            await self.settled()
            await self.stop()
            await self.settled()
        else:
            await self.start()

    async def segue_dies(self) -> None:
        """The daemon is killed; the window connects to the next one and shows again what it has."""
        old = self.window
        await asyncio.to_thread(self.kill)
        await old.close()
        await self.open_window()
        self.window.come_back(old)

    def kill(self) -> None:
        with self.segue.client() as client:
            whom = processes.identity(client.request("segue/status")["pid"])
        assert whom is not None
        drill.kill(whom[0])
        assert processes.wait_gone(whom, PATIENCE_S)

    async def segue_accepts(self) -> None:
        await self._decides("accept")

    async def segue_rejects(self) -> None:
        await self._decides("reject")

    async def _decides(self, decision: str) -> None:
        """One change of lines, of those that are shown."""
        if not self.is_linked:
            return
        await self.settled()
        hunk = self.one_of([hunk for file in self.view["files"] for hunk in file["hunks"] if self._has_lines(hunk)])
        if hunk:
            decisions = [{"hunkId": hunk["id"], "revision": hunk["revision"]}]
            with suppress(Refused):
                await self.on_session("hunk/decide", decisions=decisions, decision=decision)
                self._decided(hunk, decision)

    def _has_lines(self, hunk: Json) -> bool:
        file = self.files.get(hunk["path"])
        return file is not None and file.text is not None and not hunk["isWholeFile"]

    def _decided(self, hunk: Json, decision: str) -> None:
        text = self.files[hunk["path"]].text
        assert text is not None
        for found in [*text.undecided()]:
            is_in_old = found.own is not None and f"{found.own}\n" in hunk["oldText"] + "\n"
            is_in_new = found.both is not None and f"{found.both}\n" in hunk["newText"] + "\n"
            if is_in_old or is_in_new:
                if decision == "accept":
                    found.own = found.both
                else:
                    found.both = found.own
        text.lines = [one for one in text.lines if one.own is not None or one.both is not None]

    async def segue_takes_a_file(self) -> None:
        """What the agent made of a file as a whole, whether it stands there or is held back."""
        if not self.is_linked:
            return
        await self.settled()
        shown = [file for file in self.view["files"] if self._is_whole(file["path"])]
        file = self.one_of(shown)
        if file:
            with suppress(Refused):
                await self._takes(file)
                for path in {file["path"], *(hunk.get("renamedFrom") for hunk in file["hunks"])} - {None}:
                    self._taken(path)

    def _is_whole(self, path: str) -> bool:
        return path in self.files and self.files[path].is_whole and not (self.worktree / path).is_dir()

    async def _takes(self, file: Json) -> None:
        for proposal in file["proposals"]:
            words = {"proposalId": proposal["id"], "revision": proposal["revision"], "take": "theirs"}
            await self.on_session("proposal/resolve", **words)
        decisions = [{"hunkId": hunk["id"], "revision": hunk["revision"]} for hunk in file["hunks"]]
        if decisions:
            await self.on_session("hunk/decide", decisions=decisions, decision="accept")

    def _taken(self, path: str) -> None:
        """The user has now what the agent has; only the bit that lets it be run may change in their mode."""
        file, theirs = self.files[path], self.worktree / path
        file.is_held, file.data, file.is_link = False, read(theirs), theirs.is_symlink()
        if file.data is not None and not file.is_link:
            file.mode = with_run_bits(file.mode, is_program=bool(theirs.stat().st_mode & 0o100))
