"""Writes what lies in a folder as a git tree. Knows private indexes, nested repositories and ignore rules; no refs.

The real index is copied, for its stat cache, and never written. A repository inside the folder is recorded by its
files: git alone would record a pointer to a commit that nobody else has. What cannot be read is left out and named.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from segue.domain.errors import GitFailed
from segue.git.conversions import as_checked_out
from segue.git.filters import filter_failure, refused_file
from segue.git.git_config import read_file
from segue.git.index_contents import GITLINK, has_entries
from segue.git.names import data, joined, split, text
from segue.git.outcome import Result
from segue.git.run import Place, attempt, git
from segue.git.unreadable_files import is_readable, unreadable
from segue.system import processes

_LINK = re.compile(rb"(?:^|(?<=\0))160000 [0-9a-f]+ 0\t([^\0]+)\0")
_HIDDEN = re.compile(rb"(?:^|(?<=\0))([a-zS]) ([^\0]+)\0")
PRIVATE = "segue-index-"
"""Beginning of the names of private indexes, in the folder for temporary files; the process follows."""
_ADD_TRIES = 5
"""Files may come and go while git reads them."""
_REFUSED_LIMIT = 100
"""Files that filters may refuse before a checkpoint is given up; each costs another try."""
_PATHS = ("--pathspec-from-file=-", "--pathspec-file-nul")


@dataclass(frozen=True, slots=True)
class Written:
    """A tree, and what it does not hold of the folder."""

    tree: str
    nested: tuple[str, ...]
    """Repositories inside the folder with a git directory of their own: their files are in the tree."""
    unread: tuple[str, ...] = ()
    """Files and folders that could not be read: the tree has them as they were recorded before, or not at all."""
    refused: tuple[str, ...] = ()
    """The same for files that a filter refused."""
    why: str = ""
    """What the filter said."""


@dataclass(frozen=True, slots=True)
class Added:
    """What was special about staging everything; see `Written`."""

    nested: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Precious:
    """What a snapshot keeps although it is ignored."""

    names: tuple[str, ...] = (".env*",)
    """Globs of file names."""
    target: str | None = None
    """A tree that will be brought into the folder: whatever lies in its place is kept."""


Earlier = Callable[[], str | None]
"""Finds a commit or tree with what was there before; asked only where something cannot be read."""


def no_earlier() -> None:
    """There is none."""


@contextmanager
def private_index(place: Place, index: Path | None = None) -> Iterator[Place]:
    """The place with a copy of an index, or an empty one, that can be changed freely."""
    with contextlib.ExitStack() as stack:
        try:
            private = tempfile.TemporaryDirectory(prefix=f"{PRIVATE}{os.getpid()}-", dir=scratch_folder())
            folder = stack.enter_context(private)
            copy = Path(folder) / "index"
            if index is not None and index.is_file():
                _copy(index, copy)
        except OSError as failed:
            raise no_room(failed) from failed
        # A split index would be written into the repository again.
        yield place.using(GIT_INDEX_FILE=str(copy)).configured({"core.splitIndex": "false"})


def _copy(index: Path, copy: Path) -> None:
    """With its time: git compares files in whole seconds, and looks into those that are as young as their index."""
    with index.open("rb") as source, copy.open("wb") as target:
        shutil.copyfileobj(source, target)
        found = os.fstat(source.fileno())
    os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))


def scratch_folder() -> Path:
    """The folder for temporary files, made again where a clean-up removed it."""
    scratch = Path(tempfile.gettempdir())
    scratch.mkdir(mode=0o700, exist_ok=True)
    return scratch


def no_room(failed: OSError) -> GitFailed:
    """The error of a file that cannot be written there."""
    folder = tempfile.gettempdir()
    return GitFailed(
        "temporary_folder_unusable",
        f"Nothing can be written to the folder for temporary files, {folder}: {failed.strerror}.",
        action="Nothing was lost. Make room there, then try again.",
        details={"path": folder},
    )


def drop_abandoned() -> None:
    """Remove the private indexes of processes of this user that are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PRIVATE}*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(folder.name.removeprefix(PRIVATE).partition("-")[0])
            if folder.lstat().st_uid == os.getuid() and not is_running(pid):
                shutil.rmtree(folder)


