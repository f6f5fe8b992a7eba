"""Brings a session's work to a branch and takes it back. Knows plans, refs and their order; knows no journal.

A plan decides everything without changing anything. To apply it, the branch is locked at its old commit, the files of
the checkout that has it are brought along, and only then the branch moves; whatever refuses leaves all as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from segue.domain.errors import InputRefused, MergeRefused, SegueError
from segue.domain.ids import SessionId, visible
from segue.git.checkouts import Checkout, checkouts, dirty, in_the_way, move_files
from segue.git.earlier_merges import merge_work, previous_merge, work_parents_of
from segue.git.lasting import again, is_whole, lasting
from segue.git.merge_tree import Conflict, MergedTree
from segue.git.names import HEADS, OWN_BRANCHES, split, text
from segue.git.refs import (
    Identity,
    LockedRef,
    branch_commit,
    commit_tree,
    is_ancestor,
    listed,
    objects,
    parents_of,
    tree_of,
    with_identity,
)
from segue.git.repository import Repository, RepositoryNote, inspect, resolve_base
from segue.git.run import Place, git
from segue.git.trees import changed_paths
from segue.git.ways_back import drop_ways_back, keep_ways_back, ways_back
from segue.git.worktrees import Worktree


class Strategy(StrEnum):
    MERGE = "merge"
    """A merge commit: the session's own commits stay visible."""
    SQUASH = "squash"
    """One ordinary commit with everything."""


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """What to merge where. `base` is a branch, short or full; `result` a checkpoint's commit."""

    worktree: Worktree
    repository: Path
    base: str
    result: str
    strategy: Strategy
    number: int
    """Of this merge within its session; names the refs that lead back."""
    since: str | None = None
    """Only what the result has beyond this commit is merged, as one commit: the user's own work is in both."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a plan cannot be applied as things stand; a MergeRefused that nobody has raised yet."""

    reason: str
    message: str
    action: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MergePlan:
    """Everything that a merge would do, decided against the branch at `base_before`."""

    session_id: SessionId
    repository: Path
    common_dir: Path
    number: int
    strategy: Strategy
    base_ref: str
    base_before: str
    result: str
    tree: str
    """Of the merge commit; of no use where there are conflicts."""
    work_parents: tuple[str, ...]
    """What the session's own commit would follow; empty where it has committed everything itself."""
    head: str
    ahead: int
    """Commits of the session that the branch lacks, not counting the one that Segue would make."""
    behind: int
    """Commits of the branch that the session lacks."""
    identity: Identity | None
    conflicts: tuple[Conflict, ...]
    obstacles: tuple[Obstacle, ...]
    notes: tuple[RepositoryNote, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that was made; all that `undo` needs."""

    session_id: SessionId
    repository: Path
    common_dir: Path
    number: int
    base_ref: str
    base_before: str
    base_after: str


def plan(request: MergeRequest) -> MergePlan:
    """Say what a merge would do; nothing but objects is written.

    Raises RepositoryUnusable, InputRefused or MergeRefused("unrelated_histories").
    """
    repository = inspect(request.repository)
    base = resolve_base(repository, request.base)
    if base.ref is None:
        raise InputRefused(
            "no_base_branch", "No branch is checked out to merge into.", action="Name the branch to merge into."
        )
    place = objects(repository.common_dir)
    head = next(iter(parents_of(place, request.result)), request.result)
    previous = previous_merge(place, request.worktree.session_id, base.commit)
    merged = again(
        lambda: merge_work(repository.common_dir, base.commit, (head, request.result), request.since or previous)
    )
    behind, ahead = git(place, "rev-list", "--left-right", "--count", f"{base.commit}...{head}").split()
    obstacles = (
        *_about_result(place, base.commit, merged),
        *_about_base(repository, base.ref, (base.commit, merged.tree)),
        *_about_identity(repository),
    )
    return MergePlan(
        session_id=request.worktree.session_id,
        repository=repository.root,
        common_dir=repository.common_dir,
        number=request.number,
        strategy=request.strategy if request.since is None else Strategy.SQUASH,
        base_ref=base.ref,
        base_before=base.commit,
        result=request.result,
        tree=merged.tree,
        work_parents=work_parents_of(place, (head, request.result), base.commit, previous),
        head=head,
        ahead=int(ahead),
        behind=int(behind),
        identity=repository.identity,
        conflicts=merged.conflicts,
        obstacles=obstacles,
        notes=tuple(note for note in repository.notes if note.reason in {"signing", "hooks"}),
    )


def apply(plan: MergePlan, message: str) -> Merged:
    """Merge as planned, completely or not at all; raises MergeRefused with the reason, InputRefused for the message."""
    for obstacle in plan.obstacles:
        raise MergeRefused(obstacle.reason, obstacle.message, action=obstacle.action, details=dict(obstacle.details))
    if not message.strip() or "\0" in message:
        raise InputRefused("bad_message", "A merge needs a message, without NUL characters.", action="Write one.")
    place = with_identity(objects(plan.common_dir), plan.identity)
    commit = _commit(place, plan, message)
    merged = Merged(
        plan.session_id, plan.repository, plan.common_dir, plan.number, plan.base_ref, plan.base_before, commit
    )
    try:
        subject = visible(message.strip().splitlines()[0])[:80]
        _advance(
            merged, (plan.base_before, commit), f"segue: {plan.strategy.value} {plan.session_id}: {subject}", place
        )
    except SegueError:
        drop_ways_back(place, ways_back(plan.session_id, plan.number))
        raise
    return merged


def _commit(place: Place, plan: MergePlan, message: str) -> str:
    """The merge's commit, under the refs that lead back; it is on no branch yet."""
    folder = ways_back(plan.session_id, plan.number)

    def write() -> str:
        if not is_whole(place, plan.tree, plan.base_before):  # `git gc` ran since it was planned
            previous = previous_merge(place, plan.session_id, plan.base_before)
            merge_work(plan.common_dir, plan.base_before, (plan.head, plan.result), previous)
        work = plan.head
        if plan.strategy is Strategy.SQUASH:
            work = plan.result
        elif plan.work_parents:
            work = commit_tree(place, tree_of(place, plan.result), plan.work_parents, message)
        parents = (plan.base_before,) if plan.strategy is Strategy.SQUASH else (plan.base_before, work)
        commit = commit_tree(place, plan.tree, parents, message)
        keep_ways_back(place, folder, {"before": plan.base_before, "after": commit, "work": work})
        return commit

    def is_there(commit: str) -> bool:
        if is_whole(place, commit, plan.base_before) and is_whole(place, f"{folder}/work", plan.base_before):
            return True
        drop_ways_back(place, folder)
        return False

    return lasting(plan.common_dir, write, is_there)


def undo(merged: Merged) -> None:
    """Put the branch back to before a merge; its commit stays under the merge's refs.

    Raises MergeRefused: `base_moved_on`, `already_pushed`, or what stands in the way in a checkout.
    """
    place = objects(merged.common_dir)
    name = visible(merged.base_ref.removeprefix(HEADS))
    if branch_commit(place, merged.base_ref) != merged.base_after:
        raise MergeRefused(
            "base_moved_on",
            f"“{name}” has moved on since the merge, so it cannot be put back without losing that.",
            action=f"Revert the merge instead: git revert {merged.base_after[:12]}",
        )
    if git(
        place, "for-each-ref", "--count=1", "--format=%(refname)", f"--contains={merged.base_after}", "refs/remotes"
    ):
        raise MergeRefused(
            "already_pushed",
            f"The merge into “{name}” was pushed already, so taking it back here would part you from the remote.",
            action=f"Revert the merge instead: git revert {merged.base_after[:12]}",
        )
    identity = inspect(merged.repository).identity
    reason = f"segue: undo merge of {merged.session_id}"
    _advance(merged, (merged.base_after, merged.base_before), reason, with_identity(place, identity))


def checkout_of(repository: Path, base_ref: str) -> Checkout | None:
    """The folder whose files a merge into a branch would change; raises MergeRefused where it cannot be done there."""
    return _checkout_of(inspect(repository), base_ref)


def finish_or_roll_back(common_dir: Path, session_id: SessionId, number: int) -> str | None:
    """Find out whether a merge that was cut short had happened: the commit that the branch has now, or None.

    A merge that had not is undone in the checkout that it had begun in; raises MergeRefused where that is impossible.
    """
    place = objects(common_dir)
    refs = listed(place, ways_back(session_id, number))
    before, after = (refs.get(f"{ways_back(session_id, number)}/{side}") for side in ("before", "after"))
    if before is None or after is None:
        return None
    containing = git(place, "for-each-ref", "--format=%(refname)", f"--contains={after}", HEADS).splitlines()
    if any(not text(ref).startswith(OWN_BRANCHES) for ref in containing):
        return after
    _put_files_back(place, common_dir, (before, after))
    drop_ways_back(place, ways_back(session_id, number))
    return None


def finish_undo(merged: Merged) -> bool:
    """Whether an undo that was cut short had happened; where not, the files that it had moved are put back."""
    place = objects(merged.common_dir)
    tip = branch_commit(place, merged.base_ref)
    if tip is None or not is_ancestor(place, merged.base_after, tip):
        return True
    _put_files_back(place, merged.common_dir, (merged.base_after, merged.base_before))
    return False


def _put_files_back(place: Place, common_dir: Path, change: tuple[str, str]) -> None:
    """Where a checkout's files went ahead of a branch that never followed, bring them back to it."""
    old, new = change
    changed = changed_paths(place, old, new).keys()
    for checkout in checkouts(place, common_dir):
        is_known = (checkout.path / ".git").exists()
        if is_known and checkout.commit == old and changed and not changed & _staged(checkout, new):
            move_files(checkout, new, old)


def _about_result(place: Place, base: str, merged: MergedTree) -> list[Obstacle]:
    if merged.conflicts:
        paths = [visible(conflict.path) for conflict in merged.conflicts]
        shown = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
        return [
            Obstacle(
                "conflicts",
                f"The branch and the session changed the same things in {shown}.",
                "Nothing was changed. Ask the agent to merge the branch into its work, then merge again.",
                {"files": paths},
            )
        ]
    if merged.tree == tree_of(place, base):
        return [Obstacle("nothing_to_merge", "The branch has everything of this session already.", "")]
    return []


def _about_identity(repository: Repository) -> list[Obstacle]:
    if repository.identity is not None:
        return []
    action = 'Run git config --global user.name "…" and git config --global user.email "…", then merge again.'
    message = "git does not know who you are, so no commit can be made in your name."
    return [Obstacle("no_identity", message, action)]


def _about_base(repository: Repository, base_ref: str, change: tuple[str, str]) -> list[Obstacle]:
    try:
        checkout = _checkout_of(repository, base_ref)
        if checkout is not None:
            blocked = in_the_way(checkout, *change)
            if blocked:
                raise dirty(checkout, blocked)
    except MergeRefused as refused:
        return [Obstacle(refused.reason, refused.message, refused.action, refused.details)]
    return []


def _checkout_of(repository: Repository, base_ref: str) -> Checkout | None:
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


def _advance(merged: Merged, change: tuple[str, str], message: str, place: Place) -> None:
    repository = inspect(merged.repository)
    checkout = _checkout_of(repository, merged.base_ref)
    if checkout is not None:
        blocked = in_the_way(checkout, *change)
        if blocked:
            raise dirty(checkout, blocked)
        place = place.using(**checkout.place.variables)
    with LockedRef(place, merged.base_ref, change, message) as locked:
        if not locked.is_locked:
            raise _not_locked(place, merged.base_ref, change[0])
        if checkout is not None:
            move_files(checkout, *change)
        if not locked.commit():
            if checkout is not None:
                move_files(checkout, *reversed(change))
            raise _not_locked(place, merged.base_ref, change[0])


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


def _staged(checkout: Checkout, commit: str) -> set[str]:
    words = ("-z", "--name-only", "--ignore-submodules=dirty")
    return {text(path) for path in split(git(checkout.place, "diff-index", "--cached", *words, commit))}
