"""The verbs on a linked session's changes: decide, undo, resolve, comment. Knows requests; the rules are elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from segue.domain.errors import InputRefused, SegueError, StaleDecision
from segue.domain.events import AnyEvent, HunksDecided
from segue.domain.ids import SessionId
from segue.domain.pairing.contribution import Contribution
from segue.domain.pairing.decisions import Mark, chosen
from segue.domain.pairing.difference import changed_lines
from segue.domain.pairing.whole_files import Whole
from segue.domain.runnable_files import Runs
from segue.domain.verbs import Verb, require
from segue.engine.api import link_views
from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.rows import session_result
from segue.engine.api.view_limits import Shown, look
from segue.engine.pairing import comments, file_marks, held_changes, rename_pairs, suspension, transitions
from segue.engine.pairing.link import Link
from segue.engine.pairing.link_record import FileState, Leaving
from segue.engine.pairing.linked_file import LinkedFile
from segue.engine.pairing.transitions import Next
from segue.protocol import methods, pairing
from segue.protocol.sessions import SessionParams, SessionResult


class LinkReviews:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._ledger = parts.ledger
        self._links = parts.links
        self._turns = parts.turns
        self._archives = parts.archives
        self._shown: dict[SessionId, Shown] = {}

    def offer(self, table: Table) -> None:
        on = table.on
        on(methods.START_LINK, self.start)
        on(methods.STOP_LINK, self.stop)
        on(methods.SHARE_LINK, self.share)
        on(methods.SHOW_LINK, self.show)
        on(methods.DECIDE_HUNKS, self.decide)
        on(methods.UNDO_DECISION, self.undo)
        on(methods.RESOLVE_PROPOSAL, self.resolve)
        on(methods.ADD_COMMENT, self.comment)
        on(methods.SEND_COMMENTS, self.send)
        on(methods.FINISH, self.finish)

    async def start(self, client: Client, params: pairing.StartLinkParams) -> pairing.LinkResult:
        session = self._ledger.find(params.session_id)
        return self._result(await self._links.start(session, client, params.onto))

    async def stop(self, client: Client, params: pairing.StopLinkParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        require(Verb.UNLINK, session)
        how = Leaving.KEEP if params.keep_hunks else Leaving.LEAVE
        return session_result(self._ledger, await self._links.stop(session, "user", how))

    async def finish(self, client: Client, params: SessionParams) -> SessionResult:
        """What was accepted stays uncommitted in the checkout; the rest is kept with the archived session."""
        session = self._ledger.find(params.session_id)
        (await self._links.share(session)).outside.require_unchanged()
        async with self._links.stopped(session, "finished"):
            return session_result(self._ledger, await self._archives.archive(session.id))

    async def share(self, client: Client, params: SessionParams) -> pairing.LinkResult:
        return self._result(await self._links.share(self._ledger.find(params.session_id)))

    async def show(self, client: Client, params: SessionParams) -> pairing.LinkResult:
        return self._result(self._link(params.session_id))

    def view(self, session_id: str) -> pairing.LinkView | None:
        """The link of a session as it is shown; the same object while nothing changed."""
        session = self._ledger.find(session_id)
        link = self._links.get(session.id)
        if link is None:
            self._shown.pop(session.id, None)
            return None
        shown = self._shown.get(session.id)
        if shown is None or (shown.version, shown.is_running) != (link.version, session.is_turn_running):
            shown = self._shown[session.id] = look(link, session, shown.files if shown is not None else {})
        return shown.view

    def _view_of_many(self, session_id: str) -> pairing.LinkView | None:
        """The same, of a link with very many files not at once: it is looked at again in a moment."""
        shown, link = self._shown.get(SessionId(session_id)), self._links.get(SessionId(session_id))
        if shown is None or link is None or shown.version == link.version or not shown.rests_s:
            return self.view(session_id)
        if not shown.is_due:
            shown.is_due = True
            asyncio.get_running_loop().call_later(shown.rests_s, link.show)
        return shown.view

    def view_for(self, client: Client, session_id: str) -> pairing.LinkView | None:
        """The same for one client: by its own names, and what stands in another window's text is not shown at lines."""
        view = self._view_of_many(session_id)
        if view is None:
            return None
        link, shown = self._links.find(self._ledger.find(session_id)), self._shown[SessionId(session_id)]
        elsewhere = frozenset(
            file.path for file in view.files if link.windows.is_elsewhere(client, link.checkout / file.path)
        )
        window = client.buffers
        root = window.named(link.checkout) if window is not None else link.checkout
        through = window.through_links(link.checkout) if window is not None else []
        links = frozenset((found.path.as_uri(), found.uri) for _, found in through)
        key = (elsewhere, root, links)
        if key == (frozenset(), link.checkout, frozenset()):
            return view
        if key not in shown.seen:
            shown.seen[key] = link_views.seen(view, elsewhere, root, dict(links))
        return shown.seen[key]

    async def decide(self, client: Client, params: pairing.DecideParams) -> pairing.LinkResult:
        """Accept or reject hunks; nothing happens where one of them is another by now (D37).

        What runs something on the user's machine is accepted by a decision on its file alone.
        """
        link = self._link(params.session_id)
        wanted = {decision.hunk_id: decision.revision for decision in params.decisions}
        by_file = _by_file(link, self._among(link), wanted)
        is_of_many = params.decision == "accept" and (params.is_all or len(by_file) > 1)
        held = _held(link, by_file) if is_of_many else {}
        by_file = {file: found for file, found in by_file.items() if file not in held}
        done = []
        events: list[AnyEvent] = []
        notes = []
        for file, (ids, lines) in sorted(by_file.items(), key=lambda found: _comes(found[0], params.decision)):
            revisions = {hunk_id: wanted[hunk_id] for hunk_id in ids}
            if (
                file.state is not None
                and file.state.renamed_from
                and file_marks.whole_mark(file.state, file_marks.WHOLE).id in ids
            ):
                done.append(await _decide_old_name(link, file.state, params.decision))
            before, after = await file.decide(lambda state, r=revisions: _decide(state, r, params.decision))  # type: ignore[misc]
            done.append((before, after))
            said = f"{params.decision}ed"
            events.append(HunksDecided(file.path, said, len(ids), params.reason or "", client.info.client))
            if params.reason and params.decision == "reject":
                notes += [comments.rejection(file.path, lines[hunk_id], params.reason, hunk_id) for hunk_id in ids]
        if done:
            await link.history.add(done)
        await self._ledger.acknowledge(link.session_id, *events)
        if notes:
            link.stored = replace(link.stored, comments=(*link.stored.comments, *notes))
        await self._decided(link)
        held_back = _held_back(link) if is_of_many and params.is_all else []
        return self._result(link, [*held.values(), *held_back])

    async def undo(self, client: Client, params: SessionParams) -> pairing.LinkResult:
        """Take the newest decision back, also one of before a restart; raises StaleDecision where its files changed."""
        link = self._link(params.session_id)
        steps = await link.history.newest()
        if steps is None:
            raise InputRefused("nothing_to_undo", "There is no decision to undo.")
        events: list[AnyEvent] = []
        for before, after in sorted(steps, key=lambda step: step[0].whole.mine is not None):
            await link.file(before.path).decide(lambda state, b=before, a=after: _back(state, b, a), before)  # type: ignore[misc]
            events.append(HunksDecided(before.path, "restored", 1, "", client.info.client))
        await link.history.drop_newest()
        await self._ledger.acknowledge(link.session_id, *events)
        await self._decided(link)
        return self._result(link)

    async def resolve(self, client: Client, params: pairing.ResolveParams) -> pairing.LinkResult:
        """Decide on what could not be merged."""
        link = self._link(params.session_id)
        wanted = {params.proposal_id: params.revision}
        if params.take == "text" and params.text is None:
            raise InputRefused("no_text", "There is no text to take.")
        for file in [link.file(path) for path in self._among(link)]:
            if file.state is not None and params.proposal_id in {m.id for m in file_marks.dispute_marks(file.state)}:
                old = file.state
                if old.renamed_to and rename_pairs.is_kept(old) and params.take == "theirs":
                    chosen(file_marks.dispute_marks(old), wanted)
                    await link.file(old.renamed_to).decide(lambda state, old=old: rename_pairs.moved(state, old))  # type: ignore[misc]
                await file.decide(lambda state: _resolve(state, wanted, params, link.record.content))
                for path in link.room.decided_with(file.path) if params.take == "mine" else ():
                    await link.file(path).decide(lambda state: Next(transitions.kept_mine_if_blocked(state)))
                decided = HunksDecided(file.path, "resolved", 1, "", client.info.client)
                await self._ledger.acknowledge(link.session_id, decided)
                link.wants(file.path)
                await link.settled()
                await self._decided(link)
                return self._result(link)
        raise StaleDecision("hunk_changed", "That is settled by now.", action="Look at it as it is now.")

    async def comment(self, client: Client, params: pairing.AddCommentParams) -> pairing.LinkResult:
        link = self._link(params.session_id)
        lines = (params.start_line, params.end_line)
        added = comments.comment(params.path, lines, params.text, params.hunk_id or "")
        link.stored = replace(link.stored, comments=(*link.stored.comments, added))
        await link.keep()
        link.show()
        return self._result(link)

    async def send(self, client: Client, params: SessionParams) -> SessionResult:
        """All drafts go to the agent as one prompt."""
        session = self._ledger.find(params.session_id)
        link = self._links.get(session.id)
        if link is None:
            record = self._links.record(session.id)
            text = comments.as_prompt(list(await asyncio.to_thread(record.drafts)))
            await self._turns.prompt(session.id, text)
            await asyncio.to_thread(record.drop_drafts)
            await asyncio.to_thread(record.clear)
        else:
            drafts = comments.drafts(link.stored.comments)
            text = comments.as_prompt(drafts)
            turn = len(session.turns) + len(session.queue) + 1
            # At once, so that a second window does not send them again.
            link.stored = replace(link.stored, comments=comments.sent(link.stored.comments, turn))
            try:
                await self._turns.prompt(session.id, text)
            except SegueError:
                link.stored = replace(link.stored, comments=comments.not_sent(link.stored.comments, drafts))
                raise
            await link.keep()
            link.show()
        return session_result(self._ledger, self._ledger.get(session.id))

    def _among(self, link: Link) -> list[str]:
        """Where a person may have decided: nothing else was shown."""
        shown = self._shown.get(link.session_id)
        return sorted(link.room.open if shown is None or shown.is_all else shown.files.keys() & link.room.open)

    def _link(self, session_id: str) -> Link:
        return self._links.find(self._ledger.find(session_id))

    async def _decided(self, link: Link) -> None:
        """Between turns the agent's files follow at once."""
        await link.keep()
        session = self._ledger.get(link.session_id)
        if not session.is_turn_running:
            await self._links.share(session)
        link.show()

    def _result(self, link: Link, held: Sequence[pairing.HeldView] = ()) -> pairing.LinkResult:
        view = self.view(link.session_id)
        assert view is not None
        return pairing.LinkResult(link=view, held=list(held))


