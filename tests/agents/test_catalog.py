"""Agent definitions as data."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from segue.agents.catalog import Available, Catalog, load_catalog
from segue.agents.definitions import AgentDefinition, Facts, Problem
from segue.agents.detection import Found
from segue.agents.environment import is_inherited, unattended
from segue.domain.errors import NotFound

BUILT_IN = {
    *("auggie", "claude", "cline", "codex", "command", "copilot", "cursor", "gemini", "goose", "kimi"),
    *("opencode", "qwen", "replay", "vibe"),
}
USER = 'name = "mine"\ncommand = ["my-agent", "--acp"]\n'


def catalog_of(data: Path, **files: str) -> Catalog:
    (data / "agents").mkdir(exist_ok=True)
    for name, text in files.items():
        (data / "agents" / f"{name}.toml").write_text(text)
    return load_catalog(data)


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_built_in_agents(tmp_path: Path) -> None:
    catalog = load_catalog(tmp_path / "missing")
    assert {definition.name for definition in catalog.agents} == BUILT_IN
    assert catalog.problems == ()
    assert all(d.source == "built-in" and d.title and d.description and d.prompt_hint for d in catalog.agents)


def test_what_the_protocol_does_not_tell_stands_in_the_definition(tmp_path: Path) -> None:
    """A client must know it before it offers file methods."""
    catalog = catalog_of(tmp_path, mine=USER)
    gemini = catalog.find("gemini").facts
    assert (gemini.fs, gemini.missing_reads_empty, gemini.moves_on_load) == ("client", True, False)
    assert catalog.find("codex").facts.leaves_processes_on_cancel
    assert not catalog.find("command").facts.reads_prose
    assert catalog.find("mine").facts == Facts()


def test_every_package_is_one_exact_release(tmp_path: Path) -> None:
    packages = {agent.name: agent.package for agent in load_catalog(tmp_path).agents if agent.package}
    assert len(packages) == 10
    for package in packages.values():
        assert package.version[0].isdigit() and package.hashes
        kind = "sha512-" if package.manager == "npm" else "sha256:"
        assert all(value.startswith(kind) for value in package.hashes)


@pytest.mark.parametrize("name", ["command", "replay"])
def test_agents_of_ours_are_always_there(tmp_path: Path, name: str) -> None:
    catalog = load_catalog(tmp_path)
    available = catalog.availability(catalog.find(name), {})
    assert isinstance(available, Available) and available.argv[0] == sys.executable


@pytest.mark.parametrize("name", ["claude", "codex", "gemini"])
def test_what_is_not_installed_says_how_to_get_it(tmp_path: Path, name: str) -> None:
    catalog = load_catalog(tmp_path)
    problem = catalog.availability(catalog.find(name), {"PATH": str(tmp_path)})
    assert isinstance(problem, Problem)
    assert "is not installed" in problem.message and "segue agents install" in problem.action


def test_a_program_is_found_on_the_windows_path(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, mine=USER)
    definition = catalog.find("mine")
    assert (definition.source, definition.title) == ("user", "mine")
    found = program(tmp_path / "bin" / "my-agent")
    assert catalog.availability(definition, {"PATH": f"/nowhere:{found.parent}"}) == Available(
        (str(found), "--acp"), Found(str(found), "path")
    )


def test_a_program_is_found_in_the_users_npm_prefix_with_its_version(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, mine=USER)
    (tmp_path / ".npmrc").write_text("prefix=${HOME}/npm\n")
    package = tmp_path / "npm" / "lib" / "node_modules" / "mine"
    real = program(package / "dist" / "my-agent")
    (package / "package.json").write_text('{"version": "1.2.3", "bin": {}}')
    linked = tmp_path / "npm" / "bin" / "my-agent"
    linked.parent.mkdir()
    linked.symlink_to(real)
    found = catalog.found(catalog.find("mine"), {"PATH": "/nowhere", "HOME": str(tmp_path)})
    assert found == Found(str(linked), "npm", "1.2.3")


def test_agents_in_the_shape_of_other_editors_are_taken(tmp_path: Path) -> None:
    config = tmp_path / "agents.json"
    config.write_text(
        '{"agent_servers": {"My Agent": {"type": "custom", "command": "/bin/x", "args": ["--acp"], "env": {"A": "b"}},'
        ' "bad": {"command": 3}, "claude": {"type": "registry"}}}'
    )
    catalog = load_catalog(tmp_path, config)
    mine = catalog.find("my-agent")
    assert (mine.title, mine.command, mine.env) == ("My Agent", ("/bin/x", "--acp"), {"A": "b"})
    assert len(catalog.problems) == 2
    assert catalog.find("claude").source == "built-in"


def test_a_relative_entry_of_path_is_no_place_for_an_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S2: the repository must not be able to supply the program."""
    catalog = catalog_of(tmp_path, mine=USER)
    program(tmp_path / "my-agent")
    monkeypatch.chdir(tmp_path)
    assert isinstance(catalog.availability(catalog.find("mine"), {"PATH": ".::"}), Problem)
    relative = AgentDefinition(name="x", command=("./my-agent",))
    assert isinstance(catalog.availability(relative, {"PATH": "/bin"}), Problem)


