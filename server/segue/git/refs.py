"""Refs and commits by name. Knows compare-and-swap and transactions; knows nothing of worktrees and files."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from segue.domain.errors import GitFailed
from segue.domain.ids import visible
from segue.git.damaged_refs import drop_damaged
from segue.git.names import text
from segue.git.outcome import Result
from segue.git.run import Place, Running, attempt, git, pinned

ABORT_S = 10.0
"""How long git may take to let go of a ref."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit is by."""

    name: str
    email: str

    def variables(self) -> dict[str, str]:
        """For `Place.using`: author and committer alike."""
        return {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", self.name), ("EMAIL", self.email))
        }


SEGUE = Identity("Segue", "segue@localhost")
"""Whose the commits under `refs/segue/` are."""


def objects(common_dir: Path) -> Place:
    """A repository's objects and refs, without any working tree."""
    return pinned(common_dir, common_dir).using(**SEGUE.variables())


def resolve(place: Place, name: str) -> str | None:
    """The commit that a full ref, `HEAD` or an object id stands for; None where there is none."""
    found = attempt(place, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return found.stdout.decode().strip() if found.status == 0 else None


def resolve_all(place: Place, names: Sequence[str]) -> list[str]:
    """The commits of several names, as `resolve` finds them, without those that have none."""
    stdin = "".join(f"{name}^{{commit}}\n" for name in names).encode("utf-8", "surrogateescape")
    found = attempt(place, "cat-file", "--batch-check=%(objectname)", stdin=stdin)
    if found.status != 0:  # it stops at an object that is damaged
        return [commit for name in names if (commit := resolve(place, name)) is not None]
    return [line.decode() for line in found.stdout.splitlines() if not line.endswith(b" missing")]


def branch_commit(place: Place, ref: str) -> str | None:
    """The commit of the ref of exactly this name, whatever the file system thinks of upper and lower case.

    None where there is no such ref, and where it leads to nothing.
    """
    oid = listed(place, ref).get(ref)
    return resolve(place, oid) if oid is not None else None


def listed(place: Place, *prefixes: str) -> dict[str, str]:
    """Object ids by ref, for refs below (or equal to) the prefixes."""
    output = git(place, "for-each-ref", "--format=%(refname)%00%(objectname)", *prefixes)
    pairs = (line.split(b"\0") for line in output.splitlines())
    return {text(name): oid.decode() for name, oid in pairs}


def tree_of(place: Place, commit: str) -> str:
    """The tree of a commit."""
    return git(place, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}").decode().strip()


def parents_of(place: Place, commit: str) -> tuple[str, ...]:
    return tuple(git(place, "rev-list", "--parents", "-1", commit, "--").decode().split()[1:])


def committed_s(place: Place, commit: str) -> int:
    """When a commit was made, in seconds of Unix time."""
    return int(git(place, "show", "--no-patch", "--no-show-signature", "--format=%ct", commit))


def is_ancestor(place: Place, older: str, newer: str) -> bool:
    return attempt(place, "merge-base", "--is-ancestor", older, newer).status == 0


def commit_tree(place: Place, tree: str, parents: tuple[str, ...], message: str) -> str:
    """Make a commit by the identity that `place` carries; nothing is signed and no hook runs."""
    words = [word for parent in parents for word in ("-p", parent)]
    stdin = message.encode("utf-8", "replace")
    return git(place, "commit-tree", "--no-gpg-sign", *words, "-F", "-", tree, stdin=stdin).decode().strip()


def set_ref(place: Place, ref: str, commit: str, *, message: str = "segue") -> None:
    """Point a ref of Segue's own at a commit, whatever it was before."""
    words = ("update-ref", "--no-deref", "-m", message, ref, commit)
    if attempt(place, *words).status != 0:
        drop_damaged(place, ref)
        git(place, *words)


def set_refs(place: Place, commits_by_ref: Mapping[str, str], message: str) -> None:
    """Point refs of Segue's own at commits, all or none of them, whatever they were before; raises GitFailed."""
    try_change(place, message, [f"update {ref} {commit}" for ref, commit in commits_by_ref.items()]).require()


def create_ref(place: Place, ref: str, commit: str, message: str, earlier: Collection[str] = ()) -> None:
    """Make a ref. It may be damaged, or already lead to this commit, one of `earlier` tries, or a commit that is gone.

    So a step that makes refs can be repeated. Raises GitFailed: `ref_taken` where the ref leads to another commit.
    """
    if try_change(place, message, [f"create {ref} {commit}"]).status == 0:
        return
    before = listed(place, ref).get(ref)
    if before is None:
        drop_damaged(place, ref)
        try_change(place, message, [f"create {ref} {commit}"]).require()
    elif before not in (commit, *earlier) and resolve(place, before) is not None:
        raise GitFailed(
            "ref_taken",
            f"The ref {visible(ref)} already leads to another commit.",
            action="Nothing was changed. Try again.",
            details={"ref": ref, "commit": before},
        )
    elif before != commit:
        try_change(place, message, [f"update {ref} {commit} {before}"]).require()


def drop_refs(place: Place, *refs: str) -> None:
    """Delete refs of Segue's own wherever they lead, even to a commit that is gone; raises GitFailed."""
    found = listed(place, *refs)
    lines = [f"delete {ref} {found[ref]}" for ref in refs if ref in found]
    if lines:
        try_change(place, "segue: drop", lines).require()


def try_change(place: Place, message: str, lines: list[str]) -> Result:
    """Run a list of `update-ref --stdin` commands, all or none of them."""
    stdin = b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in lines)
    return attempt(place, "update-ref", "--no-deref", "-m", message, "--stdin", stdin=stdin)


class LockedRef:
    """A ref locked at `old`, so that nobody moves it until `commit`; leaving without it changes nothing.

    Used to change files and branch as one: between entering and `commit` only this process can move the ref.
    """

    def __init__(self, place: Place, ref: str, change: tuple[str, str], message: str) -> None:
        self._ref, (self._old, self._new) = ref, change
        self._running = Running(place, ("update-ref", "-m", message, "--stdin"))
        self.is_locked = False

    def __enter__(self) -> LockedRef:
        self._running.__enter__()
        update = f"start\nupdate {self._ref} {self._new} {self._old}\nprepare\n"
        self.is_locked = self._say(update, b"prepare: ok\n")
        return self

    def commit(self) -> bool:
        """Move the ref; False where that failed and it stands where it was."""
        return self._say("commit\n", b"commit: ok\n")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        process = self._running.process
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()  # without a commit, git takes this as an abort
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ABORT_S)
        self._running.__exit__(kind, error, tb)

    def _say(self, commands: str, answer: bytes) -> bool:
        process = self._running.process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(commands.encode("utf-8", "surrogateescape"))
            process.stdin.flush()
        except OSError:
            return False
        return any(line == answer for line in process.stdout)


def with_identity(place: Place, identity: Identity | None) -> Place:
    """The place with an identity for commits and reflogs; Segue's own where there is none."""
    variables: Mapping[str, str] = (identity or SEGUE).variables()
    return place.using(**variables)