def _comes(file: LinkedFile, decision: str) -> bool:
    """What goes by a decision makes room for what comes."""
    return decision == "reject" and file.state is not None and file.state.whole.own is not None


def _held(link: Link, files: Iterable[LinkedFile]) -> dict[LinkedFile, pairing.HeldView]:
    found = {}
    for file in sorted(files, key=lambda file: file.path):
        why = file_marks.runs(file.state) if file.state is not None else None
        if file.state is not None and why is not None:
            found[file] = _held_view(link, file, why, len(file_marks.hunk_marks(file.state)))
    return found


def _held_back(link: Link) -> list[pairing.HeldView]:
    """What no decision on changes reaches: it is not in the checkout, and is taken by itself."""
    states = ((file, file.state) for _, file in sorted(link.files.items()))
    why = ((file, held_changes.held_back(state)) for file, state in states if state is not None)
    return [_held_view(link, file, found, 0) for file, found in why if found is not None]


def _held_view(link: Link, file: LinkedFile, why: Runs, hunks: int) -> pairing.HeldView:
    path, uri = link_views.shown_path(file.path), (link.checkout / file.path).as_uri()
    return pairing.HeldView(path=path, uri=uri, hunks=hunks, kind=why.kind.value, why=why.reason)


def _by_file(
    link: Link, paths: Iterable[str], wanted: dict[str, str]
) -> dict[LinkedFile, tuple[list[str], dict[str, tuple[int, int]]]]:
    """The files that decisions are about, checked before anything is done; raises StaleDecision."""
    found: dict[LinkedFile, tuple[list[str], dict[str, tuple[int, int]]]] = {}
    marks: list[Mark] = []
    for file in [each for path in paths if (each := link.files.get(path)) is not None]:
        state = file.state
        mine = state.text.mine if state is not None and state.text is not None else ""
        own = [mark for mark in file_marks.hunk_marks(state) if mark.id in wanted] if state is not None else []
        if own:
            lines = {mark.id: (mine.count("\n", 0, mark.start), mine.count("\n", 0, mark.end)) for mark in own}
            found[file] = ([mark.id for mark in own], lines)
            marks += own
    chosen(marks, wanted)
    return found


