"""Which files make something run on the user's machine, when, and why. Knows names and texts; runs nothing.

Source code runs as well, but only when somebody runs it. The rules and their reasons are in `runnable_files.toml`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import PurePosixPath

PROGRAM = "it can be run as a program then"
"""Why a new executable bit is held back."""
HOOKS_FOLDER = "git runs it when you commit, merge or push"
NAMED_BY_GIT = "a git hook or git's configuration in this repository names it"


class Kind(StrEnum):
    """When something runs."""

    AUTOMATIC = "automatic"
    """Without anything that the user does on the file."""
    BUILD = "build"
    """When the user builds, tests, installs or pushes."""


@dataclass(frozen=True, slots=True)
class Runs:
    """That a change makes something run."""

    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Texts:
    """A file before and after a change; None where there is no file, or no text."""

    old: str | None = None
    new: str | None = None


@dataclass(frozen=True, slots=True)
class Hooked:
    """What git runs in one repository; all paths are below the checkout."""

    folders: tuple[str, ...] = ()
    """Where git looks for hooks."""
    words: str = ""
    """The texts of installed hooks, and the commands in git's configuration."""
    links: Mapping[str, str] = field(default_factory=dict)
    """What symbolic links of the checkout lead to, with the names of those links."""


NOTHING_HOOKED = Hooked()


@dataclass(frozen=True, slots=True)
class _Rule:
    parts: tuple[re.Pattern[str], ...]
    has_contents: bool
    runs: Runs
    hook: str = ""
    only: str = ""

    def fits(self, path: Sequence[str]) -> bool:
        size = len(self.parts)
        begins = range(len(path) - size + 1) if self.has_contents else range(len(path) - size, len(path) - size + 1)
        return any(begin >= 0 and all(map(_is_part, self.parts, path[begin : begin + size])) for begin in begins)


def runs(path: str, texts: Texts, hooked: Hooked = NOTHING_HOOKED) -> Runs | None:
    """What a change of a file's content makes run; None where it makes nothing run by itself or with a build."""
    found = _by_rules(path, texts, hooked.words)
    if found is not None and found.kind is Kind.AUTOMATIC:
        return found
    plain = _plain(path)
    for folder in map(_plain, hooked.folders):
        if folder and plain[: len(folder)] == folder:
            return Runs(Kind.AUTOMATIC, HOOKS_FOLDER)
    for target, link in hooked.links.items():
        inside = _plain(target)
        if inside and plain[: len(inside)] == inside:
            behind = _by_rules("/".join([link, *plain[len(inside) :]]), texts, hooked.words)
            if behind is not None and behind.kind is Kind.AUTOMATIC:
                return behind
    if plain and _names(hooked.words, path):
        return Runs(Kind.AUTOMATIC, NAMED_BY_GIT)
    return found


def is_automatic(path: str) -> bool:
    """Whether the rules alone say that a file of this name runs without anything that the user does on it."""
    found = _by_rules(path, Texts(), "")
    return found is not None and found.kind is Kind.AUTOMATIC


def _by_rules(path: str, texts: Texts, words: str) -> Runs | None:
    parts = _plain(path)
    for rule in _rules() if any(map(_is_known, parts)) else ():
        if not rule.fits(parts) or (rule.hook and rule.hook not in words):
            continue
        if not rule.only or _PARTS[rule.only](texts.old) != _PARTS[rule.only](texts.new):
            return rule.runs
    return None


@cache
def _known() -> re.Pattern[str]:
    return re.compile("|".join(sorted({pattern.pattern for rule in _rules() for pattern in rule.parts})))


@lru_cache(65536)
def _is_known(part: str) -> bool:
    """Whether a part of a path stands in any rule: most do not, and very many paths may be asked for."""
    return _known().match(part) is not None


def _names(words: str, path: str) -> bool:
    """Whether a path stands in a text as a word of its own, whatever folder it is written below."""
    at = words.find(path)
    while at >= 0:
        end = at + len(path)
        if not _BEFORE.search(words, max(0, at - 1), at) and not _BEHIND.match(words, end):
            return True
        at = words.find(path, at + 1)
    return False


_BEFORE, _BEHIND = re.compile(r"[\w.-]"), re.compile(r"[\w-]|\.\w")
_UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")


def _plain(path: str) -> list[str]:
    """The parts of a path as the most forgiving file system takes them."""
    return [_UNSEEN.sub("", part).casefold().rstrip(". ") or part for part in PurePosixPath(path).parts]


def _is_part(pattern: re.Pattern[str], part: str) -> bool:
    return pattern.match(part) is not None


@cache
def _rules() -> tuple[_Rule, ...]:
    table = tomllib.loads(files("segue.domain").joinpath("runnable_files.toml").read_text("utf-8"))
    found = []
    for each in table["rules"]:
        pattern = each["pattern"]
        parts = tuple(re.compile(translate(part.casefold())) for part in pattern.rstrip("/").split("/"))
        what = Runs(Kind(each["kind"]), each["reason"])
        found.append(_Rule(parts, pattern.endswith("/"), what, each.get("hook", ""), each.get("only", "")))
    return tuple(found)


def _of_package(*names: str) -> Callable[[str | None], object]:
    """Parts of a `package.json`; all of it where it cannot be read."""

    def parts(text: str | None) -> object:
        try:
            found = json.loads(text or "{}")
            return {name: found.get(name) for name in names}
        except (ValueError, AttributeError, RecursionError):
            return text

    return parts


def _of_cargo(text: str | None) -> object:
    """What of a `Cargo.toml` runs in a build; all of it where it cannot be read."""
    try:
        found = tomllib.loads(text or "")
        package = found.get("package", {})
        build = [package.get(name) for name in ("build", "links")]
        return [*build, found.get("build-dependencies"), found.get("lib", {}).get("proc-macro")]
    except (ValueError, AttributeError, RecursionError):
        return text


_HOOKS = ("husky", "lint-staged", "gitHooks", "simple-git-hooks", "pre-commit", "pre-push", "commitlint")
_PARTS: Mapping[str, Callable[[str | None], object]] = {
    "package_scripts": _of_package("scripts", "bin", "gypfile", *_HOOKS),
    "package_hooks": _of_package(*_HOOKS),
    "cargo_build": _of_cargo,
}
