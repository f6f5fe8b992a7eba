"""Agents installed into prefixes of Segue's own, by a npm that plays the registry."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from segue.agents import installation
from segue.agents.catalog import Available, Catalog, load_catalog
from segue.agents.definitions import AgentDefinition
from segue.agents.installation import Site
from segue.domain.errors import AgentFailed
from support.patience import scaled

NODE = f"""#!/bin/sh
[ "$1" = --version ] && echo v24.1.0 && exit
exec {sys.executable} "$@"
"""
NPM = """
import json, os, sys, time
prefix = sys.argv[sys.argv.index("--prefix") + 1]
((name, version),) = json.load(open(os.path.join(prefix, "package.json")))["dependencies"].items()
home = os.path.join(prefix, "node_modules", ".bin")
os.makedirs(home)
program = os.path.join(home, "fake-acp")
open(program, "w").write("#!/bin/sh\\n")
os.chmod(program, 0o755)
assert "--ignore-scripts" in sys.argv
lock = {"packages": {"node_modules/" + name: {"integrity": "sha512-right"}}}
if "ci" in sys.argv:
    lock = json.load(open(os.path.join(prefix, "package-lock.json")))
json.dump(lock, open(os.path.join(prefix, "node_modules", ".package-lock.json"), "w"))
print("downloading", flush=True)
if version == "6.6.6":
    time.sleep(600)
