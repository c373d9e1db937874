"""What the operator saw ends a stance the plate saw going on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.geometry import Side
from analysis.operator_marks import cut_by_interruption, ended_by_operator
from analysis.phases import EndedBy, Mark, StancePhases

HELD = StancePhases(
    side=Side.LEFT,
    start_s=10.0,
    end_s=41.0,
    foot_off_s=10.0,
    static_s=(15.0, 35.0),
    touch_down_s=41.0,
    ended_by=EndedBy.TARGET_REACHED,
    hold_time_s=30.0,
    censored=True,
)


def test_a_hand_on_the_rail_ends_the_hold_where_the_operator_saw_it() -> None:
    """Foot-off at 10 s, hand at 27 s: held 17 s, steady part from 2.5 s after foot-off to 0.4 s before the end."""
    cut = ended_by_operator(HELD, (Mark(27.0, EndedBy.HAND_SUPPORT),), 30.0)
    assert (cut.ended_by, cut.hold_time_s, cut.censored) == (EndedBy.HAND_SUPPORT, 17.0, False)
    assert cut.static_s == (12.5, pytest.approx(26.6))
    assert cut.short


def test_the_first_mark_counts() -> None:
    marks = (Mark(30.0, EndedBy.OPERATOR_STOP), Mark(20.0, EndedBy.TOUCHDOWN))
    assert ended_by_operator(HELD, marks, 30.0).ended_by is EndedBy.TOUCHDOWN


def test_marks_outside_the_stance_or_after_the_target_change_nothing() -> None:
    marks = (Mark(9.0, EndedBy.TOUCHDOWN), Mark(40.5, EndedBy.TOUCHDOWN), Mark(44.0, EndedBy.TOUCHDOWN))
    assert ended_by_operator(HELD, marks, 30.0) == HELD


def test_an_interruption_ends_only_a_stance_that_was_going_on() -> None:
    going_on = replace(HELD, ended_by=EndedBy.END_OF_RECORDING)
    assert cut_by_interruption(going_on).ended_by is EndedBy.INTERRUPTED
    assert cut_by_interruption(HELD) == HELD
