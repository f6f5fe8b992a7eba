"""A client's open documents, told as editors tell them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segue.domain.pairing.edits import Edit, apply_in_order
from segue.engine.pairing.buffers import Applied, Change, Closed, Document, Origin, Stale
from segue.lsp import documents as module
from segue.lsp.documents import Documents
from segue.lsp.uris import path_of
from segue.protocol.methods import RELOADED


class Editor:
    """Plays an editor: types, and applies what it is asked to unless `answer` does something else."""

    def __init__(self, path: Path, text: str) -> None:
        self.uri = path.as_uri()
        self.path = path
        self.version = 1
        self.asked: list[dict[str, Any]] = []
        self.answer: Callable[[], bool] = lambda: True
        self.documents = Documents(self._asked)
        self.told: list[tuple[str, Any]] = []
        self.documents.listen(path.parent, self)
        self.say("didOpen", {"uri": self.uri, "version": 1, "languageId": "x", "text": text})

    def say(self, name: str, document: dict[str, Any], **more: Any) -> None:
        params = {"textDocument": document, **more}
        self.documents.take(f"textDocument/{name}", json.dumps(params).encode())

    def change(self, *changes: dict[str, Any]) -> None:
        self.version += 1
        self.say("didChange", {"uri": self.uri, "version": self.version}, contentChanges=changes)

    async def _asked(self, params: dict[str, Any]) -> bool:
        self.asked.append(params)
        await asyncio.sleep(0)
        return self.answer()

    def apply(self, *, line_end: str = "\n") -> bool:
        """As an editor does: all at once, with its own line ends."""
        [document] = self.asked[-1]["edit"]["documentChanges"]
        assert document["textDocument"] == {"uri": self.uri, "version": self.version}
        put = [{"range": e["range"], "text": e["newText"].replace("\n", line_end)} for e in document["edits"]]
        self.change(*reversed(put))
        return True

    @property
    def now(self) -> Document:
        document = self.documents.document(self.path)
        assert document is not None
        return document

    def opened(self, document: Document) -> None:
        self.told.append(("opened", document))

    def changed(self, change: Change) -> None:
        self.told.append(("changed", change))

    def saved(self, document: Document) -> None:
        self.told.append(("saved", document))

    def closed(self, document: Document) -> None:
        self.told.append(("closed", document))

    @property
    def origins(self) -> list[Origin]:
        return [what.origin for name, what in self.told if name == "changed"]


def put(line: int, start: int, end: int, text: str) -> dict[str, Any]:
    """One change within a line."""
    where = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    return {"range": where, "text": text}


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor(tmp_path / "a b.txt", "one\ntwo\n")


def test_a_listener_hears_of_every_step_with_its_edits(editor: Editor) -> None:
    editor.change(put(0, 0, 3, "1"), put(1, 0, 0, "\U0001f600"))
    editor.say("didSave", {"uri": editor.uri})
    editor.say("didClose", {"uri": editor.uri})
    names = [name for name, _ in editor.told]
    assert names == ["opened", "changed", "saved", "closed"]
    opened, change, saved = editor.told[0][1], editor.told[1][1], editor.told[2][1]
    assert (opened.text, opened.version, opened.is_dirty) == ("one\ntwo\n", 1, None)
    assert (change.document.text, change.document.version, change.origin) == ("1\n\U0001f600two\n", 2, Origin.TYPED)
    assert apply_in_order(opened.text, change.edits) == change.document.text
    assert (change.document.is_dirty, saved.is_dirty) == (True, False)
    assert editor.documents.documents() == []


def test_only_files_of_this_machine_and_below_the_root_count(editor: Editor, tmp_path: Path) -> None:
    for uri in (
        "untitled:a",
        "file://elsewhere/a",
        "vscode-notebook-cell:/a",
        "http://[",
        "/a",
        tmp_path.parent.as_uri(),
    ):
        editor.say("didOpen", {"uri": uri, "version": 1, "text": ""})
        editor.say("didChange", {"uri": uri, "version": 2}, contentChanges=[{"text": "x"}])
    assert [name for name, _ in editor.told] == ["opened"]
    assert path_of("file:///a%20b/%C3%A9") == Path("/a b/\u00e9")


@pytest.mark.parametrize("params", [b"", b"{}", b"7", b'{"textDocument":{"uri":1}}', b"[" * 100_000])
def test_what_makes_no_sense_changes_nothing(editor: Editor, params: bytes) -> None:
    for method in sorted(module.METHODS):
        editor.documents.take(method, params)
    assert [name for name, _ in editor.told] == ["opened"]


def test_lone_surrogates_are_taken(editor: Editor) -> None:
    editor.change(put(0, 0, 0, "\ud83d"))
    assert editor.now.text == "\ud83done\ntwo\n"


async def test_an_edit_is_versioned_and_its_echo_is_told(editor: Editor) -> None:
    editor.answer = editor.apply
    done = await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1"), Edit(4, 4, "1\u00bd\n")], "Segue")
    assert isinstance(done, Applied)
    assert (done.document.text, done.document.version) == ("1\n1\u00bd\ntwo\n", 2)
    assert editor.origins == [Origin.ECHO]
    assert editor.asked[0]["label"] == "Segue"


async def test_line_ends_that_the_editor_writes_are_still_an_echo(tmp_path: Path) -> None:
    editor = Editor(tmp_path / "a", "one\r\ntwo\r\n")
    editor.answer = lambda: editor.apply(line_end="\r\n")
    done = await editor.documents.apply(editor.path, 1, [Edit(5, 5, "half\n")], "")
    assert isinstance(done, Applied)
    assert (done.document.text, editor.origins) == ("one\r\nhalf\r\ntwo\r\n", [Origin.ECHO])


async def test_typing_behind_the_echo_in_one_message_is_told_apart(editor: Editor) -> None:
    """Emacs sends what happened within half a second at once."""

    def answer() -> bool:
        editor.change(put(0, 0, 0, "new "), put(1, 0, 0, "k"))
        return True

    editor.answer = answer
    done = await editor.documents.apply(editor.path, 1, [Edit(0, 0, "new ")], "")
    assert isinstance(done, Applied)
    assert editor.origins == [Origin.ECHO, Origin.TYPED]
    changes = [what for name, what in editor.told if name == "changed"]
    assert changes[0].document.text == "new one\ntwo\n"
    assert done.document.text == changes[1].document.text == "new one\nktwo\n"


@pytest.mark.parametrize("order", [-1, 1])
async def test_an_echo_may_come_edit_by_edit(editor: Editor, order: int) -> None:
    """Neovim sends a message, and a version, for each of several edits; the last one first."""
    changes = [put(0, 0, 3, "1"), put(1, 0, 3, "2"), put(2, 0, 0, "3\n")]

    def answer() -> bool:
        for change in changes[::order]:
            editor.change(change)
        return True

    editor.answer = answer
    done = await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1"), Edit(4, 7, "2"), Edit(8, 8, "3\n")], "")
    assert isinstance(done, Applied)
    assert (done.document.text, done.document.version, editor.origins) == ("1\n2\n3\n", 4, [Origin.ECHO])


async def test_what_came_of_an_echo_that_is_broken_off_is_told(editor: Editor) -> None:
    def answer() -> bool:
        editor.change(put(1, 0, 3, "2"))
        editor.change(put(0, 0, 0, "k"))
        return True

    editor.answer = answer
    done = await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1"), Edit(4, 7, "2")], "")
    assert isinstance(done, Stale)
    [change] = [what for name, what in editor.told if name == "changed"]
    assert change.origin is Origin.TYPED
    assert apply_in_order("one\ntwo\n", change.edits) == change.document.text == "kone\n2\n"


async def test_an_edit_that_typing_overtook_is_stale(editor: Editor) -> None:
    def answer() -> bool:
        editor.change(put(0, 3, 3, "!"))
        return False

    editor.answer = answer
    done = await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1")], "")
    assert isinstance(done, Stale)
    assert (done.document.version, editor.origins) == (2, [Origin.TYPED])
    assert isinstance(await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1")], ""), Stale)
    assert len(editor.asked) == 1, "an old version is not even sent"


async def test_an_editor_that_says_yes_and_does_not_is_not_believed(editor: Editor) -> None:
    """Neovim answers `applied` where it left an edit out for its version."""

    def answer() -> bool:
        editor.change(put(0, 3, 3, "!"))
        return True

    editor.answer = answer
    assert isinstance(await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1")], ""), Stale)


async def test_an_echo_that_does_not_come_is_not_waited_for_forever(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ECHO_LIMIT_S", 0.01)
    assert isinstance(await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1")], ""), Stale)


async def test_an_edit_that_changes_nothing_is_not_sent(editor: Editor) -> None:
    assert isinstance(await editor.documents.apply(editor.path, 1, [Edit(0, 3, "one")], ""), Applied)
    assert editor.asked == []


async def test_a_document_that_closes_meanwhile_is_closed(editor: Editor) -> None:
    def answer() -> bool:
        editor.say("didClose", {"uri": editor.uri})
        return True

    editor.answer = answer
    assert isinstance(await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1")], ""), Closed)
    assert isinstance(await editor.documents.apply(editor.path, 1, [Edit(0, 3, "1")], ""), Closed)


def test_a_text_that_came_from_the_disk_was_not_typed(editor: Editor) -> None:
    """Link rule 8: a revert, a checkout or a stash decides nothing."""
    editor.path.write_bytes(b"\xef\xbb\xbffrom\r\nthe disk\r\n")
    editor.say("didSave", {"uri": editor.uri})
    editor.documents.take(RELOADED.name, json.dumps({"textDocument": {"uri": editor.uri}}).encode())
    editor.change(put(0, 0, 3, "from"), put(1, 0, 3, "the disk"))
    assert editor.now.is_dirty is False
    editor.change(put(0, 0, 0, "x"))
    editor.change({"text": "from\nthe disk\n"})
    editor.change({"text": "something else"})
    assert editor.origins == [Origin.REPLACED, Origin.TYPED, Origin.REPLACED, Origin.TYPED]


def test_the_end_of_the_connection_closes_every_document(editor: Editor) -> None:
    editor.documents.close()
    assert [name for name, _ in editor.told] == ["opened", "closed"]
    assert editor.documents.document(editor.path) is None


@pytest.mark.parametrize(
    ("settings", "pause_s"),
    [
        ({"files": {"autoSave": "afterDelay", "autoSaveDelay": 1500}}, 1.5),
        ({"files": {"autoSave": "onFocusChange", "autoSaveDelay": 1500}}, None),
        ({"python": {"path": "x"}}, None),
        (None, None),
        ([], None),
    ],
)
def test_an_editor_may_say_after_which_pause_it_saves(editor: Editor, settings: Any, pause_s: float | None) -> None:
    """Link rule 13."""
    editor.documents.take(module.SETTINGS, json.dumps({"settings": settings}).encode())
    assert editor.documents.saves_after_s == pause_s


def test_a_folder_that_is_opened_through_a_link_is_the_same_folder(tmp_path: Path) -> None:
    """Met in use: of a checkout below a linked home, no buffer took part."""
    real = tmp_path.resolve() / "real"
    (real / "sub").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(real)
    editor = Editor(tmp_path / "linked" / "sub" / "a.txt", "one\n")
    heard = Editor(real / "other.txt", "")
    editor.documents.listen(real, heard)
    editor.change(put(0, 0, 0, "x"))
    assert [what.document.path for name, what in heard.told if name == "changed"] == [real / "sub/a.txt"]
    assert editor.documents.document(real / "sub/a.txt") is not None
    assert editor.documents.named(real) == tmp_path / "linked"
    assert heard.documents.named(real) == real


def test_a_file_that_is_opened_through_a_link_is_that_file(tmp_path: Path) -> None:
    real = tmp_path.resolve()
    (real / "AGENTS.md").write_text("one\n")
    (real / "CLAUDE.md").symlink_to("AGENTS.md")
    editor = Editor(real / "CLAUDE.md", "one\n")
    editor.change(put(0, 0, 0, "x"))
    found = editor.documents.document(real / "AGENTS.md")
    assert found is not None
    assert (found.text, found.uri) == ("xone\n", (real / "CLAUDE.md").as_uri())
    assert editor.documents.through_links(real) == [(real / "CLAUDE.md", found)]
    (real / "CLAUDE.md").unlink()
    (real / "CLAUDE.md").write_text("one\n")
    editor.change(put(0, 0, 0, "y"))
    assert editor.documents.document(real / "AGENTS.md") is None
    assert editor.now.text == "yxone\n", "it is a file of its own by now"
    assert [name for name, _ in editor.told] == ["opened", "changed", "closed", "opened", "changed"]


def test_of_a_file_that_is_open_by_two_names_the_unsaved_one_counts(tmp_path: Path) -> None:
    real = tmp_path.resolve()
    (real / "AGENTS.md").write_text("one\n")
    (real / "CLAUDE.md").symlink_to("AGENTS.md")
    editor = Editor(real / "AGENTS.md", "one\n")
    link = (real / "CLAUDE.md").as_uri()
    editor.say("didOpen", {"uri": link, "version": 1, "languageId": "x", "text": "one\n"})
    changes = [{"text": "mine\n"}]
    editor.say("didChange", {"uri": link, "version": 2}, contentChanges=changes)
    assert editor.now.text == "mine\n"
    assert not editor.documents.is_at_odds(editor.path)
    editor.change(put(0, 0, 0, "other "))
    assert editor.documents.is_at_odds(editor.path)
    editor.say("didSave", {"uri": link})
    assert not editor.documents.is_at_odds(editor.path)
    assert editor.now.text == "other one\n"
