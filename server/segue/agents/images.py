"""A session's images on the disk, named by what is in them, and as ACP's content blocks. Knows files."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

from segue.agents.jsonrpc import Message
from segue.domain import images
from segue.domain.errors import AgentFailed, InputRefused, NotFound, SegueError
from segue.domain.facts import Image

ROOM = 256 * 1024 * 1024
"""Bytes that the images of one session may take."""
FILES = 1000
_NAMED = "segue-image:"
_NAMES = re.compile(rf'"data": ?"{_NAMED}([0-9a-f]{{64}})"')
"""No text can look like this, since its quotation marks would be escaped."""
_HASH = re.compile("[0-9a-f]{64}")


class Images:
    """The images of one session, each in a file of its own; whatever is journaled of one stands here before."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, data: bytes) -> Image:
        """Have an image on the disk for good; raises InputRefused, OSError."""
        image = Image(hashlib.sha256(data).hexdigest(), images.sniffed(data), len(data))
        path = self.path(image)
        if path.exists():
            return image
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        sizes = [entry.stat().st_size for entry in os.scandir(self._directory)]
        if len(sizes) >= FILES or sum(sizes) + len(data) > ROOM:
            raise images.refused(f"this session has {len(sizes)} images with {images.size(sum(sizes))} already")
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        return image

    def keep_encoded(self, encoded: str) -> Image:
        """The same for base64; raises InputRefused, OSError."""
        if len(encoded) > images.BYTES_LIMIT * 4 // 3 + 4:
            raise images.refused(f"{images.size(len(encoded) * 3 // 4)} is too much")
        try:
            return self.keep(base64.b64decode(encoded, validate=True))
        except (binascii.Error, ValueError) as broken:
            raise images.refused("it is damaged") from broken

    def find(self, name: str) -> Image:
        """An image by its hash; raises NotFound."""
        for mime_type in images.SUFFIXES if _HASH.fullmatch(name) else ():
            image = Image(name, mime_type, 0)
            with suppress(OSError):
                return Image(name, mime_type, self.path(image).stat().st_size)
        raise NotFound("no_image", "There is no such image in this session any more.", action="Attach it again.")

    def read(self, image: Image) -> str:
        """Its content as base64; raises NotFound."""
        try:
            return base64.b64encode(self.path(image).read_bytes()).decode("ascii")
        except OSError as gone:
            raise NotFound("no_image", "An image of this session is gone.", action="Attach it again.") from gone

    def path(self, image: Image) -> Path:
        return self._directory / f"{image.hash}.{images.SUFFIXES[image.mime_type]}"

    def block(self, image: Image) -> Message:
        """A content block that names an image: its bytes come in with `expand`, and stand in no journal."""
        return {"type": "image", "mimeType": image.mime_type, "data": f"{_NAMED}{image.hash}"}

    def expand(self, line: str) -> str:
        """A line with the images that it names; raises AgentFailed."""
        return _NAMES.sub(self._content, line) if _NAMED in line else line

    def _content(self, name: re.Match[str]) -> str:
        try:
            return f'"data":"{self.read(self.find(name[1]))}"'
        except NotFound as gone:
            raise AgentFailed("line_refused", gone.message, action=gone.action) from gone

    def received(self, block: Message) -> Image | str:
        """What an agent showed; text that says why where it is not shown. Its name for the type does not count."""
        stated, data = block.get("mimeType"), block.get("data")
        if not isinstance(data, str) or not data:
            return images.placeholder(stated, 0, "it has no content")
        try:
            return self.keep_encoded(data)
        except InputRefused as refused:
            why = refused.message.partition(": ")[2].rstrip(".")
        except (SegueError, OSError):
            why = "it could not be kept"
        return images.placeholder(stated, len(data) * 3 // 4, why)
