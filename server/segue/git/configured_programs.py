"""Which programs a repository's configuration names, and which files say so. Knows keys; runs none of them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from segue.git.file_memory import FileMemory
from segue.git.index_contents import LINK, has_entries
from segue.git.names import text
from segue.git.run import Place, attempt, git

_COMMANDS = re.compile(
    r"""
      filter\..+\.(clean|smudge|process)
    | merge\..+\.driver
    | diff\.external | diff\..+\.(command|textconv)
    | core\.(fsmonitor|sshcommand|gitproxy|askpass|hookspath|editor|pager|alternaterefscommand)
    | credential\.(.+\.)?helper
    | remote\..+\.(uploadpack|receivepack|vcs)
    | gpg\.(.+\.)?program | gpg\.ssh\.defaultkeycommand
    | sequence\.editor | pager\..+ | interactive\.difffilter | trailer\..+\.(command|cmd)
    | alias\..+ | submodule\..+\.update
    """,
    re.VERBOSE,
)
"""Keys whose value git may run as a program, or look for programs in; as git writes them, with a name in lower case."""
_INCLUDES = re.compile(r"include\.path|includeif\..+\.path")
_OWN = {"local", "worktree"}
_SIZE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Setting:
    """One entry of the configuration."""

    scope: str
    key: str
    value: str
    file: Path | None = None
    """Where it stands, as git names it; None where git cannot say."""

    @property
    def is_own(self) -> bool:
        """It is the repository's, where anyone may have written it who can write there; not the user's own."""
        return self.scope in _OWN

    @property
    def is_command(self) -> bool:
        return _COMMANDS.fullmatch(self.key) is not None


@dataclass(frozen=True, slots=True)
class Configured:
    """All entries in git's order, and how the files that they stand in look from outside."""

    settings: tuple[Setting, ...]
    files: tuple[Path, ...]
    """Also those that an include names and that are not there."""
    own_files: tuple[Path, ...] = ()
    """Those of them that belong to the repository, or that its configuration includes."""

    @property
    def commands(self) -> tuple[Setting, ...]:
        return tuple(setting for setting in self.settings if setting.is_command)

    def last(self, key: str) -> str | None:
        return next((each.value for each in reversed(self.settings) if each.key == key), None)


_everywhere: dict[Path, None] = {}
"""The files of the machine's and the user's own configuration, which every repository has."""
_memory: FileMemory[tuple[str | None, ...], Configured] = FileMemory()


def read_configured(place: Place) -> Configured:
    """The configuration that applies at a place, without Segue's own pins; raises GitFailed.

    It is the same object until one of its files looks different.
    """
    names = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE")
    where = (str(place.directory), *map(place.variables.get, names), *map(os.environ.get, ("HOME", "XDG_CONFIG_HOME")))

    def read() -> tuple[Configured, tuple[Path, ...]]:
        found = _read(place)
        return found, found.files

    return _memory.read(where, tuple(dict.fromkeys([*_usual(place), *_everywhere])), read)


def _read(place: Place) -> Configured:
    output = git(place, "config", "--null", "--show-scope", "--show-origin", "--list")
    fields = [text(field) for field in output.split(b"\0")]
    settings, files = [], dict.fromkeys(_usual(place))
    own: dict[Path, None] = {}
    for scope, origin, entry in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        if scope == "command":
            continue
        key, has_value, value = entry.partition("\n")
        named = place.directory / origin.removeprefix("file:")
        is_file = origin.startswith("file:")
        settings.append(Setting(scope, key, value if has_value else "true", named if is_file else None))
        file = Path(os.path.normpath(named))
        found = [file, included(file, value)] if _INCLUDES.fullmatch(key) else [file]
        files |= dict.fromkeys(found)
        (own if settings[-1].is_own else _everywhere).update(dict.fromkeys(found))
    return Configured(tuple(settings), tuple(files), tuple(own))


def expanded(value: str) -> Path:
    """A path of the configuration."""
    named = Path(value)
    with suppress(RuntimeError):  # `~name` of a user who is not there
        named = named.expanduser()
    return named


def included(file: Path, value: str) -> Path:
    """What an include in a configuration file names."""
    return Path(os.path.normpath(file.parent / expanded(value)))


def _usual(place: Place) -> tuple[Path, ...]:
    """Files of the configuration that may come to be, and what conditions of includes go by."""
    common = Path(place.variables.get("GIT_COMMON_DIR", place.directory))
    own = Path(place.variables.get("GIT_DIR", common))
    home = Path.home() if "HOME" in os.environ else Path(os.sep)
    return (
        common / "config",
        common / "config.worktree",
        own / "config.worktree",
        own / "HEAD",
        home / ".gitconfig",
        Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git" / "config",
    )


def hooks_folder(place: Place, common_dir: Path, configured: Configured) -> Path:
    """Where git looks for hooks, by the user's and the repository's configuration."""
    value = configured.last("core.hookspath")
    if not value:
        return common_dir / "hooks"
    return Path(os.path.normpath(place.directory / expanded(value)))


def links_in(place: Place) -> tuple[str, ...]:
    """Paths of symbolic links that the index knows."""
    if not has_entries(Path(place.variables["GIT_DIR"], "index"), LINK):
        return ()
    listed = attempt(place, "ls-files", "--stage", "-z").stdout.split(b"\0")
    return tuple(text(entry.partition(b"\t")[2]) for entry in listed if entry.startswith(b"120000 "))


def words_in(file: Path) -> str:
    """The text of a small program; empty where it is none, or cannot be read."""
    try:
        with file.open("rb") as source:
            data = source.read(_SIZE)
    except OSError:
        return ""
    return "" if b"\0" in data else data.decode("utf-8", "replace")
