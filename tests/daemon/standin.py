"""A daemon with a stand-in for the engine, so that tests of the socket can make it slow, wrong, busy or unable to open.

python standin.py bridge      the bridge, which starts this daemon instead of the real one
python standin.py [--detach]  the daemon; the environment says how its engine behaves
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from segue import connect, daemon, daemon_server
from segue.domain.errors import InputRefused, SegueError, StaleDecision, StoreFailed
from segue.domain.questions import FieldKind
from segue.protocol import methods, questions, views
from segue.protocol.permissions import AnswerParams, AnswerResult, FactView, OptionView, PermissionView
from segue.protocol.phrases import PhraseView
from segue.protocol.sessions import PromptParams, SessionParams
from segue.protocol.status import StatusResult, StopDaemonParams
from segue.protocol.subscriptions import ItemsParams, SubscribeParams
from segue.protocol.wire import PROTOCOL_VERSION

COMMAND = ["-I", __file__, "--detach"]
ROW: dict[str, Any] = {
    "agent": "command",
    "bucket": "needs_you",
    "state": "requires_action",
    "mode": "background",
    "worktree": "/w",
    "branch": "refs/heads/segue/x/work",
    "base_commit": "0" * 40,
    "created_ms": 1,
    "updated_ms": 1,
    "order": [0],
    "status": PhraseView(text="idle"),
    "sign": "○",
    "tone": "quiet",
}
OPTIONS = [
    OptionView(option_id="yes", name="Allow", kind="allow_once", effect=PhraseView(text="Allow once")),
    OptionView(option_id="always", name="Allow", kind="allow_always", effect=PhraseView(text="Allow always")),
    OptionView(option_id="no", name="Reject\u202e", kind="reject_once", effect=PhraseView(text="Deny once")),
]
FACTS = [FactView(name=PhraseView(text="Command"), values=["rm -r\u202e x"])]

CHOICES = [questions.ChoiceView(value="py", title="Python"), questions.ChoiceView(value="ts", title="Skip")]


class Client:
    """A client that follows rows; each publication is one row with a growing number."""

    def __init__(self, engine: StandIn, info: methods.ClientInfo, wake: Callable[[], None]) -> None:
        self.engine = engine
        self.info = info
        self.wake = wake
        self.seen: int | None = None
        self.is_within = False

    def collect(self) -> list[ItemsParams]:
        if self.seen is None or self.seen == self.engine.published:
            return []
        self.seen = self.engine.published
        return [ItemsParams(resource="sessions", seq=self.seen, sessions=self.engine.rows())]

    def close(self) -> None:
        self.engine.clients.discard(self)


class StandIn:
    """The engine's contract with the language server, with verbs that misbehave on demand: see `show`."""

    def __init__(self) -> None:
        self.stop_observers: list[Callable[[], None]] = []
        self.is_busy = bool(os.environ.get("SEGUE_TEST_BUSY"))
        self.clients: set[Client] = set()
        self.published = 0
        self.title = "row"
        self.permissions: list[PermissionView] = []
        self.questions: list[questions.QuestionView] = []
        self.answers: list[str] = []
        self._answers: dict[str, Any] = {request.name: self._unknown for request in methods.REQUESTS}
        self._answers |= {
            methods.STATUS.name: self._status,
            methods.STOP_DAEMON.name: self._stop,
            methods.SHOW_SESSION.name: self._show,
            methods.SUBSCRIBE.name: self._subscribe,
            methods.SEEN.name: self._publish,
            methods.PROMPT.name: self._ask,
            methods.ANSWER.name: self._answer,
            methods.ANSWER_QUESTION.name: self._answer_question,
            methods.LIST_AGENTS.name: self._environment,
        }

    @classmethod
    async def open(cls, places: object, version: str) -> StandIn:
        if os.access(os.environ.get("SEGUE_TEST_BROKEN", ""), os.F_OK):
            raise StoreFailed("disk_full", "The journal cannot be written.", action="Make room.")
        return cls()

    async def call(self, request: methods.Request[Any, Any], client: Client, params: Any) -> Any:
        return await self._answers[request.name](client, params)

    def connect(
        self,
        info: methods.ClientInfo,
        wake: Callable[[], None],
        *,
        within: Client | None = None,
        buffers: object = None,
    ) -> Client:
        client = Client(self, info, wake)
        client.is_within = within is not None
        self.clients.add(client)
        return client

    async def read_document(self, uri: str) -> str:
        if "absent" in uri:
            raise SegueError("no_document", "There is no such document.")
        return f"content of {uri}\n"

    async def close(self) -> None:
        print("closed")

    abandon = close

    def rows(self) -> list[views.SessionView]:
        folder = os.environ.get("SEGUE_TEST_REPOSITORY", "/r")
        facts = {"id": "s", "seq": self.published, "title": self.title, "permissions": self.permissions}
        facts |= {"questions": self.questions}
        return [views.SessionView(repository=folder, **facts, **ROW)]

    def _wake(self) -> None:
        self.published += 1
        for client in self.clients:
            client.wake()

    async def _unknown(self, client: Client, params: object) -> methods.Nothing:
        raise InputRefused("unknown", "That is unknown here.", action="Ask for something else.")

    async def _status(self, client: Client, params: methods.Nothing) -> StatusResult:
        return StatusResult(
            version="1",
            protocol=PROTOCOL_VERSION,
            pid=os.getpid(),
            uptime_s=0,
            data_directory="",
            endpoint=",".join(self.answers),
            clients=sum(not client.is_within for client in self.clients),
            sessions=0,
            running=0,
            waiting=0,
            queued=0,
            max_running=0,
            seq=self.published,
        )

    async def _stop(self, client: Client, params: StopDaemonParams) -> methods.Nothing:
        for stop in self.stop_observers:
            stop()
        return methods.Nothing()

    async def _show(self, client: Client, params: SessionParams) -> methods.Nothing | SubscribeParams:
        match params.session_id:
            case "slow":
                await asyncio.Event().wait()
            case "mistake":
                raise KeyError("secret words")
            case "decided":
                raise StaleDecision("decided", "It was decided already.", action="Look again.", details={"by": "user"})
            case size if size.isdigit():
                return SubscribeParams(resource="x" * int(size))
            case "odd":
                return SubscribeParams(resource="odd\udcff")
        return methods.Nothing()

    async def _subscribe(self, client: Client, params: SubscribeParams) -> ItemsParams:
        client.seen = self.published
        client.wake()
        return ItemsParams(resource="sessions", seq=self.published, is_snapshot=True, sessions=self.rows())

    async def _publish(self, client: Client, params: SessionParams) -> methods.Nothing:
        self.title = params.session_id
        self._wake()
        return methods.Nothing()

    async def _ask(self, client: Client, params: PromptParams) -> methods.Nothing:
        """Begin to wait for an answer to a request with this text as id; an empty text ends all waiting. With a
        question mark at its end it is a form with one choice."""
        if params.text.endswith("?"):
            field = questions.FieldView(name="f", kind=FieldKind.CHOICE, title="Which\u202e one?", choices=CHOICES)
            self.questions = [
                *self.questions,
                questions.QuestionView(request_id=params.text, message="Asked", fields=[field]),
            ]
            self._wake()
            return methods.Nothing()
        asked = PermissionView(request_id=params.text, title="Run", options=OPTIONS, facts=FACTS)
        self.permissions = [*self.permissions, asked] if params.text else []
        self._wake()
        return methods.Nothing()

    async def _answer(self, client: Client, params: AnswerParams) -> AnswerResult:
        if not any(permission.request_id == params.request_id for permission in self.permissions):
            raise StaleDecision("decided", "It was decided already.")
        self.permissions = [p for p in self.permissions if p.request_id != params.request_id]
        self.answers.append(f"{params.request_id}={params.option_id}")
        self._wake()
        return AnswerResult(option_id=params.option_id)

    async def _answer_question(
        self, client: Client, params: questions.AnswerQuestionParams
    ) -> questions.AnswerQuestionResult:
        self.questions = [asked for asked in self.questions if asked.request_id != params.request_id]
        values = "".join(value for given in params.values for value in given.values)
        self.answers.append(f"{params.request_id}={params.action}{values}")
        self._wake()
        return questions.AnswerQuestionResult(action=params.action)

    async def _environment(self, client: Client, params: object) -> SubscribeParams:
        return SubscribeParams(resource="\n".join(sorted(os.environ)))


def load() -> daemon_server.Parts:
    from segue.lsp.conversation import Conversation

    if os.environ.get("SEGUE_TEST_NOT_INSTALLED"):
        raise ImportError("secret words")
    opening: Callable[..., Awaitable[Any]] = StandIn.open
    return daemon_server.Parts(opening, Conversation)


if __name__ == "__main__":
    connect.COMMAND = COMMAND
    daemon_server.load = load
    if sys.argv[1:2] == ["bridge"]:
        from segue import bridge

        sys.exit(bridge.main())
    sys.exit(daemon.main())
