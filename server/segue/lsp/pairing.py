"""A link in an editor that knows nothing but LSP: diagnostics as they change, lenses and actions when asked.

Knows the engine's resources and one client; what is shown of them is `lsp.lenses`' affair, every decision the engine's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pydantic import Field

from segue.domain.errors import InputRefused, SegueError
from segue.domain.events import Mode
from segue.domain.ids import visible
from segue.lsp import lenses as lsp_lenses
from segue.lsp.documents import Documents
from segue.lsp.item_delivery import Flow
from segue.lsp.language_server import Standard
from segue.lsp.uris import place_of
from segue.protocol.methods import (
    INSPECT_REPOSITORY,
    LIST_AGENTS,
    NEW_SESSION,
    PROMPT,
    SUBSCRIBE,
    UNSUBSCRIBE,
    InspectRepositoryParams,
    Nothing,
)
from segue.protocol.pairing import LinkFileView, LinkView, SelectionView
from segue.protocol.sessions import NewSessionParams, PromptParams
from segue.protocol.subscriptions import ItemsParams, SubscribeParams, UnsubscribeParams
from segue.protocol.wire import Wire

if TYPE_CHECKING:
    from segue.engine.api.clients import Client
    from segue.engine.api.engine import Engine

log = logging.getLogger(__name__)

LINK = "link/"


class PairParams(Wire):
    """Of the command `segue.pair`."""

    uri: str
    start_line: int
    end_line: int
    prompt: str
    agent: str | None = None
    """None: the one of the session that is linked already, else the only one, else the person is asked."""
    diagnostics: list[str] = Field(default_factory=list)


class Pairing:
    """Shows one client the links of the sessions that it may see."""

    def __init__(self, engine: Engine, client: Client, standard: Standard, documents: Documents) -> None:
        self._engine = engine
        self._commands = client.info.commands
        self._standard = standard
        self._documents = documents
        self._links: dict[str, LinkView] = {}
        self._linked: set[str] = set()
        self._told: dict[str, list[types.Diagnostic]] = {}
        """What the client shows now, by URI."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._flow = Flow(engine, client.info, self._take, client)
        self._spawn(self._follow("sessions"))

    def close(self) -> None:
        """The client is gone."""
        for task in self._tasks:
            task.cancel()
        self._flow.close()

    def lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        found = self._file(params.text_document.uri)
        return [] if found is None else lsp_lenses.lenses(*found, self._commands)

    def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        found = self._file(params.text_document.uri)
        decisions = [] if found is None else lsp_lenses.actions(*found, params.range)
        return [*decisions, *lsp_lenses.beginnings(self._lines(params), params, self._commands)]

    async def pair(self, client: Client, params: PairParams) -> Wire:
        """Begin a linked session at a place, or go on with the one that is linked there."""
        path = place_of(params.uri)
        if path is None:
            raise InputRefused("bad_params", "Pairing begins in a file of this machine.")
        selection = SelectionView(
            uri=params.uri,
            start_line=params.start_line,
            end_line=params.end_line,
            text=self._text(path, params.start_line, params.end_line),
            diagnostics=params.diagnostics,
        )
        linked = next((link for link in self._links.values() if path.is_relative_to(link.checkout)), None)
        if linked is not None:
            asked = PromptParams(session_id=linked.session_id, text=params.prompt, selection=selection)
            return await self._engine.call(PROMPT, client, asked)
        agent = params.agent or await self._choose_agent(client)
        begun = NewSessionParams(
            repository=await self._repository(client, path),
            agent=agent,
            prompt=params.prompt,
            mode=Mode.INLINE,
            selection=selection,
        )
        return await self._engine.call(NEW_SESSION, client, begun)

    async def _repository(self, client: Client, path: Path) -> str:
        """Its root, so that the agent's directory does not depend on the file."""
        asked = InspectRepositoryParams(path=str(path.parent))
        found = await self._engine.call(INSPECT_REPOSITORY, client, asked)
        return found.repository.root

    async def _choose_agent(self, client: Client) -> str:
        listed = await self._engine.call(LIST_AGENTS, client, Nothing())
        names = {visible(agent.title): agent.name for agent in listed.agents if agent.is_available}
        if len(names) == 1:
            return next(iter(names.values()))
        actions = [types.MessageActionItem(title=title) for title in names]
        question = types.ShowMessageRequestParams(types.MessageType.Info, "Pair with which agent?", actions)
        chosen = await self._standard.ask(types.WINDOW_SHOW_MESSAGE_REQUEST, question)
        name = names.get(getattr(chosen, "title", ""))
        if name is None:
            raise InputRefused("no_agent", "No agent was chosen.", action="Nothing was begun.")
        return name

    def _take(self, items: ItemsParams) -> None:
        if items.resource.startswith(LINK):
            self._take_link(items.resource.removeprefix(LINK), items.link)
            return
        for session in items.sessions:
            if (session.linked_to is not None) != (session.id in self._linked):
                self._spawn(self._change(session.id, session.linked_to is not None))
        for session_id in self._linked.intersection(items.removed):
            self._spawn(self._change(session_id, is_linked=False))

    def _take_link(self, session_id: str, link: LinkView | None) -> None:
        if link is None:
            self._links.pop(session_id, None)
        else:
            self._links[session_id] = link
        self._publish()

    async def _change(self, session_id: str, is_linked: bool) -> None:  # what the row says
        resource = f"{LINK}{session_id}"
        if is_linked:
            self._linked.add(session_id)
            await self._follow(resource)
        else:
            self._linked.discard(session_id)
            await self._engine.call(UNSUBSCRIBE, self._flow.client, UnsubscribeParams(resource=resource))
            self._take_link(session_id, None)

    async def _follow(self, resource: str) -> None:
        with self._flow.held():
            asked = SubscribeParams(resource=resource)
            items = await self._engine.call(SUBSCRIBE, self._flow.client, asked)
            self._take(items)

    def _publish(self) -> None:
        wanted: dict[str, list[types.Diagnostic]] = {}
        for link in self._links.values():
            for file in link.files:
                wanted.setdefault(self._uri(file), []).extend(lsp_lenses.diagnostics(file))
        for uri in wanted.keys() | self._told.keys():
            found = wanted.get(uri, [])
            if found != self._told.get(uri, []):
                params = types.PublishDiagnosticsParams(uri=uri, diagnostics=found)
                self._standard.text_document_publish_diagnostics(params)
        self._told = {uri: found for uri, found in wanted.items() if found}
        if self._standard.can_refresh_lenses:
            self._spawn(self._refresh())

    async def _refresh(self) -> None:
        await self._standard.ask(types.WORKSPACE_CODE_LENS_REFRESH, None)

    def _file(self, uri: str) -> tuple[str, LinkFileView] | None:
        path = place_of(uri)
        for link in self._links.values():
            for file in link.files:
                if path is not None and place_of(file.uri) == path:
                    return link.session_id, file
        return None

    def _uri(self, file: LinkFileView) -> str:
        """As the client spells it."""
        path = place_of(file.uri)
        document = None if path is None else self._documents.document(path)
        return file.uri if document is None else document.uri

    def _lines(self, params: types.CodeActionParams) -> list[str]:
        path = place_of(params.text_document.uri)
        asked = params.range
        return [] if path is None else self._text(path, asked.start.line, asked.end.line + 1).splitlines()

    def _text(self, path: Path, first: int, behind: int) -> str:
        document = self._documents.document(path)
        return "" if document is None else "".join(document.text.splitlines(keepends=True)[first:behind])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="show a link")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        failed = task.exception()
        if isinstance(failed, SegueError):
            log.info("a link could not be shown: %s", failed.reason)
        elif failed is not None:
            log.error("showing a link failed", exc_info=failed)
