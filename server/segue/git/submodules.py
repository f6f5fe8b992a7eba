"""Submodules that are filled in a session's worktree. Knows where their commits are; keeps those that are only there.

An agent can write a submodule's git directory. So only names of refs are read there; its objects are looked at from the
project's repository, with the user's configuration, since git may fetch a missing one as the configuration says (S4).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from segue.domain.errors import GitFailed
from segue.domain.ids import SessionId
from segue.git.names import split, text
from segue.git.refs import listed, objects, set_ref, tree_of
from segue.git.run import CHECKOUT_TIMEOUT_S, Place, attempt, git, pinned
from segue.git.trees import Precious, add_everything, private_index
from segue.git.worktrees import Worktree

_POINTER = b"gitdir: "
_LINK = "160000"
_ASKED = ("refs/heads", "refs/remotes", "refs/tags")


@dataclass(frozen=True, slots=True)
class Submodule:
    """One with a git directory of its own; `path` is from the root of the worktree."""

    path: str
    folder: Path
    git_dir: Path

    @property
    def head(self) -> str | None:
        """The commit that is checked out, by its name alone."""
        found = attempt(pinned(self.git_dir, self.git_dir), "rev-parse", "--verify", "--quiet", "HEAD")
        return found.stdout.decode().strip() if found.status == 0 else None

    def refs(self, *prefixes: str) -> dict[str, str]:
        return listed(pinned(self.git_dir, self.git_dir), *prefixes)

    def seen_from(self, common_dir: Path) -> Place:
        """Another repository with the objects of this one."""
        return objects(common_dir).using(GIT_ALTERNATE_OBJECT_DIRECTORIES=str(self.git_dir / "objects"))

    def has_remotely(self, common_dir: Path, oid: str) -> bool:
        """Whether a remote is known to have a commit."""
        remote = self.refs("refs/remotes").values()
        found = attempt(self.seen_from(common_dir), "rev-list", "--max-count=1", oid, "--not", *dict.fromkeys(remote))
        return found.status == 0 and not found.stdout


def with_own_work(place: Place, tree: str, paths: tuple[str, ...], precious: Precious) -> tuple[str, ...]:
    """Those of these repositories inside a worktree that hold files which neither a commit nor a snapshot has."""
    return tuple(path for path in paths if not _is_link(place, tree, path) or not _is_clean(place, path, precious))


def keep_commits(worktree: Worktree, paths: tuple[str, ...]) -> None:
    """Copy the commits that exist only in these submodules, and those in them, to where they stay; raises GitFailed."""
    for path in paths:
        for module in _filled(worktree, path):
            tips = _only_there(worktree.common_dir, module)
            if tips:
                _copy(worktree.session_id, module, tips, _home(worktree, module))


def keep_pointed(worktree: Worktree, old: str, new: str) -> None:
    """The same for the submodules whose pointers differ between two trees."""
    keep_commits(worktree, tuple(link.path for link in moved_links(objects(worktree.common_dir), old, new)))


def is_known(worktree: Worktree, path: str, oid: str) -> bool:
    """Whether others can get a commit, or the user has it in a branch."""
    module = _module(worktree.path, path)
    if module is not None and module.has_remotely(worktree.common_dir, oid):
        return True
    home = _home(worktree, module) if module is not None else None
    return home is not None and home != worktree.common_dir and _contains(objects(home), oid, *_ASKED)


def _contains(place: Place, oid: str, *prefixes: str) -> bool:
    found = attempt(place, "for-each-ref", "--count=1", "--format=%(refname)", f"--contains={oid}", *prefixes)
    return found.status == 0 and bool(found.stdout)


@dataclass(frozen=True, slots=True)
class MovedLink:
    """A submodule that a tree has, and another one not so."""

    path: str
    old: str
    """Zeros where there was none."""
    new: str


def moved_links(place: Place, old: str, new: str) -> list[MovedLink]:
    """The submodules that differ between two trees; raises GitFailed."""
    fields = split(git(place, "diff-tree", "-r", "-z", "--raw", "--no-renames", old, new))
    facts = [(raw.decode().split(" "), text(path)) for raw, path in zip(fields[::2], fields[1::2], strict=True)]
    return [MovedLink(path, fact[2], fact[3]) for fact, path in facts if fact[1] == _LINK]


def moved_inside(worktree: Worktree, link: MovedLink) -> list[MovedLink]:
    """The filled submodules that differ in a filled one, with paths from the worktree's root."""
    module = _module(worktree.path, link.path)
    if module is None:
        return []
    place = module.seen_from(worktree.common_dir)
    empty = git(place, "hash-object", "-t", "tree", "--stdin").decode().strip()
    is_new = not link.old.strip("0") or attempt(place, "cat-file", "-e", link.old).status != 0
    with suppress(GitFailed):
        found = moved_links(place, empty if is_new else link.old, link.new)
        inside = [replace(each, path=f"{link.path}/{each.path}") for each in found]
        return [each for each in inside if _module(worktree.path, each.path) is not None]
    return []


