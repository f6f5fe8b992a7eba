"""Writes what is generated from the server's code: `python tools/generate.py`, or `--check` to compare only."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "server" / "segue"
sys.path.insert(0, str(SERVER.parent))

from segue.domain import errors  # noqa: E402
from segue.protocol import markdown, typescript  # noqa: E402
from segue.protocol.methods import REQUESTS, SUBSCRIBE, UNSUBSCRIBE  # noqa: E402


def outputs() -> dict[Path, str]:
    """Every generated file with what it should hold."""
    return {
        ROOT / "extension" / "src" / "protocol" / "generated.ts": typescript.emit(phrases()),
        ROOT / "docs" / "protocol.md": markdown.emit(reasons()),
        SERVER / "lsp" / "command_names.py": command_names(),
    }


def stale() -> list[Path]:
    """Generated files that are missing or differ from the code."""
    return [path for path, text in outputs().items() if not path.exists() or path.read_text("utf-8") != text]


def command_names() -> str:
    """A module for the first answer to a client, which is given before the wire types are imported."""
    verbs = [request.name for request in REQUESTS if request not in (SUBSCRIBE, UNSUBSCRIBE)]
    names = sorted(["segue.pair", *(verb.replace("/", ".") for verb in verbs)])
    listed = "".join(f'    "{name}",\n' for name in names)
    told = "Every verb of the method table, and `segue.pair`, for `workspace/executeCommand`."
    origin = "Written by tools/generate.py: do not edit."
    return f'"""{told}\n\n{origin}\n"""\n\nfrom __future__ import annotations\n\nCOMMANDS = [\n{listed}]\n'


def reasons() -> list[markdown.Reason]:
    """Every reason that the server's source raises, by word; of several places the first by path speaks."""
    found: dict[str, markdown.Reason] = {}
    for source in sorted(SERVER.rglob("*.py")):
        for reason in _raised(ast.parse(source.read_text("utf-8"))):
            found.setdefault(reason.word, reason)
    return sorted(found.values(), key=lambda reason: reason.word)


def phrases() -> list[str]:
    """Every text that the server's source writes as a phrase, sorted; raises ValueError where one is no literal."""
    found: set[str] = set()
    for source in sorted(SERVER.rglob("*.py")):
        if source != SERVER / "domain" / "phrases.py":
            found.update(_phrases(ast.parse(source.read_text("utf-8")), source))
    return sorted(found)


def _phrases(tree: ast.Module, source: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="phrase"), args=[text, *_]):
                texts = [text]
            case ast.Call(func=ast.Name(id="counted"), args=[_, one, many, *_]):
                texts = [one, many]
            case _:
                continue
        for text in texts:
            if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
                raise ValueError(f"{source.relative_to(ROOT)}:{text.lineno}: a phrase needs a literal text")
            yield text.value


def _raised(tree: ast.Module) -> Iterator[markdown.Reason]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name),
                args=[ast.Constant(value=str(word)), message, *_],
            ) if _is_error(name):
                yield markdown.Reason(word, name, _sentence(message))


def _is_error(name: str) -> bool:
    kind = getattr(errors, name, None)
    return isinstance(kind, type) and issubclass(kind, errors.SegueError)


def _sentence(node: ast.expr) -> str:
    """A message as far as the source tells it: what is filled in at run time stands as `…`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values):
            return "".join(_sentence(value) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sentence(left) + _sentence(right)
        case _:
            return "…"


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        old = stale()
        for path in old:
            print(f"{path.relative_to(ROOT)} is not what the code says; run `python tools/generate.py`.")
        return 1 if old else 0
    if arguments:
        print("usage: python tools/generate.py [--check]", file=sys.stderr)
        return 2
    for path, text in outputs().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