async def _decide_old_name(link: Link, new: FileState, decision: str) -> tuple[FileState, FileState]:
    """The file that a renamed one was goes with the new name, or comes back with what the person has done there."""

    def work(old: FileState) -> Next:
        if old.renamed_to != new.path:
            raise StaleDecision("hunk_changed", "This changed since you looked at it.", action="Look at it again.")
        return (
            transitions.accept_whole(old)
            if decision == "accept"
            else transitions.reject_whole(rename_pairs.carried(old, new))
        )

    return await link.file(new.renamed_from).decide(work)


def _decide(state: FileState, wanted: dict[str, str], decision: str) -> Next:
    marks = chosen(file_marks.hunk_marks(state), wanted)
    if file_marks.is_large(state):
        return transitions.accept_all(state) if decision == "accept" else transitions.own_alone(state)
    numbers = [mark.number for mark in marks if mark.number >= 0]
    is_accepted = decision == "accept"
    if state.renamed_from and not is_accepted and len(numbers) < len(marks):
        return transitions.reject_whole(state)  # with all that is in it
    step = Next(state)
    if numbers:
        step = (transitions.accept_hunks if is_accepted else transitions.reject_hunks)(state, numbers)
    if len(numbers) == len(marks):
        return step
    whole = (transitions.accept_whole if is_accepted else transitions.reject_whole)(step.state)
    return Next(whole.state, step.edits or whole.edits)


