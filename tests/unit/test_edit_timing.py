"""Rule 13: an agent's edits are batched while somebody types, and only then."""

from __future__ import annotations

import pytest

from segue.domain.pairing.edit_timing import Pace


def pace(*, typed: float | None, writes: tuple[float, ...], edited: float = 9.9, saved: float | None = None) -> Pace:
    made = Pace()
    if typed is not None:
        made.typed(typed)
    if saved is not None:
        made.saved(saved)
    for at in writes:
        made.wrote(at)
    made.edited(edited)
    return made


@pytest.mark.parametrize(
    ("made", "pause_s", "due"),
    [
        pytest.param(pace(typed=9.8, writes=(9.95, 10.0)), None, 10.15, id="a burst while he types is batched"),
        pytest.param(pace(typed=9.8, writes=(9.8, 10.0)), None, 10.0, id="a write alone is not (L1)"),
        pytest.param(pace(typed=9.8, writes=(10.0,)), None, 10.0, id="nor is the first one"),
        pytest.param(pace(typed=8.9, writes=(9.95, 10.0)), None, 10.0, id="nor a burst when he does not type"),
        pytest.param(pace(typed=None, writes=(9.95, 10.0)), None, 10.0, id="nor where he never did"),
        pytest.param(pace(typed=8.0, writes=(10.0,)), 1.0, 11.15, id="where the editor saves, it gets room"),
        pytest.param(pace(typed=8.0, writes=(10.0,), saved=9.0), 1.0, 10.0, id="until it has saved"),
        pytest.param(pace(typed=9.8, writes=(9.95, 10.0)), 60.0, 10.15, id="not where it saves once a minute"),
    ],
)
def test_a_burst_is_batched_while_somebody_types(made: Pace, pause_s: float | None, due: float) -> None:
    assert made.due(10.0, pause_s) == pytest.approx(due)
