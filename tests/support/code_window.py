"""A window that treats files as VS Code does: one line end per buffer, no byte order mark in it, reload while clean.

Knows LSP's bytes and files; knows nothing of sessions. Texts stay within the Basic Multilingual Plane.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path

from segue.places import Places
from support.window import Json, Window

BOM = codecs.BOM_UTF8


@dataclass(frozen=True)
class Refused(Exception):
    """The daemon answered a request with an error."""

    method: str
    reason: str
    message: str


@dataclass
class CodeWindow(Window):
    """Open with `CodeWindow.open`."""

    saved: dict[Path, str] = field(default_factory=dict)
    """Each buffer's text as it was last opened, saved or reloaded: a buffer that reads so is clean."""
    on_disk: dict[Path, bytes | None] = field(default_factory=dict)
    """Each open file's bytes as the window saw them last."""
    links: set[Path] = field(default_factory=set)
    """Names of open files that were links when those were opened."""

    @classmethod
    async def open(cls, places: Places) -> CodeWindow:
        found = await super().open(places)
        assert isinstance(found, cls)
        return found

    async def call(self, method: str, **params: object) -> Json:
        """The result of `segue/<method>`; raises Refused."""
        answer = await self.answer(f"segue/{method}", dict(params))
        if "error" in answer:
            error = answer["error"]
            raise Refused(method, (error.get("data") or {}).get("reason", ""), error["message"])
        result: Json = answer["result"]
        return result

    # What a person does.

    def show(self, path: Path) -> None:
        data = path.read_bytes()
        self.texts[path] = self.saved[path] = as_buffer(data)
        self.on_disk[path] = data
        if path.is_symlink():
            self.links.add(path)
        self._opened(path)

    def insert_line(self, path: Path, after: str, line: str) -> None:
        """Type a line behind the one that begins with `after`, as keys and as one paste."""
        at, line_end = self._behind(path, after), self.line_end(path)
        typed = line + line_end if at and self.texts[path][at - 1] == "\n" else line_end + line
        self._change(path, [(at, at, typed[:1])] if typed[0] != "\r" else [(at, at, typed[:2])])
        first = 1 if typed[0] != "\r" else 2
        self._change(path, [(at + first, at + first, typed[first:])])

    def replace_line(self, path: Path, old: str, new: str) -> None:
        """Type `new` over all of a line but its end."""
        start = self._start(path, old)
        end = start + len(self.texts[path][start:].splitlines()[0])
        self._change(path, [(start, end, new)])

    def remove(self, path: Path, beginning: str) -> None:
        """Take a whole line back."""
        start = self._start(path, beginning)
        old = self.texts[path]
        end = self._behind(path, beginning)
        if end == len(old) and not old.endswith("\n"):
            start -= len(self.line_end(path))
        self._change(path, [(start, end, "")])

    def replace_all(self, path: Path, text: str) -> None:
        """As a formatter does that knows no ranges."""
        self._change(path, [(0, len(self.texts[path]), text)])

    def come_back(self, old: CodeWindow) -> None:
        """Show what a window had that is gone, its unsaved texts too."""
        self.texts, self.saved, self.on_disk = dict(old.texts), dict(old.saved), dict(old.on_disk)
        self.links = set(old.links)
        for path in self.texts:
            self._opened(path)

    def save(self, path: Path) -> None:
        """Write a buffer to its file."""
        has_mark = (self.on_disk.get(path) or b"").startswith(BOM)
        data = (BOM if has_mark else b"") + self.texts[path].encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.on_disk[path], self.saved[path] = data, self.texts[path]
        self.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})

    def shut(self, path: Path) -> None:
        """Close a document; what is not saved is gone."""
        for known in (self.texts, self.versions, self.saved, self.on_disk):
            known.pop(path, None)  # type: ignore[attr-defined]
        self.links.discard(path)
        self.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def is_dirty(self, path: Path) -> bool:
        return self.texts[path] != self.saved[path]

    def look(self) -> None:
        """Notice files that changed on the disk: a clean buffer becomes its file."""
        for path in [*self.texts]:
            is_file = path.is_file() and path.is_symlink() == (path in self.links)
            data = path.read_bytes() if is_file else None
            if data is None or data == self.on_disk.get(path) or self.is_dirty(path) or b"\0" in data:
                continue
            self.on_disk[path] = data
            self._reload(path, as_buffer(data))

    def noticed(self, method: str, params: Json) -> None:
        """Save a document where it still has the version for which that was asked."""
        if method == "segue/document/save":
            asked = params["textDocument"]
            path = next((path for path in self.texts if path.as_uri() == asked["uri"]), None)
            if path is not None and self.versions[path] == asked["version"]:
                self.save(path)

    def _reload(self, path: Path, new: str) -> None:
        old = self.texts[path]
        if new == old:
            return
        self.notify("segue/document/reloaded", {"textDocument": {"uri": path.as_uri()}})
        self._change(path, [(0, len(old), new)])
        self.saved[path] = new

    def line_end(self, path: Path) -> str:
        return "\r\n" if "\r\n" in self.texts[path] else "\n"

    def _start(self, path: Path, beginning: str) -> int:
        text = self.texts[path]
        return 0 if text.startswith(beginning) else text.index("\n" + beginning) + 1

    def _behind(self, path: Path, beginning: str) -> int:
        start = self._start(path, beginning)
        found = self.texts[path].find("\n", start)
        return len(self.texts[path]) if found < 0 else found + 1


def as_buffer(data: bytes) -> str:
    """What VS Code's editor shows of a file: its mark left out, all lines with the end that most of them have."""
    text = data.removeprefix(BOM).decode("utf-8", "replace")
    windows = text.count("\r\n")
    plain = text.replace("\r\n", "\n")
    return plain.replace("\n", "\r\n") if windows * 2 > plain.count("\n") else plain