def _resolve(
    state: FileState, wanted: dict[str, str], params: pairing.ResolveParams, read: Callable[[str], bytes]
) -> Next:
    (mark,) = chosen(file_marks.dispute_marks(state), wanted)
    if state.suspended:
        return Next(suspension.dropped(state)) if params.take == "mine" else Next(*suspension.restored(state))
    if mark.number < 0:
        return held_changes.resolve(state, params.take, read)
    words = {"theirs": mark.theirs, "mine": mark.mine}
    return transitions.resolve(state, mark.number, words.get(params.take, params.text or ""))


def _back(state: FileState, before: FileState, after: FileState) -> Next:
    """The person's side as before a decision; what the agent has by now stays. Raises StaleDecision."""
    if (state.text is None) != (after.text is None):  # it was forgotten as settled, and looked at anew since
        state, before, after = (transitions.as_opaque(found) for found in (state, before, after))
    sides = [
        (found.whole.own, found.whole.mine, found.text and (found.text.own, found.text.mine))
        for found in (state, after)
    ]
    if sides[0] != sides[1] or (state.text is None) != (before.text is None):
        raise StaleDecision("changed_since", "The file changed since you decided.", action="Edit it by hand instead.")
    whole = Whole(before.whole.own, before.whole.mine, state.whole.base, state.whole.theirs)
    state = replace(state, renamed_from=before.renamed_from, renamed_to=before.renamed_to)
    if state.text is None or before.text is None:
        return Next(replace(state, whole=whole))
    base, mine = state.text.base, before.text.mine
    text = Contribution(before.text.own, before.text.hunks, base, changed_lines(base, mine), state.text.disputed)
    return Next(replace(state, text=text, whole=whole), changed_lines(state.text.mine, mine))
