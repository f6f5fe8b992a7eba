"""A user's repository as it stands. Knows shapes, branches and identity; changes nothing, says what rules work out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from segue.domain.errors import RepositoryUnusable
from segue.domain.ids import visible
from segue.git import packed_refs
from segue.git.damaged_refs import damaged_refs
from segue.git.diagnosis import why_unusable
from segue.git.git_config import Settings, read_settings
from segue.git.names import HEADS, OWN_BRANCHES, branch_ref, text
from segue.git.refs import Identity, branch_commit, listed, resolve
from segue.git.repository_notes import RepositoryNote, Shape, repository_notes
from segue.git.run import Place, attempt, git_version, pinned, steady, undiscovered

__all__ = [
    "Base",
    "Branch",
    "Head",
    "Identity",
    "Located",
    "Repository",
    "RepositoryNote",
    "git_version",
    "identity_of",
    "inspect",
    "locate",
    "resolve_base",
]


REFS_AT_ONCE = 200
"""Refs on one command line."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is checked out."""

    branch: str | None
    """Full ref; None when detached."""
    commit: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A local branch."""

    name: str
    ref: str
    oid: str
    checked_out_at: str | None
    """Folder of the worktree that has it checked out."""
    committed_s: int
    """When its last commit was made, in seconds of Unix time."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where work starts and, if there is a branch, where it is merged to."""

    ref: str | None
    commit: str


@dataclass(frozen=True, slots=True)
class Located:
    """Where a repository that can be worked on is, seen from the worktree that contains the folder that was opened."""

    root: Path
    git_dir: Path
    common_dir: Path
    subfolder: str
    """The opened folder inside `root`, without a slash at its end; empty for the root itself."""
    head: Head

    @property
    def place(self) -> Place:
        return pinned(self.git_dir, self.common_dir, self.root)


@dataclass(frozen=True, slots=True)
class Repository(Located):
    """A repository with all that a user is shown of it."""

    branches: tuple[Branch, ...]
    """Local branches, the newest first; without those of Segue's sessions."""
    default_branch: str | None
    """Full ref of the branch to offer first."""
    identity: Identity | None
    """As git would use it; None where git would have to invent one."""
    notes: tuple[RepositoryNote, ...]


def locate(path: Path) -> Located:
    """Find the repository that contains a folder, for work that was begun in it; raises as `inspect`.

    Takes one short git command; `inspect` takes about five.
    """
    if not path.is_dir():
        raise _missing_folder(path)
    found, subfolder, head = _discover(path)
    head = head or _head(pinned(found.git_dir, found.common_dir, found.root), found.root)
    return Located(found.root, found.git_dir, found.common_dir, subfolder, head)


def inspect(path: Path) -> Repository:
    """Look at the repository that contains a folder.

    Raises RepositoryUnusable with reason path_missing, not_a_repository, bare, no_commits, unsafe_owner, git_missing or
    git_too_old. Takes about five short git commands; changes nothing.
    """
    if not path.is_dir():
        raise _missing_folder(path)
    git_version()
    found, subfolder, head = _discover(path)
    place = pinned(found.git_dir, found.common_dir, found.root)
    head = head or _head(place, found.root)
    settings = read_settings(place)
    branches, damaged = _branches(place)
    identity = identity_of(place)
    shape = replace(found, is_detached=head.branch is None, has_identity=identity is not None, damaged=damaged)
    return Repository(
        root=shape.root,
        git_dir=shape.git_dir,
        common_dir=shape.common_dir,
        subfolder=subfolder,
        head=head,
        branches=branches,
        default_branch=_default_branch(place, head, branches, settings),
        identity=identity,
        notes=repository_notes(place, shape, settings),
    )


def common_dir_of(path: Path) -> Path:
    """The git directory that all worktrees of a folder's repository share. Raises RepositoryUnusable as `inspect`."""
    if not path.is_dir():
        raise _missing_folder(path)
    return _discover(path)[0].common_dir


def resolve_base(repository: Located, name: str | None) -> Base:
    """The commit to start from. `name` is a branch, short or full; None or `HEAD` means what is checked out.

    Raises InputRefused("bad_branch_name" | "own_branch") or RepositoryUnusable("base_branch_gone").
    """
    if name is None or name == "HEAD":
        return Base(repository.head.branch, repository.head.commit)
    ref = branch_ref(name)
    commit = branch_commit(repository.place, ref)
    if commit is None:
        raise RepositoryUnusable(
            "base_branch_gone",
            f"There is no branch “{visible(ref.removeprefix(HEADS))}” in {visible(str(repository.root))}.",
            action="Pick one of its local branches; a branch of a remote has to be checked out once first.",
        )
    return Base(ref, commit)


