"""Texts of the server's that clients show to people. Knows shapes only."""

from __future__ import annotations

from pydantic import Field

from segue.domain.phrases import english
from segue.protocol.wire import Wire


class PhraseView(Wire):
    """A text for people. A client may show it in its user's language, by `text` as the key of its translations."""

    text: str
    """English; `{0}`, `{1}` and so on stand for the values."""
    values: list[str | PhraseView] = Field(default_factory=list)

    def __str__(self) -> str:
        return english(self.text, [str(value) for value in self.values])
