"""Two windows that know nothing but LSP on one checkout: both show a link and take part in it (issue 6.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from lsprotocol import types

from daemon.wire_tools import Home, home
from lsp.editor import LIMIT_S, Editor, editor
from support.patience import scaled
from support.repositories import repository

LINES = "".join(f"line {number}\n" for number in range(1, 10))
CAN_EDIT = types.WorkspaceClientCapabilities(apply_edit=True)


@pytest.fixture
def place() -> Iterator[Home]:
    with home() as made:
        (made.root / ".gitconfig").write_text("[user]\n\tname = Ann Example\n\temail = ann@example.invalid\n")
        yield made


class Marks(dict[str, Sequence[types.Diagnostic]]):
    """Diagnostics that a window shows, by URI."""

    def __init__(self, news: asyncio.Event) -> None:
        super().__init__()
        self.news = news

    def __setitem__(self, uri: str, shown: Sequence[types.Diagnostic]) -> None:
        super().__setitem__(uri, shown)
        self.news.set()


class Window:
    """An editor with one file open, in which whole lines are put."""

    def __init__(self, opened: Editor, file: Path, news: asyncio.Event) -> None:
        self.editor, self.file, self.news = opened, file, news
        self.text, self.version = file.read_text(), 1
        opened.client.diagnostics = self.marks = Marks(news)

        @opened.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            return self.apply(params)

        item = types.TextDocumentItem(file.as_uri(), "plaintext", 1, self.text)
        opened.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        for change in params.edit.document_changes or []:
            assert isinstance(change, types.TextDocumentEdit) and change.text_document.uri == self.file.as_uri()
            for edit in reversed(change.edits):
                assert isinstance(edit, types.TextEdit) and edit.range.start.character == edit.range.end.character == 0
                self.put(edit.range.start.line, edit.range.end.line, edit.new_text)
        return types.ApplyWorkspaceEditResult(applied=True)

    def put(self, start: int, end: int, text: str) -> None:
        lines = self.text.splitlines(keepends=True)
        self.text = "".join([*lines[:start], text, *lines[end:]])
        self.version += 1
        self.news.set()
        where = types.Range(types.Position(start, 0), types.Position(end, 0))
        document = types.VersionedTextDocumentIdentifier(uri=self.file.as_uri(), version=self.version)
        change = types.TextDocumentContentChangePartial(range=where, text=text)
        self.editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def marked(self, file: Path) -> int:
        """How many changes of a file this window shows."""
        return len(self.marks.get(file.as_uri(), ()))

    async def until(self, is_reached: Callable[[], object]) -> None:
        async with asyncio.timeout(scaled(LIMIT_S)):
            while not is_reached():
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def window(place: Home, file: Path, news: asyncio.Event) -> AsyncIterator[Window]:
    async with editor(place.environment, file.parent, workspace=CAN_EDIT) as opened:
        yield Window(opened, file, news)


async def test_both_windows_show_a_link_and_one_that_goes_leaves_it_to_the_other(place: Home, tmp_path: Path) -> None:
    project = repository(tmp_path / "project", {"a.txt": LINES, "b.txt": LINES})
    a, b = project / "a.txt", project / "b.txt"
    news = asyncio.Event()
    async with window(place, b, news) as other:
        other.put(1, 1, "unsaved\n")
        async with window(place, a, news) as one:
            change = "sed -i 's/line 8/eight/' a.txt b.txt && grep -c unsaved b.txt"
            words = {"repository": str(project), "agent": "command", "prompt": change, "mode": "inline"}
            session = (await one.editor.run("segue.session.new", **words))["session"]["id"]
            await other.until(lambda: "eight" in one.text and "eight" in other.text)
            assert "unsaved\n" in other.text and a.read_text() == b.read_text() == LINES
            await other.until(lambda: [shown.marked(file) for shown in (one, other) for file in (a, b)] == [1, 1, 1, 1])
        shown = await other.editor.run("segue.link.show", sessionId=session)
        assert [len(file["hunks"]) for file in shown["link"]["files"]] == [1, 1], "the link outlives the window"
        await other.editor.run("segue.link.stop", sessionId=session)
        await other.until(lambda: other.marked(a) == other.marked(b) == 0)
        assert other.text == LINES.replace("line 2\n", "unsaved\nline 2\n")


async def test_each_window_is_one_client(place: Home, tmp_path: Path) -> None:
    """One window counted up to three times, since it also follows what it shows by itself."""
    file = repository(tmp_path / "project", {"a.txt": LINES}) / "a.txt"
    news = asyncio.Event()
    async with window(place, file, news) as one, window(place, file, news):
        status = await one.editor.run("segue.status")
    assert status["clients"] == 2