def is_running(pid: int) -> bool:
    """Whether a process of that number lives, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # One that nobody has waited for yet answers too; only Linux tells.
    return sys.platform != "linux" or processes.identity(pid)[1] != 0


def write_tree(place: Place, index: Path, earlier: Earlier = no_earlier) -> Written:
    """Everything in the working tree that is not ignored, deletions included; raises GitFailed.

    What cannot be read is taken from what `earlier` finds, else from the index.
    """
    with private_index(place, index) as private:
        added = add_everything(private)
        _take(private, earlier, added.unread)
        as_checked_out(private)
        return Written(_tree(private), added.nested, added.unread)


def write_accepted(place: Place, index: Path, earlier: Earlier = no_earlier) -> Written:
    """Like `write_tree`, but a file that a filter refuses is taken from what `earlier` finds, too, and named.

    For what is only recorded: what is deleted afterwards has to be kept as a whole.
    """
    refused: list[str] = []
    staged, why = b"", ""
    with private_index(place, index) as private:
        while True:
            try:
                added = add_everything(private, refused)
                break
            except GitFailed as failed:
                path = refused_file(failed)
                if path is None or path in refused or len(refused) == _REFUSED_LIMIT:
                    raise
                refused.append(path)
                why = failed.message
                # git would look into it once more while it writes the index.
                staged += git(private.using(GIT_LITERAL_PATHSPECS="1"), "ls-files", "--stage", "-z", "--", path)
                git(private, "update-index", "--force-remove", "-z", "--stdin", stdin=joined([path]))
        if staged:
            git(private, "update-index", "-z", "--index-info", stdin=staged)
        _take(private, earlier, (*added.unread, *refused))
        as_checked_out(private)
        return Written(_tree(private), added.nested, added.unread, tuple(sorted(refused)), why)


def write_whole_tree(place: Place, index: Path, precious: Precious, earlier: Earlier = no_earlier) -> Written:
    """Like `write_tree`, with ignored files that are `precious`, and with what an index flag would hide."""
    with private_index(place, index) as private:
        unhide(private)
        added = add_everything(private)
        nested = {*added.nested, *_inside_tracked(private)}
        ignored = in_place_of(private, precious.target) if precious.target is not None else []
        ignored += [p for p in _ignored(private) if any(fnmatch(p.rpartition("/")[2], name) for name in precious.names)]
        unread = {path for path in ignored if not is_readable(private.directory / path)}
        add_ignored(private, [path for path in dict.fromkeys(ignored) if path not in unread])
        unread.update(added.unread)
        _take(private, earlier, tuple(unread))
        as_checked_out(private)
        return Written(_tree(private), tuple(sorted(nested)), tuple(sorted(unread)))


def _take(private: Place, find_earlier: Earlier, paths: tuple[str, ...]) -> None:
    """Make the index have at these paths what an earlier tree has there."""
    earlier = find_earlier() if paths else None
    if earlier is None:
        return
    literal = private.using(GIT_LITERAL_PATHSPECS="1")
    for path in paths:
        indexed = git(literal, "ls-files", "-z", "--", path)
        git(private, "update-index", "--force-remove", "-z", "--stdin", stdin=indexed)
        entries = git(literal, "ls-tree", "-r", "-z", "--full-tree", earlier, "--", path)
        git(private, "update-index", "-z", "--index-info", stdin=entries)


def in_place_of(private: Place, tree: str) -> list[str]:
    """What lies in the folder, unknown to an index, where a tree has files of its own."""
    known = set(split(git(private, "ls-files", "-z")))
    wanted = split(git(private, "ls-tree", "-r", "-z", "--name-only", "--full-tree", tree))
    found = dict.fromkeys(_occupied(private.directory, text(path)) for path in wanted if path not in known)
    return [path for path in found if path is not None]


def add_ignored(private: Place, paths: list[str]) -> None:
    """Stage paths that an ignore rule leaves out."""
    if paths:
        literal = private.using(GIT_LITERAL_PATHSPECS="1")
        git(literal, "add", "--force", "--sparse", *_PATHS, stdin=joined(paths))


def _occupied(root: Path, path: str) -> str | None:
    """The path itself where something is there, or the file that stands where one of its folders should be."""
    for above in reversed(PurePosixPath(path).parents[:-1]):
        file = root / above
        if file.is_symlink() or file.is_file():
            return str(above)
    return path if os.path.lexists(root / path) and not _is_empty(root / path) else None


def _is_empty(file: Path) -> bool:
    """A folder without files, which nobody can stage and nothing is lost with."""
    return file.is_dir() and not file.is_symlink() and not any(names for _, _, names in os.walk(file))


def write_index_tree(place: Place, index: Path) -> str | None:
    """The tree of what is staged; None while a merge in the index is unresolved."""
    with private_index(place, index) as private:
        written = attempt(private, "write-tree")
        return written.stdout.decode().strip() if written.status == 0 else None


def changed_paths(place: Place, old: str, new: str) -> dict[str, str]:
    """Paths that differ between two commits or trees, with git's letter."""
    fields = split(git(place, "diff-tree", "-r", "-z", "--name-status", "--no-renames", old, new))
    return {text(path): letter.decode() for letter, path in zip(fields[::2], fields[1::2], strict=True)}