def test_a_definition_of_the_user_replaces_a_built_in_one(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, claude='name = "claude"\ncommand = ["my-claude"]\n')
    assert catalog.find("claude").command == ("my-claude",)
    assert {definition.name for definition in catalog.agents} == BUILT_IN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "Invalid value"),
        ("", "missing required field `name`"),
        ('name = "x"', "missing required field `command`"),
        ('name = "x"\ncommand = "text"', "Expected `array`"),
        ('name = "x"\ncommand = []', "must name a program"),
        ('name = "-x"\ncommand = ["a"]', "`name` must be"),
        ('name = "x"\ncommand = ["a"]\nshell = true', "unknown field `shell`"),
        ('name = "x"\ncommand = ["a"]\n[env]\nA = 1', "Expected `str`"),
        ('name = "x"\ncommand = ["a"]\n[facts]\nfs = "cloud"', "Invalid enum value"),
        ("a = " + "[" * 100_000, ""),
        ("#" * 300_000, "too large"),
    ],
)
def test_a_broken_file_is_a_problem_and_no_crash(tmp_path: Path, text: str, words: str) -> None:
    catalog = catalog_of(tmp_path, broken=text, mine=USER)
    (problem,) = catalog.problems
    assert words in problem.message and str(tmp_path / "agents" / "broken.toml") in problem.message
    assert problem.action
    assert catalog.find("mine")


def test_a_file_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "agents" / "folder.toml").mkdir(parents=True)
    (tmp_path / "agents" / "bytes.toml").write_bytes(b"\xff\xfe")
    assert len(load_catalog(tmp_path).problems) == 2


def test_an_unknown_agent_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="command"):
        load_catalog(tmp_path).find("nobody")


@pytest.mark.parametrize("name", ["PATH", "HOME", "LC_ALL", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR", "HTTPS_PROXY"])
def test_usual_variables_reach_every_agent(name: str) -> None:
    assert is_inherited(name, ())


@pytest.mark.parametrize(
    "name",
    [
        *("LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "GIT_DIR", "GIT_CONFIG_GLOBAL", "PYTHONPATH", "NODE_OPTIONS"),
        *("BASH_ENV", "ENV", "SEGUE_DATA_DIR", "VSCODE_IPC_HOOK", "ELECTRON_RUN_AS_NODE", "BASH_FUNC_ls%%"),
    ],
)
def test_variables_that_load_code_reach_no_agent(name: str) -> None:
    """D19"""
    assert not is_inherited(name, ("*",))


def test_an_agents_environment_is_its_allow_list(tmp_path: Path) -> None:
    """D19, S7"""
    catalog = catalog_of(
        tmp_path, mine=USER + 'environment = ["MINE_*"]\n[env]\nMODE = "acp"\nLD_PRELOAD = "x"\nMINE_A = "own"\n'
    )
    window = {
        "PATH": "/a:.:rel::/b",
        "HOME": "/h",
        "MINE_A": "1",
        "MINE_B": "2",
        "SECRET_TOKEN": "s",
        "LD_PRELOAD": "x",
    }
    assert catalog.environment_for(catalog.find("mine"), window) == {
        **unattended(),
        "PATH": "/a:/b",
        "HOME": "/h",
        "MINE_A": "own",
        "MINE_B": "2",
        "MODE": "acp",
    }
    assert "ANTHROPIC_API_KEY" in catalog.environment_for(catalog.find("claude"), {"ANTHROPIC_API_KEY": "k"})
    assert catalog.environment_for(catalog.find("command"), {"ANTHROPIC_API_KEY": "k"}) == unattended()
