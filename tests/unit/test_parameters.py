"""What clients send, as the engine's parts take it."""

from __future__ import annotations

import pytest

from segue.domain.errors import InputRefused
from segue.engine.api import parameters
from segue.engine.merging.merges import Shown
from segue.engine.pairing.link_record import Leaving
from segue.git.merges import Strategy
from segue.git.uncommitted_lines import Unfinished
from segue.protocol.merges import MergeParams, MergePlanParams
from segue.protocol.permissions import AnswerParams
from segue.protocol.questions import AnswerQuestionParams, GivenView

SESSION = "22222222"


@pytest.mark.parametrize(
    ("is_background", "keep_hunks", "leaving"),
    [(False, False, None), (False, True, None), (True, False, Leaving.LEAVE), (True, True, Leaving.KEEP)],
)
def test_a_link_ends_only_for_work_in_the_background(
    is_background: bool, keep_hunks: bool, leaving: Leaving | None
) -> None:
    answer = AnswerParams(
        session_id=SESSION, request_id="1", option_id="yes", is_background=is_background, keep_hunks=keep_hunks
    )
    assert parameters.leaving(answer) is leaving


def test_an_empty_branch_name_plans_a_merge_into_the_session_s_base() -> None:
    assert parameters.merge_to_plan(MergePlanParams(session_id=SESSION, base="")).base is None
    assert parameters.merge_to_plan(MergePlanParams(session_id=SESSION, base="next")).base == "next"


def test_a_merge_is_asked_for_as_its_plan_was_shown() -> None:
    wanted, shown = parameters.merge_as_planned(
        MergeParams(
            session_id=SESSION,
            strategy="squash",
            base_ref="refs/heads/main",
            base_commit="c0",
            result="t1",
            unfinished="commit",
            confirmed=["dirty", "dirty"],
        )
    )
    assert (wanted.base, wanted.strategy, wanted.unfinished) == ("refs/heads/main", Strategy.SQUASH, Unfinished.COMMIT)
    assert wanted.confirmed == {"dirty"} and wanted.message == wanted.first_message == ""
    assert shown == Shown("c0", "t1")


def test_the_last_answer_to_a_field_counts() -> None:
    values = [GivenView(name="color", values=["red"]), GivenView(name="color", values=["blue", "green"])]
    params = AnswerQuestionParams.model_validate(
        {"session_id": SESSION, "request_id": "1", "action": "accept", "values": values}
    )
    assert parameters.question_answer(params).values == {"color": ("blue", "green")}


def test_text_that_is_no_session_id_is_refused() -> None:
    with pytest.raises(InputRefused) as refused:
        parameters.merge_to_plan(MergePlanParams(session_id="../x"))
    assert refused.value.reason == "bad_session_id"