def add_everything(private: Place, without: Sequence[str] = ()) -> Added:
    """Stage the whole working tree into a private index, as far as it can be read; raises GitFailed."""
    links = _links(private)
    embedded, unread = _add_readable(private, [*links, *without])
    embedded = embedded or [link for link in _links(private) if link not in links]
    nested = [link for link in links if (private.directory / link / ".git").exists()]
    declared = _declared_submodules(private)
    for link in links:
        _record_link(private, link, declared)
    for path in (*embedded, *(link for link in nested if link not in declared)):
        unread = (*unread, *(f"{path}/{each}" for each in _add_nested(private, path)))
    return Added(tuple(sorted({*nested, *embedded})), tuple(sorted(unread)))


def _add_readable(private: Place, without: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Stage all but these; returns the repositories that git cannot take, and what cannot be read."""
    embedded: list[str] = []
    unread: tuple[str, ...] = ()
    added = _add(private, without)
    for _ in range(_ADD_TRIES):
        if added.status == 0:
            break
        # An embedded repository without a commit stops git, and so does a file that cannot be read, or that was there
        # a moment ago: look for such and go around them.
        embedded, unread = nested_repositories(private), unreadable(private)
        added = _add(private, [*without, *embedded, *unread])
    if added.status != 0:
        raise filter_failure(private, added.stderr.decode("utf-8", "replace")) or added.failure()
    if added.stderr and not unread:  # git passes over a folder that it cannot list
        unread = unreadable(private)
    return embedded, unread


def nested_repositories(private: Place) -> list[str]:
    """Untracked folders with a git directory of their own; they are the only entries that end with a slash."""
    others = split(git(private, "ls-files", "-z", "--others", "--exclude-standard"))
    return [text(path).rstrip("/") for path in others if path.endswith(b"/")]


def _add(private: Place, without: list[str]) -> Result:
    # Known submodules are left out: git would run `git status` inside them, with their own configuration.
    specs = [b".", *(b":(top,exclude,literal)" + data(path) for path in without)]
    return attempt(private, "add", "--all", "--sparse", *_PATHS, stdin=b"".join(spec + b"\0" for spec in specs))


def _links(private: Place) -> list[str]:
    """The gitlinks of an index; one that git cannot read is replaced by what is checked out."""
    if not has_entries(Path(private.variables["GIT_INDEX_FILE"]), GITLINK):
        return []
    listed = attempt(private, "ls-files", "--stage", "-z")
    if listed.status != 0:
        Path(private.variables["GIT_INDEX_FILE"]).unlink(missing_ok=True)
        git(private, "read-tree", "HEAD")
        listed = attempt(private, "ls-files", "--stage", "-z")
    return [text(path) for path in _LINK.findall(listed.require())]


def _declared_submodules(private: Place) -> set[str]:
    modules = private.directory / ".gitmodules"
    if not modules.is_file() or modules.is_symlink():
        return set()
    return {
        value for key, value in read_file(private, modules) if key.startswith("submodule.") and key.endswith(".path")
    }


def _record_link(private: Place, link: str, declared: set[str]) -> None:
    folder = private.directory / link
    if not folder.is_dir() or folder.is_symlink():
        git(private, "update-index", "--force-remove", "-z", "--stdin", stdin=joined([link]))
        if folder.is_symlink() or folder.exists():
            git(private.using(GIT_LITERAL_PATHSPECS="1"), "add", *_PATHS, stdin=joined([link]))
    elif link in declared and (folder / ".git").exists():
        commit = _commit_inside(private, folder)
        if commit:
            entry = f"160000 {commit}\t".encode() + data(link) + b"\0"
            git(private, "update-index", "-z", "--index-info", stdin=entry)


def _commit_inside(private: Place, folder: Path) -> str | None:
    """What a submodule has checked out, by its name alone: git may fetch a missing object, as the submodule's
    configuration says.
    """
    variables = {name: value for name, value in private.variables.items() if not name.startswith("GIT_")}
    inside = Place(folder, {**variables, "GIT_CEILING_DIRECTORIES": str(folder.parent)})
    found = attempt(inside, "rev-parse", "--verify", "--quiet", "HEAD")
    return found.stdout.decode().strip() if found.status == 0 else None


def _add_nested(private: Place, path: str) -> tuple[str, ...]:
    """Record a nested repository by its files, as if it had no git directory; returns what cannot be read in it."""
    inside = private.using(GIT_WORK_TREE=str(private.directory / path))
    with private_index(Place(private.directory / path, inside.variables)) as own:
        unread = add_everything(own).unread
        tree = _tree(own)
    git(private, "update-index", "--force-remove", "-z", "--stdin", stdin=joined([path]))
    if git(private, "ls-tree", tree):
        git(private, "read-tree", f"--prefix={path}/", tree)
    return unread


def _inside_tracked(private: Place) -> set[str]:
    """Repositories that were made in folders with tracked files, which git takes for any other folder."""
    files = split(git(private, "ls-files", "-z"))
    folders = {text(path).rpartition("/")[0] for path in files} - {""}
    folders |= {str(parent) for folder in folders for parent in PurePosixPath(folder).parents} - {"."}
    return {folder for folder in folders if (private.directory / folder / ".git").exists()}


def _ignored(private: Place) -> list[str]:
    """Ignored files; a folder that is ignored as a whole is one entry, with a slash at its end."""
    words = ("--porcelain", "-z", "--ignored=matching", "--untracked-files=all", "--ignore-submodules=all")
    found = attempt(private, "status", "--no-renames", *words)
    if found.status != 0:  # HEAD leads to nothing
        words = ("-z", "--others", "--ignored", "--exclude-standard", "--directory")
        return [text(path) for path in split(git(private, "ls-files", *words))]
    entries = split(found.stdout)
    return [text(entry[3:]) for entry in entries if entry.startswith(b"!! ")]


def unhide(private: Place) -> None:
    """Clear the flags with which an index hides changes of files that do exist."""
    flagged = [text(path) for _, path in _HIDDEN.findall(git(private, "ls-files", "-v", "-z"))]
    present = [path for path in flagged if (private.directory / path).exists()]
    for flag in ("--no-assume-unchanged", "--no-skip-worktree") if present else ():
        git(private, "update-index", flag, "-z", "--stdin", stdin=joined(present))


def _tree(private: Place) -> str:
    return git(private, "write-tree").decode().strip()
