"""Where a merge needs uncommitted lines of the user's, in words."""

from __future__ import annotations

import pytest

from segue.engine.merging.plan_sentences import place
from segue.git.uncommitted_lines import Need


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "a.txt"),
        (((3, 3),), "a.txt, line 3"),
        (((3, 5),), "a.txt, lines 3–5"),
        (((3, 3), (7, 9)), "a.txt, lines 3, 7–9"),
        (((1200, 1200),), "a.txt, line 1200"),
    ],
)
def test_a_place_names_the_file_and_its_lines(lines: tuple[tuple[int, int], ...], words: str) -> None:
    assert str(place(Need("a.txt", lines, left=1, is_held=False))) == words
