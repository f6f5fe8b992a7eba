"""What is generated is what the code says."""

from __future__ import annotations

import subprocess
import sys

from segue.protocol import methods, schema, typescript
from support import source


def test_generated_files_are_fresh() -> None:
    argv = [sys.executable, source.ROOT / "tools" / "generate.py", "--check"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_method_has_a_constant_and_every_name_is_defined() -> None:
    text = typescript.emit([])
    for method in (*methods.REQUESTS, *methods.NOTIFICATIONS):
        assert f'method: "{method.name}"' in text
    defined = {model.name for model in schema.models()} | {each.name for each in schema.enumerations()}
    used = {shape.name for model in schema.models() for field in model.fields for shape in _names(field.shape)}
    assert used <= defined


def test_a_key_is_optional_where_its_sender_may_leave_it_out() -> None:
    fields = {(model.name, field.key): field for model in schema.models() for field in model.fields}
    assert fields["NewSessionParams", "mode"].is_optional, "a client may rely on a default"
    assert not fields["SessionView", "queue"].is_optional, "the server sends every list, an empty one too"
    assert fields["SessionView", "baseRef"].is_optional, "what is None is not sent"


def _names(shape: schema.Shape) -> list[schema.Name]:
    match shape:
        case schema.Name():
            return [shape]
        case schema.ListOf(element) | schema.MapOf(element):
            return _names(element)
        case _:
            return []
