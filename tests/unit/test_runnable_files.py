"""What runs on the user's machine is known by its name, by what changes in it, and by what git is configured to run."""

from __future__ import annotations

import json

import pytest

from segue.domain.runnable_files import NOTHING_HOOKED, Hooked, Kind, Texts, runs

AUTOMATIC, BUILD = Kind.AUTOMATIC, Kind.BUILD


def kind_of(path: str, texts: Texts | None = None, hooked: Hooked = NOTHING_HOOKED) -> Kind | None:
    found = runs(path, texts or Texts("", "new"), hooked)
    assert found is None or found.reason
    return found.kind if found is not None else None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".husky/pre-commit", AUTOMATIC),
        (".githooks/pre-commit", AUTOMATIC),
        (".gitattributes", AUTOMATIC),
        (".vscode/tasks.json", AUTOMATIC),
        (".vscode/settings.json", AUTOMATIC),
        ("apps/web/.vscode/settings.json", AUTOMATIC),
        ("a.code-workspace", AUTOMATIC),
        (".devcontainer/devcontainer.json", AUTOMATIC),
        (".envrc", AUTOMATIC),
        (".mise.toml", AUTOMATIC),
        (".mcp.json", AUTOMATIC),
        (".Claude/settings.json", AUTOMATIC),
        ("AGENTS.md", AUTOMATIC),
        ("sub/claude.MD", AUTOMATIC),
        ("GEMINI.md", AUTOMATIC),
        (".github/copilot-instructions.md", AUTOMATIC),
        (".cursor/rules/a.mdc", AUTOMATIC),
        (".opencode/agent.md", AUTOMATIC),
        ("opencode.json", AUTOMATIC),
        (".qwen/settings.json", AUTOMATIC),
        (".vibe/config.toml", AUTOMATIC),
        (".clinerules", AUTOMATIC),
        (".clinerules/a.md", AUTOMATIC),
        (".windsurf/rules/a.md", AUTOMATIC),
        (".github/workflows/ci.yml", BUILD),
        ("Jenkinsfile", BUILD),
        ("sub/Makefile", BUILD),
        ("rules.MK", BUILD),
        ("composer.json", BUILD),
        ("lefthook.yml", BUILD),
        (".pre-commit-config.yaml", BUILD),
        ("Gemfile", BUILD),
        ("eslint.config.mjs", BUILD),
        ("vite.config.ts", BUILD),
        ("build.rs", BUILD),
        ("app/build.gradle", BUILD),
        ("a.csproj", BUILD),
        ("Directory.Build.props", BUILD),
        ("flake.nix", BUILD),
        ("conftest.py", BUILD),
        ("setup.py", BUILD),
        ("pyproject.toml", BUILD),
        ("Dockerfile", BUILD),
        ("src/vscode/tasks.json", None),
        ("src/agents.py", None),
        ("main.py", None),
        ("", None),
    ],
)
def test_a_file_that_runs_is_known_by_its_name(path: str, kind: Kind | None) -> None:
    assert kind_of(path) is kind


@pytest.mark.parametrize("path", [".VSCODE/tasks.json", ".vs\u200bcode/tasks.json", ".ENVRC.", ".husky. /pre-commit"])
def test_a_name_that_a_forgiving_file_system_takes_for_another_one_is_known(path: str) -> None:
    assert kind_of(path) is AUTOMATIC


def test_a_link_in_the_place_of_a_folder_is_known() -> None:
    assert kind_of(".husky") is AUTOMATIC


def test_a_package_runs_where_its_scripts_change() -> None:
    old = json.dumps({"name": "a", "scripts": {"test": "true"}})
    for new, kind in (
        (json.dumps({"name": "b", "scripts": {"test": "true"}}), None),
        (json.dumps({"name": "a", "scripts": {"postinstall": "true"}}), BUILD),
        ("{ not json", BUILD),
        ("[1]", BUILD),
        (None, BUILD),
    ):
        assert kind_of("web/package.json", Texts(old, new)) is kind
    assert kind_of("package.json", Texts(None, json.dumps({"name": "a"}))) is None


def test_a_crate_runs_where_its_build_script_changes() -> None:
    old = '[package]\nname = "a"\n'
    assert kind_of("Cargo.toml", Texts(old, '[package]\nname = "b"\n')) is None
    assert kind_of("Cargo.toml", Texts(old, '[package]\nname = "a"\nbuild = "evil.rs"\n')) is BUILD
    assert kind_of("Cargo.toml", Texts(old, "not [ toml")) is BUILD


def test_what_an_installed_hook_reads_runs_without_being_started() -> None:
    hooked = Hooked(words="#!/bin/sh\nexec lefthook run pre-commit\nsh ./scripts/check.sh || npx lint-staged\n")
    for path in ("lefthook.yml", "scripts/check.sh", ".lintstagedrc.json"):
        assert kind_of(path, hooked=hooked) is AUTOMATIC
    assert kind_of("scripts/check.sh.txt", hooked=hooked) is None
    assert kind_of("other/recheck.sh", hooked=hooked) is None
    texts = Texts("{}", json.dumps({"lint-staged": {"*": "evil"}}))
    assert kind_of("package.json", texts, hooked) is AUTOMATIC
    assert kind_of("package.json", texts) is BUILD


def test_the_folder_where_git_looks_for_hooks_runs_without_being_started() -> None:
    assert kind_of("tools/hooks/pre-commit", hooked=Hooked(folders=("tools/hooks",))) is AUTOMATIC
    assert kind_of("tools/hooksmith/a", hooked=Hooked(folders=("tools/hooks",))) is None


def test_what_a_link_with_such_a_name_leads_to_runs_without_being_started() -> None:
    hooked = Hooked(links={"config/editor": ".vscode", "docs/agents.txt": "AGENTS.md"})
    assert kind_of("config/editor/tasks.json", hooked=hooked) is AUTOMATIC
    assert kind_of("docs/agents.txt", hooked=hooked) is AUTOMATIC
    assert kind_of("config/other.json", hooked=hooked) is None
