"""House rules that a reader of one file cannot see broken: sizes, processes, tasks, sleeping."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from support import source

FILE_LIMIT, LONG_FILE_LIMIT = 400, 600
LONG_FILES = {
    "server/segue/engine/pairing/transitions.py": "all that can become of one linked file, beside each other",
    "server/segue/engine/turns/turns.py": "the order of a turn, and what is taken up again at each of its moments",
}
"""Hand-written files that may have up to 600 lines, and why; one with 400 leaves the list."""
FUNCTION_LIMIT = 60
COMPOSITION_LIMIT = 150
LONG_FUNCTIONS = {
    "server/segue/domain/fold.py::_apply": "one arm for each event",
    "server/segue/domain/transcript.py::apply": "one arm for each event",
}
SOURCE_SUFFIXES = (".py", ".ts", ".mts", ".mjs", ".js")

STARTS_PROCESSES = {
    "server/segue/git/run.py": "every git command (D22)",
    "server/segue/cli/agents.py": "an agent's command for signing in, after a person's yes",
    "server/segue/connect.py": "starts the daemon",
    "server/segue/daemon.py": "becomes a daemon",
    "server/segue/installer.py": "runs venv and pip, for the extension and in a trusted workspace only",
}
"""Files that may start processes, and why; `runner/` and `agents/` start runners and agents."""
PROCESS_FOLDERS = ("server/segue/runner/", "server/segue/agents/")
PROCESS_CALLS = (
    "subprocess.",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "os.system",
    "os.popen",
    "asyncio.create_subproc",
)

SLEEPS = {
    "server/segue/agents/contract/checks.py": "an agent that can load a session only from the next minute on",
    "server/segue/agents/builtin/shell.py": "nothing tells when processes go that are no children of ours",
    "server/segue/git/run.py": "nothing tells when another git command has made its worktree (D26)",
    "server/segue/git/checkouts.py": "nothing tells when another program's index.lock goes (D26)",
}
"""Files of the server that may sleep, and why."""


def test_hand_written_files_have_at_most_400_lines_or_a_reason_for_600() -> None:
    sizes = {
        source.shown(path): len(path.read_text("utf-8").splitlines())
        for path in source.committed_of(*SOURCE_SUFFIXES)
        if path.name != "generated.ts"
    }
    long = {name: lines for name, lines in sizes.items() if lines > FILE_LIMIT}
    assert long.keys() == LONG_FILES.keys()
    assert not {name: lines for name, lines in long.items() if lines > LONG_FILE_LIMIT}


def test_the_engine_is_put_together_in_few_lines() -> None:
    """What puts parts together decides nothing, so it stays short (issue 12)."""
    composition = [source.ROOT / "server/segue/engine/api" / name for name in ("engine.py", "parts.py")]
    assert [path.name for path in composition if len(path.read_text("utf-8").splitlines()) > COMPOSITION_LIMIT] == []


def test_functions_of_the_server_have_at_most_60_lines_or_a_reason() -> None:
    long = {
        f"{source.shown(path)}::{node.name}"
        for path in source.server_files()
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LIMIT
    }
    assert long == LONG_FUNCTIONS.keys()


def test_names_of_modules_and_aliases_of_imports_are_words() -> None:
    """A lone gerund says what is done, not what a module holds; *pairing* is the name of what Segue offers."""
    gerunds = {path.stem for path in source.server_files() if path.stem.endswith("ing") and "_" not in path.stem}
    letters = [
        f"{source.shown(path)}: {alias.asname}"
        for path in source.server_files()
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname is not None and len(alias.asname) == 1
    ]
    assert (gerunds, letters) == ({"pairing"}, [])


def test_every_file_of_the_server_says_what_it_knows() -> None:
    silent = [
        source.shown(path)
        for path in source.server_files()
        if source.tree(path).body and not ast.get_docstring(source.tree(path))
    ]
    assert not silent


def test_only_git_run_imports_gitpython() -> None:
    """D22."""
    importers = {
        source.shown(path)
        for path in source.server_files()
        if any(name.split(".")[0] in {"git", "gitdb"} for name in source.imports(path))
    }
    assert importers <= {"server/segue/git/run.py"}


def test_only_listed_files_start_processes() -> None:
    """D22, S1: whatever runs a program is known by name."""
    starters = {source.shown(path) for path in source.server_files() if _starts_processes(path)}
    unknown = {name for name in starters if name not in STARTS_PROCESSES and not name.startswith(PROCESS_FOLDERS)}
    assert not unknown


def test_git_is_run_by_nobody_else() -> None:
    """D22: no argument list of any other file begins with git, but for those that errors show."""
    others = [
        f"{source.shown(path)}:{node.lineno}"
        for path in source.server_files()
        if source.shown(path) not in {"server/segue/git/run.py", "server/segue/git/outcome.py"}
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.List | ast.Tuple) and node.elts and _is_git(node.elts[0])
    ]
    assert not others


def test_every_task_has_a_name() -> None:
    nameless = []
    for path in source.server_files():
        for name, call in source.calls(path):
            is_task = name.endswith(".create_task") or name in {"create_task", "asyncio.ensure_future"}
            if is_task and not any(keyword.arg == "name" for keyword in call.keywords):
                nameless.append(f"{source.shown(path)}:{call.lineno}")
    assert not nameless


@pytest.mark.parametrize("forbidden", ["print", "time.sleep", "asyncio.sleep"])
def test_the_server_neither_prints_nor_sleeps(forbidden: str) -> None:
    found = [
        f"{source.shown(path)}:{call.lineno}"
        for path in source.server_files()
        for name, call in source.calls(path)
        if name == forbidden and source.shown(path) not in SLEEPS and not _only_yields(call)
    ]
    assert not found


def test_parts_get_what_they_need_when_they_are_made() -> None:
    """No late setters: a constructor's parameter, or a list of observers (issue 12)."""
    late = [
        f"{source.shown(path)}:{line}"
        for path in source.server_files()
        for owner in ast.walk(source.tree(path))
        if isinstance(owner, ast.ClassDef | ast.Module)
        for line in _late_setters(owner)
    ]
    assert not late


