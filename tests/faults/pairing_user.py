"""What a user does in a game of pairing, an act a method: in the editor, with other programs, with git.

Knows `Player` and its model. An act that has nothing to act on does nothing.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from faults.pairing_files import read, replaced, with_line
from faults.pairing_model import ALIASES, LINES, STEP, USERS, File, Text, line, with_run_bits
from faults.pairing_player import Player
from support.code_window import CodeWindow


class UserActs(Player):
    """See the module."""

    # The user in the editor.

    async def user_types(self, path: str = "") -> None:
        """A new line in an open file; what was typed stands in the buffer at once."""
        path = path or self.one_of(self.texts(is_open=True))
        if path:
            word, after = self.word("u"), self.a_line(path, USERS)
            self.window.insert_line(self.place(path), after, word)
            self._typed(path, after, word)

    def _typed(self, path: str, after: str, word: str) -> None:
        found = self.files[path]
        found.words.add(word)
        if found.text is not None:
            found.text.insert(after, word, by_agent=False)

    async def user_edits_a_line(self, path: str = "") -> None:
        path = path or self.one_of(self.texts(is_open=True))
        if path:
            words, old = self.word("u"), self.a_line(path, USERS)
            self.window.replace_line(self.place(path), old, f"{old} {words}")
            self.files[path].text.replace(old, f"{old} {words}", by_agent=False)  # type: ignore[union-attr]

    async def user_formats(self, path: str = "") -> None:
        """A formatter puts the whole document anew, with something behind each of the user's lines."""
        path = path or self.one_of(self.texts(is_open=True))
        text = self.files[path].text if path else None
        if text is None:
            return
        place = self.place(path)
        lines = self.window.texts[place].splitlines(keepends=True)
        theirs = [line(number, path) for number in range(USERS, LINES, STEP)]
        for at, old in enumerate(lines):
            if old.startswith(tuple(theirs)):
                lines[at] = old.rstrip("\r\n") + " ;" + old[len(old.rstrip("\r\n")) :]
        self.window.replace_all(place, "".join(lines))
        for old in theirs:
            found = text.lines[text.find(old)].both
            text.replace(old, f"{found} ;", by_agent=False)

    async def user_undoes(self) -> None:
        """Types a line and takes it back."""
        path = self.one_of(self.texts(is_open=True))
        if path:
            before = self.window.texts[self.place(path)]
            self.window.insert_line(self.place(path), self.a_line(path, USERS), "typed by mistake")
            self.window.remove(self.place(path), "typed by mistake")
            assert before.count("\n") >= 1

    async def user_saves(self) -> None:
        path = self.one_of(self.texts(is_open=True))
        if path:
            self.window.save(self.place(path))

    async def user_saves_all(self) -> None:
        for place in [*self.window.texts]:
            if self.window.is_dirty(place):
                self.window.save(place)

    async def user_opens(self, path: str = "") -> None:
        """Opening is no edit, also of what the buffer cannot hold as it is."""
        closed = [name for name in self.files if self.can_open(name)]
        path = path or self.one_of(closed)
        if path:
            self.window.show(self.project / path)

    def can_open(self, path: str) -> bool:
        is_closed = self.place(path) not in self.window.texts
        return is_closed and not self.files[path].is_whole and self._can_show(self.project / path)

    @staticmethod
    def _can_show(place: Path) -> bool:
        found = read(place)
        return found is not None and b"\0" not in found and not place.is_symlink()

    async def user_still_has(self, path: str) -> None:
        """A file is as the user left it, and what the agent made of it is a proposal."""
        own = self.files[path].own
        assert read(self.project / path) == own, (read(self.project / path), self.trail)
        await self.until(lambda: path in self.offered(), lambda: f"{path} is not offered")

    async def user_is_asked_once(self, path: str) -> None:
        """Where a file and a folder want the same place, one decision is on both."""
        await self.until(lambda: len(self.asked_around(path)) == 1, lambda: self.asked_around(path))

    async def user_closes(self) -> None:
        path = self.one_of([name for name in self.files if self.place(name) in self.window.texts])
        if path:
            place = self.place(path)
            if self.window.is_dirty(place):
                self.window.save(place)
            self.window.shut(place)

    async def user_types_into_a_huge_file(self) -> None:
        """Larger than what is merged as a text: the agent gets what is not saved, or that is said."""
        path, word = "huge.txt", self.word("u")
        if self.is_linked and self.can_open(path):
            self.window.show(self.project / path)
            self.window.insert_line(self.project / path, "0123", word)
            self.files[path].is_loose = True
            self.files[path].words.add(word)
            await self.on_session("link/share")
            await self.until(lambda: self._has_or_says(path, word), lambda: f"{word} of {path} is nowhere")

    def _has_or_says(self, path: str, word: str) -> bool:
        return word.encode() in (read(self.worktree / path) or b"") or path in self.named()

    async def user_opens_through_a_link(self, path: str = "") -> None:
        """The editor names a file by a link to it, or to its folder."""
        path = path or self.dice.choice([*ALIASES])
        if self.place(path) not in self.window.texts and self.files[path].text:
            self.window.show(self.project / ALIASES[path])

    async def user_uses_another_window(self, path: str = "") -> None:
        """Types into a file there that no other window has, saves it and closes it."""
        await self.settled()
        path = path or self.one_of(self.texts(is_open=False))
        if path:
            other, place = await CodeWindow.open(self.segue.places), self.project / path
            other.show(place)
            word, after = self.word("u"), self.a_line(path, USERS)
            other.insert_line(place, after, word)
            self._typed(path, after, word)
            other.save(place)
            other.shut(place)
            await other.call("session/show", sessionId=self.session_id)
            await other.close()

    async def user_loses_the_window(self) -> None:
        """The editor dies; hot exit brings its unsaved texts back into a new window."""
        old = self.window
        await old.close()
        await self.open_window()
        self.window.come_back(old)

    async def user_loses_what_is_unsaved(self, path: str = "") -> None:
        """The editor dies without hot exit: what its unsaved texts had is offered, and comes back.

        Of files that the agent had no part in, Segue has only what was shared: without a path, all is shared before.
        """
        if not self.is_linked:
            return
        await self.settled()
        if not path:
            await self.shares_all()
        old = self.window
        for place in [place for place in old.texts if old.is_dirty(place) and self.known(place).text is None]:
            old.save(place)
        await self.settled()
        lost = {path} if path else {path for path in self.texts(is_open=True) if self.is_unsaved(path)}
        await old.close()
        await self.open_window()
        for place in old.texts:
            if place in old.links or self._can_show(place):
                self.window.show(place)
        await self.until(lambda: lost <= self.suspended(), lambda: f"not kept: {lost - self.suspended()}")
        for proposal in [proposal for file in self.view["files"] for proposal in file["proposals"]]:
            if proposal["path"] in lost:
                words = {"proposalId": proposal["id"], "revision": proposal["revision"], "take": "theirs"}
                await self.on_session("proposal/resolve", **words)

    # The user outside of the editor.

    async def user_writes_outside(self, path: str = "") -> None:
        """Another program puts a line into a file that is closed, or clean."""
        await self.settled()
        paths = [name for name in self.texts() if not self.is_unsaved(name)]
        path = path or self.one_of(paths)
        if path:
            word, after = self.word("u"), self.a_line(path, USERS)
            replaced(self.project / path, with_line(self.project / path, after, word))
            self._typed(path, after, word)
            self.window.look()

    async def user_writes_a_whole(self, path: str = "") -> None:
        """Other bytes in a file that is no text."""
        await self.settled()
        path = path or self.one_of(
            [n for n, f in self.files.items() if f.text is None and f.data is not None and not f.is_link]
        )
        if path:
            self.files[path].data = b"\0" + self.word("u").encode()
            replaced(self.project / path, self.files[path].data or b"")

    async def user_points_a_link_elsewhere(self, path: str = "link") -> None:
        await self.settled()
        self.files[path].data = self.word("u").encode()
        place = self.project / path
        place.unlink(missing_ok=True)
        place.symlink_to(os.fsdecode(self.files[path].data or b""))

    async def user_stashes_and_pops(self, *seen: str) -> None:
        """All that stands in the files goes, and comes back; whatever Segue does in between, git can pop it.

        With names of files, not before Segue has seen that those are gone.
        """
        await self.settled()
        for place in [*self.window.texts]:
            if self.window.is_dirty(place):
                self.window.save(place)
        await self.settled()
        self.user.git("stash", "push", "--quiet")
        if self.user.git("stash", "list"):
            self.window.look()
            await self.on_session("link/show") if self.is_linked else None
            await self.until(lambda: {*seen} <= self.suspended(), lambda: f"not suspended: {seen}")
            self.user.git("stash", "pop", "--quiet")
            self.window.look()
            await self.until(lambda: not {*seen} & self.suspended(), lambda: f"still suspended: {self.suspended()}")
        self._modes_of_git()

    async def user_has_a_tool_reject(self, path: str) -> None:
        """One of the agent's lines, of several: nothing flows any more, and the rest leaves the file with the agent."""
        await self.settled()
        self.window.save(self.place(path))
        text = self._text(path)
        lines, gone = text.lines, next(text.undecided())
        text.lines = [found for found in lines if found is not gone]
        replaced(self.project / path, text.both)
        self.window.look()
        await self.until(lambda: path in self.suspended(), lambda: f"{path} is not suspended")
        await self.stop()
        await self.settled()
        text.lines = lines

    async def user_deletes(self, path: str = "") -> None:
        """A closed file, whatever the agent has in it."""
        await self.settled()
        path = path or self.one_of(self.texts(is_open=False))
        if path:
            self.files[path].becomes_whole()
            self.files[path].data = None
            (self.project / path).unlink()

    async def user_makes_a_file_of_a_folder(self, path: str = "folder/deep") -> None:
        """The agent gets it in that order: first the files go that are in its place."""
        for name in self.below(path):
            (self.project / name).unlink()
            self.files[name] = File(name, data=None)
        (self.project / path).rmdir()
        self._makes(path)
        self.user.git("add", "--all", path)

    async def user_makes_a_folder_of_a_file(self, path: str) -> None:
        (self.project / path).unlink()
        self.files[path] = File(path, data=None)
        self._makes(f"{path}/in it.txt")
        self.user.git("add", "--all", path)

    def _makes(self, path: str) -> None:
        self.files[path] = File(path, data=f"{self.word('u')}\n".encode())
        (self.project / path).parent.mkdir(exist_ok=True)
        (self.project / path).write_bytes(self.files[path].own or b"")

    async def user_renames(self, path: str = "") -> None:
        """A closed file without changes of the agent's."""
        await self.settled()
        found = [name for name in self.texts(is_open=False) if not [*self._text(name).undecided()]]
        path = path or self.one_of(found)
        if path:
            new, old = f"{path}.mine", self.files[path]
            (self.project / path).rename(self.project / new)
            self.files[new] = File(new, data=old.own, mode=old.mode, words=old.words)
            self.files[path] = File(path, data=None, is_whole=True)

    def _text(self, path: str) -> Text:
        found = self.files[path].text
        assert found is not None
        return found

    async def user_sets_a_mode(self, path: str = "") -> None:
        """Modes that git does not know."""
        await self.settled()
        path = path or self.one_of(self.texts(is_open=False))
        if path:
            mode = self.files[path].mode
            others = [other for other in (0o600, 0o640, 0o604, 0o644) if other != mode & ~0o100]
            self.files[path].mode = (mode & 0o100) | self.dice.choice(others)
            (self.project / path).chmod(self.files[path].mode)

    async def user_rebases(self) -> None:
        """Onto a branch that has something more; what is not committed is put away meanwhile."""
        await self.user_commits()
        self.user.git("rebase", "--quiet", "upstream")
        self.window.look()
        self._modes_of_git()

    async def user_commits(self) -> None:
        await self.settled()
        self.user.git("add", "--all")
        self.user.git("commit", "--quiet", "--allow-empty", "--message", "By hand")
        assert not self.user.git("stash", "list")

    def _modes_of_git(self) -> None:
        """Git makes files and folders with the modes of the umask: those are the user's now.

        Whether it may be run is the user's own as before, where the agent changed the file as a whole: that may be
        what the agent made of it, which nobody has decided on yet.
        """
        for name in self.folders:
            if (self.project / name).is_dir():
                self.folders[name] = stat.S_IMODE((self.project / name).stat().st_mode)
        for path, file in self.files.items():
            place = self.project / path
            is_own = not file.is_whole or read(place) == file.own
            if not file.is_link and place.is_file() and is_own:
                found = stat.S_IMODE(place.stat().st_mode)
                file.mode = with_run_bits(found, is_program=bool(file.mode & 0o100)) if file.is_whole else found
