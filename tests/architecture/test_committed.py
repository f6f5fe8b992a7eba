"""What must not stand in any committed file."""

from __future__ import annotations

import re
from pathlib import Path

from support import source

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("registry", "npmmirror", "com"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
    )
)
MACHINE = ("/".join(("", "work", "main")), "/".join(("", "work", "shared")), "/".join(("", "root", "")))


def test_no_file_names_a_registry() -> None:
    """Which registry is asked is the machine's affair."""
    assert not _holding(re.compile("|".join(map(re.escape, REGISTRIES)).encode()))


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    homes = {f"{Path.home()}/", str(source.ROOT)}
    words = "|".join(re.escape(path) for path in {*MACHINE, *homes} if len(path) > 2)
    assert not _holding(re.compile(rf"(?<![\w.]){'(?:' + words + ')'}".encode()))


def test_lock_files_name_no_source() -> None:
    locks = [path for path in source.committed() if path.name == "package-lock.json"]
    assert locks
    assert not [source.shown(path) for path in locks if re.search(r'"resolved":\s*"http', path.read_text("utf-8"))]
    requirements = [path for path in source.committed() if path.parent.name == "requirements"]
    assert requirements
    assert not [source.shown(path) for path in requirements if re.search(r"https?://", path.read_text("utf-8"))]


def _holding(pattern: re.Pattern[bytes]) -> list[str]:
    return [
        f"{source.shown(path)}: {found[0].decode()}"
        for path in source.committed()
        if (found := pattern.search(path.read_bytes()))
    ]
