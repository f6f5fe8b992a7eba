"""Unified diffs say what changed, and apply."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.cli.unified_diff import NO_LINE_END, Side, differences

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "\f", "\r"]), max_size=30).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "".join(f"{line}\n" for line in lines)])
)


@given(TEXTS, TEXTS)
def test_a_diff_turns_one_text_into_the_other(old: str, new: str) -> None:
    lines = list(differences(Side("f", old), Side("f", new)))
    assert _applied(old, lines) == new
    assert bool(lines) == (old != new)


@given(TEXTS)
def test_only_three_lines_around_a_change_are_shown(text: str) -> None:
    whole = "".join(f"{number}\n" for number in range(50))
    lines = list(differences(Side("f", whole + text), Side("f", whole + "new\n" + text)))
    assert len([line for line in lines if line.startswith(" ")]) <= 7


@pytest.mark.parametrize(
    "name",
    ["plain", "with space", "tab\there", "line\nend", 'quo"te', "back\\slash", "-dash", "ünïcode", "\udcff\udcfe"],
)
@pytest.mark.parametrize(("old", "new"), [("a\n", "b\n"), (None, "new\nfile"), ("gone\n", None)])
def test_git_applies_it_whatever_the_name(tmp_path: Path, name: str, old: str | None, new: str | None) -> None:
    """D25."""
    file = tmp_path / name
    if old is not None:
        file.write_text(old)
    before, after = (Side(None if text is None else name, text or "") for text in (old, new))
    patch = "".join(f"{line}\n" for line in differences(before, after)).encode("utf-8", "surrogateescape")
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, check=True)
    assert (file.read_text() if file.exists() else None) == new


def _applied(old: str, lines: list[str]) -> str:
    """The smallest possible `patch`: trusts the hunks' line numbers and checks every context line."""
    source = [line for line in re.split(r"(?<=\n)", old) if line]
    made: list[str] = []
    taken, previous = 0, ""
    for line in lines[2:]:
        if found := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", line):
            start = int(found[1]) - (0 if found[2] == "0" else 1)
            made += source[taken:start]
            taken = start
        elif line == NO_LINE_END:
            if previous != "-":
                made[-1] = made[-1].removesuffix("\n")
        else:
            if line[0] in " -":
                assert source[taken].removesuffix("\n") == line[1:]
                taken += 1
            if line[0] in " +":
                made.append(line[1:] + "\n")
        previous = line[0]
    return "".join(made + source[taken:])
