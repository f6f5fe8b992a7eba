"""What one client says and is answered. Knows the method table and the engine; `segue/*` never touches pygls' types.

Errors become wire errors here, once. Whatever nobody planned for is logged and named, never shown.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import msgspec
from pydantic import ValidationError

from segue.domain.errors import InputRefused, SegueError
from segue.domain.ids import visible
from segue.lsp import answers
from segue.lsp.documents import METHODS as DOCUMENT_METHODS
from segue.lsp.documents import Documents
from segue.lsp.item_delivery import Flow
from segue.lsp.transport import Connection
from segue.protocol.methods import ITEMS, REQUESTS_BY_NAME, SAVE, SUBSCRIBE, ClientInfo, Notification, Request
from segue.protocol.subscriptions import ItemsParams, SaveParams
from segue.protocol.wire import PROTOCOL_VERSION, Wire

if TYPE_CHECKING:
    from segue.engine.api.engine import Engine
    from segue.lsp.language_server import Command, Standard
    from segue.lsp.message_requests import Asking
    from segue.lsp.pairing import Pairing

log = logging.getLogger(__name__)

RUNNING_LIMIT = 256
"""Requests that may run at once for one client; with more, it is not read from."""
NULL = msgspec.Raw(b"null")
"""How some clients write that there are no parameters."""


class Envelope(msgspec.Struct):
    """A message as far as it must be understood to pass it on."""

    id: int | str | msgspec.UnsetType | None = msgspec.UNSET
    method: str | msgspec.UnsetType = msgspec.UNSET
    params: msgspec.Raw = msgspec.Raw(b"{}")


_decoder = msgspec.json.Decoder(Envelope)


class Conversation:
    """The receiver of an open connection's messages."""

    def __init__(self, connection: Connection, engine: Engine) -> None:
        self._connection = connection
        self._engine = engine
        self._info = client_info(connection.params)
        log.info("client %s %s", self._info.client, self._info.version)
        self._documents = Documents(self._apply_edit, self._ask_to_save)
        buffers = self._documents if can_apply_edits(connection.params) else None
        self._flow = Flow(engine, self._info, self._send_items, buffers=buffers)
        self._running: dict[int | str, asyncio.Task[None]] = {}
        self._asking: Asking | None = None
        self._pairing: Pairing | None = None
        self._is_shut_down = False

    @cached_property
    def _standard(self) -> Standard:
        """Made when it is first needed: most clients in a terminal never do."""
        from segue.lsp.language_server import Standard

        standard = Standard(self._connection.send, self._connection.cancelled, lambda: self._pairing)
        commands: dict[str, Command] = {
            name.replace("/", "."): partial(self._run_verb, request) for name, request in _verbs()
        }
        commands["segue.pair"] = self._pair
        standard.offer(commands, self._engine.read_document)
        standard.begin(self._connection.params)
        return standard

    def receive(self, body: bytes | None) -> None:
        """Take one message; None for one over the limit."""
        if body is None:
            self._refuse(None, answers.INVALID_REQUEST, "The message is larger than 64 MiB.")
            return
        try:
            message = _read(body)
        except (ValueError, RecursionError) as unreadable:
            self._refuse_unreadable(unreadable)
            return
        if isinstance(message.method, msgspec.UnsetType):
            if "_standard" in self.__dict__:
                self._pass_on(body)
        elif isinstance(message.id, int | str):
            self._take_request(message.id, message.method, message.params, body)
        else:
            self._take_notification(message.method, message.params, body)

    def congested(self) -> None:
        """The client does not read; what is new stays with the engine."""
        self._flow.hold()

    def drained(self) -> None:
        """It reads again."""
        self._flow.release()

    def refuse(self, message_id: int | str) -> None:
        """The client cancelled this request."""
        self._refuse(message_id, answers.REQUEST_CANCELLED, "It was cancelled.")

    def close(self) -> None:
        """The connection is gone, or somebody else takes its messages: end what runs for it."""
        running, self._running = self._running, {}
        for message_id, task in running.items():
            if not task.done():
                task.cancel()
                self._connection.cancelled(message_id)
        self._documents.close()
        if self._asking is not None:
            self._asking.close()
        if self._pairing is not None:
            self._pairing.close()
        if "_standard" in self.__dict__:
            self._standard.close()
        self._flow.close()

    def _take_request(self, message_id: int | str, method: str, params: msgspec.Raw, body: bytes) -> None:
        if method == "shutdown":
            self._is_shut_down = True
            self._connection.send(answers.result_body(message_id, None))
        elif self._is_shut_down or method == "initialize":
            self._refuse(message_id, answers.INVALID_REQUEST, f"{method} cannot come any more.")
        elif message_id in self._running:
            self._refuse(message_id, answers.INVALID_REQUEST, "A request with this id runs already.")
        elif method in REQUESTS_BY_NAME:
            self._start(message_id, REQUESTS_BY_NAME[method], b"{}" if params == NULL else bytes(params))
        elif not method.startswith("segue/") and method in self._standard.methods:
            self._pass_on(body)
        else:
            self._refuse(message_id, answers.METHOD_NOT_FOUND, f"There is no method {visible(method)[:80]!r}.")

    def _take_notification(self, method: str, params: msgspec.Raw, body: bytes) -> None:
        if method == "exit":
            self._connection.close()
        elif method == "$/cancelRequest":
            self._cancel(params, body)
        elif method == "initialized":
            self._begin_asking()
            self._begin_pairing()
        elif method in DOCUMENT_METHODS:
            self._documents.take(method, bytes(params))
        elif not method.startswith(("segue/", "$/")) and method in self._standard.methods:
            self._pass_on(body)

    def _start(self, message_id: int | str, request: Request[Wire, Wire], params: bytes) -> None:
        task = asyncio.create_task(self._answer(message_id, request, params), name=f"{request.name} {message_id}")
        self._running[message_id] = task
        task.add_done_callback(partial(self._ended, message_id))
        if len(self._running) > RUNNING_LIMIT:
            self._connection.hold("running")

    def _ended(self, message_id: int | str, task: asyncio.Task[None]) -> None:
        is_open = self._running.pop(message_id, None) is not None
        self._connection.release("running")
        if is_open and task.cancelled():
            self._connection.cancelled(message_id)

    async def _answer(self, message_id: int | str, request: Request[Wire, Wire], params: bytes) -> None:
        try:
            with self._flow.held() if request is SUBSCRIBE else nullcontext():
                result = await self._run(request, partial(request.params.model_validate_json, params))
                self._reply(message_id, b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (_json(message_id), encode(result)))
        except SegueError as failed:
            self._reply(message_id, answers.failure_body(message_id, failed))
        except Exception as cause:
            log.exception("%s failed", request.name)
            mistake = answers.mistake(cause)
            data = answers.failure_data(mistake)
            self._reply(message_id, answers.error_body(message_id, answers.INTERNAL_ERROR, str(mistake), data))

    def _reply(self, message_id: int | str, body: bytes) -> None:
        """Send the answer, unless the request was refused when this conversation was closed."""
        if message_id in self._running:
            self._connection.send(body)

    async def _run(self, request: Request[Wire, Wire], read: partial[Wire]) -> Wire:
        try:
            params = read()
        except ValidationError as unfit:
            raise InputRefused("bad_params", _what_is_wrong(request.name, unfit)) from None
        return await self._engine.call(request, self._flow.client, params)

    async def _run_verb(self, request: Request[Wire, Wire], params: dict[str, Any]) -> dict[str, Any]:
        result = await self._run(request, partial(request.params.model_validate, params))
        return result.model_dump(by_alias=True, exclude_none=True)

    def _cancel(self, params: msgspec.Raw, body: bytes) -> None:
        try:
            message_id = msgspec.json.decode(params, type=Envelope).id
        except (ValueError, RecursionError):
            return
        if message_id in self._running:
            self._running[message_id].cancel()
        elif "_standard" in self.__dict__:
            self._pass_on(body)

    def _begin_asking(self) -> None:
        """Permission requests come as standard messages where the client has nothing better, and has folders."""
        if self._asking is not None or self._info.shows_permissions:
            return
        from segue.lsp.message_requests import Asking, folders_of

        if folders_of(self._connection.params):
            self._asking = Asking(self._engine, self._flow.client, self._standard)

    def _begin_pairing(self) -> None:
        """Hunks come as diagnostics, lenses and code actions where the client has nothing better."""
        if self._pairing is None and not self._info.shows_hunks and can_apply_edits(self._connection.params):
            from segue.lsp.pairing import Pairing

            self._pairing = Pairing(self._engine, self._flow.client, self._standard, self._documents)

    async def _pair(self, params: dict[str, Any]) -> dict[str, Any]:
        from segue.lsp.pairing import PairParams

        if self._pairing is None:
            raise InputRefused("bad_params", "This client's documents cannot be edited, so it cannot pair.")
        try:
            read = PairParams.model_validate(params)
        except ValidationError as unfit:
            raise InputRefused("bad_params", _what_is_wrong("segue.pair", unfit)) from None
        result = await self._pairing.pair(self._flow.client, read)
        return result.model_dump(by_alias=True, exclude_none=True)

    async def _apply_edit(self, params: dict[str, Any]) -> bool:
        from segue.lsp.language_server import ClientRefused

        try:
            return await self._standard.apply_edit(params)
        except ClientRefused:
            return False

    def _pass_on(self, body: bytes) -> None:
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as unreadable:
            self._refuse_unreadable(unreadable)
            return
        message.setdefault("jsonrpc", "2.0")
        self._standard.take(message)

    def _send_items(self, items: ItemsParams) -> None:
        self._notify(ITEMS, items)

    def _ask_to_save(self, params: SaveParams) -> None:
        self._notify(SAVE, params)

    def _notify(self, notification: Notification[Any], params: Wire) -> None:
        words = notification.name.encode(), encode(params)
        self._connection.send(b'{"jsonrpc":"2.0","method":"%b","params":%b}' % words)

    def _refuse_unreadable(self, cause: Exception) -> None:
        if isinstance(cause, msgspec.ValidationError):
            self._refuse(None, answers.INVALID_REQUEST, "The message is no JSON-RPC request, response or notification.")
        else:
            self._refuse(None, answers.PARSE_ERROR, "The message is not JSON.")

    def _refuse(
        self, message_id: int | str | None, code: int, text: str, data: dict[str, object] | None = None
    ) -> None:
        self._connection.send(answers.error_body(message_id, code, text, data))


