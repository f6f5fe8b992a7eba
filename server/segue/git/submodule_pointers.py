"""What a merge would point submodules at, as an obstacle. Knows sentences; changes nothing."""

from __future__ import annotations

from segue.domain.ids import visible
from segue.git.merge_obstacles import Obstacle
from segue.git.refs import objects
from segue.git.submodules import is_known, moved_inside, moved_links
from segue.git.worktrees import Worktree


def about_submodules(worktree: Worktree, old: str, new: str) -> list[Obstacle]:
    """Pointers that a merge would bring to commits that nobody else could get."""
    pointed = moved_links(objects(worktree.common_dir), old, new)
    for link in pointed:  # grows by those inside
        pointed += moved_inside(worktree, link)
    unknown = [(link.path, link.new) for link in pointed if not is_known(worktree, link.path, link.new)]
    if not unknown:
        return []
    shown = ", ".join(f"{visible(path)} ({oid[:10]})" for path, oid in unknown[:5])
    folders = ", then ".join(visible(str(worktree.path / path)) for path, _ in reversed(unknown[-5:]))
    return [
        Obstacle(
            "submodule_not_pushed",
            f"The merge points submodules at commits that exist only in this session: {shown}.",
            f"Push them first, from {folders}. If you merge anyway, Segue keeps the commits on this machine only.",
            {"files": [visible(path) for path, _ in unknown]},
            can_confirm=True,
        )
    ]
