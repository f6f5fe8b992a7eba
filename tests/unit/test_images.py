"""What counts as an image that is sent and shown, and what does not."""

from __future__ import annotations

import struct

import pytest

from segue.domain import images
from segue.domain.errors import InputRefused
from segue.domain.facts import Image
from support.pictures import header, png

GIF = b"GIF89a" + struct.pack("<HH", 3, 2) + b"\0" * 6
JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08" + struct.pack(">HH", 2, 3) + b"\0" * 12
WEBP = b"RIFF\0\0\0\0WEBP"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(3, 2), "image/png"),
        (GIF, "image/gif"),
        (JPEG, "image/jpeg"),
        (WEBP + b"VP8X" + b"\0" * 8 + b"\2\0\0\1\0\0", "image/webp"),
        (WEBP + b"VP8L" + b"\0" * 4 + b"\x2f" + struct.pack("<I", 2 | 1 << 14), "image/webp"),
        (WEBP + b"VP8 " + b"\0" * 7 + b"\x9d\x01\x2a" + struct.pack("<HH", 3, 2), "image/webp"),
    ],
)
def test_the_content_says_what_it_is(data: bytes, kind: str) -> None:
    assert images.sniffed(data) == kind


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "only PNG, JPEG, GIF and WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "only PNG"),
        (b"%PDF-1.7", "only PNG"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"GIF89a", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\xff\xd8\xff\xe0\0\0" * 3, "damaged"),
        (WEBP + b"VP8X", "damaged"),
        (header(100_000, 100_000), "100,000 × 100,000 points"),
        (png(1, 1) + b"\0" * images.BYTES_LIMIT, "too much"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(data: bytes, why: str) -> None:
    with pytest.raises(InputRefused, match=why) as refused:
        images.sniffed(data)
    assert refused.value.reason == "image_refused"


def test_a_prompt_has_room_for_so_many() -> None:
    small, large = Image("a" * 64, "image/png", 1), Image("b" * 64, "image/png", images.BYTES_LIMIT)
    assert images.require_room((small,) * images.COUNT_LIMIT)
    for too_much in ((small,) * (images.COUNT_LIMIT + 1), (large,) * 4):
        with pytest.raises(InputRefused, match="a prompt may have 8"):
            images.require_room(too_much)


def test_what_is_not_shown_is_told_with_its_size_and_inert() -> None:
    assert images.placeholder("image/png", 12_288) == "[image image/png, 12 KiB]"
    told = images.placeholder("image/\x1bsvg", 3_000_000, "it is damaged")
    assert "2.9 MiB: not shown, it is damaged]" in told and "\x1b" not in told
