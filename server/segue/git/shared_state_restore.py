"""Puts back what changed around an agent. Knows refs, stash, checkouts and files; decides nothing.

Only what still is as the agent's turn left it is touched: what changed again since is somebody's newer work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from segue.domain.errors import SegueError
from segue.domain.ids import visible
from segue.git.carried_changes import beside
from segue.git.checkouts import Checkout, checkouts
from segue.git.names import HEADS
from segue.git.pairing import check_out
from segue.git.refs import objects, try_change
from segue.git.run import CHECKOUT_TIMEOUT_S, Place, attempt, git
from segue.git.shared_state import REMOTES, STASH, File, Surroundings, look


def put_back(common_dir: Path, before: Surroundings, after: Surroundings) -> list[str]:
    """Make everything in either of them as it was before; returns what could not be put back, by name."""
    place, now = objects(common_dir), look(common_dir)
    left = [
        *_put_refs(place, now, before, after),
        *_put_heads(place, common_dir, now, before, after),
        *_put_files(now, before, after),
    ]
    known = {oid for oid, _ in now.stash}
    for oid, message in reversed(before.stash):
        if oid not in known:
            put = attempt(place, "update-ref", "--create-reflog", "-m", message, STASH, oid)
            left += [f"the stash entry “{visible(message)}”"] if put.status != 0 else []
    return left


def _put_refs(place: Place, now: Surroundings, before: Surroundings, after: Surroundings) -> Iterator[str]:
    used = set(
        git(place, "for-each-ref", "--format=%(if)%(worktreepath)%(then)%(refname)%(end)", HEADS).decode().split()
    )
    # Those that go first: a new branch `a/b` stands in the way of an old one `a`.
    for ref in sorted({*before.refs, *after.refs}, key=lambda ref: (ref in before.refs, ref)):
        old, new = before.refs.get(ref), after.refs.get(ref)
        if now.refs.get(ref) == old:
            continue
        is_free = now.refs.get(ref) == new and not (old is None and ref in used)
        is_free = is_free and not (ref.startswith(REMOTES) and ref.endswith("/HEAD"))
        line = (
            f"delete {ref} {new}"
            if old is None
            else f"create {ref} {old}"
            if new is None
            else f"update {ref} {old} {new}"
        )
        if not is_free or try_change(place, "segue: put back", [line]).status != 0:
            yield visible(ref)


def _put_heads(
    place: Place, common_dir: Path, now: Surroundings, before: Surroundings, after: Surroundings
) -> Iterator[str]:
    found = {str(checkout.git_dir): checkout for checkout in checkouts(place, common_dir)} if before.heads else {}
    for folder, old in before.heads.items():
        if now.heads.get(folder) == old:
            continue
        checkout = found.get(folder)
        if checkout is None or now.heads.get(folder) != after.heads.get(folder) or not _switch(checkout, old):
            yield f"what is checked out in {visible(str(checkout.path if checkout else folder))}"


def _switch(checkout: Checkout, head: str) -> bool:
    if not head.startswith("ref: "):
        words = ("switch", "--quiet", "--detach", head)
        return attempt(checkout.place, *words, timeout_s=CHECKOUT_TIMEOUT_S).status == 0
    try:
        check_out(checkout, head.removeprefix("ref: "))
    except SegueError:
        return False
    return True


def _put_files(now: Surroundings, before: Surroundings, after: Surroundings) -> Iterator[str]:
    for path in sorted({*before.files, *after.files}):
        old = before.files.get(path)
        if now.files.get(path) == old:
            continue
        if now.files.get(path) != after.files.get(path) or not _write(Path(path), old):
            yield visible(path)


def _write(path: Path, file: File | None) -> bool:
    """Whole or not at all; a link keeps leading where it does."""
    target = path.resolve()
    new = beside(target)
    try:
        if file is None:
            target.unlink()
            return True
        target.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(file.data)
        new.chmod(file.mode)
        new.replace(target)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        return False
    return True
