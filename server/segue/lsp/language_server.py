"""The language server proper: what LSP has a word for goes through one pygls object per connection. Knows pygls.

Four habits of pygls are replaced: `exit` ends the process and so every other client, unexpected errors are sent with
their traceback, position encodings are negotiated (we say UTF-16 before pygls is imported), and answers are written
to a stream that may block.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Generator, Mapping
from concurrent.futures import Future
from functools import cache
from typing import Any, Protocol, cast

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from segue.domain.errors import InputRefused, SegueError
from segue.lsp import answers
from segue.version import VERSION

log = logging.getLogger(__name__)

ACTIONS = types.CodeActionOptions(
    code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.Refactor], resolve_provider=False
)
Command = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Runs a verb: its params in, its result out, both JSON."""


@cache
def converter() -> Converter:
    """One for every connection; making one takes 8 ms."""
    made: Converter = default_converter()  # type: ignore[no-untyped-call]
    return made


class Writer:
    """Where pygls leaves its messages."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.write = send

    def close(self) -> None:
        """The connection is closed by whoever owns it."""


class Links(Protocol):
    """What a client without a view of its own is shown of links."""

    def lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]: ...

    def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]: ...


class Standard(LanguageServer):
    """The standard side of one client."""

    protocol: StandardProtocol

    def __init__(
        self,
        send: Callable[[bytes], None],
        cancelled: Callable[[int | str], None],
        links: Callable[[], Links | None] = lambda: None,
    ) -> None:
        """`links` tells who knows hunks; None for a client that shows them itself."""
        super().__init__("segue", VERSION, protocol_cls=StandardProtocol, converter_factory=converter)
        self.protocol.set_writer(cast(Any, Writer(send)), include_headers=False)
        self.cancelled = cancelled
        """Answers a request that ended without an answer."""
        self.methods: frozenset[str] = frozenset()
        """What is handled."""
        self._links = links

    def offer(self, commands: Mapping[str, Command], read_document: Callable[[str], Awaitable[str]]) -> None:
        """Handle the verbs as commands, and the content of virtual documents."""
        for name, command in commands.items():
            self.command(name)(_taking_one_object(command))

        @self.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)
        async def text_document_content(params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
            return types.TextDocumentContentResult(text=await read_document(params.uri))

        @self.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))
        def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
            links = self._links()
            return [] if links is None else links.lenses(params)

        @self.feature(types.TEXT_DOCUMENT_CODE_ACTION, ACTIONS)
        def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
            links = self._links()
            return [] if links is None else links.actions(params)

        self.methods = frozenset({*self.protocol.fm.builtin_features, *self.protocol.fm.features})

    def begin(self, params: dict[str, Any]) -> None:
        """Tell pygls about the `initialize` that was answered without it; parts of the wrong shape are left out."""
        capabilities = dict(params.get("capabilities") or {})
        capabilities["general"] = {**(capabilities.get("general") or {}), "positionEncodings": ["utf-16"]}
        folders = {name: params.get(name) for name in ("workspaceFolders", "rootUri")}
        self.protocol.is_muted = True
        kept: list[dict[str, Any]] = [{**params, "capabilities": capabilities}, folders, {}]
        for known in kept:
            full = {"processId": None, "capabilities": {}, **known}
            message = {"jsonrpc": "2.0", "id": 0, "method": types.INITIALIZE, "params": full}
            try:
                structured = self.protocol.structure_message(message)
            except JsonRpcException:
                log.warning("the client's `initialize` has parts of the wrong shape")
                continue
            self.protocol.handle_message(structured)
            break
        self.protocol.is_muted = False

    def take(self, message: dict[str, Any]) -> None:
        """Handle one message that belongs to the standard."""
        try:
            structured = self.protocol.structure_message(message)
        except JsonRpcException:
            if "method" in message and "id" in message:
                text = f"{message['method']}: the parameters have the wrong shape."
                self.protocol.say(answers.failure_body(message["id"], InputRefused("bad_params", text)))
            else:
                log.warning("a %s has the wrong shape", message.get("method", "response"))
            return
        self.protocol.handle_message(structured)

    async def ask(self, method: str, params: object) -> Any:
        """Send a request and wait for its result; withdrawn when cancelled. Raises ClientRefused."""
        message_id = f"segue-{self.protocol.next_number()}"
        try:
            return await self.protocol.send_request_async(method, params, msg_id=message_id)
        except asyncio.CancelledError:
            self.protocol.forget(message_id)
            self.protocol.notify(types.CANCEL_REQUEST, types.CancelParams(id=message_id))
            raise
        except JsonRpcException as refused:
            raise ClientRefused("client_refused", f"The client refused {method}.") from refused

    @property
    def can_refresh_lenses(self) -> bool:
        """Whether the client asks for its lenses again when it is told to."""
        workspace = self.client_capabilities.workspace
        return bool(workspace and workspace.code_lens and workspace.code_lens.refresh_support)

    async def apply_edit(self, params: dict[str, Any]) -> bool:
        """Send `workspace/applyEdit`; returns whether it was applied. Raises ClientRefused."""
        edit = converter().structure(params, types.ApplyWorkspaceEditParams)
        result: types.ApplyWorkspaceEditResult = await self.ask(types.WORKSPACE_APPLY_EDIT, edit)
        return result.applied

    def close(self) -> None:
        """The connection is gone: end what runs for it."""
        self.protocol.is_muted = True
        for message_id in self.protocol.cancel_all():
            self.cancelled(message_id)

    def report_server_error(self, error: Exception, source: object) -> None:
        """Log it; pygls would show it to the person as it is."""
        log.error("the language server failed", exc_info=error)


class ClientRefused(SegueError):
    """The client answered a request of ours with an error."""


class StandardProtocol(LanguageServerProtocol):
    """pygls' protocol with its habits replaced; the underscored methods are its own."""

    _server: Standard
    is_muted = False
    """Nothing is sent."""
    _number = 0

    def next_number(self) -> int:
        """For ids of our own requests."""
        self._number += 1
        return self._number

    def say(self, body: bytes) -> None:
        """Send a message that is encoded already."""
        if not self.is_muted and self.writer is not None:
            self.writer.write(body)

    def forget(self, message_id: str) -> None:
        """A late answer to this request of ours is ignored."""
        self._request_futures.pop(message_id, None)
        self._result_types.pop(message_id, None)

    def cancel_all(self) -> list[int | str]:
        """Cancel what the client asked, and return it; what it was asked fails, so that whoever waits is not taken for
        cancelled."""
        asked = [message_id for message_id in self._request_futures if message_id not in self._result_types]
        for message_id, future in list(self._request_futures.items()):
            if message_id in self._result_types and not future.done():
                future.set_exception(JsonRpcException("The client is gone."))
            else:
                future.cancel()
        self._request_futures.clear()
        return asked

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: object) -> Generator[Any, Any, None]:
        """Nothing: the owner of the connection closes it."""
        yield from ()

    def _send_data(self, data: Any) -> None:
        self.say(json.dumps(self._converter.unstructure(data), separators=(",", ":")).encode("ascii"))

    def _send_handler_result(self, future: Future[Any], *, msg_id: str | int) -> None:
        self._request_futures.pop(msg_id, None)
        failed = None if future.cancelled() else future.exception()
        if self.is_muted:
            return
        if future.cancelled():
            self._server.cancelled(msg_id)
        elif failed is None:
            self._send_response(msg_id, result=future.result())
        elif isinstance(failed, SegueError):
            self.say(answers.failure_body(msg_id, failed))
        elif isinstance(failed, JsonRpcInvalidParams):
            refused = InputRefused("bad_params", "The parameters have the wrong shape, or name what is not there.")
            self.say(answers.failure_body(msg_id, refused))
        else:
            log.error("request %s failed", msg_id, exc_info=failed)
            mistake = answers.mistake(failed)
            self.say(answers.error_body(msg_id, answers.INTERNAL_ERROR, str(mistake), answers.failure_data(mistake)))


def _taking_one_object(command: Command) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def run(*arguments: Any) -> dict[str, Any]:
        if len(arguments) > 1 or not all(isinstance(argument, dict) for argument in arguments):
            raise InputRefused("bad_params", "A verb takes one object as its only argument.")
        return await command(arguments[0] if arguments else {})

    return run
