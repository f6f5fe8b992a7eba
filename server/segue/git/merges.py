"""Brings a session's work to a branch and takes it back. Knows plans, refs and their order; knows no journal.

A plan decides everything without changing anything; `branch_updates` then moves branch and files as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from segue.domain.errors import InputRefused, MergeRefused, SegueError
from segue.domain.ids import SessionId, visible
from segue.git.branch_updates import Step, advance, checkout_with, put_files_back
from segue.git.carried_changes import Move
from segue.git.checkouts import Checkout
from segue.git.dropped_commits import Dropped, dropped, note, started_from
from segue.git.earlier_merges import Previous, merge_work, previous_merge, work_parents_of
from segue.git.gc_protection import again, is_whole, lasting
from segue.git.leftovers import about_markers, about_worktree
from segue.git.merge_obstacles import Obstacle, about_base, about_identity, about_result
from segue.git.merge_refs import drop_ways_back, keep_ways_back, ways_back
from segue.git.merge_tree import Conflict, MergedTree
from segue.git.names import HEADS, OWN_BRANCHES, text
from segue.git.refs import (
    Identity,
    branch_commit,
    commit_tree,
    is_ancestor,
    listed,
    objects,
    parents_of,
    tree_of,
    with_identity,
)
from segue.git.repository import Located, Repository, RepositoryNote, identity_of, inspect, locate, resolve_base
from segue.git.run import Place, git
from segue.git.submodule_pointers import about_submodules
from segue.git.submodules import keep_pointed
from segue.git.uncommitted_lines import Sides, Unfinished, Work, resolve, ways
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
    began: str = ""
    """The commit of the base branch that the session began with."""
    unfinished: Unfinished = Unfinished.ASK
    confirmed: frozenset[str] = frozenset()
    """Reasons of obstacles that a person confirmed."""
    unsaved: Mapping[Path, str] = field(default_factory=dict)
    """Texts of the user's that may not be in their files."""


@dataclass(frozen=True, slots=True)
class MergePlan:
    """Everything that a merge would do, decided against the branch at `base_before`."""

    request: MergeRequest
    repository: Path
    common_dir: Path
    strategy: Strategy
    base_ref: str
    base_before: str
    tree: str
    """Of the merge commit; of no use where there are conflicts."""
    work: Work
    work_parents: tuple[str, ...]
    """What the session's own commit would follow; empty where it has committed everything itself."""
    head: str
    ahead: int
    """Commits of the session that the branch lacks, not counting the one that Segue would make."""
    behind: int
    """Commits of the branch that the session lacks."""
    identity: Identity | None
    obstacles: tuple[Obstacle, ...]
    notes: tuple[RepositoryNote, ...]
    carried: tuple[str, ...] = ()
    """Files that keep unfinished changes of the user's, with the merge below them."""
    dropped: Dropped = field(default_factory=Dropped)
    """What the session began with and the branch no longer has: no merge brings that back."""

    @property
    def session_id(self) -> SessionId:
        return self.request.worktree.session_id

    @property
    def result(self) -> str:
        return self.request.result

    @property
    def number(self) -> int:
        return self.request.number

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        return self.work.merged.conflicts


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
    before = _before(place, request, base.commit, head)
    work = again(lambda: worked_out(repository, base.ref or "", base.commit, before, request))
    gone, tips = before.dropped, [f"^{tip}" for tip in before.dropped.tips]
    behind, ahead = git(place, "rev-list", "--left-right", "--count", f"{base.commit}...{head}", *tips).split()
    move = Move(base.commit, work.first or base.commit, work.merged.tree)
    step = Step(base.ref, move, "", carries=request.since is not None)
    carried, in_way = about_base(repository, step, work, request.unsaved)
    found = (*about_result(place, base.commit, work), *in_way, *about_identity(repository))
    asked = _asked(place, request, base.commit, work)
    return MergePlan(
        request=request,
        repository=repository.root,
        common_dir=repository.common_dir,
        strategy=request.strategy if request.since is None and not gone.tips else Strategy.SQUASH,
        base_ref=base.ref,
        base_before=base.commit,
        tree=work.merged.tree,
        work=work,
        work_parents=work_parents_of(place, head, request.result, base.commit, before.previous),
        head=head,
        ahead=int(ahead),
        behind=int(behind),
        identity=repository.identity,
        obstacles=(*found, *(each for each in asked if each.reason not in request.confirmed)),
        notes=(
            *_notes(repository, gone, base.ref),
            *(_confirmed(each) for each in asked if each.reason in request.confirmed),
        ),
        carried=carried,
        dropped=gone,
    )


