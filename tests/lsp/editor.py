"""An editor that knows nothing but LSP, over `segue lsp`. Knows pytest-lsp; knows nothing of Segue's own methods."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from support.patience import scaled

LIMIT_S = 60.0
SEGUE = str(Path(sys.executable).with_name("segue"))


class Editor:
    """One window. `questions` are the messages that ask; `answers` are what the person will press, in order."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.questions: asyncio.Queue[types.ShowMessageRequestParams] = asyncio.Queue()
        self.answers: asyncio.Queue[str | None] = asyncio.Queue()
        self.result: types.InitializeResult | None = None

        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        async def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            self.questions.put_nowait(params)
            pressed = await self.answers.get()
            return types.MessageActionItem(title=pressed) if pressed is not None else None

    async def close(self) -> None:
        """Shut down the way editors do; messages that are still open are gone with the window."""
        if self.result is not None:
            await self.client.shutdown_async(None)
            for _ in range(self.questions.qsize() + 8):
                self.answers.put_nowait(None)
        self.client.exit(None)
        await self.client.stop()

    async def question(self) -> types.ShowMessageRequestParams:
        """The next message that asks."""
        async with asyncio.timeout(scaled(LIMIT_S)):
            return await self.questions.get()

    async def run(self, verb: str, **params: Any) -> Any:
        """Run a verb the standard way; returns its result as plain JSON."""
        asked = types.ExecuteCommandParams(command=verb, arguments=[params])
        async with asyncio.timeout(scaled(LIMIT_S)):
            return await self.client.workspace_execute_command_async(asked)

    async def send(self, method: str, params: Any = None) -> Any:
        async with asyncio.timeout(scaled(LIMIT_S)):
            return await self.client.protocol.send_request_async(method, params)


@asynccontextmanager
async def editor(
    environment: Mapping[str, str],
    *folders: Path,
    command: tuple[str, ...] = (SEGUE, "lsp"),
    options: Any = None,
    workspace: types.WorkspaceClientCapabilities | None = None,
) -> AsyncIterator[Editor]:
    """A window with these folders open; closed the way editors do."""
    client = await ClientServerConfig(server_command=[*command], server_env=dict(environment)).start()
    assert isinstance(client, LanguageClient)
    window = Editor(client)
    try:
        window.result = await client.initialize_session(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    general=types.GeneralClientCapabilities(position_encodings=["utf-8", "utf-16"]),
                    workspace=workspace,
                ),
                client_info=types.ClientInfo(name="an editor"),
                workspace_folders=[types.WorkspaceFolder(uri=path.as_uri(), name=path.name) for path in folders],
                initialization_options=options,
            )
        )
        yield window
    finally:
        async with asyncio.timeout(scaled(LIMIT_S)):
            await window.close()
