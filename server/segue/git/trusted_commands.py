"""Which programs of a repository's configuration Segue's own git commands may run: those from before its sessions.

An agent can write into the configuration that all worktrees share, so a program that appears there later is replaced by
the one from before, or by one that does nothing. The user's own configuration (`--global`, `--system`) is always used.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import SegueError
from segue.git.configured_programs import Configured, Setting, included, read_configured
from segue.git.file_memory import look_of
from segue.git.git_config import read_file
from segue.git.refs import objects
from segue.git.run import Place

log = logging.getLogger(__name__)

TRUST = "segue.trusted"
"""Key in the user's own configuration: repositories in which every program is used, by path; `*` is all of them."""
_FILTER = re.compile(r"filter\.(?P<name>.+)\.(clean|smudge|process)", re.DOTALL)
_PARTS = ("clean", "smudge", "process")
_HELPER = re.compile(r"credential\.(.+\.)?helper", re.DOTALL)
_NEUTRAL = (
    # An empty driver would count as success and take one side silently.
    (re.compile(r"merge\..+\.driver", re.DOTALL), "false"),
    (re.compile(r"core\.sshcommand"), "ssh"),
    (re.compile(r"core\.alternaterefscommand"), "true"),
    (re.compile(r"gpg\.ssh\.program"), "ssh-keygen"),
    (re.compile(r"gpg\.x509\.program"), "gpgsm"),
    (re.compile(r"gpg\.(openpgp\.)?program"), "gpg"),
    (re.compile(r"gpg\.ssh\.defaultkeycommand"), "false"),
    (re.compile(r"submodule\..+\.update", re.DOTALL), "checkout"),
)
"""What git does where such a key is not set. Other keys that name programs are off in every command of Segue's."""
_NO_NEUTRAL = re.compile(r"core\.gitproxy|remote\..+\.(uploadpack|receivepack|vcs)", re.DOTALL)
"""git takes the first value of these, so nothing can replace them: it may use no remote at all."""
_CACHED = 256

Pair = tuple[str, str]
"""A key and its value."""


@dataclass(frozen=True, slots=True)
class _Record:
    """What is known of one repository."""

    trusted: tuple[Pair, ...] = ()
    told: tuple[Pair, ...] = ()
    """What appeared later and was told to the user."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was worked out for one place, and what it depends on."""

    record: _Record
    configured: Configured
    settings: tuple[Pair, ...]
    variables: tuple[Pair, ...]


