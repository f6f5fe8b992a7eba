"""Finds sessions whose journal is lost, from their worktrees and refs. Knows what each left in git; changes nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import InputRefused, SegueError
from segue.domain.ids import SessionId, parse_session_id, session_branch
from segue.git import worktrees
from segue.git.damaged_refs import damaged_refs
from segue.git.names import text
from segue.git.refs import branch_commit, listed, objects, parents_of, resolve
from segue.git.repository import Repository, inspect
from segue.git.run import Place, git

_TRAILER = re.compile(r"^Segue-(Agent|Base): (.*)$", re.MULTILINE)
_NUMBERED = re.compile(r"(turns|archive|merges)/(\d+)(?:/(\w+))?")


@dataclass(frozen=True, slots=True)
class Label:
    """What a session's first checkpoint says of it."""

    title: str
    agent: str
    base_ref: str | None

    def body(self) -> str:
        """For the message of a checkpoint, below its first line."""
        lines = [self.title, "", f"Segue-Agent: {self.agent}"]
        return "\n".join([*lines, f"Segue-Base: {self.base_ref}"] if self.base_ref else lines)


@dataclass(frozen=True, slots=True)
class Turn:
    """The checkpoints of one turn, as commit and tree."""

    number: int
    before: tuple[str, str] | None
    after: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Found:
    """A session as far as git knows it."""

    session_id: SessionId
    repository: Repository
    path: Path
    label: Label
    base_commit: str
    turns: tuple[Turn, ...]
    archives: tuple[tuple[str, str], ...]
    """Ref and commit of each snapshot, the oldest first."""
    merges: int
    accepted: str | None
    """The person's own part of a session that was linked; its work is measured from there."""
    is_archived: bool


def find(folder: Path, known: Collection[SessionId], common_dirs: Iterable[Path] = ()) -> Iterator[Found]:
    """Sessions below the folder of worktrees that are not known; archived ones of those and of other repositories."""
    commons = _repositories(common_dirs)
    seen = set(known)
    for path in sorted(folder.glob("*/*")):
        session_id = _session_id(path.parent.name)
        repository = _repository(path) if session_id is not None and session_id not in seen else None
        if session_id is None or repository is None:
            continue
        commons[repository.common_dir] = repository
        with suppress(SegueError):
            worktrees.open_worktree(session_id, path, repository.common_dir)
            seen.add(session_id)
            yield _found(session_id, repository, path, is_archived=False)
    for repository in commons.values():
        for session_id in sorted(_with_snapshots(objects(repository.common_dir)) - seen):
            with suppress(SegueError):
                yield _found(session_id, repository, folder / session_id / repository.root.name, is_archived=True)


def _repositories(common_dirs: Iterable[Path]) -> dict[Path, Repository]:
    """Those that still are where they were."""
    found = {}
    for common_dir in common_dirs:
        with suppress(OSError, SegueError):
            if common_dir.is_dir():
                found[common_dir] = inspect(common_dir.parent)
    return {common_dir: repository for common_dir, repository in found.items() if repository.common_dir == common_dir}


def _session_id(name: str) -> SessionId | None:
    try:
        return parse_session_id(name)
    except InputRefused:
        return None


def _repository(path: Path) -> Repository | None:
    """The repository that a worktree says it belongs to, if that says so as well: an agent can write the worktree."""
    with suppress(OSError, SegueError):
        admin_dir = Path(text((path / ".git").read_bytes()).removeprefix("gitdir: ").rstrip("\n"))
        common_dir = admin_dir.parent.parent
        if worktrees.admin_dir_of(common_dir, path) == admin_dir:
            return inspect(common_dir.parent)
    return None


def _with_snapshots(place: Place) -> set[SessionId]:
    found = (_session_id(ref.split("/")[2]) for ref in listed(place, "refs/segue/") if "/archive/" in ref)
    return {session_id for session_id in found if session_id is not None}


def _found(session_id: SessionId, repository: Repository, path: Path, *, is_archived: bool) -> Found:
    place = objects(repository.common_dir)
    prefix = f"refs/segue/{session_id}/"
    numbered: dict[tuple[str, int, str], str] = {}
    damaged = damaged_refs(place, prefix)
    for ref, commit in listed(place, prefix).items():
        if ref not in damaged and (match := _NUMBERED.fullmatch(ref.removeprefix(prefix))):
            numbered[match[1], int(match[2]), match[3] or ""] = commit
    turns = sorted({number for kind, number, _ in numbered if kind == "turns"})
    archives = sorted(number for kind, number, side in numbered if kind == "archive" and not side)
    if is_archived and not archives:
        raise InputRefused("not_archived", "There is no snapshot of this session.")
    first = next((numbered[key] for key in (("turns", 1, "before"), ("archive", 1, "")) if key in numbered), None)
    base = next(iter(parents_of(place, first)), first) if first else branch_commit(place, session_branch(session_id))
    return Found(
        session_id=session_id,
        repository=repository,
        path=path,
        label=_label(place, session_id, first, repository),
        base_commit=base or repository.head.commit,
        turns=tuple(
            Turn(
                number,
                *(_commit_and_tree(place, numbered.get(("turns", number, side))) for side in ("before", "after")),
            )
            for number in turns
        ),
        archives=tuple((f"{prefix}archive/{number}", numbered["archive", number, ""]) for number in archives),
        accepted=resolve(place, f"{prefix}accepted"),
        merges=max((number for kind, number, _ in numbered if kind == "merges"), default=0),
        is_archived=is_archived,
    )


def _commit_and_tree(place: Place, commit: str | None) -> tuple[str, str] | None:
    if commit is None:
        return None
    return commit, git(place, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}").decode().strip()


def _label(place: Place, session_id: SessionId, commit: str | None, repository: Repository) -> Label:
    title, said = f"Session {session_id}", dict[str, str]()
    if commit is not None:
        message = git(place, "show", "--no-patch", "--no-show-signature", "--format=%B", commit).decode(
            "utf-8", "replace"
        )
        said = {name: value.strip() for name, value in _TRAILER.findall(message)}
        paragraphs = message.strip().split("\n\n")
        title = paragraphs[1].splitlines()[0] if said and len(paragraphs) > 1 else title
    base_ref = said.get("Base")
    if base_ref is None or resolve(place, base_ref) is None:
        base_ref = repository.head.branch or repository.default_branch
    return Label(title, said.get("Agent", "command"), base_ref)
