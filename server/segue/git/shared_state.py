"""What a repository shares with every worktree: branches, tags, stash, configuration, hooks. Knows how it is recorded.

An agent works in its own worktree, but git lets it change all of this from there. What is recorded before a turn can
be compared with what is there afterwards, and put back.
"""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from segue.domain.errors import GitFailed
from segue.git.configured_programs import Configured, expanded, read_configured
from segue.git.names import OWN_BRANCHES, text
from segue.git.refs import commit_tree, listed, objects, resolve_all, set_ref
from segue.git.run import Place, attempt, git

OWN = ("refs/segue/", OWN_BRANCHES, "refs/prefetch/", "refs/bisect/", "refs/worktree/", "refs/rewritten/")
"""Refs that are Segue's, or no business of anybody else's."""
STASH = "refs/stash"
REMOTES = "refs/remotes/"
FILE_LIMIT = 1024 * 1024
"""Bytes of a file that is recorded."""
TIPS_LIMIT = 100
"""Commits that are held so that no housekeeping takes them."""
_INFO = ("info/attributes", "info/exclude", "info/grafts", "info/sparse-checkout", "objects/info/alternates")
_CONFIG = ("config", "config.worktree")
_FILE = "surroundings.json"


@dataclass(frozen=True, slots=True)
class File:
    mode: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Surroundings:
    """As they were at one moment, or a part of them."""

    refs: Mapping[str, str] = field(default_factory=dict)
    stash: tuple[tuple[str, str], ...] = ()
    """Commit and message of each entry, the newest first."""
    heads: Mapping[str, str] = field(default_factory=dict)
    """What is checked out, by the folder of git's that says so; sessions' worktrees are left out."""
    files: Mapping[str, File] = field(default_factory=dict)
    """Configuration, hooks and the like, by absolute path."""


def look(common_dir: Path) -> Surroundings:
    """Everything as it is now; reads only."""
    place = objects(common_dir)
    refs = {name: oid for name, oid in listed(place, "refs").items() if not name.startswith(OWN)}
    stash = tuple(stash_entries(common_dir, refs.pop(STASH, None)))
    heads = {
        str(folder): (folder / "HEAD").read_text(errors="surrogateescape").strip() for folder in admin_dirs(common_dir)
    }
    configured = _configured(place)
    paths = dict.fromkeys([*_config_files(configured, common_dir), *_other_files(configured, common_dir)])
    files = {str(path): found for path in paths if (found := _file(path)) is not None}
    return Surroundings(refs, stash, heads, files)


def admin_dirs(common_dir: Path) -> list[Path]:
    """git's folders of the user's checkouts: the main one and other worktrees that are no session's."""
    others = sorted(folder for folder in (common_dir / "worktrees").glob("*") if (folder / "HEAD").is_file())
    return [*([common_dir] if (common_dir / "HEAD").is_file() else []), *(o for o in others if not _is_session(o))]


def _is_session(folder: Path) -> bool:
    locked = folder / "locked"
    return locked.is_file() and locked.read_bytes().startswith(b"in use by Segue session")


def stash_entries(common_dir: Path, newest: str | None) -> Iterator[tuple[str, str]]:
    """Commits of the stash with their messages, the newest first, which `refs/stash` names."""
    if newest is None:
        return
    log = common_dir / "logs" / STASH
    lines = log.read_bytes().splitlines() if log.is_file() else []
    for line in reversed(lines):
        facts, _, message = line.partition(b"\t")
        yield facts.split(b" ")[1].decode(), text(message)
    if not lines:
        yield newest, "stash"


def _configured(place: Place) -> Configured:
    try:
        return read_configured(place)
    except GitFailed:  # its own files are recorded all the same
        return Configured((), ())


def _config_files(configured: Configured, common_dir: Path) -> list[Path]:
    """The user's and the repository's own, with what they include; the system's is left out."""
    own = [common_dir / name for name in _CONFIG]
    named = (setting.file for setting in configured.settings if setting.scope != "system")
    return [*own, *(file for file in named if file is not None)]


def _other_files(configured: Configured, common_dir: Path) -> list[Path]:
    hooks = [common_dir / "hooks"]
    values = [expanded(setting.value) for setting in configured.settings if setting.key == "core.hookspath"]
    hooks += [value for value in values if value.is_absolute() and value.is_dir()]
    files = [file for folder in hooks if folder.is_dir() for file in sorted(folder.iterdir())[:TIPS_LIMIT]]
    return [*(common_dir / name for name in _INFO), *(file for file in files if file.suffix != ".sample")]


def _file(path: Path) -> File | None:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > FILE_LIMIT:
            return None
        return File(stat.S_IMODE(found.st_mode), path.read_bytes())
    except OSError:
        return None


def keep(common_dir: Path, found: Surroundings, ref: str, more: tuple[str, ...] = ()) -> str:
    """Record them under a ref, and hold what a deletion could lose, and `more` commits; returns the commit."""
    place = objects(common_dir)
    blob = git(place, "hash-object", "-w", "--stdin", stdin=_written(found)).decode().strip()
    tree = git(place, "mktree", stdin=f"100644 blob {blob}\t{_FILE}\n".encode()).decode().strip()
    tips = [*more, *(oid for oid, _ in found.stash), *_loose_tips(place, found)]
    held = tuple(dict.fromkeys(resolve_all(place, tips)))[:TIPS_LIMIT]
    commit = commit_tree(place, tree, held, "What is shared with the worktree")
    set_ref(place, ref, commit, message="segue: surroundings")
    return commit


def _loose_tips(place: Place, found: Surroundings) -> list[str]:
    """What is checked out, and commits of branches and the like that are not in it."""
    words = ("--no-merged=HEAD", "--format=%(refname)%00%(objectname)%00%(objecttype)", f"--count={TIPS_LIMIT}")
    listing = attempt(place, "for-each-ref", "--sort=-committerdate", *words, "refs/heads", "refs/tags", "refs/notes")
    rows = [line.split(b"\0") for line in listing.stdout.splitlines()]
    return ["HEAD", *(row[1].decode() for row in rows if text(row[0]) in found.refs and row[2] == b"commit")]


def load(common_dir: Path, commit: str) -> Surroundings | None:
    """What `keep` recorded; None where that is gone."""
    found = attempt(objects(common_dir), "cat-file", "blob", f"{commit}:{_FILE}")
    return _read(found.stdout) if found.status == 0 else None


def _written(found: Surroundings) -> bytes:
    files = {path: [file.mode, base64.b64encode(file.data).decode()] for path, file in found.files.items()}
    facts = {"refs": dict(found.refs), "stash": found.stash, "heads": dict(found.heads), "files": files}
    return json.dumps(facts, indent=1, sort_keys=True).encode()


def _read(data: bytes) -> Surroundings:
    facts = json.loads(data)
    files = {path: File(mode, base64.b64decode(content)) for path, (mode, content) in facts["files"].items()}
    stash = tuple((oid, message) for oid, message in facts["stash"])
    return Surroundings(facts["refs"], stash, facts["heads"], files)
