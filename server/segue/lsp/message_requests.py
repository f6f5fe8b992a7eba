"""What agents ask, for clients that cannot show it otherwise: `window/showMessageRequest`, one per session.

Knows rows and what they ask; the decision is the engine's, and the first valid answer there wins (D42). A
message that is dismissed decides nothing, one that was decided elsewhere is withdrawn, a late answer is ignored.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.uris import to_fs_path

from segue.domain.errors import SegueError
from segue.domain.ids import visible
from segue.lsp import forms
from segue.lsp.item_delivery import Flow
from segue.lsp.language_server import Standard
from segue.protocol.methods import ANSWER, ANSWER_QUESTION, REQUESTS_BY_NAME, SUBSCRIBE
from segue.protocol.permissions import AnswerParams, PermissionView
from segue.protocol.questions import QuestionView
from segue.protocol.subscriptions import ItemsParams, SubscribeParams
from segue.protocol.views import SessionView
from segue.protocol.wire import Wire

if TYPE_CHECKING:
    from segue.engine.api.clients import Client
    from segue.engine.api.engine import Engine

log = logging.getLogger(__name__)


class Asking:
    """Asks one client about the sessions whose repositories it has open."""

    def __init__(self, engine: Engine, client: Client, standard: Standard) -> None:
        self._engine = engine
        self._standard = standard
        self._sessions: dict[str, SessionView] = {}
        """Those that wait for an answer."""
        self._asked: dict[str, asyncio.Task[None]] = {}
        """By request id; kept when it is over, so that nothing is asked twice."""
        self._is_closed = False
        self._flow = Flow(engine, client.info, self._take, client)
        self._begun = asyncio.create_task(self._begin(), name="follow permissions")
        self._begun.add_done_callback(_log_failure)

    def close(self) -> None:
        """The client is gone; what it was asked stays undecided."""
        self._is_closed = True
        for task in (self._begun, *self._asked.values()):
            task.cancel()
        self._flow.close()

    async def _begin(self) -> None:
        with self._flow.held():
            everything = SubscribeParams(resource="sessions")
            self._take(await self._engine.call(SUBSCRIBE, self._flow.client, everything))

    def _take(self, items: ItemsParams) -> None:
        for session in items.sessions:
            if _asks(session) and not session.is_archived:
                self._sessions[session.id] = session
            else:
                self._sessions.pop(session.id, None)
        for session_id in items.removed:
            self._sessions.pop(session_id, None)
        self._look()

    def _look(self) -> None:
        """Withdraw what was decided, ask what is new."""
        if self._is_closed:
            return
        waiting = {each.request_id for session in self._sessions.values() for each in _asks(session)}
        for request_id in self._asked.keys() - waiting:
            self._asked.pop(request_id).cancel()
        for session in self._sessions.values():
            asked = [self._asked[each.request_id] for each in _asks(session) if each.request_id in self._asked]
            new = next((each for each in _asks(session) if each.request_id not in self._asked), None)
            if new is not None and all(task.done() for task in asked) and self._is_open(session):
                task = asyncio.create_task(self._ask(session, new), name=f"ask {new.request_id}")
                task.add_done_callback(_log_failure)
                task.add_done_callback(lambda _: self._look())
                self._asked[new.request_id] = task

    def _is_open(self, session: SessionView) -> bool:
        repository = os.path.realpath(session.repository)
        uris = self._standard.workspace.folders or ([root] if (root := self._standard.workspace.root_uri) else [])
        folders = [os.path.realpath(path) for uri in uris if (path := to_fs_path(uri))]
        return any(_holds(folder, repository) or _holds(repository, folder) for folder in folders)

    async def _ask(self, session: SessionView, asked: PermissionView | QuestionView) -> None:
        answers: Mapping[str, Wire]
        if isinstance(asked, QuestionView):
            name, message, answers = ANSWER_QUESTION.name, forms.text(session, asked), forms.answers(session, asked)
        else:
            name, message, answers = ANSWER.name, question(session, asked), _decisions(session, asked)
        params = types.ShowMessageRequestParams(
            type=types.MessageType.Warning,
            message=message,
            actions=[types.MessageActionItem(title=title) for title in answers],
        )
        try:
            chosen = await self._standard.ask(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
            answer = answers.get(getattr(chosen, "title", ""))
            if answer is not None:  # dismissed, it stays open for everybody
                await self._engine.call(REQUESTS_BY_NAME[name], self._flow.client, answer)
        except SegueError as refused:
            log.info("an answer did not count: %s", refused.reason)


def _asks(session: SessionView) -> list[PermissionView | QuestionView]:
    return [*session.permissions, *session.questions]


def _decisions(session: SessionView, permission: PermissionView) -> Mapping[str, Wire]:
    return {
        title: AnswerParams(session_id=session.id, request_id=permission.request_id, option_id=option_id)
        for title, option_id in titles(permission).items()
    }


def folders_of(params: dict[str, Any]) -> bool:
    """Whether `initialize` names anything that is open."""
    return bool(params.get("workspaceFolders") or params.get("rootUri") or params.get("rootPath"))


def titles(permission: PermissionView) -> dict[str, str]:
    """Option ids by what the client shows: what each does, then the agent's label; a number tells like ones apart."""
    found: dict[str, str] = {}
    for option in permission.options:
        name, number = str(option.effect), 2
        if option.name:
            name = f"{name} (“{visible(option.name)}”)"
        while name in found:
            name, number = f"{name} {number}", number + 1
        found[name] = option.option_id
    return found


def question(session: SessionView, permission: PermissionView) -> str:
    """The whole request in words: nothing is shortened, nothing invisible stays so (D43)."""
    lines = [f"{visible(session.title)}: {visible(permission.title)}"]
    lines += [f"{fact.name}: {', '.join(map(visible, fact.values))}" for fact in permission.facts]
    return "\n".join(lines)


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("%s failed", task.get_name(), exc_info=task.exception())
