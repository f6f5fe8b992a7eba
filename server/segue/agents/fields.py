"""Fields of agents' JSON, taken with tolerance: what has the wrong type counts as absent. Knows ACP's content blocks
and tool-call parts; knows no event order and no session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

from segue.agents.images import Images
from segue.agents.jsonrpc import Message, as_text, is_number
from segue.agents.outputs import Keep, kept_nowhere
from segue.domain.events import Location, PlanEntry, ToolContent
from segue.domain.facts import Image
from segue.domain.ids import visible
from segue.domain.images import placeholder
from segue.domain.plans import TEXT_LIMIT as PLAN_TEXT_LIMIT

ID_LIMIT = 200
LABEL_LIMIT = 64
TITLE_LIMIT = 4 * 1024
CONTENT_LIMIT = 128 * 1024
"""Characters of one piece of a tool call's content."""
PIECES_LIMIT = 64
LOCATIONS_LIMIT = 1000
PLAN_LIMIT = 200
INPUT_LIMIT = 8 * 1024
LEAVES_MODE = "switch_mode"
"""ACP's kind of a tool that has the agent go on in another mode."""


def text(value: object, limit: int, keep: Keep = kept_nowhere) -> str | None:
    """A string of at most `limit` characters, saying how much is missing and where it is; None for anything else."""
    if not isinstance(value, str) or len(value) <= limit:
        return value if isinstance(value, str) else None
    path = keep(value)
    where = f"; all of it: {visible(path)}" if path else "; they were not kept"
    return f"{value[:limit]}… ({len(value) - limit:,} more characters{where})"


def identifier(value: object) -> str | None:
    """An id as it is, or a digest of one that is too long to carry about."""
    if not isinstance(value, str) or not value:
        return None
    return value if len(value) <= ID_LIMIT else hashlib.sha256(value.encode()).hexdigest()


def label(value: object) -> str | None:
    """A word such as a kind or a status."""
    return value[:LABEL_LIMIT] if isinstance(value, str) else None


def number(value: object) -> int | None:
    return value if type(value) is int and is_number(value) else None


def messages(value: object) -> list[Message]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def block_text(block: object) -> str | None:
    """A content block as text; what is no text becomes a short placeholder."""
    if not isinstance(block, dict):
        return None
    match block.get("type"):
        case "text":
            said = block.get("text")
            return said if isinstance(said, str) else None
        case "resource_link":
            return _placeholder("resource", block.get("name") or block.get("uri"))
        case "resource":
            resource = block.get("resource")
            resource = resource if isinstance(resource, dict) else {}
            said = resource.get("text")
            return said if isinstance(said, str) else _placeholder("resource", resource.get("uri"))
        case str(kind):
            return _placeholder(kind, block.get("mimeType"))
        case _:
            return None


def block_image(block: object, images: Images | None) -> Image | str | None:
    """An image that is kept now, words for one that is not shown, or None for anything else."""
    if images is None or not isinstance(block, dict) or block.get("type") != "image":
        return None
    return images.received(block)


def _placeholder(kind: str, name: object) -> str:
    words = f"{kind} {name}" if isinstance(name, str) else kind
    return f"[{visible(words[:200])}]"


def tool_content(
    value: object, images: Images | None = None, keep: Callable[[str, str], str] = lambda _name, _text: ""
) -> tuple[ToolContent, ...] | None:
    """A tool call's content; None where there is none. Images are kept, or only named without a place for them.

    What is cut is given to `keep` with a name, unique within the call.
    """
    if not isinstance(value, list):
        return None
    pieces = messages(value)
    content = [_piece(piece, images, partial(keep, str(number))) for number, piece in enumerate(pieces[:PIECES_LIMIT])]
    if len(pieces) > PIECES_LIMIT:
        content.append(ToolContent("text", f"… ({len(pieces) - PIECES_LIMIT} more pieces; they were not kept)"))
    return tuple(content)


def _piece(piece: Message, images: Images | None, keep: Keep) -> ToolContent:
    match piece.get("type"):
        case "content":
            shown = block_image(piece.get("content"), images)
            if isinstance(shown, Image):
                return ToolContent("image", placeholder(shown.mime_type, shown.size), image=shown)
            return ToolContent("text", shown or text(block_text(piece.get("content")), CONTENT_LIMIT, keep) or "")
        case "diff":
            path = text(piece.get("path"), TITLE_LIMIT) or ""
            new = text(piece.get("newText"), CONTENT_LIMIT, keep) or ""
            return ToolContent("diff", new, path, text(piece.get("oldText"), CONTENT_LIMIT))
        case "terminal":
            return ToolContent("terminal", identifier(piece.get("terminalId")) or "")
        case kind:
            return ToolContent(label(kind) or "unknown", as_text(piece, INPUT_LIMIT))


def locations(value: object) -> tuple[Location, ...] | None:
    if not isinstance(value, list):
        return None
    found = ((text(item.get("path"), TITLE_LIMIT), number(item.get("line"))) for item in messages(value))
    return tuple(Location(path, line) for path, line in found if path)[:LOCATIONS_LIMIT]


def plan_entries(value: object) -> tuple[PlanEntry, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(
        PlanEntry(
            text(entry.get("content"), TITLE_LIMIT) or "",
            label(entry.get("status")) or "pending",
            label(entry.get("priority")) or "medium",
        )
        for entry in messages(value)[:PLAN_LIMIT]
    )


def plan_text(call: Message) -> str:
    """The plan that a tool call carries, in its input or its content; empty where it has none."""
    given = call.get("rawInput")
    stated = text(given.get("plan"), PLAN_TEXT_LIMIT) if isinstance(given, dict) else None
    shown = "\n\n".join(piece.text for piece in tool_content(call.get("content")) or () if piece.type == "text")
    return (stated or shown[:PLAN_TEXT_LIMIT]).strip()


def raw_input(value: Any) -> str | None:
    """A tool call's raw input as bounded JSON text."""
    return None if value is None else as_text(value, INPUT_LIMIT)
