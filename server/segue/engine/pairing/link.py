"""One linked session: its files, whose buffers take part, what is watched. Knows flows and boundaries; no turns.

The agent's side flows up as it is written; the person's flows down at boundaries only (`share`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from segue.domain.errors import StoreFailed
from segue.domain.session import Session
from segue.engine.pairing import contents, link_end
from segue.engine.pairing.bases import Bases
from segue.engine.pairing.buffers import Change, Document, Window
from segue.engine.pairing.decision_history import History
from segue.engine.pairing.disk_effects import Effects, kept
from segue.engine.pairing.file_problems import Troubles
from segue.engine.pairing.git_watcher import GitWatch
from segue.engine.pairing.held_changes import Holding
from segue.engine.pairing.link_observer import LinkObserver
from segue.engine.pairing.link_record import FileState, LinkRecord, StoredEnding, StoredLink
from segue.engine.pairing.linked_file import LinkedFile
from segue.engine.pairing.record_writer import Saving
from segue.engine.pairing.renames import Renaming
from segue.engine.pairing.sparse_files import Outside
from segue.engine.pairing.text_budget import READ_AT_ONCE, Room
from segue.engine.pairing.transitions import Next, Shown
from segue.engine.pairing.tree_entries import Flowing
from segue.engine.pairing.turn_boundary import Boundary
from segue.engine.pairing.watchers import Watches
from segue.engine.pairing.windows import Windows
from segue.engine.state.background import Background
from segue.git import pairing
from segue.git.checkouts import Checkout
from segue.git.worktrees import Worktree

log = logging.getLogger(__name__)

RETURN_S = 5.0
"""How long a link that ends waits for documents of a window that is back."""
AT_ONCE = 8
"""Files that are brought up at the same time."""


class Link:
    """See the module."""

    def __init__(
        self, session: Session, worktree: Worktree, checkout: Checkout, record: LinkRecord, observer: LinkObserver
    ) -> None:
        self.session_id = session.id
        self.record = record
        self.history = History(record)
        self.stored = StoredLink(str(checkout.path), "", "")
        self.files: dict[str, LinkedFile] = {}
        self.troubles = Troubles(self.show)
        """What does not flow just now, and why."""
        self.windows = Windows(checkout.path, self)
        self.version = 0
        """Counts what is shown."""
        self.has_typed = False
        """Something was typed in a file that no state is kept of."""
        self._observer = observer
        self._worktree = worktree
        self._checkout = checkout
        self._background = Background()
        self._stop = asyncio.Event()
        self._saving = Saving(self.keep, self.troubles.notice)
        self._git = GitWatch(checkout, self._stop)
        self._flowing = Flowing(worktree)
        self.outside = Outside(checkout, worktree, self.show)
        self._bases = Bases(self)
        self._again: set[str] = set()
        self.renaming = Renaming(self.files, checkout.path)
        self.room = Room()
        self.holding = Holding.of(checkout)
        self.boundary = Boundary(self)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._opened = asyncio.Event()
        self._waits = False
        """For the window that is away."""

    # Surroundings of its files.

    @property
    def checkout(self) -> Path:
        return self._checkout.path

    @property
    def worktree(self) -> Path:
        return self._worktree.path

    @property
    def common_dir(self) -> Path:
        return self._checkout.common_dir

    @property
    def base(self) -> str:
        return self.stored.base

    def content(self, path: str, name: str) -> bytes:
        return contents.find(self, path, name)

    def is_held(self) -> bool:
        return self._git.is_busy or self.is_window_away or self.is_ending

    @property
    def is_ending(self) -> bool:
        """It was begun to be unlinked: nothing flows any more, also behind a restart."""
        return self.stored.ending is not None

    @property
    def is_git_busy(self) -> bool:
        return self._git.is_busy

    @property
    def is_window_away(self) -> bool:
        """One with documents of this checkout is gone; it may come back with texts that are in no file."""
        return self.stored.has_window and not self.windows.has_documents

    def moved(self, file: LinkedFile) -> None:
        self.renaming.moved(file)
        self.room.put(file.state)
        self._saving.file(file)
        for path in self.room.blocked_by(file.state):
            self.wants(path)
        self.show()

    def decided(self, file: LinkedFile, step: Next) -> None:
        self._observer.hunks_decided(self.session_id, file, step)

    def switched(self) -> None:
        """The checkout has another branch."""
        self._observer.branch_switched(self.session_id)

    # Its life.

    async def prepare(self, base: str) -> None:
        """A new link, on the disk alone: what both sides agree on is the tree `base`."""
        head = await asyncio.to_thread(pairing.head_of, self._checkout)
        drafts = await asyncio.to_thread(self.record.begin)
        self.stored = replace(self.stored, base=base, head=head, comments=drafts)
        await self.keep()
        await asyncio.to_thread(self.record.drop_drafts)

    async def begin(self) -> None:
        """It is journaled: from now on both sides follow each other."""
        self._watch()
        await self.reconcile()

    async def go_on(self, stored: StoredLink) -> None:
        """After a restart: bases come from the disk, and whatever happened meanwhile is found."""
        self.stored, self._waits = stored, stored.has_window and not self.windows.has_documents
        for state in await asyncio.to_thread(self.record.load_files):
            self.files[state.path] = LinkedFile(state.path, self, state)
            self.room.put(state)
            if state.next is not None:
                await asyncio.to_thread(Effects(state.path, self).clear_up)
        if self.is_ending:
            self._background.start(f"keep link {self.session_id}", self._saving.run())
            return
        await self.begin()

    async def ends(self, ending: StoredEnding) -> None:
        """Write down that it ends, and how far that has come; raises StoreFailed, with everything as it was."""
        before, self.stored = self.stored, replace(self.stored, ending=ending)
        try:
            await self.keep()
        except StoreFailed:
            self.stored = before
            raise
        self.show()

    async def leave(self) -> link_end.Left:
        """Only the person's own text stays; returns the files in which that is not so, or not yet."""
        self.renaming.carry_back()
        files = [file for file in self.files.values() if file.state is not None]
        return await link_end.leave(files, self.checkout, self.windows, self._slots)

    async def returned(self) -> None:
        """Of a window that has just come back, the documents follow one after the other."""
        with suppress(TimeoutError):
            async with asyncio.timeout(RETURN_S):
                while any(file.is_away for file in self.files.values()):
                    self._opened.clear()
                    await self._opened.wait()

    async def end(self) -> None:
        """Nothing is followed any more; what is on the disk of it is the caller's to remove."""
        for file in self.files.values():
            file.is_gone = True
        await self.abandon()

    def stop_watching(self) -> None:
        self._stop.set()

    async def abandon(self) -> None:
        """Nothing more happens."""
        self.stop_watching()
        await self._background.close()
        self.windows.close()

    async def close(self) -> None:
        """The daemon goes; the record stays."""
        await self.abandon()
        for file in self.files.values():  # one may have been interrupted
            await file.save()
        await self.keep()

    def agree_on(self, base: str) -> None:
        """A tree that both sides have wherever no file says otherwise."""
        self.stored = replace(self.stored, base=base)
        self._bases.forget()

    async def keep(self) -> None:
        with kept():
            await asyncio.to_thread(self.record.save, self.stored)

    def show(self) -> None:
        self.version += 1
        self._observer.link_changed()

    # What windows tell.

    def listen_to(self, client: Window) -> None:
        """A client that edits documents takes part with those of this checkout."""
        self.windows.listen_to(client)

    def forget(self, client: Window) -> None:
        """It is gone."""
        self.windows.forget(client)
        self._waits = self.is_window_away
        self.show()

    def without_window(self) -> None:
        if self.is_window_away:
            self.stored = replace(self.stored, has_window=False)
            self._go_on()

    def _go_on(self) -> None:
        self._waits = False
        self.show()
        name = f"reconcile {self.session_id}"
        if self.is_ending:
            self._observer.window_returned(self.session_id)
        elif not self._background.is_running(name) and not self._stop.is_set():
            self._background.start(name, self.compare())

    def _remember_window(self) -> None:
        if self.windows.has_documents != self.stored.has_window:
            self.stored = replace(self.stored, has_window=self.windows.has_documents)
            self._saving.link()

    def opened(self, document: Document) -> None:
        self._opened.set()
        self._remember_window()
        if (file := self._file_of(document)) is not None:
            file.opened(document)
            self.wants(file.path)
        if self._waits:
            self._go_on()

    def changed(self, change: Change) -> None:
        file = self._file_of(change.document)
        if file is not None and file.state is not None:
            return file.changed(change)
        self.wants(str(change.document.path.relative_to(self.checkout)))
        self.has_typed = True
        return self.show()

    def saved(self, document: Document) -> None:
        file = self._file_of(document)
        if file is not None and file.saved():
            self.wants(file.path)

    def closed(self, document: Document) -> None:
        self._remember_window()
        file = self._file_of(document)
        if file is None:
            return
        file.closed()
        name = f"closed {self.session_id} {file.path}"
        if not self._stop.is_set() and not self._background.is_running(name):
            self._background.start(name, file.discarded())

    def taken_over(self, document: Document, change: Change | None) -> None:
        if (file := self._file_of(document)) is not None:
            file.taken_over(document, change)
            self.wants(file.path)

    def shared(self, path: Path) -> None:
        if (file := self.files.get(str(path.relative_to(self.checkout)))) is not None:
            self.wants(file.path)
        self.show()

    def _file_of(self, document: Document) -> LinkedFile | None:
        return self.files.get(str(document.path.relative_to(self.checkout)))

    # Up.

    def wants(self, path: str) -> None:
        """Bring a file up, soon; what comes while that runs is looked at behind it."""
        name = f"link {self.session_id} {path}"
        self.file(path).written()
        if self._background.is_running(name):
            self._again.add(path)
        elif not self._stop.is_set():
            self._background.start(name, self._bring_up(self.file(path)))

    async def _bring_up(self, file: LinkedFile) -> None:
        path = file.path
        while True:
            await file.until_due()
            self._again.discard(path)
            async with self._slots:
                try:
                    await file.take_up()
                except Exception as failed:
                    self.troubles.met(path, failed)
                else:
                    self.troubles.over(path)
            if path not in self._again:
                return

    def file(self, path: str) -> LinkedFile:
        return self.files.get(path) or self.files.setdefault(path, LinkedFile(path, self))

    async def settled(self, paths: Iterable[str] | None = None) -> None:
        """Until nothing of these, or of all, is being brought up."""
        for path in list(self.files) if paths is None else paths:
            self.file(path).batching.hurry()
            await self._background.wait(f"link {self.session_id} {path}")

    async def reconcile(self) -> None:
        """Compare both sides as a whole."""
        paths, _ = await self.outside.differing()
        await self.bring_all_up(list({*paths, *self.cut_short()}))

    async def compare(self) -> None:
        """The same; where that cannot be done it is said, and done later."""
        try:
            await self.reconcile()
        except Exception as failed:
            self.troubles.met("", failed)
        else:
            self.troubles.over("")

    def cut_short(self) -> set[str]:
        """Files whose last write was under way when the daemon was killed."""
        return {path for path, file in self.files.items() if file.state is not None and file.state.next is not None}

    async def read_base(self, path: str) -> tuple[bytes, str] | None:
        return await self._bases.read(path)

    async def bring_all_up(self, paths: Sequence[str]) -> None:
        await self.outside.look()
        ordered = sorted(self.outside.without(paths), key=lambda path: self.file(path).shown is not Shown.IN_BUFFER)
        for some in (ordered[begin : begin + READ_AT_ONCE] for begin in range(0, len(ordered), READ_AT_ONCE)):
            unknown = [path for path in some if self.file(path).state is None]
            await self._bases.fetch(unknown)
            for path in some:
                self.wants(path)
            await self.settled(some)
        self._bases.forget()

    async def wrote(self, paths: set[str]) -> None:
        found = await asyncio.to_thread(self._flowing.among, paths, set(self.files))
        if self.outside.holds(found):
            await self.reconcile()
        for path in self.outside.without(found):
            self.wants(path)
            await asyncio.sleep(0)  # there may be thousands

    async def drop(self, state: FileState) -> None:
        """Both sides of a file are alike: it need not be kept."""
        file = self.files.get(state.path)
        if file is not None and file.state is state and not (file.message or file.lock.locked()):
            del self.files[state.path]
            file.is_gone = True
            self.room.forget(state.path)
            self._saving.forget(file)
            await asyncio.to_thread(self.record.drop_file, state.path)

    # What is watched.

    def _watch(self) -> None:
        watches = Watches(self, self._git, self._stop)
        self._background.start(f"renames of {self.session_id}", self.renaming.run())
        self._background.start(f"watch {self.session_id}", watches.worktree())
        self._background.start(f"watch git of {self.session_id}", watches.git())
        self._background.start(f"keep link {self.session_id}", self._saving.run())
        self._background.start(f"compare {self.session_id}", watches.now_and_then())
