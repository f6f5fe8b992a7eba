"""Which file that came is one that went."""

from __future__ import annotations

import pytest

from segue.domain.pairing import renames

TEXT = "".join(f"line {number}\n" for number in range(10))


@pytest.mark.parametrize(
    ("gone", "come", "pairs"),
    [
        pytest.param({"a": TEXT}, {"b": TEXT}, {"b": "a"}, id="the same text"),
        pytest.param({"a": TEXT}, {"b": TEXT.replace("line 3", "three")}, {"b": "a"}, id="edited on the way"),
        pytest.param({"a": TEXT}, {"b": "something else\n"}, {}, id="another file"),
        pytest.param({"a": ""}, {"b": ""}, {}, id="nothing is no other nothing"),
        pytest.param({"x/a": TEXT, "y/b": TEXT}, {"z/b": TEXT, "z/a": TEXT}, {"z/a": "x/a", "z/b": "y/b"}, id="names"),
        pytest.param({"a": TEXT}, {"b": TEXT, "c": TEXT}, {"b": "a"}, id="a copy is new"),
        pytest.param({"a": TEXT}, {"b": TEXT + "x\n" * 9, "c": TEXT + "x\n"}, {"c": "a"}, id="the most alike"),
        pytest.param(
            {f"a{n}": f"{n}\n" * 3 for n in range(200)},
            {f"b{n}": f"{n}\n" * 3 for n in range(200)},
            {f"b{n}": f"a{n}" for n in range(200)},
            id="many",
        ),
    ],
)
def test_a_file_is_known_by_what_is_in_it(gone: dict[str, str], come: dict[str, str], pairs: dict[str, str]) -> None:
    assert renames.found(gone, come) == pairs
