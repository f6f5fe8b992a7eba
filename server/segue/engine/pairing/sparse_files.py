"""Files of a link that the user's sparse checkout leaves out. Knows paths and trees; writes nothing.

They are in the user's index and not on the disk. That is no deletion, so nothing flows there in either direction; what
the agent changes there stays with the session, and is named.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from segue.domain.errors import InputRefused
from segue.domain.ids import named
from segue.git import pairing
from segue.git.checkouts import Checkout
from segue.git.worktrees import Worktree


class Outside:
    """Of one link; as of the last look at both sides."""

    def __init__(self, checkout: Checkout, worktree: Worktree, show: Callable[[], None]) -> None:
        self._checkout = checkout
        self._worktree = worktree
        self._show = show
        self._paths: frozenset[str] = frozenset()
        self.changed: tuple[str, ...] = ()
        """What the agent changed there."""

    async def look(self) -> None:
        """Find out what is left out now."""
        self._paths = await asyncio.to_thread(pairing.left_out, self._checkout)

    def holds(self, paths: Iterable[str]) -> bool:
        """Whether any of these paths is left out."""
        return not self._paths.isdisjoint(paths)

    def without(self, paths: Iterable[str]) -> list[str]:
        """Those of these paths that can flow."""
        return [path for path in paths if path not in self._paths]

    async def differing(self) -> tuple[list[str], str]:
        """Paths that the two sides do not have alike, and the agent's tree with the user's files that are left out."""
        await self.look()
        mine, theirs = await asyncio.gather(
            asyncio.to_thread(pairing.tree_of_checkout, self._checkout),
            asyncio.to_thread(pairing.tree_of_worktree, self._worktree),
        )
        common_dir = self._checkout.common_dir
        differing = await asyncio.to_thread(pairing.differing, common_dir, mine, theirs)
        before, self.changed = self.changed, tuple(path for path in differing if path in self._paths)
        if self.changed != before:
            self._show()
        if self.changed:
            theirs = await asyncio.to_thread(pairing.with_files_of, common_dir, theirs, mine, self.changed)
        return self.without(differing), theirs

    @property
    def notice(self) -> str:
        """What is told of them; empty where there is nothing to tell."""
        if not self.changed:
            return ""
        return (
            f"The agent changed files outside of your sparse checkout, so not in your folder: {named(self.changed)}."
            " Send the session to the background and merge it to get them."
        )

    def require_unchanged(self) -> None:
        """Finishing would put them away; raises InputRefused."""
        if self.changed:
            raise InputRefused(
                "changes_outside",
                f"The agent changed files outside of your sparse checkout: {named(self.changed)}.",
                action="Send the session to the background and merge it to get them, or archive it without them.",
                details={"files": list(self.changed)},
            )
