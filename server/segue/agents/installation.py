"""Installs agents into prefixes of their own, and removes them. Knows npm, pip and Node; knows no session, no client.

A prefix is built in place, since environments of Python hold their path, and counts only once its stamp is written. So
whatever stops an installation, what it left is not used, and is removed by the next one at the latest. No script of a
package runs before the package is known to be the one that its definition names.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from segue.agents.definitions import AgentDefinition, Package
from segue.agents.detection import NODE, STAMP, find_node, own_node, path_entries
from segue.agents.environment import is_inherited, usable
from segue.domain.errors import AgentFailed
from segue.domain.ids import visible

LOCKS = Path(__file__).parent / "builtin" / "locks"
LEAST_NODE = "20"
"""For npm itself, where an agent does not ask for a newer one."""
CONFIGURATION = ("npm_config_*", "NPM_CONFIG_*", "PIP_*")
STRAY = frozenset({"PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_USER", "VIRTUAL_ENV"})
"""A person's settings for their own environments; proxies, registries and certificates are theirs to choose."""
LINE_LIMIT = 500
END_GRACE_S = 3.0
_NPM = "npm/bin/npm-cli.js"
_COMPLAINT = re.compile(r"(?:npm (?:error|ERR!)|ERROR:) (.+)", re.IGNORECASE)
_NOISE = re.compile(r"(code|errno|syscall|path|dest) \S+$|A complete log", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Site:
    """Where and how something is installed."""

    prefixes: Path
    environment: Mapping[str, str]
    """Of the window that asked: PATH, proxies and the configuration of npm and pip count."""
    tell: Callable[[str], None]
    """Gets every line that a person may want to see."""

    def prefix(self, name: str) -> Path:
        return self.prefixes / name

    def variables(self) -> dict[str, str]:
        inherited = {n: v for n, v in self.environment.items() if is_inherited(n, CONFIGURATION) and n not in STRAY}
        kept = usable(inherited)
        kept["PATH"] = ":".join(path_entries(self.environment)) or os.defpath
        return kept


def own_node_package() -> Package:
    """The Node that is installed where the machine has none that fits."""
    return msgspec.toml.decode(Path(__file__).with_name("node.toml").read_bytes(), type=Package)


async def install(definition: AgentDefinition, site: Site) -> None:
    """Install the release that the definition names; does nothing where exactly that is there.

    Raises AgentFailed: `no_package`, `install_failed`, `package_changed`, `install_running`. Cancelling stops what runs
    and leaves nothing.
    """
    package = definition.package
    if package is None:
        message = f"Segue does not know how to install {definition.title}."
        raise AgentFailed("no_package", message, action=definition.install)
    async with _alone(site, definition.name):
        if _stamped(site.prefix(definition.name)) == package:
            site.tell(f"{definition.title} {package.version} is installed already.")
            return
        if package.manager == "npm":
            node = await _node(definition.facts.node or LEAST_NODE, site)
            work = _npm(definition, package, site, node)
        else:
            work = _pip(package, site, site.prefix(definition.name))
        site.tell(f"Installing {definition.title} {package.version}: {package.name} from {package.manager}.")
        await _built(site.prefix(definition.name), package, work)
        site.tell(f"{definition.title} {package.version} is installed.")


async def uninstall(definition: AgentDefinition, site: Site) -> None:
    """Remove what `install` made; raises AgentFailed("install_running")."""
    async with _alone(site, definition.name):
        await asyncio.to_thread(remove, site.prefix(definition.name))
        site.tell(f"{definition.title} is removed from Segue's own prefix.")


def is_installed(prefixes: Path, name: str) -> bool:
    return (prefixes / name / STAMP).exists()


def sweep(prefixes: Path) -> None:
    """Remove what installations left that a kill cut short; nothing while one runs. Blocks."""
    for prefix in sorted(prefixes.iterdir()) if prefixes.is_dir() else ():
        if prefix.is_dir() and not (prefix / STAMP).exists():
            with suppress(BlockingIOError):
                lock = _lock(prefixes, prefix.name)
                try:
                    remove(prefix)
                finally:
                    os.close(lock)


async def _built(prefix: Path, package: Package, work: Coroutine[object, object, None]) -> None:
    """Have `work` fill an empty prefix; it is stamped, or gone."""
    is_whole = False
    try:
        await asyncio.to_thread(_empty, prefix)
        await work
        await asyncio.to_thread(_stamp, prefix, package)
        is_whole = True
    finally:
        work.close()
        if not is_whole:
            await asyncio.shield(asyncio.to_thread(remove, prefix))


async def _node(least: str, site: Site) -> tuple[str, str]:
    """A Node and the script of its npm; Segue's own Node is installed where there is none."""
    node = await asyncio.to_thread(find_node, least, site.prefixes, site.environment)
    script = None if node is None else await asyncio.to_thread(_npm_of, node)
    if node is not None and script is not None:
        return node, script
    async with _alone(site, NODE):
        home, package = site.prefix(NODE), own_node_package()
        if _stamped(home) != package:
            site.tell(f"There is no Node {least} or newer with npm: installing Node {package.version} for Segue alone.")
            await _built(home, package, _pip(package, site, home))
    own = own_node(site.prefixes)
    script = None if own is None else _npm_of(str(own))
    if own is None or script is None:
        raise AgentFailed("install_failed", "Segue's own Node does not hold npm.", action="Install Node yourself.")
    return str(own), script


def _npm_of(node: str) -> str | None:
    """The script of the npm that came with a Node."""
    home = Path(node).resolve().parent.parent
    places = (home / "lib" / "node_modules" / _NPM, home / "share" / "nodejs" / _NPM)
    linked = Path(node).parent / "npm"
    if linked.is_symlink() and linked.resolve().name == "npm-cli.js":
        return str(linked.resolve())
    return next((str(place) for place in places if place.is_file()), None)


def lock_of(definition: AgentDefinition) -> Path | None:
    """What names every package that a built-in agent needs, with its hash, where there is one."""
    file = LOCKS / f"{definition.name}.json"
    return file if definition.source == "built-in" and file.is_file() else None


async def _npm(definition: AgentDefinition, package: Package, site: Site, node: tuple[str, str]) -> None:
    prefix, lock = site.prefix(definition.name), lock_of(definition)
    program, script = node
    manifest = {"name": "segue-agent", "private": True, "dependencies": {package.name: package.version}}
    (prefix / "package.json").write_text(json.dumps(manifest))
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=http", "--prefix", str(prefix))
    verb = "install"
    if lock is not None:
        shutil.copy(lock, prefix / "package-lock.json")
        verb = "ci"  # nothing but what the lock names, each as its hash says
    await _run([program, script, verb, "--ignore-scripts", *quiet], prefix, site, program)
    _verify(package, prefix)
    if package.scripts:
        rebuild = [program, script, "rebuild", "--ignore-scripts=false", *quiet, package.name]
        await _run(rebuild, prefix, site, program)


def _verify(package: Package, prefix: Path) -> None:
    """npm checked the archive against what the registry says; here that is checked against the definition."""
    try:
        lock = json.loads((prefix / "node_modules" / ".package-lock.json").read_text("utf-8"))
        integrity = lock["packages"][f"node_modules/{package.name}"]["integrity"]
    except (OSError, ValueError, KeyError, TypeError):
        integrity = None
    if integrity not in package.hashes:
        message = f"The registry gave another {package.name} {package.version} than the one that Segue knows."
        raise AgentFailed("package_changed", message, action="Nothing was installed. Look into it before you go on.")


async def _pip(package: Package, site: Site, prefix: Path) -> None:
    python = await _python(package.python, site)
    await _run([python, "-I", "-m", "venv", str(prefix)], prefix, site)
    pip = [str(prefix / "bin" / "python"), "-I", "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    pip += ["--disable-pip-version-check", "--only-binary=:all:"]
    requirement = prefix / "requirements.txt"
    pinned = f"{package.name}=={package.version}"
    requirement.write_text(" ".join([pinned, *(f"--hash={value}" for value in package.hashes)]) + "\n")
    await _run([*pip, "--no-deps", "--require-hashes", "-r", str(requirement)], prefix, site)
    await _run([*pip, pinned], prefix, site)


async def _python(least: str, site: Site) -> str:
    """A Python of at least that version: the one that Segue runs on, else one of PATH."""
    wanted = tuple(int(part) for part in (least or "3").split("."))
    if sys.version_info[: len(wanted)] >= wanted:
        return _base_python()
    path = ":".join(path_entries(site.environment)) or os.devnull
    names = [f"python{wanted[0]}.{minor}" for minor in range(wanted[1], wanted[1] + 4)] + ["python3"]
    check = f"import sys, venv; sys.exit(sys.version_info[:{len(wanted)}] < {wanted})"
    for found in filter(None, (shutil.which(name, path=path) for name in names)):
        with suppress(AgentFailed):
            await _run([found, "-I", "-c", check], site.prefixes, site)
            return found
    message = f"It needs Python {least} or newer, and none was found on PATH."
    raise AgentFailed("install_failed", message, action=f"Install Python {least}, then try again.")


async def _run(command: Sequence[str], cwd: Path, site: Site, node: str = "") -> None:
    """Run to its end and tell its output; raises AgentFailed. When cancelled, all of its processes are ended."""
    environment = site.variables()
    if node:
        environment["PATH"] = f"{Path(node).parent}:{environment['PATH']}"
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=1 << 20,
    )
    last = first = ""
    try:
        async for line in _lines(process):
            last = line
            first = first or complaint(line)
            site.tell(line)
        status = await process.wait()
    finally:
        if process.returncode is None:
            await asyncio.shield(_end(process))
    if status:
        message = f"`{Path(command[0]).name}` failed with exit {status}: {first or last}"
        action = "Look at the log; check the network and npm's or pip's settings for it, then try again."
        raise AgentFailed("install_failed", message, action=action)


def complaint(line: str) -> str:
    """What a line of npm's or pip's says is wrong; empty where it says nothing of that, as `npm error code E404`."""
    found = _COMPLAINT.match(line)
    return "" if found is None or _NOISE.match(found[1]) else found[1]


async def _lines(process: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """Its output, line by line, inert and bounded."""
    assert process.stdout is not None
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:  # longer than anything a person would read
            continue
        if not line:
            return
        text = visible(" ".join(line.decode(errors="replace").split()))
        if text:
            yield text[:LINE_LIMIT]


async def _end(process: asyncio.subprocess.Process) -> None:
    """End its session: npm and pip start others."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(TimeoutError):
            async with asyncio.timeout(END_GRACE_S):
                await process.wait()
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@asynccontextmanager
async def _alone(site: Site, name: str) -> AsyncIterator[None]:
    """Hold the prefix; nobody else builds or removes it meanwhile, in this process or another."""
    site.prefixes.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        lock = _lock(site.prefixes, name)
    except BlockingIOError:
        message = f"{name} is being installed or removed already."
        raise AgentFailed("install_running", message, action="Wait until that has ended.") from None
    try:
        yield
    finally:
        os.close(lock)


def _lock(prefixes: Path, name: str) -> int:
    lock = os.open(prefixes / f"{name.removeprefix('.')}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def remove(prefix: Path) -> None:
    """Take a directory away, its stamp first. Blocks."""
    (prefix / STAMP).unlink(missing_ok=True)
    shutil.rmtree(prefix, ignore_errors=True)


def _empty(prefix: Path) -> None:
    remove(prefix)
    prefix.mkdir(mode=0o700, parents=True)


def _base_python() -> str:
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _stamp(prefix: Path, package: Package) -> None:
    fresh = prefix / f"{STAMP}.new"
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(package))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(prefix / STAMP)


def _stamped(prefix: Path) -> Package | None:
    try:
        return msgspec.json.decode((prefix / STAMP).read_bytes(), type=Package)
    except (OSError, ValueError):
        return None