def _is_link(place: Place, tree: str, path: str) -> bool:
    literal = place.using(GIT_LITERAL_PATHSPECS="1")
    return git(literal, "ls-tree", "--full-tree", tree, "--", path).startswith(_LINK.encode())


def _is_clean(place: Place, path: str, precious: Precious) -> bool:
    """Whether the commit that a submodule has checked out has all of its files, and what is staged there."""
    module = _module(place.directory, path)
    head = module.head if module is not None else None
    if module is None or head is None:
        return False
    seen = {"GIT_WORK_TREE": str(module.folder), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(module.git_dir / "objects")}
    inside = Place(module.folder, {**place.variables, **seen})
    with private_index(inside) as private:
        if attempt(private, "read-tree", head).status != 0:
            return False
        added = add_everything(private)
        written = git(private, "write-tree").decode().strip()
        words = ("-z", "--others", "--ignored", "--exclude-standard", "--directory")
        ignored = [text(name).rpartition("/")[2] for name in split(git(private, "ls-files", *words))]
    with private_index(inside, module.git_dir / "index") as staged:
        indexed = attempt(staged, "write-tree").stdout.decode().strip()
    has_precious = any(fnmatch(name, wanted) for name in ignored for wanted in precious.names)
    is_same = written == indexed == tree_of(inside, head)
    return is_same and not added.unread and not has_precious and not with_own_work(inside, head, added.nested, precious)


def _module(root: Path, path: str) -> Submodule | None:
    folder = root / path
    pointer = folder / ".git"
    if pointer.is_symlink():
        return None
    git_dir = pointer
    if pointer.is_file():
        content = pointer.read_bytes()
        if not content.startswith(_POINTER):
            return None
        git_dir = (folder / text(content.removeprefix(_POINTER).rstrip(b"\n"))).resolve()
    is_one = (git_dir / "HEAD").is_file() and (git_dir / "objects").is_dir()
    return Submodule(path, folder, git_dir) if is_one else None


def _filled(worktree: Worktree, path: str) -> Iterator[Submodule]:
    """A submodule, and those inside it."""
    module = _module(worktree.path, path)
    if module is None:
        return
    yield module
    place = module.seen_from(worktree.common_dir)
    for entry in split(attempt(place, "ls-tree", "-r", "-z", module.head or "").stdout):
        facts, _, name = entry.partition(b"\t")
        if facts.startswith(_LINK.encode()):
            yield from _filled(worktree, f"{path}/{text(name)}")


def _only_there(common_dir: Path, module: Submodule) -> list[str]:
    """The tips of a submodule that lead to commits which no remote is known to have."""
    refs = module.refs("refs/heads", "refs/tags", "refs/stash").values()
    tips = dict.fromkeys([*refs, *([module.head] if module.head is not None else [])])
    return [tip for tip in tips if not module.has_remotely(common_dir, tip)]


def _home(worktree: Worktree, module: Submodule) -> Path:
    """The user's own repository of a submodule; the one of the project where they have none."""
    if module.git_dir.is_relative_to(worktree.admin_dir):
        home = worktree.common_dir / module.git_dir.relative_to(worktree.admin_dir)
        if (home / "HEAD").is_file():
            return home
    return worktree.common_dir


def _copy(session_id: SessionId, module: Submodule, tips: list[str], home: Path) -> None:
    place = objects(home)
    both = module.seen_from(home)
    known = dict.fromkeys(listed(place, "refs").values())
    wanted = "".join(f"{line}\n" for line in (*tips, *(f"^{oid}" for oid in known)))
    packed = git(both, "pack-objects", "--revs", "--stdout", "-q", stdin=wanted.encode(), timeout_s=CHECKOUT_TIMEOUT_S)
    git(place, "index-pack", "--stdin", stdin=packed, timeout_s=CHECKOUT_TIMEOUT_S)
    for tip in tips:
        set_ref(place, f"refs/segue/{session_id}/submodules/{tip}", tip, message="segue: keep")
