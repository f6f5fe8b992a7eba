"""The shapes behind the method table, read from the pydantic models: what the emitters write down.

Knows types and which side sends them; knows neither TypeScript nor Markdown.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from types import ModuleType, NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from segue.protocol import errors, methods
from segue.protocol.wire import Wire


class Side(Enum):
    CLIENT = "client"
    """Sent by a client: whatever has a default may be left out."""
    SERVER = "server"
    """Sent by the server: only what is None is left out."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any string."""


@dataclass(frozen=True, slots=True)
class Number:
    """`is_whole` where fractions do not occur."""

    is_whole: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class Words:
    """One of a few strings."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """Another model or enum."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    element: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    element: Shape


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value of one of several shapes."""

    shapes: tuple[Shape, ...]


Shape: TypeAlias = Text | Number | Truth | Anything | Words | Name | ListOf | MapOf | OneOf


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a JSON object, as it stands on the wire."""

    key: str
    shape: Shape
    is_optional: bool
    default: object | None
    """The JSON value that counts where a client leaves the key out; None where there is none to tell."""
    doc: str


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    doc: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Enumeration:
    name: str
    doc: str
    members: tuple[tuple[str, str], ...]
    """Values with their sentences, in the order of the definition."""


@dataclass(frozen=True, slots=True)
class Method:
    constant: str
    """Name in the method table, such as `NEW_SESSION`."""
    name: str
    params: str
    result: str | None
    """None for a notification."""
    doc: str


EXTRA: tuple[tuple[type[Wire], Side], ...] = ((methods.ClientInfo, Side.CLIENT), (errors.ErrorData, Side.SERVER))
"""Shapes that cross the wire outside of the method table."""


def table() -> tuple[Method, ...]:
    """Requests and notifications in the table's order."""
    constants = {id(value): name for name, value in vars(methods).items()}
    requests = (Method(constants[id(r)], r.name, r.params.__name__, r.result.__name__, r.doc) for r in methods.REQUESTS)
    notes = (Method(constants[id(n)], n.name, n.params.__name__, None, n.doc) for n in methods.NOTIFICATIONS)
    return (*requests, *notes)


@cache
def models() -> tuple[Model, ...]:
    """Every object that crosses the wire, in the order of definition: views first."""
    sides = _sides()
    return tuple(_model(model, sides[model]) for model in sorted(sides, key=_place))


@cache
def enumerations() -> tuple[Enumeration, ...]:
    """Every enum that a model refers to, in the order of first use."""
    found: dict[type[StrEnum], None] = {}
    for model in sorted(_sides(), key=_place):
        for field in model.model_fields.values():
            found.update(dict.fromkeys(a for a in _atoms(field.annotation) if _is_enum(a)))
    return tuple(
        Enumeration(e.__name__, own_doc(e), tuple((m.value, _member_docs(e).get(m.name, "")) for m in e)) for e in found
    )


def own_doc(of: type) -> str:
    """The docstring that the class itself has, never an inherited one."""
    doc = vars(of).get("__doc__")
    return inspect.cleandoc(doc) if doc else ""


def _sides() -> dict[type[Wire], set[Side]]:
    sides: dict[type[Wire], set[Side]] = {}
    roots: list[tuple[type[Wire], Side]] = list(EXTRA)
    for request in methods.REQUESTS:
        roots += [(request.params, Side.CLIENT), (request.result, Side.SERVER)]
    roots += [(notification.params, Side.SERVER) for notification in methods.NOTIFICATIONS]
    for root, side in roots:
        for model in _reachable(root):
            sides.setdefault(model, set()).add(side)
    return sides


def _reachable(model: type[Wire]) -> Iterator[type[Wire]]:
    yield model
    for field in model.model_fields.values():
        for atom in _atoms(field.annotation):
            if isinstance(atom, type) and issubclass(atom, Wire) and atom is not model:
                yield from _reachable(atom)


def _atoms(annotation: Any) -> Iterator[Any]:
    arguments = get_args(annotation)
    if not arguments or get_origin(annotation) is Literal:
        yield annotation
        return
    for argument in arguments:
        yield from _atoms(argument)


def _model(model: type[Wire], sides: set[Side]) -> Model:
    fields, docs = [], _field_docs(model)
    for name, info in model.model_fields.items():
        value = info.get_default(call_default_factory=True) if not info.is_required() else None
        may_be_none = NoneType in get_args(info.annotation)
        is_optional = may_be_none or (Side.CLIENT in sides and not info.is_required())
        default = value.value if isinstance(value, Enum) else value
        key = info.alias or name
        fields.append(Field(key, _shape(info.annotation), is_optional, default, _on_the_wire(docs.get(name, ""))))
    return Model(model.__name__, own_doc(model), tuple(fields))


def _on_the_wire(doc: str) -> str:
    """A Python docstring in words that hold for JSON, where None is a key that is not there."""
    return re.sub(r"(^|\. )None\b", r"\1Left out", doc).replace("None", "left out")


_SIMPLE: dict[Any, Shape] = {
    str: Text(),
    int: Number(is_whole=True),
    float: Number(is_whole=False),
    bool: Truth(),
    object: Anything(),
    Any: Anything(),
}


def _shape(annotation: Any) -> Shape:
    simple = _SIMPLE.get(annotation)
    if simple is not None:
        return simple
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return Words(arguments)
    if origin in {Union, UnionType}:
        shapes = tuple(_shape(a) for a in arguments if a is not NoneType)
        return OneOf(shapes) if len(shapes) > 1 else shapes[0]
    if origin is list:
        return ListOf(_shape(arguments[0]))
    if origin is dict:
        return MapOf(_shape(arguments[1]))
    if _is_enum(annotation) or (isinstance(annotation, type) and issubclass(annotation, Wire)):
        return Name(annotation.__name__)
    raise TypeError(f"{annotation!r} has no place on the wire")


def _is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, StrEnum)


@cache
def _place(model: type[Wire]) -> tuple[int, int]:
    modules = (
        "segue.protocol.policy",
        "segue.protocol.usage",
        "segue.protocol.questions",
        "segue.protocol.plans",
        "segue.protocol.images",
        "segue.protocol.phrases",
        "segue.protocol.permissions",
        "segue.protocol.views",
        "segue.protocol.merges",
        "segue.protocol.agents",
        "segue.protocol.pairing",
        "segue.protocol.queue",
        "segue.protocol.undo",
        "segue.protocol.status",
        "segue.protocol.sessions",
        "segue.protocol.subscriptions",
        "segue.protocol.methods",
        "segue.protocol.errors",
    )
    return modules.index(model.__module__), inspect.getsourcelines(model)[1]


@cache
def _module_tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _field_docs(model: type[Wire]) -> dict[str, str]:
    """Read here and not by pydantic, which would do so in every daemon that starts."""
    chain = [of for of in reversed(model.__mro__) if issubclass(of, Wire) and of is not Wire]
    return {name: doc for of in chain for name, doc in _member_docs(of).items()}


def _member_docs(of: type[StrEnum] | type[Wire]) -> dict[str, str]:
    module = inspect.getmodule(of)
    assert module is not None
    return next(
        dict(_documented(node.body))
        for node in ast.walk(_module_tree(module))
        if isinstance(node, ast.ClassDef) and node.name == of.__name__
    )


def _documented(body: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Names assigned in a class body with the string under each."""
    target = ""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target)):
                continue
            case ast.Expr(value=ast.Constant(value=str(text))) if target:
                yield target, inspect.cleandoc(text)
        target = ""
