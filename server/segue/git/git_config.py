"""git's configuration as it applies to a repository. Knows keys and truth values; knows nothing of what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from segue.git.configured_programs import read_configured
from segue.git.file_memory import FileMemory
from segue.git.names import text
from segue.git.run import Place, attempt

_TRUE = {"true", "yes", "on", "1"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's and the repository's settings; the last value of a key wins, as in git."""

    values: Mapping[str, str]

    def get(self, key: str) -> str | None:
        """The value of a key, written with its section and name in lower case."""
        return self.values.get(key)

    def is_true(self, key: str) -> bool:
        return self.values.get(key, "").lower() in _TRUE

    def names(self, section: str, key: str) -> tuple[str, ...]:
        """The subsections of `section` that set `key`."""
        start, end = f"{section}.", f".{key}"
        return tuple(
            name[len(start) : -len(end)]
            for name in self.values
            if name.startswith(start) and name.endswith(end) and len(name) > len(start) + len(end)
        )


def read_settings(place: Place) -> Settings:
    """Everything that is configured for a repository, without Segue's own pins."""
    return Settings({setting.key: setting.value for setting in read_configured(place).settings})


_files: FileMemory[Path, tuple[tuple[str, str], ...]] = FileMemory()


def read_file(place: Place, path: Path) -> tuple[tuple[str, str], ...]:
    """Keys and values of one configuration file, includes not followed; empty where it cannot be read as one."""

    def read() -> tuple[tuple[tuple[str, str], ...], tuple[Path, ...]]:
        found = attempt(place, "config", "--file", str(path), "--no-includes", "--null", "--list")
        entries = (entry.partition(b"\n") for entry in found.stdout.split(b"\0") if entry and found.status == 0)
        return tuple((text(key), text(value)) for key, _, value in entries), (path,)

    return _files.read(path, (path,), read)


def without_programs(place: Place) -> Place:
    """A place for looking only: filters that the configuration names do not run, merge drivers report a conflict."""
    settings = read_settings(place)
    neutral: dict[str, str] = {}
    for key in ("clean", "smudge", "process"):
        for name in settings.names("filter", key):
            # An empty process keeps git from falling back to clean and smudge.
            neutral |= {f"filter.{name}.{part}": "" for part in ("clean", "smudge", "process")}
            neutral[f"filter.{name}.required"] = "false"
    for name in settings.names("merge", "driver"):
        # An empty driver would count as success and take one side silently.
        neutral[f"merge.{name}.driver"] = "false"
    return place.configured(neutral) if neutral else place
