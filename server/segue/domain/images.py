"""Pictures in prompts and answers. Knows formats by their first bytes, and limits; opens and decodes nothing."""

from __future__ import annotations

from segue.domain.errors import InputRefused
from segue.domain.event import Event
from segue.domain.facts import Image, Role
from segue.domain.ids import visible

BYTES_LIMIT = 5 * 1024 * 1024
"""Of one image."""
PIXELS_LIMIT = 50_000_000
"""Whoever shows an image needs four bytes for each, however small its file is."""
COUNT_LIMIT = 8
TOTAL_LIMIT = 16 * 1024 * 1024
"""Bytes of all images of one prompt."""

SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
"""What is sent and shown. No SVG: it is a document with scripts and links."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers of a frame, which has the size."""


class ImageReceived(Event, frozen=True, tag="image_received"):
    """The agent showed an image; its bytes stand beside the journal."""

    role: Role
    image: Image


def sniffed(data: bytes) -> str:
    """The MIME type by the content alone; raises InputRefused for what is no image that can be shown, or too large."""
    if len(data) > BYTES_LIMIT:
        raise refused(f"{size(len(data))} is too much: an image may have {size(BYTES_LIMIT)}")
    kind, (width, height) = _look(data)
    if not kind:
        raise refused("only PNG, JPEG, GIF and WebP can be sent and shown")
    if width < 1 or height < 1:
        raise refused("it is damaged")
    if width * height > PIXELS_LIMIT:
        raise refused(f"it has {width:,} × {height:,} points, which is too much")
    return kind


def require_room(images: tuple[Image, ...]) -> tuple[Image, ...]:
    """The images of one prompt; raises InputRefused where they are too many or too large together."""
    total = sum(image.size for image in images)
    if len(images) > COUNT_LIMIT or total > TOTAL_LIMIT:
        raise InputRefused(
            "images_too_many",
            f"These are {len(images)} images with {size(total)}; "
            f"a prompt may have {COUNT_LIMIT}, and {size(TOTAL_LIMIT)} together.",
            action="Send some of them with another prompt.",
        )
    return images


def not_taken(title: str) -> InputRefused:
    return InputRefused(
        "images_not_taken",
        f"{visible(title)} does not take images.",
        action="Send the prompt without them, or to another agent.",
    )


def refused(why: str) -> InputRefused:
    return InputRefused("image_refused", f"The image cannot be taken: {why}.", action="Choose another image.")


def placeholder(stated: object, count: int, why: str = "") -> str:
    """An image in words; `stated` is what its sender calls it, `count` its bytes."""
    name = visible(stated[:100]) if isinstance(stated, str) else "of an unknown kind"
    return f"[image {name}, {size(count)}{': not shown, ' if why else ''}{why}]"


def size(count: int) -> str:
    return f"{count / 1024**2:.1f} MiB" if count >= 1024**2 else f"{max(1, round(count / 1024))} KiB"


def _look(data: bytes) -> tuple[str, tuple[int, int]]:
    """The type, "" for an unknown one, and width and height, 0 where they cannot be read."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", (_big(data[16:20]), _big(data[20:24])) if data[12:16] == b"IHDR" else (0, 0)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif", (_little(data[6:8]), _little(data[8:10]))
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp", _webp(data)
    return "", (0, 0)


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            return _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7])
        at += 1 if marker == 0xFF else 2 + _big(data[at + 2 : at + 4])
    return 0, 0


def _webp(data: bytes) -> tuple[int, int]:
    match data[12:16]:
        case b"VP8X" if len(data) >= 30:
            return 1 + _little(data[24:27]), 1 + _little(data[27:30])
        case b"VP8L" if len(data) >= 25:
            bits = _little(data[21:25])
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
    return 0, 0


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
