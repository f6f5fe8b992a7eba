"""Questions of agents (`elicitation/create`). Knows ACP's forms and addresses, and how answers are sent; decides
nothing."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlsplit

from segue.agents import fields
from segue.agents.jsonrpc import Message, as_text, is_number
from segue.agents.mapper import Unfit
from segue.domain.ids import visible
from segue.domain.questions import Action, Choice, FieldKind, FormField, QuestionAnswered, QuestionAsked, content

METHOD, COMPLETE = "elicitation/create", "elicitation/complete"
CAPABILITIES: Message = {"elicitation": {"form": {}, "url": {}}}
PENDING_LIMIT = 8
"""Questions of one session that may wait; more are declined."""
SCHEMA_LIMIT = 64 * 1024
"""Characters of a form as JSON text: every row of its session carries it."""
FIELDS_LIMIT = 32
CHOICES_LIMIT = 100
MESSAGE_LIMIT = 8 * 1024
URL_LIMIT = 2048
CANCELLED: Message = {"action": Action.CANCEL.value}
DECLINED: Message = {"action": Action.DECLINE.value}
_KINDS = {
    "string": FieldKind.TEXT,
    "number": FieldKind.NUMBER,
    "integer": FieldKind.INTEGER,
    "boolean": FieldKind.BOOLEAN,
    "array": FieldKind.CHOICES,
}
_BOUNDS = {
    FieldKind.TEXT: ("minLength", "maxLength"),
    FieldKind.NUMBER: ("minimum", "maximum"),
    FieldKind.INTEGER: ("minimum", "maximum"),
    FieldKind.CHOICES: ("minItems", "maxItems"),
}


def asked(request_id: str, params: Message) -> QuestionAsked:
    """The event for an `elicitation/create`; raises Unfit where it cannot be shown in full or answered."""
    message = fields.text(params.get("message"), MESSAGE_LIMIT) or ""
    tool_call_id = fields.identifier(params.get("toolCallId")) or ""
    match params.get("mode"):
        case "form":
            form = _form(params.get("requestedSchema"))
            return QuestionAsked(request_id, message or "The agent asks", form, tool_call_id=tool_call_id)
        case "url":
            url = _url(params.get("url"))
            return QuestionAsked(request_id, message or "The agent asks you", url=url, tool_call_id=tool_call_id)
        case mode:
            raise Unfit(f"a question of the unknown mode {visible(str(mode)[:40])}")


def answered(answer: QuestionAnswered) -> Message:
    """The result for the agent."""
    result: Message = {"action": answer.action.value}
    return {**result, "content": content(answer.values)} if answer.action is Action.ACCEPT else result


def _url(value: object) -> str:
    """An address that a person can be shown whole; nothing but http(s) is ever opened."""
    if not isinstance(value, str) or len(value) > URL_LIMIT or not value.isprintable() or " " in value:
        raise Unfit("a question without an address that can be shown")
    try:
        parts = urlsplit(value)
    except ValueError:
        raise Unfit("a question without an address that can be shown") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Unfit("a question whose address is neither http nor https")
    return value


def _form(schema: object) -> tuple[FormField, ...]:
    if not isinstance(schema, dict) or len(as_text(schema, SCHEMA_LIMIT + 1)) > SCHEMA_LIMIT:
        raise Unfit("a question without a form, or with one that is too large to be shown")
    properties = schema.get("properties") or {}
    if not isinstance(properties, dict) or len(properties) > FIELDS_LIMIT:
        raise Unfit(f"a question with more than {FIELDS_LIMIT} fields")
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    found = (_field(name, shape, is_required=name in required) for name, shape in properties.items())
    return tuple(field for field in found if field is not None)


def _field(name: str, shape: object, *, is_required: bool) -> FormField | None:
    """None for a field of an unknown kind that needs no answer."""
    kind = _KINDS.get(str(shape.get("type"))) if isinstance(shape, dict) else None
    if not isinstance(shape, dict) or kind is None:
        if is_required:
            raise Unfit(f"a question with a field of an unknown kind: {visible(name[:40])}")
        return None
    options = (
        _choices(shape if kind is FieldKind.TEXT else shape.get("items"))
        if kind in {FieldKind.TEXT, FieldKind.CHOICES}
        else ()
    )
    if kind is FieldKind.TEXT and options:
        kind = FieldKind.CHOICE
    if kind is FieldKind.CHOICES and not options:
        raise Unfit(f"a question without choices: {visible(name[:40])}")
    low, high = (_bound(shape.get(key)) for key in _BOUNDS.get(kind, ("", "")))
    return FormField(
        name,
        kind,
        title=fields.text(shape.get("title"), fields.TITLE_LIMIT) or "",
        description=fields.text(shape.get("description"), fields.TITLE_LIMIT) or "",
        is_required=is_required,
        choices=options,
        defaults=_defaults(kind, shape.get("default"), options),
        minimum=low,
        maximum=high,
        format=fields.label(shape.get("format")) or "" if kind is FieldKind.TEXT else "",
    )


def _choices(shape: object) -> tuple[Choice, ...]:
    """What `enum`, `oneOf` or `anyOf` offer; nothing of it is left out, since it could be what was meant."""
    if not isinstance(shape, dict):
        return ()
    titled = fields.messages(shape.get("oneOf") or shape.get("anyOf"))
    found = [_choice(each) for each in titled] or [Choice(str(value)) for value in _strings(shape.get("enum"))]
    if len(found) > CHOICES_LIMIT or len({choice.value for choice in found}) < len(found):
        raise Unfit("a question whose choices are too many, or not distinct")
    return tuple(found)


def _choice(shape: Message) -> Choice:
    value = shape.get("const")
    if not isinstance(value, str) or not value:
        raise Unfit("a choice without a value")
    title = fields.text(shape.get("title"), fields.TITLE_LIMIT) or ""
    return Choice(value, title, fields.text(shape.get("description"), fields.TITLE_LIMIT) or "")


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []


def _bound(value: Any) -> float | None:
    return float(value) if is_number(value) or (type(value) is float and math.isfinite(value)) else None


def _defaults(kind: FieldKind, value: object, options: tuple[Choice, ...]) -> tuple[str, ...]:
    """What stands there before a person answers."""
    match value:
        case bool():
            found = ["true" if value else "false"] if kind is FieldKind.BOOLEAN else []
        case int() | float():
            found = [f"{value}"] if kind in {FieldKind.NUMBER, FieldKind.INTEGER} else []
        case str():
            found = [value] if kind in {FieldKind.TEXT, FieldKind.CHOICE} else []
        case _:
            found = _strings(value) if kind is FieldKind.CHOICES else []
    if options:
        found = [each for each in found if each in {choice.value for choice in options}]
    return tuple(found)
