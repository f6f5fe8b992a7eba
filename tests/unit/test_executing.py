"""What runs by itself on a person's machine is known by its name, its scripts or its mode."""

from __future__ import annotations

import json

import pytest

from segue.domain import executing as x


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (".vscode/tasks.json", x.EDITOR),
        ("apps/web/.vscode/settings.json", x.EDITOR),
        ("a.code-workspace", x.EDITOR),
        (".husky/pre-commit", x.GIT),
        (".gitattributes", x.GIT),
        (".github/workflows/ci.yml", x.CI),
        ("Jenkinsfile", x.CI),
        ("sub/Makefile", x.BUILD),
        ("rules.MK", x.BUILD),
        (".envrc", x.SHELL),
        ("Dockerfile", x.CONTAINER),
        (".Claude/settings.json", x.AGENT),
        (".vs\u200bcode/tasks.json", x.EDITOR),
        (".ENVRC.", x.SHELL),
        ("src/vscode/tasks.json", None),
        ("main.py", None),
        ("", None),
    ],
)
def test_a_file_that_runs_is_known_by_its_name(path: str, why: str | None) -> None:
    assert x.runs(path, "", "new", may_be_run=False) == why


def test_a_package_runs_where_its_scripts_change() -> None:
    old = json.dumps({"name": "a", "scripts": {"test": "true"}})
    for new, why in (
        (json.dumps({"name": "b", "scripts": {"test": "true"}}), None),
        (json.dumps({"name": "a", "scripts": {"postinstall": "true"}}), x.SCRIPTS),
        ("{ not json", x.SCRIPTS),
        ("[1]", x.SCRIPTS),
        (None, x.SCRIPTS),
    ):
        assert x.runs("web/package.json", old, new, may_be_run=False) == why
    assert x.runs("package.json", None, json.dumps({"name": "a"}), may_be_run=False) is None


def test_a_mode_may_let_it_run() -> None:
    assert x.runs("tool.py", "x", "x", may_be_run=True) == x.PROGRAM
