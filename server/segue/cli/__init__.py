"""The terminal's client: the same verbs as in the editor, through the same daemon. `main` is the entry point."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `segue`; `lsp` goes straight to the bridge, which editors wait for."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) == ["lsp"]:
        from segue import bridge

        return bridge.main()
    from segue.cli import entry

    return entry.main(arguments)