@pytest.mark.parametrize(
    "late",
    [
        "def __init__(self, other): other.heard = print",
        "def __init__(self): self.part.heard = self.other",
        "def make(self):\n  part = Part()\n  part.heard = print",
        "def make(self):\n  part: Part = Part.of(1)\n  part.shown, part.heard = 1, 2",
        "async def make(self, part): part.heard = self._hear",
        "def make(self, part): part.heard = lambda: self._hear()",
    ],
)
def test_a_late_setter_is_found(late: str) -> None:
    body = ast.parse(f"class Owner:\n def _hear(self): ...\n {late.replace(chr(10), chr(10) + ' ')}").body[0]
    assert isinstance(body, ast.ClassDef)
    assert len(_late_setters(body)) >= 1


def test_state_is_no_late_setter() -> None:
    owner = ast.parse(
        "class Owner:\n"
        " def __init__(self): self.part = Part(); self.shown, self.heard = 1, print\n"
        " def _hear(self): ...\n"
        " def work(self, part):\n"
        "  known = self.parts[1]\n"
        "  known.is_open = True\n"
        "  part.record = self.record\n"
        "  self.part.count += 1\n"
    ).body[0]
    assert isinstance(owner, ast.ClassDef)
    assert _late_setters(owner) == []


def _late_setters(owner: ast.ClassDef | ast.Module) -> list[int]:
    """Lines of the functions of a class or module that give another object a part or a callback after it was made."""
    functions = [node for node in owner.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    methods = {function.name for function in functions}
    found = []
    for function in functions:
        made = {name for node in ast.walk(function) for name in _names_of_new_objects(node)}
        for node in ast.walk(function):
            for target in _foreign_attributes(node):
                is_new = function.name == "__init__" or ast.unparse(target.value) in made
                value = getattr(node, "value", None)
                if is_new or isinstance(value, ast.Lambda) or _is_own_method(value, methods):
                    found.append(target.lineno)
    return found


def _foreign_attributes(node: ast.AST) -> list[ast.Attribute]:
    """What a statement assigns to, where that is an attribute of something else than `self` or `cls`."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [
        part
        for target in targets
        for part in ast.walk(target)
        if isinstance(part, ast.Attribute)
        and isinstance(part.ctx, ast.Store)
        and not (isinstance(part.value, ast.Name) and part.value.id in {"self", "cls"})
    ]


def _names_of_new_objects(node: ast.AST) -> list[str]:
    """The names that a statement gives to what a constructor, or a method of a class, makes."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
        return []
    first = ast.unparse(node.value.func).rpartition(".")
    is_made = any(name[:1].isupper() for name in (first[2], first[0].rpartition(".")[2]))
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name) and is_made]


def _is_own_method(value: ast.expr | None, methods: set[str]) -> bool:
    return isinstance(value, ast.Attribute) and ast.unparse(value.value) == "self" and value.attr in methods


def _starts_processes(path: Path) -> bool:
    return any(name.startswith(PROCESS_CALLS) for name, _ in source.calls(path))


def _is_git(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in {"git", b"git", "/usr/bin/git"}


def _only_yields(call: ast.Call) -> bool:
    """`asyncio.sleep(0)` lets others run and waits for nothing."""
    return ast.unparse(call) == "asyncio.sleep(0)"


def test_tests_wait_longer_on_a_busy_machine() -> None:
    """A wait of whole seconds that knows nothing of the machine's load fails where other work runs beside it."""
    fixed = [
        f"{path.relative_to(source.ROOT)}:{number}"
        for path in sorted((source.ROOT / "tests").rglob("*.py"))
        if "node_modules" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"\.(wait|join|settimeout)\((timeout=)?[1-9][0-9_.]*\)", line)
    ]
    assert not fixed
