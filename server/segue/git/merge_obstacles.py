"""What stands in the way of a merge, as data. Knows sentences; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segue.domain.errors import MergeRefused
from segue.domain.ids import visible
from segue.git.branch_updates import Step, checkout_with, prepare
from segue.git.carried_changes import unsaved
from segue.git.checkouts import dirty
from segue.git.refs import tree_of
from segue.git.repository import Repository
from segue.git.run import Place
from segue.git.uncommitted_lines import Unfinished, Work


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a plan cannot be applied as things stand; a MergeRefused that nobody has raised yet."""

    reason: str
    message: str
    action: str
    details: Mapping[str, object] = field(default_factory=dict)
    can_confirm: bool = False
    """Whether the merge is made all the same once a person confirmed it."""


def about_result(place: Place, base: str, work: Work) -> list[Obstacle]:
    merged = work.merged
    if work.is_asked:
        return [_needs_unfinished(work)]
    if merged.conflicts:
        paths = [visible(conflict.path) for conflict in merged.conflicts]
        return [
            Obstacle(
                "conflicts",
                f"The branch and the session changed the same things in {shown(paths)}.",
                "Nothing was changed. Ask the agent to merge the branch into its work, then merge again.",
                {"files": paths},
            )
        ]
    if merged.tree == tree_of(place, base):
        if work.needs:
            message = "All that the agent did there stands on lines that you have not committed; nothing else is left."
            return [Obstacle("nothing_to_merge", message, "Commit those lines, or have them committed with the merge.")]
        return [Obstacle("nothing_to_merge", "The branch has everything of this session already.", "")]
    return []


def _needs_unfinished(work: Work) -> Obstacle:
    paths = [visible(need.path) for need in work.needs]
    message = f"The agent's work needs lines of yours that are not committed, in {shown(paths)}."
    if Unfinished.COMMIT in work.choices:
        action = "Leave that work for later, or commit those lines first, in your name."
    else:
        action = (
            "You changed those lines since the agent got them; leave that work for later, or bring it into the editor."
        )
    return Obstacle("needs_unfinished", message, action, {"files": paths})


def shown(paths: Sequence[str]) -> str:
    return ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")


def about_identity(repository: Repository) -> list[Obstacle]:
    if repository.identity is not None:
        return []
    action = 'Run git config --global user.name "…" and git config --global user.email "…", then merge again.'
    message = "git does not know who you are, so no commit can be made in your name."
    return [Obstacle("no_identity", message, action)]


def about_base(
    repository: Repository, step: Step, work: Work, texts: Mapping[Path, str]
) -> tuple[tuple[str, ...], list[Obstacle]]:
    """Files with unfinished changes that go along, and what stands in the way; `texts` may not be in their files."""
    if work.is_asked:
        return (), []
    try:
        checkout = checkout_with(repository, step.ref)
        if checkout is None:
            return (), []
        carried, blocked = prepare(checkout, step)
        if blocked:
            raise dirty(checkout, blocked)
        paths = unsaved(checkout, step.move, texts)
    except MergeRefused as refused:
        return (), [Obstacle(refused.reason, refused.message, refused.action, refused.details)]
    return tuple(each.path for each in carried if step.carries), [_unsaved(paths)] if paths else []


def _unsaved(paths: Sequence[str]) -> Obstacle:
    names = [visible(path) for path in paths]
    return Obstacle(
        "unsaved_text",
        f"The merge would change files that you have unsaved text in: {shown(names)}.",
        "Nothing was changed. Save them, then merge again.",
        {"files": names},
    )