def identity_of(place: Place) -> Identity | None:
    """The configured author; None where name or e-mail would have to be invented from the machine."""
    found = attempt(place, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT")
    name, bracket, rest = text(found.stdout).rpartition(" <")
    email = rest.partition(">")[0]
    return Identity(name, email) if found.status == 0 and bracket and name and email else None


def _missing_folder(path: Path) -> RepositoryUnusable:
    message = f"The folder {visible(str(path))} does not exist."
    return RepositoryUnusable("path_missing", message, action="Open a folder that exists.")


def _discover(path: Path) -> tuple[Shape, str, Head | None]:
    """The repository, the folder inside it, and what is checked out where git can say that in the same breath."""
    asked = ("--is-inside-work-tree", "--is-shallow-repository", "--show-object-format")
    paths = ("--path-format=absolute", "--git-dir", "--git-common-dir", "--show-toplevel", "--show-prefix")
    words = ("rev-parse", *asked, *paths)
    found = attempt(undiscovered(path), *words, "HEAD^{commit}", "--symbolic-full-name", "HEAD")
    lines = text(found.stdout).split("\n")[:-1]
    head = None
    if found.status == 0 and len(lines) == 9:
        *lines, commit, name = lines
        head = Head(name if name != "HEAD" else None, commit)
    else:
        found = attempt(undiscovered(path), *words)
        lines = text(found.stdout).split("\n")[:-1]
    if found.status != 0 or lines[0] != "true":
        raise why_unusable(path)
    if len(lines) != 7:
        raise RepositoryUnusable(
            "odd_path",
            f"The path {visible(str(path))} has a line break in it, which git cannot report reliably.",
            action="Rename that folder.",
        )
    _, is_shallow, object_format, git_dir, common_dir, root, prefix = lines
    shape = Shape(
        root=Path(root),
        git_dir=Path(git_dir),
        common_dir=Path(common_dir),
        is_shallow=is_shallow == "true",
        is_sha256=object_format != "sha1",
    )
    return shape, prefix.rstrip("/"), head


def _head(place: Place, root: Path) -> Head:
    symbolic = attempt(place, "symbolic-ref", "--quiet", "HEAD")
    branch = text(symbolic.stdout).rstrip("\n") if symbolic.status == 0 else None
    commit = resolve(place, "HEAD")
    if commit is None:
        _refuse_damaged(place)
        raise RepositoryUnusable(
            "no_commits",
            f"The branch that is checked out in {visible(str(root))} has no commits yet.",
            action="Make a first commit, or switch to a branch that has some.",
        )
    return Head(branch, commit)


def _refuse_damaged(place: Place) -> None:
    """Where git cannot tell the commit since a ref is damaged, say which."""
    common_dir = Path(place.variables["GIT_COMMON_DIR"])
    if packed_refs.damaged_line(packed := common_dir / "packed-refs"):
        message, action = packed_refs.sentences(packed)
        raise RepositoryUnusable("refs_damaged", message, action=action)
    head = Path(place.variables["GIT_DIR"], "HEAD").read_bytes()
    branch = text(head).removeprefix("ref: ").rstrip()
    if branch in damaged_refs(place, HEADS):
        raise RepositoryUnusable(
            "refs_damaged",
            f"The branch “{visible(branch.removeprefix(HEADS))}” is checked out and damaged: it leads to no commit.",
            action="See `git fsck` and `git reflog`; then `git update-ref` points it at the right commit again.",
        )


def _branches(place: Place) -> tuple[tuple[Branch, ...], tuple[str, ...]]:
    """The branches, and which of all could not be read; those of sessions may be among these."""
    fields = ("%(refname)", "%(objectname)", "%(committerdate:unix)", "%(worktreepath)")
    words = ("for-each-ref", "--sort=-committerdate", f"--format={'%00'.join(fields)}%00")
    found = attempt(place, *words, HEADS)
    damaged = damaged_refs(place, HEADS) if found.status != 0 or found.stderr else ()
    if found.status == 0:
        return _parsed(found.stdout), damaged
    if not damaged:
        return _parsed(steady(place, *words, HEADS)), ()
    sound = sorted(set(listed(place, HEADS)) - set(damaged))
    chunks = [sound[start : start + REFS_AT_ONCE] for start in range(0, len(sound), REFS_AT_ONCE)]
    branches = [branch for chunk in chunks for branch in _parsed(steady(place, *words, *chunk))]
    return tuple(sorted(branches, key=lambda branch: -branch.committed_s)), damaged


def _parsed(output: bytes) -> tuple[Branch, ...]:
    parts = output.split(b"\0")[:-1]
    rows = zip(parts[::4], parts[1::4], parts[2::4], parts[3::4], strict=True)
    found = []
    for name, oid, committed, folder in rows:
        ref = text(name.removeprefix(b"\n"))
        if not ref.startswith(OWN_BRANCHES):
            where = text(folder) or None
            found.append(Branch(ref.removeprefix(HEADS), ref, oid.decode(), where, int(committed or 0)))
    return tuple(found)


def _default_branch(place: Place, head: Head, branches: tuple[Branch, ...], settings: Settings) -> str | None:
    refs = [branch.ref for branch in branches]
    if head.branch in refs:
        return head.branch
    remote = attempt(place, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    candidates = [
        HEADS + text(remote.stdout).rstrip("\n").removeprefix("refs/remotes/origin/"),
        HEADS + (settings.get("init.defaultbranch") or "main"),
        HEADS + "main",
        HEADS + "master",
    ]
    return next((ref for ref in candidates if ref in refs), refs[0] if refs else None)