def _asked(place: Place, request: MergeRequest, base: str, work: Work) -> list[Obstacle]:
    """What only a person can decide about."""
    is_whole = not work.is_asked and not work.merged.conflicts
    if not is_whole:
        return about_worktree(request.worktree)
    markers = about_markers(place, base, work.merged.tree)
    return [*about_worktree(request.worktree), *markers, *about_submodules(request.worktree, base, work.merged.tree)]


def _confirmed(obstacle: Obstacle) -> RepositoryNote:
    return RepositoryNote(obstacle.reason, f"{obstacle.message} The files are merged as they are.")


def _notes(repository: Repository, gone: Dropped, base_ref: str) -> tuple[RepositoryNote, ...]:
    known = tuple(each for each in repository.notes if each.reason in {"signing", "hooks"})
    return (note(gone, base_ref.removeprefix(HEADS)), *known) if gone.tips else known


@dataclass(frozen=True, slots=True)
class Before:
    """What a merge goes on from."""

    head: str
    """Of the worktree."""
    previous: Previous | None
    """The merge before this one."""
    dropped: Dropped


def _before(place: Place, request: MergeRequest, base: str, head: str) -> Before:
    session_id = request.worktree.session_id
    gone = dropped(place, base, head, started_from(place, session_id, request.began))
    return Before(head, previous_merge(place, session_id, base), gone)


def worked_out(repository: Located, ref: str, commit: str, before: Before, request: MergeRequest) -> Work:
    """Merge in memory; `ref` is the base, `commit` where it is."""
    common_dir, since = repository.common_dir, request.since
    session = (before.head, request.result)
    merged = merge_work(common_dir, commit, session, since or before.previous, before.dropped.tips)
    if since is None or not merged.conflicts:
        return Work(merged)
    sides = Sides(common_dir, since, commit, request.result, request.began)
    found = ways(sides, merged.conflicts, _mine(repository, ref, request.unsaved))
    if found is None:
        return Work(merged)
    choice = request.unfinished if found.needs else Unfinished.LEAVE
    if choice not in found.choices:
        return Work(MergedTree(merged.tree, ()), found.needs, found.choices, is_asked=True)
    resolved = resolve(sides, merged, found, choice)
    rest = resolved.since if found.needs else None
    return Work(MergedTree(resolved.tree, ()), found.needs, found.choices, resolved.first, rest)


def _mine(repository: Located, ref: str, texts: Mapping[Path, str]) -> Callable[[str], bytes | None]:
    """What the user has in the files of the branch's checkout, saved or not."""
    try:
        checkout = checkout_with(repository, ref)
    except MergeRefused:
        checkout = None

    def read(path: str) -> bytes | None:
        if checkout is None:
            return None
        file = checkout.path / path
        if file in texts:
            return texts[file].encode("utf-8", "surrogatepass")
        return file.read_bytes() if file.is_file() and not file.is_symlink() else None

    return read


def apply(plan: MergePlan, message: str, first_message: str = "") -> Merged:
    """Merge as planned, completely or not at all; raises MergeRefused with the reason, InputRefused for a message.

    `first_message` is that of the commit in the user's name, where the plan has one.
    """
    for obstacle in plan.obstacles:
        raise MergeRefused(obstacle.reason, obstacle.message, action=obstacle.action, details=dict(obstacle.details))
    for each in (message, first_message) if plan.work.first is not None else (message,):
        if not each.strip() or "\0" in each:
            raise InputRefused("bad_message", "A merge needs a message, without NUL characters.", action="Write one.")
    place = with_identity(objects(plan.common_dir), plan.identity)
    keep_pointed(plan.request.worktree, plan.base_before, plan.tree)
    commit = _commit(place, plan, (message, first_message))
    merged = Merged(
        plan.session_id, plan.repository, plan.common_dir, plan.number, plan.base_ref, plan.base_before, commit
    )
    folder = ways_back(plan.session_id, plan.number)
    try:
        subject = visible(message.strip().splitlines()[0])[:80]
        move = Move(plan.base_before, plan.work.first or plan.base_before, commit)
        carries = plan.request.since is not None
        step = Step(plan.base_ref, move, f"{folder}/carried", flags=f"{folder}/flags", carries=carries)
        words = f"segue: {plan.strategy.value} {plan.session_id}: {subject}"
        advance(locate(plan.repository), step, words, place)
    except SegueError:
        drop_ways_back(place, folder)
        raise
    return merged


