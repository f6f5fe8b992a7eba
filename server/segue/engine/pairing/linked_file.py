"""One file of a link: its lock, its buffer and its two files on the disk. Knows the order of effects; no session.

What a person types is taken at once, on the event loop. Everything else waits for the file's lock, is worked out beside
the loop from a state, and counts only where that state is still the newest one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from segue.domain.errors import InputRefused, SegueError, StaleDecision
from segue.domain.pairing.edits import apply_in_order
from segue.engine.pairing import buffer_offsets, disk, editor_changes, flow_obstacles, sides, suspension, transitions
from segue.engine.pairing.buffers import Applied, Change, Document, Origin, Stale
from segue.engine.pairing.disk import Content
from segue.engine.pairing.disk_effects import Effects
from segue.engine.pairing.edit_batches import Batching
from segue.engine.pairing.file_context import Surroundings
from segue.engine.pairing.held_changes import goes_on
from segue.engine.pairing.line_ends import is_raw, plain_state
from segue.engine.pairing.link_record import FileState
from segue.engine.pairing.stable_reads import known_mine, known_theirs, settled
from segue.engine.pairing.transitions import Next, Shown

log = logging.getLogger(__name__)

TRIES = 40
"""How often an edit is worked out anew because somebody typed meanwhile."""
NEWER_S = 2.0
"""How long to wait for the change for which an editor refused an edit."""
LABEL = "Segue"


class LinkedFile:
    """See the module."""

    saves = 0
    """How many were begun, of all files: their order is that of their states."""

    def __init__(self, path: str, around: Surroundings, state: FileState | None = None) -> None:
        self.path = path
        self.state = state
        self.lock = asyncio.Lock()
        self.is_gone = False
        """The link that it belonged to has ended."""
        self.message = ""
        """Why the last step did not happen, for the person."""
        self.batching = Batching()
        self._around = around
        self._place = around.checkout / path
        self._effects = Effects(path, around)
        self._sent: FileState | None = None
        self._raw: str | None = None
        """The buffer's text as it was told last."""
        self._newer = asyncio.Event()
        self._written = asyncio.Event()
        self._next: FileState | None = None
        self._saving = asyncio.Lock()

    # What the editor tells, on the event loop and at once.

    def changed(self, change: Change) -> None:
        """A step of its buffer."""
        raw, self._raw = self._raw, change.document.text
        sent, self._sent = self._sent, None
        self._newer.set()
        if self.state is None:
            return
        step = editor_changes.changed(self.state, change, raw, sent)
        said, self.message = self.message, self._obstacle(self.state)
        if change.origin is Origin.TYPED and step.state is not self.state:
            self.batching.typed()
        if step.state is not self.state or self.message != said:
            self._set(step.state)
        if step.adopted or step.rejected:
            self._around.decided(self, step)

    def opened(self, document: Document) -> None:
        """A buffer shows it; after a restart, that is where its newest text is."""
        self._raw = document.text
        self._newer.set()
        if self.state is not None:
            self._become(editor_changes.opened(self.state, document))

    def taken_over(self, document: Document, change: Change | None) -> None:
        """The text of another window counts now."""
        if change is not None and self._raw is not None and apply_in_order(self._raw, change.edits) == document.text:
            self.changed(change)
        elif self.state is not None:
            self._become(editor_changes.taken_over(self.state, document))
        self._raw = document.text

    def _become(self, state: FileState) -> None:
        if state is not self.state:
            self._set(state)

    def saved(self) -> bool:
        """Its file has what its buffer has; returns whether that has to be looked at."""
        self.batching.saved()
        if self.state is not None and self.state.is_in_buffer:
            self._set(replace(self.state, is_in_buffer=False))
        return bool(self.message)

    def closed(self) -> None:
        self._raw = None
        self._newer.set()

    def written(self) -> None:
        """The agent wrote."""
        self.batching.wrote()
        self._written.set()

    def become(self, state: FileState) -> None:
        """Take a state that reads the same on both sides."""
        self._set(state)

    # What takes its time.

    async def until_due(self) -> None:
        """Until an edit may go into its buffer (rule 13)."""
        if self.document is not None:
            await self.batching.until_due(self._around.windows.saves_after_s(self._place))

    async def take_up(self) -> None:
        """The agent may have written."""
        async with self.lock:
            await self._take_up()

    async def share(self) -> bool:
        """Take the agent's newest, then give it what the person changed; whether the agent's file was written."""
        async with self.lock:
            await self._take_up()
            for _ in range(TRIES):
                state = self.state
                if self.is_gone or state is None or not self._can_flow(state):
                    return False
                after = await asyncio.to_thread(transitions.down, state)
                if after == state:
                    return False
                if await self._put(self._effects.put_theirs, state, after):
                    now = self.state
                    self._set(after if now is state or now is None else transitions.rebased(now, after))
                    return True
                await self._take_up()
            return False

    async def decide(self, work: Callable[[FileState], Next], *known: FileState) -> tuple[FileState, FileState]:
        """Do what a person decided, with `work` on the newest state; it raises StaleDecision where that is another.

        Returns the states before and after it; what `work` makes may be of `known` ones, too.
        """
        async with self.lock:
            for _ in range(TRIES):
                await self._begin()
                state = self.state
                if state is None or self.is_gone:
                    break
                step = work(state)
                await asyncio.to_thread(self._effects.keep_contents, step.state, (), state, *known)
                if await self._install(state, step):
                    assert self.state is not None
                    return state, self.state
        raise StaleDecision(
            "hunk_changed", "This changed while you decided.", action="Nothing was decided; look at it again."
        )

    async def discarded(self) -> None:
        """Its buffer was closed: what is on the disk counts, and where that lacks what the buffer had, he is asked."""
        async with self.lock:
            state = self.state
            if state is None or self.document is not None or not state.is_in_buffer:
                return
            mine = await asyncio.to_thread(self._effects.read_mine)
            if self.state is not state:
                return
            if transitions.is_mine(state, mine) or state.text is None or not state.text.hunks:
                after = transitions.caught_up(replace(state, is_in_buffer=False), mine).state
            else:
                found = replace(state, is_in_buffer=False)
                after = suspension.suspended(found, mine.text or "", suspension.DISCARDED)
            await asyncio.to_thread(self._effects.keep_contents, after, (mine,), state)
            if self.state is state:
                self._set(after)

    async def came_from_git(self, committed: Callable[[str], tuple[bytes, str] | None]) -> None:
        """Git did something in the checkout: where the file reads as it was committed now, nobody typed that."""
        async with self.lock:
            state = self.state
            if state is None or state.suspended or self.document is not None or self._is_away(state):
                return
            mine = await asyncio.to_thread(self._effects.read_mine)
            if mine.text is None or not suspension.lacks_changes(state, mine.text):
                return
            found = await asyncio.to_thread(committed, self.path)
            if found and disk.content_of(*found).text == mine.text and self.state is state:
                self._set(suspension.suspended(state, mine.text, suspension.REVERTED))

    async def leave(self) -> None:
        """The link ends; only the person's own stays, unless his side reads something else by now."""
        async with self.lock:
            for _ in range(TRIES):
                await self._catch_up()
                state = self.state
                if state is not None and self._is_away(state):
                    return
                if state is None:
                    break
                step = transitions.own_alone(state)
                try:
                    if step.state == state or await self._install(state, step):
                        break
                except InputRefused:  # only its line ends stay
                    await self._install(state, Next(replace(step.state, whole=state.whole), step.edits))
                    break
            self.is_gone = True

    @property
    def document(self) -> Document | None:
        """The buffer that takes part."""
        return self._around.windows.document(self._place)

    @property
    def shown(self) -> Shown:
        is_open = self.document is not None or self._around.windows.is_open_link(self._place)
        return Shown.IN_BUFFER if is_open else Shown.ON_DISK

    @property
    def is_away(self) -> bool:
        """Its text is in a window that is gone for now, and will come back with it."""
        return self.state is not None and self._is_away(self.state)

    def _is_away(self, state: FileState) -> bool:
        return flow_obstacles.is_away(self._around.windows, self._place, state)

    def _can_flow(self, state: FileState) -> bool:
        self.message = self._obstacle(state)
        is_free = not flow_obstacles.obstacle(self._around.windows, self._place, state)
        return is_free and not (state.suspended or self._around.is_held())

    def _obstacle(self, state: FileState) -> str:
        found = flow_obstacles.obstacle(self._around.windows, self._place, state)
        return found or flow_obstacles.unsaved_stays(self.document, state)

    async def _take_up(self) -> None:
        theirs = await settled(self._effects.read_theirs, known_theirs(self.state), self._written)
        for _ in range(TRIES):
            await self._begin()
            state = self.state
            assert state is not None
            if self.is_gone or not self._can_flow(state):
                return
            has_room = self.document is not None or self._around.room.has(len(theirs.data))
            taken = state if has_room or not transitions.is_settled(state) else transitions.as_opaque(state)
            shown = self.shown
            step = await asyncio.to_thread(self._effects.up, self._around.holding, taken, theirs, shown)
            await asyncio.to_thread(self._effects.keep_contents, step.state, (theirs,), state)
            if self.shown is not shown or not self._can_flow(state):  # a window came or went, or git set to work
                continue
            if step.state == state or (await self._install(state, step) and not goes_on(step.state)):
                return
        log.warning("%s: the editor refused each of %s edits", self.path, TRIES)

    async def _begin(self) -> None:
        if self.state is not None:
            await self._catch_up()
            return
        found = await self._around.read_base(self.path)
        base = disk.content_of(*found) if found is not None else disk.ABSENT
        while self.state is None:
            is_away = self._around.windows.is_away(self._place)
            mine, on_disk = (base, disk.ABSENT) if is_away else await self._mine(base)
            state = await asyncio.to_thread(transitions.begin, self.path, base, mine)
            await asyncio.to_thread(self._effects.keep_contents, state, (base, mine))
            document = self.document
            if is_away != self._around.windows.is_away(self._place):
                continue
            if document is None or not editor_changes.shows(document, state) or editor_changes.reads(document, state):
                self._set(replace(state, is_in_buffer=True) if is_away else editor_changes.beside(state, mine, on_disk))

    async def _mine(self, known: Content) -> tuple[Content, Content]:
        """The person's side, and its file: they differ by what is not saved."""
        on_disk = await settled(self._effects.read_mine, known, self._written)
        document = self.document
        if document is None:
            return on_disk, on_disk
        self._raw = document.text
        return disk.in_buffer(on_disk, document.text), on_disk

    async def _catch_up(self) -> None:
        """Nobody is told of what happens to a closed file, and nobody listened while the daemon was away."""
        while self.state is not None and not self.is_gone and not self._is_away(self.state):
            state = self.state
            mine, on_disk = await self._mine(known_mine(state, is_open=self.document is not None))
            if self.state is state and not self._is_away(state):
                found = plain_state(transitions.caught_up(transitions.follows(state, mine), mine).state)
                found = found if self.document is None else editor_changes.beside(found, mine, on_disk)
                found = await asyncio.to_thread(self._effects.gone, found) if suspension.is_gone(found) else found
                if found is state:
                    return
                await asyncio.to_thread(self._effects.keep_contents, found, (mine,), state)
                if self.state is state:
                    self._set(found)
                    return

    async def _install(self, state: FileState, step: Next) -> bool:
        """Bring a step about; False where the person's side moved on, and it has to be worked out anew."""
        if self.state is not state:
            return False
        document, is_changed = self.document, step.edits or step.state.whole.mine != state.whole.mine
        if document is not None and sides.is_below_buffers(state, step.state):
            await self._put_below(state, step.state)
            return self.state is step.state
        if document is not None and sides.has_other_shape(state, step.state):
            return await self._reshape(state, step)
        if document is not None and (step.edits or sides.has_other_mode(state, step.state)):
            if step.edits and not await self._edit(document, state, step):
                return False
            await asyncio.to_thread(self._effects.put_beneath, state, step.state)
        elif is_changed and not await self._put(self._effects.put_mine, state, step.state):
            return False
        if step.edits and document is not None:
            return True
        if self.state is not state:  # typed into what was just opened
            return False
        self._set(step.state)
        return True

    async def _reshape(self, state: FileState, step: Next) -> bool:
        """Line ends are those of the file; an editor takes them from there, if it has nothing that is not saved."""
        shaped = replace(state, whole=step.state.whole)
        await self._put_below(state, shaped)
        for _ in range(TRIES):
            if self.state is not shaped:
                return False
            if await self._install(shaped, step):
                return True
        return False

    async def _put_below(self, state: FileState, after: FileState) -> None:
        """Change the file that an editor has open; raises InputRefused where that has unsaved text."""
        if not await self._put(self._effects.put_mine, state, after):
            raise flow_obstacles.not_saved(self.path)
        if self.state is state:
            self._set(after)

    async def _edit(self, document: Document, state: FileState, step: Next) -> bool:
        if not editor_changes.reads(document, state):
            return False
        await self._intend(replace(step.state, is_in_buffer=True))
        document = self.document or document
        if self.state is not state or not editor_changes.reads(document, state):
            return False
        self._sent = step.state
        self._newer.clear()
        edits = step.edits if is_raw(state) else buffer_offsets.to_buffer(document.text, step.edits)
        answer = await self._around.windows.apply(document.path, document.version, edits, LABEL)
        sent, self._sent = self._sent, None
        match answer:
            case Applied():
                self.batching.edited()
                if sent is not None and self.state is state:  # nothing to change, so no echo
                    self._set(step.state)
            case Stale(document=newest) if newest.version == document.version:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._newer.wait(), NEWER_S)
        return isinstance(answer, Applied)

    async def save(self) -> None:
        """Write down what stands, and what is about to follow it."""
        async with self._saving:
            state = self.state
            if state is None or self.is_gone:
                return
            LinkedFile.saves += 1
            await asyncio.to_thread(self._effects.save, replace(state, next=self._next), LinkedFile.saves)

    async def _put(self, put: Callable[[FileState, FileState], bool], state: FileState, after: FileState) -> bool:
        """Write one side's file, unless a buffer has come to show it; where that fails nothing is about to follow."""
        was_open = self.document is not None
        await self._intend(after)
        try:
            is_left = self._is_away(state) or (self.document is not None and not was_open)
            return not is_left and await asyncio.to_thread(put, state, after)
        except SegueError:
            await self._intend(None)
            raise

    async def _intend(self, following: FileState | None) -> None:
        """Before an effect: a restart finds both states, and sees from the texts which one holds."""
        self._next = following
        await self.save()

    def _set(self, state: FileState) -> None:
        self.state, self._next = state, None
        self._around.moved(self)
