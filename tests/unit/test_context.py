"""What goes along with a prompt that was written at a place in a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from segue.domain.selections import Selection
from segue.engine.turns.prompt_context import with_selection

PLACE = Selection(
    uri="file:///p/a%0Ab.py", start_line=2, end_line=4, text="x\ny\n", diagnostics=("mypy: no\u202e (line 3)",)
)


def test_place_text_and_diagnostics_stand_before_the_prompt() -> None:
    told = with_selection("Rename it", PLACE, Path("/p"), is_script=False)
    assert told == "In a\\nb.py, lines 3-4:\n```\nx\ny\n```\nThe editor says: mypy: no\\u202e (line 3)\n\nRename it"


def test_for_a_shell_script_they_are_comments() -> None:
    told = with_selection("#!/bin/sh\nmake", PLACE, Path("/p"), is_script=True)
    assert told == "#!/bin/sh\nmake\n# In a\\nb.py, lines 3-4\n# The editor says: mypy: no\\u202e (line 3)"


def test_without_a_place_the_prompt_is_as_it_was() -> None:
    assert with_selection("do", None, Path("/p"), is_script=False) == "do"
    assert with_selection("do", PLACE, Path("/q"), is_script=False) == "do"
    cursor = Selection(uri="file:///p/a", start_line=6, end_line=7)
    assert with_selection("do", cursor, Path("/p"), is_script=False) == "In a, line 7\n\ndo"


@given(st.text("`x\n", max_size=20))
def test_no_text_leaves_its_quote(text: str) -> None:
    place = replace(PLACE, text=text, diagnostics=())
    lines = with_selection("end", place, Path("/p"), is_script=False).split("\n")
    assert lines[-1] == "end"
    if text:
        assert lines.count(lines[1]) == 2, "the fence stands nowhere else"
