"""What each kind of answer to a permission request does, in Segue's words. Knows kinds, never an agent's label."""

from __future__ import annotations

from segue.domain.ids import visible

EFFECTS = {
    "allow_once": "Allow once",
    "allow_always": "Allow always",
    "reject_once": "Deny once",
    "reject_always": "Deny always",
}


def effect(kind: str) -> str:
    """What an answer of this kind does: an agent may have chosen its label to mislead."""
    return EFFECTS.get(kind, f"Unknown kind of answer ({visible(kind)})")
