"""Writes the wire's reference as Markdown. Knows Markdown and the method table; knows no rule behind a method."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segue.protocol import schema
from segue.protocol.errors import CODES
from segue.protocol.wire import PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class Reason:
    """A word that an error may carry in `data.reason`, the class that raises it and what it says."""

    word: str
    error: str
    message: str


STANDARD: tuple[tuple[str, str], ...] = (
    ("initialize", "`initializationOptions.segue` is a ClientInfo; the answer has `capabilities.experimental.segue`."),
    ("initialized, shutdown, exit", "End this connection only; daemon and agents go on."),
    ("$/cancelRequest", "The answer is no longer wanted; what was acknowledged stays done."),
    ("workspace/executeCommand", "Every request below as a command: its name with `/` written as `.`, one argument."),
    ("workspace/textDocumentContent", "Both sides of a changed file: `segue:/<session>/<blob>/<path>`."),
    ("window/showMessageRequest", "A permission, for clients without `showsPermissions`."),
)
"""LSP's own methods that Segue speaks, with what they are used for."""

INTRODUCTION = """\
<!-- Generated from server/segue/protocol, do not edit; run `python tools/generate.py`. -->

# Segue's protocol

Version {version}. Every client, whether editor or terminal, speaks LSP to the daemon; `segue/*` methods carry
what LSP has no word for. Keys are camelCase; a key without a value is left out; unknown keys are ignored. Times are
milliseconds since 1970, line numbers count from 1, refs are full names.

## Connecting

The daemon listens on a unix socket that only its user may open. The entry file in the data directory (mode 0600)
names endpoint and token. A client first sends one line, `SEGUE/1 <token>`, then LSP's framing runs both ways. Editors
need none of that: `segue lsp` speaks LSP on stdin and stdout and starts the daemon where there is none. The
daemon serves clients whose `protocol` is its own number or an older one from 1 on: what these read is still sent. Any
other number is refused with the reason `incompatible_version`.

## Following

`segue/subscribe` answers with everything that is new behind `afterSeq`, or with a snapshot; from then on `segue/items`
tells what changed. A client that applies a snapshot and all later items has the daemon's view. Apply in this order:
`isSnapshot` empties first, then `sessions` and `items` replace or add by id, then `appends` grow texts, then `removed`
go. Resources are `sessions`, and `session/<id>` for the transcript of one.
"""


def emit(reasons: Iterable[Reason]) -> str:
    """The whole of `docs/protocol.md`."""
    lines = [INTRODUCTION.format(version=PROTOCOL_VERSION)]
    lines += ["## Standard methods", "", *_table(("method", "what for"), _standard()), ""]
    for title, wanted in (("Requests", True), ("Notifications", False)):
        lines += [f"## {title}", ""]
        for method in schema.table():
            if (method.result is not None) is wanted:
                lines += _method(method)
    lines += ["## Objects", ""]
    named = {name for method in schema.table() for name in (method.params, method.result)}
    for model in schema.models():
        if model.name not in named or model.fields == ():
            lines += [f"### {model.name}", "", *_prose(model.doc), *_fields(model), ""]
    lines += ["### Words", "", *_words(), ""]
    lines += ["## Errors", "", *_errors(reasons)]
    return "\n".join(lines) + "\n"


def _standard() -> Iterator[tuple[str, ...]]:
    for name, use in STANDARD:
        yield ", ".join(f"`{part}`" for part in name.split(", ")), use


def _method(method: schema.Method) -> Iterator[str]:
    models = {model.name: model for model in schema.models()}
    yield from (f"### `{method.name}`", "", method.doc, "")
    for what, name in (("Parameters", method.params), ("Result", method.result)):
        if name is None:
            continue
        model = models[name]
        yield from (f"{what}: `{name}`{'' if model.fields else ', an empty object'}.", "")
        if model.fields:
            yield from (*_prose(model.doc), *_fields(model), "")


def _fields(model: schema.Model) -> Iterator[str]:
    if not model.fields:
        yield "An empty object."
        return
    rows = [(f"`{f.key}`{'?' if f.is_optional else ''}", f"`{_type(f.shape)}`", _about(f)) for f in model.fields]
    yield from _table(("key", "type", "meaning"), rows)


def _about(field: schema.Field) -> str:
    if not field.is_optional or field.default in (None, "", {}, []):
        return field.doc
    return f"{field.doc} Default `{json.dumps(field.default)}`.".strip()


def _words() -> Iterator[str]:
    rows = []
    for enumeration in schema.enumerations():
        for value, doc in enumeration.members:
            rows.append((enumeration.name, f"`{value}`", doc))
    yield from _table(("type", "word", "meaning"), rows)


def _errors(reasons: Iterable[Reason]) -> Iterator[str]:
    yield "An error's `data` is an ErrorData. Callers compare `reason`; a person is shown `message`, then `action`."
    yield ""
    yield from _table(("code", "name", "when"), [(f"`{code}`", name, doc) for name, (code, doc) in CODES.items()])
    yield ""
    rows = [(f"`{reason.word}`", reason.error, reason.message) for reason in reasons]
    yield from _table(("reason", "kind", "says"), rows)


def _type(shape: schema.Shape) -> str:
    match shape:
        case schema.Text():
            return "string"
        case schema.Number(is_whole):
            return "integer" if is_whole else "number"
        case schema.Truth():
            return "boolean"
        case schema.Anything():
            return "any"
        case schema.Words(values):
            return " or ".join(json.dumps(value) for value in values)
        case schema.Name(name):
            return name
        case schema.OneOf(shapes):
            return " or ".join(_type(each) for each in shapes)
        case schema.ListOf(element):
            return f"list of {_type(element)}"
        case schema.MapOf(element):
            return f"map of {_type(element)}"


def _prose(doc: str) -> Iterator[str]:
    if doc:
        yield from (doc, "")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, tuple("---" for _ in head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