def _read(body: bytes) -> Envelope:
    """Raises ValueError or RecursionError; msgspec.ValidationError where it is JSON, but no message."""
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except ValueError:
        # JavaScript sends lone surrogates as escapes. msgspec refuses them; the one who asked still gets an answer.
        message = json.loads(body, parse_constant=_refuse_constant)
        params = message.pop("params", {}) if isinstance(message, dict) else {}
        envelope = msgspec.convert(message, Envelope)
        envelope.params = msgspec.Raw(json.dumps(params).encode("ascii"))
        return envelope


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def client_info(params: dict[str, Any]) -> ClientInfo:
    """Who connects; an editor that knows nothing of Segue is named by its `clientInfo`."""
    options = params.get("initializationOptions")
    info = options.get("segue") if isinstance(options, dict) else None
    if info is not None:
        return ClientInfo.model_validate(info)
    name = params.get("clientInfo")
    named = name if isinstance(name, dict) else {}
    return ClientInfo(
        client=str(named.get("name", "unknown")), version=str(named.get("version", "")), protocol=PROTOCOL_VERSION
    )


def can_apply_edits(params: dict[str, Any]) -> bool:
    """Whether the client of this `initialize` is an editor whose documents can be changed."""
    found: object = params
    for name in ("capabilities", "workspace", "applyEdit"):
        found = found.get(name) if isinstance(found, dict) else None
    return found is True


def encode(value: Wire) -> bytes:
    """The object as JSON; file names that are not UTF-8 keep their surrogates as escapes, which pydantic refuses."""
    try:
        return value.json_bytes()
    except ValueError:
        return json.dumps(value.model_dump(by_alias=True, exclude_none=True), separators=(",", ":")).encode("ascii")


def _verbs() -> list[tuple[str, Request[Wire, Wire]]]:
    """Requests that make sense as commands: what follows a resource needs a client that takes its items."""
    return [(name, request) for name, request in REQUESTS_BY_NAME.items() if not name.endswith("subscribe")]


def _json(message_id: int | str) -> bytes:
    return json.dumps(message_id).encode("ascii")


def _what_is_wrong(method: str, unfit: ValidationError) -> str:
    found = unfit.errors(include_url=False, include_context=False, include_input=False)[:3]
    parts = (f"{'.'.join(str(part) for part in error['loc']) or 'the parameters'}: {error['msg']}" for error in found)
    return visible(f"{method}: {'; '.join(parts)}.")