def _commit(place: Place, plan: MergePlan, messages: tuple[str, str]) -> str:
    """The merge's commit, under the refs that lead back; it is on no branch yet."""
    folder, work, result = ways_back(plan.session_id, plan.number), plan.work, plan.request.result

    def write() -> str:
        trees = [tree for tree in (plan.tree, work.first) if tree is not None]
        if not all(is_whole(place, tree, plan.base_before) for tree in trees):  # `git gc` ran since it was planned
            before = _before(place, plan.request, plan.base_before, plan.head)
            worked_out(locate(plan.repository), plan.base_ref, plan.base_before, before, plan.request)
        parent, refs = plan.base_before, {"before": plan.base_before}
        if work.first is not None:
            parent = refs["first"] = commit_tree(place, work.first, (parent,), messages[1])
        if plan.strategy is Strategy.SQUASH:
            refs["work"] = result
        elif plan.work_parents:
            refs["work"] = commit_tree(place, tree_of(place, result), plan.work_parents, messages[0])
        else:
            refs["work"] = plan.head
        parents = (parent,) if plan.strategy is Strategy.SQUASH else (parent, refs["work"])
        commit = refs["after"] = commit_tree(place, plan.tree, parents, messages[0])
        keep_ways_back(place, folder, refs)
        return commit

    def is_there(commit: str) -> bool:
        names = [commit, f"{folder}/work", *([f"{folder}/first"] if work.first is not None else [])]
        if all(is_whole(place, name, plan.base_before) for name in names):
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
    repository = locate(merged.repository)
    folder = ways_back(merged.session_id, merged.number)
    kept = listed(place, folder)
    carried, first = kept.get(f"{folder}/carried", ""), kept.get(f"{folder}/first", merged.base_before)
    move = Move(merged.base_after, first, merged.base_before)
    step = Step(merged.base_ref, move, f"{folder}/carried-back", carried, f"{folder}/flags", carries=bool(carried))
    words = f"segue: undo merge of {merged.session_id}"
    advance(repository, step, words, with_identity(place, identity_of(repository.place)))


def checkout_of(repository: Path, base_ref: str) -> Checkout | None:
    """The folder whose files a merge into a branch would change; raises MergeRefused where it cannot be done there."""
    return checkout_with(locate(repository), base_ref)


def finish_or_roll_back(common_dir: Path, session_id: SessionId, number: int) -> str | None:
    """Find out whether a merge that was cut short had happened: the commit that the branch has now, or None.

    A merge that had not is undone in the checkout that it had begun in; raises MergeRefused where that is impossible.
    """
    place = objects(common_dir)
    refs = listed(place, ways_back(session_id, number))
    before, after = (refs.get(f"{ways_back(session_id, number)}/{side}") for side in ("before", "after"))
    if before is None or after is None:
        drop_ways_back(place, ways_back(session_id, number))
        return None
    containing = git(place, "for-each-ref", "--format=%(refname)", f"--contains={after}", HEADS).splitlines()
    if any(not text(ref).startswith(OWN_BRANCHES) for ref in containing):
        return after
    folder = ways_back(session_id, number)
    put_files_back(place, common_dir, (before, after), (refs.get(f"{folder}/carried"), refs.get(f"{folder}/flags")))
    drop_ways_back(place, ways_back(session_id, number))
    return None


def finish_undo(merged: Merged) -> bool:
    """Whether an undo that was cut short had happened; where not, the files that it had moved are put back."""
    place = objects(merged.common_dir)
    tip = branch_commit(place, merged.base_ref)
    if tip is None or not is_ancestor(place, merged.base_after, tip):
        return True
    folder = ways_back(merged.session_id, merged.number)
    refs, change = listed(place, folder), (merged.base_after, merged.base_before)
    records = (refs.get(f"{folder}/carried-back"), refs.get(f"{folder}/flags"))
    put_files_back(place, merged.common_dir, change, records)
    return False