class TrustedCommands:
    """Of all repositories with sessions, each in a file, so that a restart knows them. Blocking."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records: dict[str, _Record | None] = {}
        self._answers: dict[tuple[str | None, ...], _Answer] = {}
        self._read_last: dict[str, tuple[tuple[Path, ...], tuple[object, ...]]] = {}
        """The files that `news` read of a repository, and how they looked."""
        self._writing = threading.Lock()

    def begin(self, common_dir: Path, is_first: bool) -> None:
        """Trust what is configured now, where nothing is known of the repository or its first session begins.

        What was told to the user before stays as it is.
        """
        with self._writing:
            known = self._record(str(common_dir))
            if known is not None and not is_first:
                return
            found, _ = _own(common_dir)
            told = tuple(pair for pair in known.told if pair in found) if known is not None else ()
            self._write(common_dir, _Record(tuple(pair for pair in found if pair not in told), told))

    def news(self, common_dir: Path) -> tuple[str, ...]:
        """Keys of programs that appeared since; each once. Empty where nothing is known."""
        with self._writing:
            known = self._record(str(common_dir))
            files, look = self._read_last.get(str(common_dir), ((), ()))
            if known is None or (files and look_of(_with_worktrees(common_dir, files)) == look):
                return ()
            look = look_of(_with_worktrees(common_dir, files))
            own, read = _own(common_dir)
            self._read_last[str(common_dir)] = read, look if read == files else ()
            found = [pair for pair in own if pair not in known.trusted and _is_replaced(pair[0])]
            fresh = [] if _is_trusted(objects(common_dir)) else [pair for pair in found if pair not in known.told]
            told = (*(pair for pair in known.told if pair in found), *fresh)
            if told != known.told:
                self._write(common_dir, _Record(known.trusted, told))
            return tuple(dict.fromkeys(key for key, _ in fresh))

    def settle(self, place: Place) -> Place:
        """The place with settings that keep untrusted programs from running."""
        common_dir = place.variables.get("GIT_COMMON_DIR")
        record = self._record(common_dir) if common_dir is not None else None
        if common_dir is None or record is None:
            return place
        key = (str(place.directory), common_dir, place.variables.get("GIT_DIR"), place.variables.get("GIT_WORK_TREE"))
        try:
            configured = read_configured(place)
        except SegueError as failed:  # git cannot read its configuration, so neither will the command
            log.debug("%s: the configuration cannot be read: %s", common_dir, failed)
            return place
        answer = self._answers.get(key)
        if answer is None or answer.record is not record or answer.configured is not configured:
            answer = _answer(place, record, configured)
            if len(self._answers) >= _CACHED:
                self._answers.clear()
            self._answers[key] = answer
        settled = place.beneath(answer.settings) if answer.settings else place
        return settled.using(**dict(answer.variables)) if answer.variables else settled

    def _record(self, common_dir: str) -> _Record | None:
        if common_dir not in self._records:
            self._records[common_dir] = _read(self._file(common_dir))
        return self._records[common_dir]

    def _file(self, common_dir: str) -> Path:
        real = str(Path(common_dir).resolve())
        return self._folder / f"{hashlib.sha256(real.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.json"

    def _write(self, common_dir: Path, record: _Record) -> None:
        file = self._file(str(common_dir))
        facts = {"repository": str(common_dir), "trusted": record.trusted, "told": record.told}
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps(facts, indent=1), "utf-8")
            fresh.replace(file)
        except OSError as failed:
            log.warning("%s could not be written: %s", file, failed)
        same = [name for name in self._records if self._file(name) == file]
        self._records |= dict.fromkeys([*same, str(common_dir)], record)


def _read(file: Path) -> _Record | None:
    if not file.exists():
        return None
    try:
        facts = json.loads(file.read_text("utf-8"))
        trusted, told = (tuple((str(key), str(value)) for key, value in facts[name]) for name in ("trusted", "told"))
        return _Record(trusted, told)
    except (ValueError, KeyError, TypeError, OSError) as failed:
        log.warning("%s cannot be read: %s", file, failed)
        return None


def _answer(place: Place, record: _Record, configured: Configured) -> _Answer:
    commands = [setting for setting in configured.commands if _is_replaced(setting.key)]
    untrusted = [each for each in commands if each.is_own and (each.key, each.value) not in record.trusted]
    if not untrusted or _names(configured.settings, place.variables["GIT_COMMON_DIR"]):
        return _Answer(record, configured, (), ())
    trusted = [setting for setting in commands if setting not in untrusted]
    is_offline = any(_NO_NEUTRAL.fullmatch(setting.key) for setting in untrusted)
    variables = (("GIT_ALLOW_PROTOCOL", "none"),) if is_offline else ()
    settings = tuple(_instead(untrusted, trusted, dict(record.trusted)))
    return _Answer(record, configured, settings, variables)


def _instead(untrusted: Sequence[Setting], trusted: Sequence[Setting], before: dict[str, str]) -> Iterator[Pair]:
    """What git shall go by in place of what is untrusted."""
    known = before | {setting.key: setting.value for setting in trusted}
    keys = dict.fromkeys(setting.key for setting in untrusted)
    for key in keys:
        neutral = next((value for pattern, value in _NEUTRAL if pattern.fullmatch(key)), None)
        if neutral is not None:
            yield key, known.get(key, neutral)
    for name in dict.fromkeys(match["name"] for key in keys if (match := _FILTER.fullmatch(key))):
        yield from _filter(name, known, f"filter.{name}.process" in keys)
    if any(_HELPER.fullmatch(key) for key in keys):
        yield "credential.helper", ""  # drops all that come before it
        yield from ((each.key, each.value) for each in trusted if _HELPER.fullmatch(each.key))


def _filter(name: str, known: dict[str, str], is_process_new: bool) -> Iterator[Pair]:
    keys = {part: f"filter.{name}.{part}" for part in _PARTS}
    found = {part: known.get(key, "") for part, key in keys.items()}
    for part in _PARTS if is_process_new else ("clean", "smudge"):
        yield keys[part], found[part]
    if not any(found.values()):
        yield f"filter.{name}.required", "false"
    elif is_process_new and not found["process"]:
        # git takes even an empty process in place of the filter's clean and smudge, so it has to refuse.
        yield f"filter.{name}.required", "true"


def _is_replaced(key: str) -> bool:
    patterns = (_FILTER, _HELPER, _NO_NEUTRAL, *(pattern for pattern, _ in _NEUTRAL))
    return any(pattern.fullmatch(key) for pattern in patterns)


def _is_trusted(place: Place) -> bool:
    return _names(read_configured(place).settings, place.variables["GIT_COMMON_DIR"])


def _names(settings: Sequence[Setting], common_dir: str) -> bool:
    """Whether the user's own configuration trusts this repository."""
    real = Path(common_dir).resolve()
    wanted = {"*", str(real), str(real.parent)}
    return any(setting.key == TRUST and not setting.is_own and setting.value in wanted for setting in settings)


def _own(common_dir: Path) -> tuple[tuple[Pair, ...], tuple[Path, ...]]:
    """Programs that the repository's configuration names anywhere: in each worktree's, and behind each condition.

    And the files that were read for it.
    """
    configured = read_configured(objects(common_dir))
    found = [(setting.key, setting.value) for setting in configured.commands if setting.is_own]
    waiting = [*_with_worktrees(common_dir, configured.own_files)]
    seen = dict.fromkeys(configured.files)
    read = set[Path]()
    while waiting and len(read) < _CACHED:
        file = waiting.pop()
        seen[file] = None
        if file in read or not file.is_file():
            continue
        read.add(file)
        for key, value in read_file(objects(common_dir), file):
            if key.startswith("include"):
                waiting.append(included(file, value))
            found += [(key, value)] if Setting("local", key, value).is_command else []
    return tuple(dict.fromkeys(found)), tuple(seen)


def _with_worktrees(common_dir: Path, files: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys([*files, *sorted((common_dir / "worktrees").glob("*/config.worktree"))]))
