"""Reads the project's own source for the architecture tests. Knows folders and Python's syntax; judges nothing."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server" / "segue"


@cache
def committed() -> tuple[Path, ...]:
    """Every file that is or could be committed: tracked, or untracked and not ignored."""
    argv = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, check=True, capture_output=True).stdout.split(b"\0")
    paths = sorted({ROOT / name.decode("utf-8", "surrogateescape") for name in listed if name})
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


def committed_of(*suffixes: str) -> tuple[Path, ...]:
    """Committed files with one of these suffixes."""
    return tuple(path for path in committed() if path.suffix in suffixes)


@cache
def server_files() -> tuple[Path, ...]:
    """Every Python file of the server."""
    return tuple(sorted(SERVER.rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def shown(path: Path) -> str:
    """The path as the project says it."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports anywhere, but for those under `if TYPE_CHECKING`."""
    for node in _executed(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(path, node)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with its dotted name, such as `asyncio.create_task`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else "", node


def module_file(name: str) -> Path | None:
    """The file of one of Segue's modules; None for a name that is no module."""
    path = SERVER.parent.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _executed(root: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(root):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _executed(node)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(SERVER.parent).parent.parts
    start = package[: len(package) - node.level + 1]
    return ".".join([*start, *([node.module] if node.module else [])])
