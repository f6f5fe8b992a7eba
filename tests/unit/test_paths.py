"""Which paths an agent may name: a table of what was ever tried, and what holds for every string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.domain.paths import Inside, PathReason, verdict

ROOTS = ("/wt/s1", "/private/wt/s1")

ALLOWED = {
    "/wt/s1/a": (0, ("a",)),
    "/wt/s1/src/app.py": (0, ("src", "app.py")),
    "/private/wt/s1/a": (1, ("a",)),
    "/wt/s1//src/./app.py": (0, ("src", "app.py")),
    "/wt/s1/.gitignore": (0, (".gitignore",)),
    "/wt/s1/.github/x": (0, (".github", "x")),
    "/wt/s1/git": (0, ("git",)),
    "/wt/s1/~/x": (0, ("~", "x")),
    "/wt/s1/app/[id]/page.tsx": (0, ("app", "[id]", "page.tsx")),
    "/wt/s1/console.log": (0, ("console.log",)),
    "/wt/s1/com10": (0, ("com10",)),
    "/wt/s1/notes~": (0, ("notes~",)),
    "/wt/s1/..hidden": (0, ("..hidden",)),
    "/wt/s1/Grüße 世界": (0, ("Grüße 世界",)),
}

REFUSED = {
    PathReason.MALFORMED: ["", "/wt/s1/a\0b", "/wt/s1/" + "x" * 256, "/wt/s1" + "/x" * 2500, "/wt/s1/\ud83d"],
    PathReason.NOT_ABSOLUTE: [
        *("a", "./a", "~/a", "~", "file:///wt/s1/a", "http://h/a", "//host/share/a", "\\\\?\\C:\\a", "C:\\a", "C:/a"),
        *("\\wt\\s1\\a", "/wt/s1/C:/a", "//wt/s1/a", "vscode-remote://x/a", "~ann/a"),
    ],
    PathReason.OUTSIDE: [
        *("/", "/wt", "/wt/s1-evil/a", "/wt/s10", "/etc/passwd", "/wt/s1/../s2/a", "/wt/s1/..", "/wt/s1/a/../b"),
        *("/WT/s1/a", "/wt/S1/a", "/proc/self/root/wt/s1/a", "/wt/./s1/a", "/wt/s1/sub/../../../etc/passwd"),
    ],
    PathReason.ROOT: ["/wt/s1", "/wt/s1/", "/wt/s1/.", "/private/wt/s1"],
    PathReason.AMBIGUOUS: [
        *("/wt/s1/x:$DATA", "/wt/s1/x::$DATA", "/wt/s1/a\\b", "/wt/s1/..\\x", "/wt/s1/x.", "/wt/s1/x ", "/wt/s1/x. ."),
        *("/wt/s1/SETTIN~1.JSO", "/wt/s1/con", "/wt/s1/NUL.txt", "/wt/s1/sub/aux/x", "/wt/s1/COM1", "/wt/s1/lpt¹.log"),
    ],
    PathReason.GIT: [
        *("/wt/s1/.git", "/wt/s1/.GIT/config", "/wt/s1/.git./x", "/wt/s1/.git /x", "/wt/s1/.g\u200cit/config"),
        *("/wt/s1/GIT~1/config", "/wt/s1/git~27", "/wt/s1/sub/.git/hooks/x", "/wt/s1/.git::$INDEX_ALLOCATION/x"),
        *("/wt/s1/．git/x", "/wt/s1/.gıt".replace("ı", "\u0069\ufeff"), "/wt/s1/a\\b/.git/x"),
    ],
}


@pytest.mark.parametrize(("path", "expected"), ALLOWED.items(), ids=map(ascii, ALLOWED))
def test_paths_below_a_root_may_be_looked_at(path: str, expected: tuple[int, tuple[str, ...]]) -> None:
    """D12"""
    assert verdict(ROOTS, path) == Inside(*expected)


@pytest.mark.parametrize(
    ("reason", "path"),
    [(reason, path) for reason, paths in REFUSED.items() for path in paths],
    ids=lambda value: ascii(value)[:40],
)
def test_everything_else_is_refused_with_its_reason(reason: PathReason, path: str) -> None:
    """D11, D12, D15: the same on every system."""
    assert verdict(ROOTS, path) is reason


PIECES = st.sampled_from(
    ["..", ".", "", "a", ".git", ".GIT", "\u200d", "~", "\\", ":", "C:", " ", "wt", "s1", "/wt/s1", "x.", "nul", "~1"]
)
NAMES = st.lists(PIECES | st.text(st.characters(), max_size=5), max_size=4).map("".join)
PATHS = st.lists(NAMES, max_size=6).map("/".join)


@given(PATHS, st.sampled_from(["", "/", "/wt/s1/", "/wt/s1", "/private/wt/s1/"]))
def test_whatever_is_allowed_stays_below_its_root(rest: str, beginning: str) -> None:
    """D11, D15"""
    path = beginning + rest
    found = verdict(ROOTS, path)
    if isinstance(found, Inside):
        assert path.startswith(ROOTS[found.root] + "/")
        assert found.names
        for name in found.names:
            assert name not in {"", ".", ".."} and not set(name) & set("/\\:\0")
            assert name.casefold() != ".git"
        assert verdict(ROOTS, "/".join((ROOTS[found.root], *found.names))) == found, "its plain form is allowed too"
