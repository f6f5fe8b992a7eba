"""What clients ask about sessions: begin, look, prompt, stop, archive. Knows the wire; each rule is a part's."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from segue.domain import events
from segue.engine.agents import configuration
from segue.engine.api import parameters
from segue.engine.api.changesets import Reviews
from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.rows import Rows, bucket_views, session_result
from segue.engine.api.views import item_view, offer_view, turn_view
from segue.engine.sessions.creation import NewSession
from segue.engine.turns.prompt_context import place_of, with_selection
from segue.engine.turns.turns import require_prompt, resume_prompt
from segue.protocol import methods
from segue.protocol.sessions import (
    ChangesetDiffParams,
    ChangesetDiffResult,
    ChangesetParams,
    ChangesetResult,
    ConfigureParams,
    ConfigureResult,
    DropPromptParams,
    ListSessionsParams,
    ListSessionsResult,
    NewSessionParams,
    PromptParams,
    PromptResult,
    SessionParams,
    SessionResult,
    ShowSessionResult,
    TurnsResult,
)


class SessionRequests:
    """See the module."""

    def __init__(self, parts: Parts, reviews: Reviews) -> None:
        self._parts = parts
        self._ledger = parts.ledger
        self._turns = parts.turns
        self._reviews = reviews

    def offer(self, table: Table) -> None:
        on = table.on
        on(methods.NEW_SESSION, self._new)
        on(methods.LIST_SESSIONS, self._list)
        on(methods.SHOW_SESSION, self._show)
        on(methods.TURNS, self._turns_of)
        on(methods.CHANGESET, self._changeset)
        on(methods.CHANGESET_DIFF, self._diff)
        on(methods.PROMPT, self._prompt)
        on(methods.RESUME, self._resume)
        on(methods.DROP_PROMPT, self._drop_prompt)
        on(methods.CONFIGURE, self._configure)
        on(methods.STOP, self._stop)
        on(methods.ARCHIVE, self._archive)
        on(methods.RESTORE, self._restore)

    async def _new(self, client: Client, params: NewSessionParams) -> SessionResult:
        wanted = NewSession(
            repository=Path(params.repository),
            agent=params.agent,
            prompt=params.prompt,
            environment=client.info.environment,
            base=params.base,
            title=params.title,
            mode=params.mode,
            window=client,
            selection=parameters.selection(params.selection),
            is_planned=params.is_planned,
            options=params.options,
            images=params.images,
        )
        return session_result(self._ledger, await self._parts.creation.create(wanted))

    async def _list(self, client: Client, params: ListSessionsParams) -> ListSessionsResult:
        sessions = tuple(s for s in self._ledger.all_published() if not s.is_deleted)
        if params.repository is not None:
            sessions = await self._parts.relocation.of_repository(sessions, Path(params.repository))
        if not params.include_archived:
            sessions = tuple(s for s in sessions if s.archive is None)
        composer = Rows.published(self._ledger)
        rows = sorted((composer.row(each) for each in sessions), key=lambda row: (row.order, row.id))
        return ListSessionsResult(seq=self._ledger.seq, sessions=rows, buckets=bucket_views())

    async def _show(self, client: Client, params: SessionParams) -> ShowSessionResult:
        session = self._ledger.find(params.session_id)
        feed = await self._ledger.transcript(session.id)
        published = self._ledger.published(session.id) or session
        return ShowSessionResult(
            seq=self._ledger.seq,
            session=Rows.published(self._ledger).row(published),
            turns=[turn_view(turn) for turn in published.turns],
            items=[item_view(item) for item in feed.items],
            offer=offer_view(published),
        )

    async def _turns_of(self, client: Client, params: SessionParams) -> TurnsResult:
        session = self._ledger.find(params.session_id)
        published = self._ledger.published(session.id) or session
        return TurnsResult(turns=[turn_view(turn) for turn in published.turns])

    async def _changeset(self, client: Client, params: ChangesetParams) -> ChangesetResult:
        session = self._ledger.find(params.session_id)
        return ChangesetResult(changeset=await self._reviews.changeset(session.id, params.turn))

    async def _diff(self, client: Client, params: ChangesetDiffParams) -> ChangesetDiffResult:
        session = self._ledger.find(params.session_id)
        piece, size = await self._reviews.diff(session.id, params.base, params.result, params.offset)
        return ChangesetDiffResult(data=b64encode(piece).decode(), size=size)

    async def _prompt(self, client: Client, params: PromptParams) -> PromptResult:
        session = self._ledger.find(params.session_id)
        if client.info.environment:
            self._parts.agents.environments.remember(session.id, client.info.environment)
        send = self._turns.say_now if params.is_now else self._turns.prompt
        text, selection = params.text, parameters.selection(params.selection)
        if selection is not None:
            is_script = not self._parts.agents.catalog.find(session.agent).facts.reads_prose
            text = with_selection(require_prompt(text), selection, Path(session.repository), is_script=is_script)
        images = self._parts.images.named(session, params.images)
        prompt_id, is_queued = await send(session.id, text, place_of(selection, params.text), images)
        may_begin = self._parts.slots.may_begin(session.id)
        return PromptResult(prompt_id=prompt_id, is_queued=is_queued or not may_begin)

    async def _resume(self, client: Client, params: SessionParams) -> PromptResult:
        text = resume_prompt(self._ledger.find(params.session_id))
        return await self._prompt(client, PromptParams(session_id=params.session_id, text=text))

    async def _drop_prompt(self, client: Client, params: DropPromptParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        return session_result(self._ledger, await self._turns.drop(session.id, params.prompt_id))

    async def _configure(self, client: Client, params: ConfigureParams) -> ConfigureResult:
        session = self._ledger.find(params.session_id)
        live = self._parts.agents.live(session.id)
        wanted = events.ConfigChosen(params.option_id, params.value)
        session = await configuration.configure(self._ledger, session.id, live.connection if live else None, wanted)
        return ConfigureResult(offer=offer_view(session))

    async def _stop(self, client: Client, params: SessionParams) -> SessionResult:
        return session_result(self._ledger, await self._turns.stop(self._ledger.find(params.session_id).id))

    async def _archive(self, client: Client, params: SessionParams) -> SessionResult:
        session = self._ledger.find(params.session_id)
        async with self._parts.links.stopped(session, "archived"):
            return session_result(self._ledger, await self._parts.archives.archive(session.id))

    async def _restore(self, client: Client, params: SessionParams) -> SessionResult:
        return session_result(self._ledger, await self._parts.archives.restore(self._ledger.find(params.session_id).id))
