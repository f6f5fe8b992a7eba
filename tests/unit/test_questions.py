"""What may be answered to an agent's form, and what the agent gets of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.domain import questions
from segue.domain.questions import Choice, FieldKind, FormField

AB = (Choice("a", "A"), Choice("b"))
TEXT = FormField("x", FieldKind.TEXT, minimum=2, maximum=4)
WHOLE = FormField("x", FieldKind.INTEGER, minimum=1, maximum=5)
ONE = FormField("x", FieldKind.CHOICE, choices=AB)
SOME = FormField("x", FieldKind.CHOICES, choices=AB, minimum=1, maximum=1)
TRUTH = FormField("x", FieldKind.BOOLEAN)
NEEDED = FormField("x", FieldKind.TEXT, is_required=True)


@pytest.mark.parametrize(
    ("field", "values", "problem"),
    [
        (NEEDED, [], "An answer is needed."),
        (NEEDED, [""], "An answer is needed."),
        (TEXT, ["a"], "At least 2 characters are needed."),
        (TEXT, ["abcde"], "At most 4 characters can be taken."),
        (
            FormField("x", FieldKind.TEXT),
            ["x" * (questions.ANSWER_LIMIT + 1)],
            "At most 65536 characters can be taken.",
        ),
        (TEXT, ["ab", "cd"], "One answer only."),
        (WHOLE, ["0"], "At least 1."),
        (WHOLE, ["6"], "At most 5."),
        (WHOLE, ["1.5"], "Answer with a whole number."),
        (FormField("x", FieldKind.INTEGER), ["9" * 30], "That number is too large."),
        (FormField("x", FieldKind.NUMBER), ["nan"], "Answer with a number."),
        (FormField("x", FieldKind.NUMBER), ["1e999"], "Answer with a number."),
        (FormField("x", FieldKind.NUMBER), ["\u0661"], "Answer with a number."),
        (ONE, ["A"], "Choose what is offered."),
        (SOME, ["a", "b"], "Choose at most 1."),
        (SOME, ["a", "a"], "Choose each only once."),
        (FormField("x", FieldKind.CHOICES, choices=AB, minimum=2), ["a"], "Choose at least 2."),
        (TRUTH, ["yes"], "Answer true or false."),
    ],
)
def test_each_field_has_one_clear_problem(field: FormField, values: list[str], problem: str) -> None:
    assert questions.problems([field], {"x": values}) == {"x": problem}


def test_what_was_not_asked_is_refused() -> None:
    assert questions.problems([TEXT], {"other": ["x"]}) == {"other": "The agent does not ask for this."}


@pytest.mark.parametrize(
    ("field", "values", "sent"),
    [
        (TEXT, ["abc"], "abc"),
        (WHOLE, ["5"], 5),
        (FormField("x", FieldKind.NUMBER), ["2.50"], 2.5),
        (FormField("x", FieldKind.NUMBER), ["2"], 2),
        (ONE, ["b"], "b"),
        (SOME, ["b"], ["b"]),
        (TRUTH, ["false"], False),
    ],
)
def test_the_agent_gets_values_of_its_own_types(field: FormField, values: list[str], sent: object) -> None:
    assert questions.problems([field], {"x": values}) == {}
    content = questions.content(questions.given([field], {"x": values}))
    assert content == {"x": sent}
    assert type(content["x"]) is type(sent)


@pytest.mark.parametrize("field", [TEXT, WHOLE, ONE, SOME, TRUTH])
def test_what_is_left_empty_is_not_sent(field: FormField) -> None:
    for nothing in ({}, {"x": []}, {"x": [""]}):
        assert questions.problems([field], nothing) == {}
        assert questions.given([field], nothing) == ()


_NAMES = st.sampled_from(["a", "b", "c"])
_BOUNDS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
_FIELDS = st.lists(
    st.builds(
        FormField,
        _NAMES,
        st.sampled_from(FieldKind),
        is_required=st.booleans(),
        choices=st.just(AB),
        minimum=_BOUNDS,
        maximum=_BOUNDS,
    ),
    unique_by=lambda field: field.name,
)
_WORDS = st.text() | st.floats().map(str) | st.integers().map(str) | st.sampled_from(["a", "b", "true", "false"])


@given(_FIELDS, st.dictionaries(_NAMES, st.lists(_WORDS, max_size=3)))
def test_every_answer_has_a_problem_or_can_be_sent(fields: list[FormField], values: dict[str, list[str]]) -> None:
    """No answer raises, and what is sent has every required field and nothing that was not asked."""
    if questions.problems(fields, values):
        return
    content = questions.content(questions.given(fields, values))
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert {field.name for field in fields if field.is_required} <= content.keys() <= {field.name for field in fields}
