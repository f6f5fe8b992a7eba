"""Segue in an editor that knows nothing but LSP: the real daemon, a real repository, the command agent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from daemon.wire_tools import Home, home
from lsp.editor import Editor, editor
from segue.lsp import handshake
from segue.protocol.wire import PROTOCOL_VERSION
from support.repositories import repository


@pytest.fixture
def place() -> Iterator[Home]:
    with home() as made:
        config = "[user]\n\tname = Ann Example\n\temail = ann@example.invalid\n"
        (made.root / ".gitconfig").write_text(config)
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", {"a.txt": "one\n"})


@pytest_asyncio.fixture
async def window(place: Home, project: Path) -> AsyncIterator[Editor]:
    async with editor(place.environment, project) as opened:
        yield opened


async def test_initialize_offers_what_an_editor_can_use(window: Editor) -> None:
    assert window.result is not None
    capabilities = window.result.capabilities
    assert capabilities.position_encoding == "utf-16"
    assert capabilities.execute_command_provider is not None
    assert capabilities.execute_command_provider.commands == (*handshake.COMMANDS,)
    assert capabilities.workspace is not None
    assert capabilities.workspace.text_document_content is not None
    assert capabilities.experimental == {"segue": {"protocol": PROTOCOL_VERSION}}


async def test_another_protocol_is_refused_in_words(place: Home) -> None:
    """D36."""
    with pytest.raises(JsonRpcException, match="segue daemon stop"):
        async with editor(place.environment, options={"segue": {"protocol": 99}}):
            pass


async def test_a_task_is_delegated_allowed_and_read_with_standard_messages_only(window: Editor, project: Path) -> None:
    prompt = "segue-ask 'May I write b?' && printf 'two\\n' > 'b ü.txt'"
    begun = await window.run("segue.session.new", repository=str(project), agent="command", prompt=prompt)
    session_id = begun["session"]["id"]
    shown = await window.question()
    assert "May I write b?" in shown.message
    allow = next(action.title for action in shown.actions or [] if action.title.startswith("Allow"))
    window.answers.put_nowait(allow)
    session = await ended(window, session_id)
    assert session["bucket"] == "ready"
    changeset = await window.run("segue.changeset.show", sessionId=session_id)
    [file] = changeset["changeset"]["files"]
    content = await window.client.workspace_text_document_content_async(
        types.TextDocumentContentParams(uri=file["resultUri"])
    )
    assert content.text == "two\n"
    with pytest.raises(JsonRpcException):
        await window.client.workspace_text_document_content_async(
            types.TextDocumentContentParams(uri=f"segue:/{session_id}/{'0' * 40}/none")
        )
    assert not (project / "b ü.txt").exists()


async def test_verbs_refuse_in_words(window: Editor, tmp_path: Path) -> None:
    with pytest.raises(JsonRpcException) as refused:
        await window.run("segue.session.new", repository=str(tmp_path), agent="command", prompt="true")
    assert refused.value.code == -32803
    with pytest.raises(JsonRpcException) as refused:
        await window.run("segue.session.new", repository=1)
    assert refused.value.code == -32602


async def ended(window: Editor, session_id: str) -> dict[str, str]:
    """Ask until the turn has ended; each answer is a round trip, so nothing spins."""
    while True:
        shown = await window.run("segue.session.show", sessionId=session_id)
        if shown["session"].get("stopReason"):
            return dict(shown["session"])
