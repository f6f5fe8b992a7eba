"""Writes the wire's types as TypeScript. Knows TypeScript and prettier's manner; knows no method by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from segue.protocol import schema
from segue.protocol.wire import PROTOCOL_VERSION

WIDTH = 120
"""Columns after which prettier breaks a line."""

HEADER = """\
// Generated from server/segue/protocol, do not edit; run `python tools/generate.py`.

/** Raised when an older client could misread what a newer server says, or the reverse. */
export const PROTOCOL_VERSION = {version};

/** A request from client to server; `shape` carries the types only and is never there. */
export interface Request<P, R> {{
  readonly method: string;
  readonly shape?: (params: P) => R;
}}

/** A notification from server to client; `shape` carries the type only and is never there. */
export interface Notification<P> {{
  readonly method: string;
  readonly shape?: (params: P) => void;
}}
"""


def emit(texts: Iterable[str]) -> str:
    """The whole of `extension/src/protocol/generated.ts`, as prettier (printWidth 120, two spaces) leaves it.

    `texts` are those of the server's `PhraseView`.
    """
    parts = [HEADER.format(version=PROTOCOL_VERSION)]
    parts += [_enumeration(enumeration) for enumeration in schema.enumerations()]
    parts += [_model(model) for model in schema.models()]
    parts += [_constant(method) for method in schema.table()]
    parts += [_texts(texts)]
    return "\n".join(parts)


def _enumeration(enumeration: schema.Enumeration) -> str:
    sentences = [f"- `{value}`: {doc}" for value, doc in enumeration.members if doc]
    doc = "\n".join([*enumeration.doc.splitlines(), *([""] if enumeration.doc and sentences else []), *sentences])
    words = [json.dumps(value) for value, _ in enumeration.members]
    return "\n".join([*_comment(doc, ""), f"export type {enumeration.name} ={_union(enumeration.name, words)};", ""])


def _union(name: str, words: list[str]) -> str:
    """The words as prettier lays them out: behind the name, on a line of their own, or one per line."""
    together = " | ".join(words)
    if len(f"export type {name} = {together};") <= WIDTH:
        return f" {together}"
    if len(f"  {together};") <= WIDTH:
        return f"\n  {together}"
    return "".join(f"\n  | {word}" for word in words)


def _model(model: schema.Model) -> str:
    comment = list(_comment(model.doc, ""))
    if not model.fields:
        return "\n".join([*comment, f"export type {model.name} = Readonly<Record<string, never>>;", ""])
    lines = [*comment, f"export interface {model.name} {{"]
    for field in model.fields:
        lines += _comment(field.doc, "  ")
        lines.append(f"  readonly {field.key}{'?' if field.is_optional else ''}: {_type(field.shape)};")
    return "\n".join([*lines, "}", ""])


def _constant(method: schema.Method) -> str:
    head, *tail = method.constant.lower().split("_")
    name = head + "".join(word.capitalize() for word in tail)
    kind = f"Notification<{method.params}>" if method.result is None else f"Request<{method.params}, {method.result}>"
    comment = _comment(method.doc, "")
    return "\n".join([*comment, f"export const {name}: {kind} = {{", f"  method: {json.dumps(method.name)},", "};", ""])


def _texts(texts: Iterable[str]) -> str:
    comment = _comment("Every text that a `PhraseView` may have, for translators.", "")
    lines = [f"  {json.dumps(text, ensure_ascii=False)}," for text in texts]
    return "\n".join([*comment, "export const SERVER_TEXTS: readonly string[] = [", *lines, "];", ""])


def _type(shape: schema.Shape) -> str:
    match shape:
        case schema.Text():
            return "string"
        case schema.Number():
            return "number"
        case schema.Truth():
            return "boolean"
        case schema.Anything():
            return "unknown"
        case schema.Words(values):
            return " | ".join(json.dumps(value) for value in values)
        case schema.Name(name):
            return name
        case schema.OneOf(shapes):
            return " | ".join(_type(each) for each in shapes)
        case schema.ListOf((schema.Words() | schema.OneOf()) as element):
            return f"readonly ({_type(element)})[]"
        case schema.ListOf(element):
            return f"readonly {_type(element)}[]"
        case schema.MapOf(element):
            return f"Readonly<Record<string, {_type(element)}>>"


def _comment(doc: str, indent: str) -> Iterator[str]:
    lines = doc.replace("*/", "*\\/").splitlines()
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
    elif lines:
        yield f"{indent}/**"
        yield from (f"{indent} * {line}".rstrip() for line in lines)
        yield f"{indent} */"
