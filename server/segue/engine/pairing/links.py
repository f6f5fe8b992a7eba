"""Which sessions are linked, and when. Knows sessions, turns' boundaries and who may be linked; no hunks.

Linking and unlinking are journaled; a link that a kill cut short goes on from its record at the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from segue.domain.errors import InputRefused, SegueError, StoreFailed
from segue.domain.events import AcceptedAdvanced, AgentNoted, AnyEvent, HunksDecided, SessionLinked, SessionUnlinked
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.domain.verbs import Verb, require
from segue.engine.pairing import base_checkout, comments, link_end
from segue.engine.pairing.accepted_part import accepted_ref, record_accepted
from segue.engine.pairing.buffers import Document, Window
from segue.engine.pairing.file_problems import said
from segue.engine.pairing.link import Link
from segue.engine.pairing.link_record import Leaving, LinkRecord, StoredEnding, drop_others
from segue.engine.pairing.link_start import begun, prepared
from segue.engine.pairing.linked_file import LinkedFile
from segue.engine.pairing.transitions import Next
from segue.engine.pairing.windows import seen, unsaved_texts
from segue.engine.state.background import Background
from segue.engine.state.ledger import Ledger
from segue.engine.workspace.worktrees import Worktrees
from segue.git import pairing
from segue.git.refs import objects, tree_of
from segue.git.repository import Base, Repository
from segue.places import Places

log = logging.getLogger(__name__)

Onto = Literal["present", "base"]


class Links:
    """All links of the daemon; at most one for each checkout."""

    def __init__(self, ledger: Ledger, worktrees: Worktrees, places: Places, background: Background) -> None:
        self._ledger = ledger
        self._worktrees = worktrees
        self._places = places
        self._background = background
        self._links: dict[SessionId, Link] = {}
        self._making: set[Link] = set()
        """Links that hear their windows, and are not journaled yet."""
        self._clients: set[Window] = set()
        self._holders: dict[SessionId, Window] = {}
        """Who began a session whose worktree is still being made."""
        self._changing = asyncio.Lock()
        self._archiving: set[SessionId] = set()

    # Clients come and go.

    def connected(self, client: Window) -> None:
        self._clients.add(client)
        for link in self._all():
            link.listen_to(client)

    def gone(self, client: Window) -> None:
        self._clients.discard(client)
        for link in self._all():
            link.forget(client)

    def unsaved(self) -> dict[Path, str]:
        """Texts of all windows that may not be in their files."""
        return unsaved_texts(self._clients)

    def _all(self) -> tuple[Link, ...]:
        return (*self._links.values(), *self._making)

    # Whatever is linked.

    def find(self, session: Session) -> Link:
        """The link of a session; raises InputRefused where it has none."""
        link = self._links.get(session.id)
        if link is None:
            require(Verb.UNLINK, session)
            raise InputRefused(
                "not_linked", f"“{session.title}” is not in your editor yet.", action="Wait until its worktree is made."
            )
        return link

    def get(self, session_id: SessionId) -> Link | None:
        return self._links.get(session_id)

    def documents(self, root: Path, client: Window) -> dict[str, Document]:
        """What the windows have open below a folder, by path; this client's where several have the same unsaved."""
        return seen(root, (client, *(other for other in self._clients if other is not client)))

    def at(self, checkout: str) -> Session | None:
        """The session that is linked to a checkout."""
        found = (each for each in self._ledger.all_newest() if each.linked_to == checkout and each.archive is None)
        return next(found, None)

    def record(self, session_id: SessionId) -> LinkRecord:
        """What is kept on the disk of a session's link, or of the last one."""
        return LinkRecord(self._places.links / session_id)

    async def recover(self) -> None:
        """After a restart: every link goes on where it was, or on with its end."""
        known = {session.id: session for session in self._ledger.all_newest() if not session.is_deleted}
        linked = {session_id for session_id, session in known.items() if session.linked_to}
        await asyncio.to_thread(drop_others, self._places.links, linked, known)
        for session in self._ledger.all_newest():
            if session.linked_to and session.archive is None and session.has_worktree:
                try:
                    await self._open(session, None)
                except (SegueError, OSError) as failed:
                    log.exception("session %s could not be linked again", session.id)
                    note = AgentNoted("link_lost", f"It could not be linked again after the restart. {failed}")
                    self._ledger.record(session.id, note, SessionUnlinked("lost"))

    async def close(self) -> None:
        """The daemon goes; records stay for the next one."""
        for link in self._links.values():
            await link.close()

    async def start(self, session: Session, client: Window, onto: Onto = "present") -> Link:
        """Link a session to the repository's checkout, `onto` what is there or its base branch; raises SegueError."""
        async with self._changing:
            session = self._ledger.get(session.id)
            if session.id in self._archiving:
                message = f"“{session.title}” is being archived."
                raise InputRefused("session_archived", message, action="Restore it first.")
            link = self._links.get(session.id)
            if link is not None and link.is_ending:
                session, link = await self._stop(session, "user", Leaving.LEAVE), None
            if link is not None:
                link.without_window()
                return link
            require(Verb.LINK, session)
            for other in self._ledger.all_newest():
                if other.linked_to == session.repository and other.id != session.id and other.archive is None:
                    await self._stop(other, "other_session", Leaving.LEAVE)
            if onto == "base":
                await base_checkout.check_out_base(session, lambda: list(self._clients))
            link = await self._made(session)
            try:
                await self._prepare(session, link)
                linked = SessionLinked(session.repository, client.name)
                session = await self._ledger.acknowledge(session.id, linked)
                self._links[session.id] = link
                self._making.discard(link)
                await link.begin()
            except BaseException:
                await self._take_back(session, link)
                raise
            return link

    async def _prepare(self, session: Session, link: Link) -> None:
        await link.prepare(await asyncio.to_thread(tree_of, objects(link.common_dir), session.since))

    async def _take_back(self, session: Session, link: Link) -> None:
        """It could not be linked."""
        self._links.pop(session.id, None)
        self._making.discard(link)
        await link.abandon()
        if self._ledger.get(session.id).linked_to:
            await self._ledger.acknowledge(session.id, SessionUnlinked("failed"))
        await asyncio.to_thread(link.record.clear)

    async def beginning(
        self, session_id: SessionId, client: Window, facts: Repository, base: Base
    ) -> tuple[AnyEvent, ...]:
        """What a session that starts linked begins with: the checkout as the person sees it, unsaved text too."""
        if base.commit != facts.head.commit:
            raise InputRefused(
                "inline_base", "Pairing begins with what is checked out.", action="Check that branch out first."
            )
        async with self._changing:
            for other in self._ledger.all_newest():
                if other.linked_to == str(facts.root) and other.archive is None:
                    await self._stop(other, "other_session", Leaving.LEAVE)
        found = self.documents(facts.root, client)
        texts = {path: document.text for path, document in found.items() if document.is_dirty is not False}
        commit = await asyncio.to_thread(begun, facts.root, texts, accepted_ref(session_id))
        await asyncio.to_thread(prepared, self.record(session_id), facts.root, commit, found)
        self._holders[session_id] = client
        return AcceptedAdvanced(commit), SessionLinked(str(facts.root), client.name)

    async def _made(self, session: Session) -> Link:
        """A link that hears its windows, and does nothing yet."""
        worktree = await asyncio.to_thread(self._worktrees.open, session)
        checkout = await asyncio.to_thread(pairing.checkout_at, Path(session.repository))
        link = Link(session, worktree, checkout, self.record(session.id), self)
        self._making.add(link)
        for other in self._clients:
            link.listen_to(other)
        return link

    async def _open(self, session: Session, client: Window | None) -> Link:
        """The link of a session that is journaled as linked: as its record has it, or a new one for a client."""
        link = await self._made(session)
        self._links[session.id] = link
        self._making.discard(link)
        try:
            stored = await asyncio.to_thread(link.record.load)
            if stored is None or client is not None:
                await self._prepare(session, link)
                await link.begin()
            else:
                await link.go_on(stored)
        except BaseException:
            del self._links[session.id]
            await link.abandon()
            raise
        if link.is_ending and not link.is_window_away:
            self.window_returned(session.id)
        return link

    def window_returned(self, session_id: SessionId) -> None:
        """A daemon was killed while it unlinked; whatever else is wanted of the link by now waits behind that."""
        name = f"unlink {session_id}"
        if not self._background.is_running(name):
            self._background.start(name, self._leave_again(session_id))

    async def _leave_again(self, session_id: SessionId) -> None:
        link = self._links.get(session_id)
        if link is not None:
            await link.returned()
            if not link.is_window_away:
                await self.stop(self._ledger.get(session_id), "user")

    async def stop(self, session: Session, reason: str, how: Leaving = Leaving.LEAVE) -> Session:
        """Unlink: the person's own text stays, the agent's goes, or stays too where it shall be kept."""
        async with self._changing:
            return await self._stop(self._ledger.get(session.id), reason, how)

    @asynccontextmanager
    async def stopped(self, session: Session, reason: str) -> AsyncIterator[None]:
        """Unlink a session, if it is linked or just being linked, and do not link it again meanwhile."""
        self._archiving.add(session.id)
        try:
            await self.stop(session, reason)
            yield
        finally:
            self._archiving.discard(session.id)

    async def _stop(self, session: Session, reason: str, how: Leaving) -> Session:
        link = self._links.get(session.id)
        if link is None:
            return await self._ledger.acknowledge(session.id, SessionUnlinked(reason)) if session.linked_to else session
        was_ending = link.is_ending
        await link.settled()
        ending = link.stored.ending or StoredEnding(how, reason)
        undecided = await asyncio.to_thread(link_end.undecided, list(link.files.values()), link.checkout)
        if link.stored.ending is None:
            await link.ends(ending)
        link.stop_watching()
        await link.settled()
        if ending.how is Leaving.KEEP:
            await link_end.accept(link.files.values(), link.troubles)
        if ending.how is not Leaving.LEFT:
            await self._advance_or_say(session, link)
        left = link_end.Left()
        if ending.how is not Leaving.KEEP or any(map(link_end.has_orders, link.files.values())):
            await link.ends(StoredEnding(Leaving.LEFT, ending.reason))
            left = await link.leave()
            if link.is_window_away and not was_ending and any(map(link_end.has_more_away, link.files.values())):
                raise link_end.window_gone(session.title)
        kept = await link.boundary.kept_own(list(left.failed), f"refs/segue/{session.id}/left")
        notes = link_end.notes(left, kept) + link_end.notes_on_undecided(undecided, ending.how)
        notes += await self._keep_lost(session.id, link)
        await link.end()
        self._links.pop(session.id, None)
        session = await self._ledger.acknowledge(session.id, SessionUnlinked(ending.reason), *notes)
        await asyncio.to_thread(link.record.clear)
        self.link_changed()
        return session

    async def _advance_or_say(self, session: Session, link: Link) -> None:
        """Measuring is worth less than that a link can always be ended."""
        try:
            await self._advance(session, await link.boundary.accepted())
        except StoreFailed:
            raise
        except Exception as failed:
            self._note(session.id, "not_measured", f"Your part was not recorded. {said('', failed)}")

    async def _keep_lost(self, session_id: SessionId, link: Link) -> list[AgentNoted]:
        """Text that no file has is kept by git; what was accepted of it counts as the agent's again."""
        found = await asyncio.to_thread(link_end.lost, link.files.values(), link.checkout)
        if not found:
            return []
        session = self._ledger.get(session_id)
        tree = await asyncio.to_thread(tree_of, objects(link.common_dir), session.since)
        kept = await asyncio.to_thread(pairing.with_files, link.common_dir, tree, [each.text for each in found])
        ref = f"refs/segue/{session_id}/unsaved/{kept[:12]}"
        await asyncio.to_thread(pairing.keep_tree, link.common_dir, kept, ref, "Text that was not saved")
        own = await asyncio.to_thread(pairing.with_files, link.common_dir, tree, [each.file for each in found])
        await self._advance(session, own)
        return [AgentNoted("unsaved_kept", link_end.about_lost(found, ref))]

    # Boundaries of turns.

    async def before_turn(self, session_id: SessionId) -> None:
        """Give the agent what the person changed since it last worked."""
        session = self._ledger.get(session_id)
        client = self._holders.pop(session_id, None)
        if not session.linked_to:
            return
        if session_id not in self._links:
            async with self._changing:
                await self._open(session, client)
        link = self._links.get(session_id)
        if link is not None:
            try:
                await self._give(session, link)  # the checkpoint that comes next measures
            except Exception as failed:  # the agent works with what it has
                self._note(session_id, "not_shared", f"Your edits were not shared. {said('', failed)}")

    def _note(self, session_id: SessionId, kind: str, text: str) -> None:
        self._ledger.record(session_id, AgentNoted(kind, text))

    async def after_turn(self, session_id: SessionId) -> None:
        """The agent has what the person changed meanwhile, before it is asked anything more."""
        link = self._links.get(session_id)
        if link is not None:
            await link.settled()
            await self._share(self._ledger.get(session_id), link)
            await self._answer_comments(session_id, link)

    async def share(self, session: Session) -> Link:
        """*Share My Edits Now*; raises InputRefused while a turn runs."""
        link = self.find(session)
        if session.is_turn_running:
            raise InputRefused(
                "turn_running",
                f"“{session.title}” works just now; its files do not change under it.",
                action="It gets your edits at the end of its turn.",
            )
        await self._share(session, link)
        return link

    async def _share(self, session: Session, link: Link) -> None:
        if await self._give(session, link):
            await self._worktrees.work(self._ledger.get(session.id))

    async def _give(self, session: Session, link: Link) -> str:
        """The agent gets what the person changed; returns the tree of the person's part, for whoever measures next."""
        tree = await link.boundary.share()
        for sentence in link.troubles.untold():
            self._note(session.id, "not_shared", sentence)
        if tree:
            await record_accepted(self._ledger, session, tree)
        link.show()
        return tree

    async def _advance(self, session: Session, tree: str) -> None:
        """Measure the session's work from the person's part."""
        await record_accepted(self._ledger, session, tree)
        await self._worktrees.work(self._ledger.get(session.id))

    async def _answer_comments(self, session_id: SessionId, link: Link) -> None:
        session = self._ledger.get(session_id)
        if not any(found.state == "sent" for found in link.stored.comments):
            return
        feed = await self._ledger.transcript(session_id)
        turn = session.turns[-1].number
        answer = comments.answer_in(feed.items, turn)
        link.stored = replace(link.stored, comments=comments.answered(link.stored.comments, turn, answer))
        await link.keep()
        link.show()

    # What links tell, see `LinkObserver`.

    def link_changed(self) -> None:
        for wake in tuple(self._ledger.wakers):
            wake()

    def hunks_decided(self, session_id: SessionId, file: LinkedFile, step: Next) -> None:
        events: list[AnyEvent] = []
        if step.adopted:
            events.append(HunksDecided(file.path, "adopted", step.adopted, by="editor"))
        if step.rejected:
            events.append(HunksDecided(file.path, "undone", len(step.rejected), by="editor"))
        self._ledger.record(session_id, *events)

    def branch_switched(self, session_id: SessionId) -> None:
        """The checkout has another branch: what the agent did stays with the session."""
        name = f"unlink {session_id}"
        if not self._background.is_running(name):
            self._background.start(name, self._leave_branch(session_id))

    async def _leave_branch(self, session_id: SessionId) -> None:
        with suppress(InputRefused):
            await self.stop(self._ledger.get(session_id), "branch_switched")