sys.exit(version == "0.0.0")
"""
DEFINITION = """
name = "mine"
command = ["fake-acp", "--acp"]
[package]
manager = "npm"
name = "fake"
version = "{version}"
hashes = ["sha512-{digest}"]
"""


def site(tmp_path: Path, lines: list[str], version: str = "1.2.3", digest: str = "right") -> tuple[Catalog, Site]:
    """A machine with a Node and its npm, and one agent that can be installed."""
    script = tmp_path / "node" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(NPM)
    node = tmp_path / "node" / "bin" / "node"
    node.parent.mkdir(exist_ok=True)
    node.write_text(NODE)
    node.chmod(0o755)
    (tmp_path / "data" / "agents").mkdir(parents=True, exist_ok=True)
    (tmp_path / "data" / "agents" / "mine.toml").write_text(DEFINITION.format(version=version, digest=digest))
    catalog = load_catalog(tmp_path / "data")
    environment = {"PATH": f"{node.parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    return catalog, Site(catalog.prefixes, environment, lines.append)


async def test_it_is_installed_found_and_removed(tmp_path: Path) -> None:
    lines: list[str] = []
    catalog, where = site(tmp_path, lines)
    definition = catalog.find("mine")
    await installation.install(definition, where)
    available = catalog.availability(definition, where.environment)
    assert isinstance(available, Available) and available.found is not None
    assert available.found.place == "segue" and available.argv[-1] == "--acp"
    assert "downloading" in lines
    await installation.install(definition, where)
    assert "installed already" in lines[-1]
    await installation.uninstall(definition, where)
    assert not isinstance(catalog.availability(definition, where.environment), Available)
    assert not where.prefix("mine").exists()


@pytest.mark.parametrize(
    ("version", "digest", "reason"), [("0.0.0", "right", "install_failed"), ("1.2.3", "wrong", "package_changed")]
)
async def test_what_failed_or_is_another_package_leaves_nothing(
    tmp_path: Path, version: str, digest: str, reason: str
) -> None:
    catalog, where = site(tmp_path, [], version, digest)
    with pytest.raises(AgentFailed) as failed:
        await installation.install(catalog.find("mine"), where)
    assert failed.value.reason == reason
    assert not where.prefix("mine").exists()


async def test_cancelling_ends_what_runs_and_leaves_nothing(tmp_path: Path) -> None:
    begun = asyncio.Event()
    catalog, where = site(tmp_path, [], "6.6.6")
    told = Site(where.prefixes, where.environment, lambda line: begun.set() if line == "downloading" else None)
    task = asyncio.create_task(installation.install(catalog.find("mine"), told), name="install")
    async with asyncio.timeout(scaled()):
        await begun.wait()
    with pytest.raises(AgentFailed, match="already"):
        await installation.install(catalog.find("mine"), told)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not where.prefix("mine").exists()


async def test_what_a_kill_left_is_not_used_and_is_swept(tmp_path: Path) -> None:
    catalog, where = site(tmp_path, [])
    definition = catalog.find("mine")
    await installation.install(definition, where)
    (where.prefix("mine") / ".complete").unlink()
    assert not isinstance(catalog.availability(definition, where.environment), Available)
    installation.sweep(where.prefixes)
    assert not where.prefix("mine").exists()


UNLOCKED = {"cline", "opencode", "qwen"}
"""Of these no lock could be made that holds on every system."""
NPM_AGENTS = [
    each
    for each in load_catalog(Path("/nonexistent")).agents
    if each.package and each.package.manager == "npm" and each.name not in UNLOCKED
]


@pytest.mark.parametrize("definition", NPM_AGENTS, ids=lambda each: each.name)
def test_all_that_a_built_in_agent_needs_is_named_with_its_hash(definition: AgentDefinition) -> None:
    """What a lock does not name npm does not install, whatever a registry says; and no registry is named."""
    lock = installation.lock_of(definition)
    assert lock is not None and definition.package is not None
    root, *others = json.loads(lock.read_text("utf-8"))["packages"].items()
    assert root[1]["dependencies"] == {definition.package.name: definition.package.version}
    assert all(entry["integrity"].startswith("sha512-") for _, entry in others)
    assert dict(others)[f"node_modules/{definition.package.name}"]["integrity"] in definition.package.hashes
    assert not [name for name, entry in others if "resolved" in entry]


@pytest.mark.parametrize("definition", NPM_AGENTS, ids=lambda each: each.name)
def test_npm_accepts_each_lock(definition: AgentDefinition, tmp_path: Path) -> None:
    """Met with Cline, whose lock lacked the packages of other systems: npm refused it, and its installation failed."""
    lock, package = installation.lock_of(definition), definition.package
    assert lock is not None and package is not None
    manifest = {"name": "segue-agent", "private": True, "dependencies": {package.name: package.version}}
    (tmp_path / "package.json").write_text(json.dumps(manifest))
    shutil.copy(lock, tmp_path / "package-lock.json")
    npm = Path(sys.executable).with_name("npm")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    where = ("--prefix", tmp_path, "--cache", tmp_path / "cache")
    command = [npm, "ci", "--dry-run", "--offline", *quiet, *where]
    environment = {"PATH": f"{npm.parent}:{os.defpath}", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("agent", ["cline", "opencode", "qwen"])
def test_an_agent_without_a_lock_has_none(agent: str) -> None:
    """A lock that is not whole stops an installation on every system."""
    assert not (installation.LOCKS / f"{agent}.json").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("npm error code EUSAGE", ""),
        ("npm error errno -13", ""),
        ("npm error `npm ci` can only install packages when", "`npm ci` can only install packages when"),
        ("npm ERR! 404 Not Found - GET https://x/y", "404 Not Found - GET https://x/y"),
        ("npm error A complete log of this run can be found in: /x", ""),
        ("ERROR: No matching distribution found for x", "No matching distribution found for x"),
        ("npm http fetch GET 200 https://x", ""),
        ("npm warn deprecated", ""),
    ],
)
def test_the_first_line_that_says_what_is_wrong_is_shown(line: str, said: str) -> None:
    assert installation.complaint(line) == said


async def test_a_built_in_agent_is_installed_by_its_lock(tmp_path: Path) -> None:
    catalog, where = site(tmp_path, [])
    definition = catalog.find("gemini")
    await installation.install(definition, where)
    lock = installation.lock_of(definition)
    assert lock is not None
    assert (where.prefix("gemini") / "package-lock.json").read_bytes() == lock.read_bytes()


async def test_an_agent_of_the_users_own_has_no_lock_even_by_the_name_of_a_built_in_one(tmp_path: Path) -> None:
    catalog, _ = site(tmp_path, [])
    mine = msgspec.structs.replace(catalog.find("mine"), name="gemini")
    assert installation.lock_of(mine) is None
