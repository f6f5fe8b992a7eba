"""What crosses the wire about images. Knows shapes only."""

from __future__ import annotations

from segue.protocol.wire import Wire


class ImageView(Wire):
    """An image that the session has; its content is asked for by its hash."""

    hash: str
    mime_type: str
    """By its content: `image/png`, `image/jpeg`, `image/gif` or `image/webp`."""
    size: int
    """Bytes."""


class AddImageParams(Wire):
    session_id: str
    data: str
    """In base64, at most 5 MiB of content."""


class AddImageResult(Wire):
    image: ImageView
    """To be named in a prompt of this session."""


class ShowImageParams(Wire):
    session_id: str
    hash: str


class ShowImageResult(Wire):
    image: ImageView
    data: str
    """In base64."""
    path: str
    """Where it stands; a file that nobody should change."""
