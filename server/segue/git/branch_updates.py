"""Moves a branch, and with it the files of the checkout that has it, as one. Knows refs and folders; knows no plan.

The branch is locked at its old commit, the files are brought along, and only then the branch moves; whatever refuses
leaves all as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import MergeRefused
from segue.domain.ids import visible
from segue.git import carried_changes, index_flags
from segue.git.carried_changes import Carried, Move
from segue.git.checkouts import Checkout, checkouts, dirty, in_the_way, move_files
from segue.git.names import HEADS, split, text
from segue.git.refs import LockedRef, branch_commit, objects, resolve
from segue.git.repository import Located
from segue.git.run import Place, git
from segue.git.trees import changed_paths


@dataclass(frozen=True, slots=True)
class Step:
    """A branch and the move of its files."""

    ref: str
    move: Move
    """From a commit to a commit."""
    record: str
    """The ref that leads back from what is carried along."""
    recorded: str = ""
    """What the merge had carried, for taking it back."""
    flags: str = ""
    """The ref that leads back from flags of the user's index."""
    carries: bool = False
    """Whether files with unfinished changes of the user's go along; else they stand in the way."""


def prepare(checkout: Checkout, step: Step) -> tuple[tuple[Carried, ...], tuple[str, ...]]:
    """What of the user's goes along, and what stands in the way."""
    if not step.carries:
        return carried_changes.unchanged(checkout, step.move, in_the_way(checkout, step.move.old, step.move.new))
    if step.recorded:
        return carried_changes.back(checkout, step.move, carried_changes.recorded(checkout, step.recorded))
    return carried_changes.forth(checkout, step.move)


def checkout_with(repository: Located, base_ref: str) -> Checkout | None:
    """The one checkout that has a branch; raises MergeRefused where its files cannot be brought along."""
    main_root = repository.root if repository.git_dir == repository.common_dir else None
    found = None
    for checkout in checkouts(repository.place, repository.common_dir, main_root):
        if base_ref not in (checkout.branch, checkout.rebased_branch):
            continue
        where = visible(str(checkout.path))
        if checkout.unfinished:
            raise MergeRefused(
                "operation_in_progress",
                f"A merge, rebase or the like is under way in {where}.",
                action="Nothing was changed. Finish or abort it there, then merge again.",
                details={"checkout": str(checkout.path), "operation": checkout.unfinished},
            )
        if found is not None or not (checkout.path / ".git").exists():
            raise MergeRefused(
                "checkout_unknown",
                f"The branch is checked out in more than one place, or where Segue cannot tell its files: {where}.",
                action="Nothing was changed. Switch one of them to another branch, then merge again.",
            )
        found = checkout
    return found


def advance(repository: Located, step: Step, message: str, place: Place) -> None:
    """Move branch and files, completely or not at all; raises MergeRefused or GitFailed."""
    checkout = checkout_with(repository, step.ref)
    carried: tuple[Carried, ...] = ()
    if checkout is not None:
        carried, blocked = prepare(checkout, step)
        if blocked:
            raise dirty(checkout, blocked)
        place = place.using(**checkout.place.variables)
    move = step.move
    with LockedRef(place, step.ref, (move.old, move.new), message) as locked:
        if not locked.is_locked:
            raise _not_locked(place, step.ref, move.old)
        if checkout is not None:
            flags = _flags(checkout, step, carried)
            if step.carries or carried:
                carried_changes.record(checkout, carried, step.record)
            carried_changes.go(checkout, move, carried)
            index_flags.put_back(checkout.place, flags)
        if not locked.commit():
            if checkout is not None:
                carried_changes.restore(checkout, move, carried)
                index_flags.put_back(checkout.place, flags)
            raise _not_locked(place, step.ref, move.old)


def _flags(checkout: Checkout, step: Step, carried: tuple[Carried, ...]) -> index_flags.Flags:
    """Flags that the move would lose, and those of entries that an earlier one took away; recorded first."""
    place = objects(checkout.common_dir)
    changed = changed_paths(place, step.move.old, step.move.new)
    paths = {*changed, *(each.path for each in carried)}
    now = index_flags.read(checkout.place, paths)
    earlier = index_flags.recorded(checkout.common_dir, resolve(place, step.flags))
    if not earlier:
        if now:
            index_flags.record(checkout.common_dir, now, step.flags)
        return now
    is_back = {path for path in paths if changed.get(path) == "A" or "intent-to-add" in earlier.get(path, ())}
    return {**{path: each for path, each in earlier.items() if path in is_back}, **now}


def _not_locked(place: Place, ref: str, expected: str) -> MergeRefused:
    name = visible(ref.removeprefix(HEADS))
    if branch_commit(place, ref) == expected:
        return MergeRefused(
            "branch_locked",
            f"Another git command holds the branch “{name}”.",
            action="Nothing was changed. Wait for it, then merge again.",
        )
    return MergeRefused(
        "base_moved", f"“{name}” moved while the merge was prepared.", action="Nothing was changed; plan again."
    )


def put_files_back(
    place: Place, common_dir: Path, change: tuple[str, str], records: tuple[str | None, str | None]
) -> None:
    """Where a checkout's files went ahead of a branch that never followed, bring them back to it.

    `records` are the commits that say what was carried along, and which flags there were.
    """
    (old, new), (record, flags) = change, records
    for checkout in checkouts(place, common_dir):
        if checkout.commit == old and (checkout.path / ".git").exists():
            carried = carried_changes.recorded(checkout, record) if record is not None else ()
            carried_changes.restore_carried(checkout, carried)
            held = carried_changes.held(checkout, (old, new), carried)
            changed = changed_paths(place, old, held).keys()
            if changed and not changed & _staged(checkout, held):
                move_files(checkout, held, old)
            index_flags.put_back(checkout.place, index_flags.recorded(common_dir, flags))


def _staged(checkout: Checkout, commit: str) -> set[str]:
    words = ("-z", "--name-only", "--ignore-submodules=dirty")
    return {text(path) for path in split(git(checkout.place, "diff-index", "--cached", *words, commit))}
