"""What clients are shown of tokens and money. Knows shapes only."""

from __future__ import annotations

from segue.protocol.wire import Wire


class TokensView(Wire):
    """What was taken of models, as the agent counted; left out is unknown."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    """Read from the model's cache; not part of `input`."""
    thought: int | None = None
    """Not part of `output`, where it is told."""
    cached_write: int | None = None
    """Written to the model's cache; not part of `input`."""


class CostView(Wire):
    """An amount of money."""

    amount: float
    currency: str | None = None
    """As the agent names it, usually ISO 4217."""
    is_estimate: bool = False
    """Worked out from tokens and Segue's list of prices; to be shown as such."""
