"""One linked session: its files, whose buffers take part, what is watched. Knows flows and boundaries; no turns.

The agent's side flows up as it is written; the person's flows down at boundaries only (`share`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from segue.domain.errors import SegueError
from segue.domain.link.contribution import Contribution
from segue.domain.session import Session
from segue.engine.buffers import Buffers, Document
from segue.engine.clients import Client
from segue.engine.link import steps, watching
from segue.engine.link.ears import Ears
from segue.engine.link.file import LinkedFile
from segue.engine.link.gitwatch import GitWatch, Look
from segue.engine.link.record import FileState, LinkRecord, StoredLink
from segue.engine.link.saving import Saving
from segue.engine.link.steps import Next, Shown
from segue.engine.link.trees import Flowing, as_replaced
from segue.engine.tasks import Tasks
from segue.git import linking
from segue.git.checkouts import Checkout
from segue.git.worktrees import Worktree

log = logging.getLogger(__name__)

COMPARE_S = 30.0
"""How often both sides are compared as a whole."""
AT_ONCE = 8
"""Files that are brought up at the same time."""


class Link:
    """See the module. `on_change` is called whenever something that is shown changed."""

    def __init__(self, session: Session, worktree: Worktree, checkout: Checkout, record: LinkRecord) -> None:
        self.session_id = session.id
        self.record = record
        self.stored = StoredLink(str(checkout.path), "", "")
        self.files: dict[str, LinkedFile] = {}
        self.notices: list[str] = []
        self.holder: Client | None = None
        """The client whose buffers take part."""
        self.version = 0
        """Counts what is shown."""
        self.has_typed = False
        """Something was typed in a file that no state is kept of."""
        self.on_change: Callable[[], None] = lambda: None
        self.decided: Callable[[LinkedFile, Next], None] = lambda _file, _step: None
        self.on_switch: Callable[[], None] = lambda: None
        """The checkout has another branch."""
        self._worktree = worktree
        self._checkout = checkout
        self._tasks = Tasks()
        self._stop = asyncio.Event()
        self._saving = Saving(self.keep, self.notice)
        self._git = GitWatch(checkout, self._stop)
        self._flowing = Flowing(worktree)
        self._bases: dict[str, tuple[bytes, str] | None] = {}
        """Of files that are about to be brought up, read at once."""
        self._again: set[str] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._ears: dict[Client, Callable[[], None]] = {}
        self._sharing = asyncio.Lock()

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

    @property
    def buffers(self) -> Buffers | None:
        return self.holder.buffers if self.holder is not None else None

    def is_held(self) -> bool:
        return self._git.is_busy or self.is_window_away

    @property
    def is_git_busy(self) -> bool:
        return self._git.is_busy

    @property
    def is_window_away(self) -> bool:
        """One with documents of this checkout is gone; it may come back with texts that are in no file."""
        return self.stored.has_window and self.holder is None

    def moved(self, file: LinkedFile) -> None:
        self._saving.file(file)
        self.show()

    # Its life.

    async def begin(self, base: str) -> None:
        """A new link: what both sides agree on is the tree `base`."""
        self.stored = replace(self.stored, base=base, head=await asyncio.to_thread(linking.head_of, self._checkout))
        await asyncio.to_thread(self.record.begin)
        await self.keep()
        self._watch()
        await self.reconcile()

    async def go_on(self, stored: StoredLink) -> None:
        """After a restart: bases come from the disk, and whatever happened meanwhile is found."""
        self.stored = stored
        for state in await asyncio.to_thread(self.record.load_files):
            self.files[state.path] = LinkedFile(state.path, self, state)
        self._watch()
        await self.reconcile()

    async def end(self, keep: Callable[[FileState], bool]) -> None:
        """Leave the person's own text behind; a file for which `keep` holds stays as it is."""
        self.stop_watching()
        files = list(self.files.values())
        await asyncio.gather(*(self._leave(file) for file in files if file.state is not None and not keep(file.state)))
        for file in files:
            file.is_gone = True
        await self.abandon()
        await asyncio.to_thread(self.record.clear)

    def stop_watching(self) -> None:
        self._stop.set()

    async def _leave(self, file: LinkedFile) -> None:
        async with self._slots:
            await file.leave()

    async def abandon(self) -> None:
        """Nothing more happens."""
        self.stop_watching()
        await self._tasks.close()
        for end in self._ears.values():
            end()

    async def close(self) -> None:
        """The daemon goes; the record stays."""
        await self.abandon()
        for file in self.files.values():  # one may have been interrupted
            await file.save()
        await self.keep()

    async def keep(self) -> None:
        await asyncio.to_thread(self.record.save, self.stored)

    def show(self) -> None:
        self.version += 1
        self.on_change()

    def notice(self, text: str) -> None:
        """Tell the person something once."""
        if text not in self.notices:
            self.notices.append(text)
            self.show()

    # Whose buffers take part.

    def listen_to(self, client: Client) -> None:
        """A client that edits documents: it takes part where nobody does, as soon as it has one open here."""
        if client.buffers is None or client in self._ears:
            return
        self._ears[client] = client.buffers.listen(self.checkout, Ears(self, client))
        if self.holder is None and any(self._path(document) for document in client.buffers.documents()):
            self.hand_to(client)

    def hand_to(self, client: Client | None) -> None:
        """From now on this client's buffers take part."""
        was_away = self.is_window_away
        self.holder = client
        if client is not None:
            self.listen_to(client)
            for document in client.buffers.documents() if client.buffers is not None else ():
                self.opened(document)
            self._remember_window()
        if was_away and not self.is_window_away:
            self._go_on()
        self.show()

    def without_window(self) -> None:
        """The window that is away shall not be waited for."""
        if self.is_window_away:
            self.stored = replace(self.stored, has_window=False)
            self._go_on()
            self.show()

    def _go_on(self) -> None:
        name = f"reconcile {self.session_id}"
        if not self._tasks.is_running(name) and not self._stop.is_set():
            self._tasks.start(name, self.reconcile())

    def _remember_window(self) -> None:
        has_window = self.holder is not None and self._has_documents(self.holder)
        if has_window != self.stored.has_window:
            self.stored = replace(self.stored, has_window=has_window)
            self._saving.link()

    def forget(self, client: Client) -> None:
        """It is gone; the next one with a document of this checkout takes its place."""
        end = self._ears.pop(client, None)
        if end is not None:
            end()
        if self.holder is client:
            self.hand_to(next((other for other in self._ears if self._has_documents(other)), None))

    def _has_documents(self, client: Client) -> bool:
        return client.buffers is not None and any(self._path(document) for document in client.buffers.documents())

    def opened(self, document: Document) -> None:
        self._remember_window()
        file = self.file_of(document)
        if file is not None:
            file.opened(document)
            self.wants(file.path)

    def file_of(self, document: Document) -> LinkedFile | None:
        return self.files.get(self._path(document) or "")

    def _path(self, document: Document) -> str | None:
        try:
            return str(document.path.relative_to(self.checkout))
        except ValueError:
            return None

    def closed(self, file: LinkedFile | None) -> None:
        """Its buffer is gone: by itself, or with its whole window, which is only known in a moment."""
        asyncio.get_running_loop().call_soon(self._closed, file)

    def _closed(self, file: LinkedFile | None) -> None:
        if self.holder is not None:
            self._remember_window()
        if file is None:
            return
        name = f"closed {self.session_id} {file.path}"
        if self.holder is not None and not self._stop.is_set() and not self._tasks.is_running(name):
            self._tasks.start(name, file.discarded())

    def typed_elsewhere(self) -> None:
        """In a file that both sides had alike until now."""
        if not self.has_typed:
            self.has_typed = True
            self.show()

    # Up.

    def wants(self, path: str) -> None:
        """Bring a file up, soon; what comes while that runs is looked at behind it."""
        name = f"link {self.session_id} {path}"
        self.file(path).written()
        if self._tasks.is_running(name):
            self._again.add(path)
        elif not self._stop.is_set():
            self._tasks.start(name, self._bring_up(self.file(path)))

    async def _bring_up(self, file: LinkedFile) -> None:
        path = file.path
        while True:
            await file.until_due()
            self._again.discard(path)
            async with self._slots:
                try:
                    await file.take_up()
                except (SegueError, OSError) as failed:
                    log.warning("link %s: %r was not brought up: %s", self.session_id, path, failed)
                    self.notice(f"{path}: {failed}")
            if path not in self._again:
                return

    def file(self, path: str) -> LinkedFile:
        return self.files.setdefault(path, LinkedFile(path, self))

    async def settled(self) -> None:
        """Until nothing is being brought up."""
        for path, file in list(self.files.items()):
            file.batching.hurry()
            await self._tasks.wait(f"link {self.session_id} {path}")

    async def reconcile(self) -> None:
        """Compare both sides as a whole."""
        paths, _ = await self._differing()
        await self._bring_all_up(paths)

    async def _differing(self) -> tuple[tuple[str, ...], str]:
        """Paths that the two sides do not have alike, and the agent's tree."""
        mine, theirs = await asyncio.gather(
            asyncio.to_thread(linking.tree_of_checkout, self._checkout),
            asyncio.to_thread(linking.tree_of_worktree, self._worktree),
        )
        return await asyncio.to_thread(linking.differing, self.common_dir, mine, theirs), theirs

    async def read_base(self, path: str) -> tuple[bytes, str] | None:
        if path in self._bases:
            return self._bases.pop(path)
        return await asyncio.to_thread(linking.read_in_tree, self.common_dir, self.base, path)

    async def _bring_all_up(self, paths: Sequence[str]) -> None:
        unknown = [path for path in paths if self.file(path).state is None]
        self._bases = await asyncio.to_thread(linking.read_many, self.common_dir, self.base, unknown)
        for path in sorted(paths, key=lambda path: self.file(path).shown is not Shown.IN_BUFFER):
            self.wants(path)
        await self.settled()
        self._bases = {}

    async def _wrote(self, paths: set[str]) -> None:
        for path in await asyncio.to_thread(self._flowing.among, paths, set(self.files)):
            self.wants(path)

    # Down.

    async def share(self) -> str:
        """A boundary: the agent's side takes all that the person changed. Returns the tree of the person's part.

        From `accepted` (the tree that is returned) to the agent's files is the agent's work alone.
        """
        async with self._sharing:
            if self.is_held():
                return ""
            self.has_typed = False
            differing, theirs = await self._differing()
            for path in sorted({*differing, *self.files, *self._open_paths()}):
                await self.file(path).share()
            states = [file.state for file in self.files.values() if file.state is not None]
            settled = [state for state in states if steps.is_settled(state)]
            base = await asyncio.to_thread(self._tree, theirs, settled, lambda text: text.theirs)
            rest = [state for state in states if not steps.is_settled(state)]
            accepted = await asyncio.to_thread(self._tree, base, rest, lambda text: text.accepted)
            self.stored, self._bases = replace(self.stored, base=base), {}
            await self.keep()
            for state in settled:
                await self._drop(state)
            return accepted

    async def accepted(self) -> str:
        """The person's part as the agent has it, without a boundary."""
        states = [file.state for file in self.files.values() if file.state is not None]
        return await asyncio.to_thread(self._tree, self.base, states, lambda text: text.accepted)

    def _open_paths(self) -> list[str]:
        documents = self.buffers.documents() if self.buffers is not None else []
        return [path for path in map(self._path, (d for d in documents if d.is_dirty is not False)) if path is not None]

    def _tree(self, tree: str, states: list[FileState], words: Callable[[Contribution], str]) -> str:
        replaced = [as_replaced(state, words, self.record) for state in states]
        return linking.with_files(self.common_dir, tree, replaced)

    async def _drop(self, state: FileState) -> None:
        file = self.files.get(state.path)
        if file is not None and file.state is state and not file.lock.locked():
            del self.files[state.path]
            file.is_gone = True
            self._saving.forget(file)
            await asyncio.to_thread(self.record.drop_file, state.path)

    # What is watched.

    def _watch(self) -> None:
        self._tasks.start(f"watch {self.session_id}", self._watch_worktree())
        self._tasks.start(f"watch git of {self.session_id}", self._watch_git())
        self._tasks.start(f"keep link {self.session_id}", self._saving.run())
        self._tasks.start(f"compare {self.session_id}", self._compare_now_and_then())

    async def _watch_worktree(self) -> None:
        async for paths in watching.below(self.worktree, self._stop):
            await self._wrote(paths)

    async def _watch_git(self) -> None:
        async for look in self._git.looks(lambda: self.stored.head):
            if look is Look.SWITCHED:
                self.on_switch()
                return
            if not self.is_window_away:
                for file in list(self.files.values()):
                    await file.came_from_git(self._git.committed)
                await self._bring_all_up(list(self.files))

    async def _compare_now_and_then(self) -> None:
        """The file system does not tell everything, of folders that are made and filled at once above all."""
        while not self._stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), COMPARE_S)
            if not self._stop.is_set() and not self.is_held():
                await self.reconcile()
