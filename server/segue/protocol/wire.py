"""The base of everything that crosses Segue's own wire. Knows JSON's shape; knows no method and no meaning."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

PROTOCOL_VERSION = 2
"""Raised when an older client could misread what a newer server says, or the reverse."""


class Wire(BaseModel):
    """A frozen JSON object with camelCase keys. Unknown keys are ignored, so that versions can differ a little."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", defer_build=True
    )

    def json_bytes(self) -> bytes:
        """The object as compact JSON; what is None is left out."""
        return self.__pydantic_serializer__.to_json(self, by_alias=True, exclude_none=True)
