"""The guided test and its operator: every act, on fresh and on stale screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from dictated_plate import (
    CALIBRATION,
    HALF_MM,
    MODEL,
    WEIGHT_N,
    DictatedPlate,
    asked_to_lift,
    both_feet,
    filing,
    good,
    holding,
    judged,
)
from shelf import result

from analysis.geometry import Side
from analysis.phases import EndedBy
from dashboard.guide import Guide
from dashboard.orders import Discard, Outcome, Record, Void
from dashboard.protocol import DEMO, STANDARD, Act, Notice, Step
from dashboard.tally import Tally


@pytest.mark.parametrize(
    ("act", "ended_by"), [(Act.TOUCHED, EndedBy.TOUCHDOWN), (Act.HAND_SUPPORT, EndedBy.HAND_SUPPORT)]
)
def test_what_the_operator_sees_ends_the_hold_at_that_moment(act: Act, ended_by: EndedBy) -> None:
    plate = DictatedPlate()
    holding(plate)
    plate.run(8.0)
    seen_s = plate.now_s
    assert plate.act(act)
    assert plate.view.step is Step.SETTLE
    plate.until(Step.FILING, 4, x_mm=0.0)
    (mark,) = plate.facts.marks
    assert (mark.at_s, mark.ended_by) == (pytest.approx(seen_s, abs=0.05), ended_by)


@pytest.mark.parametrize("walk", [both_feet, asked_to_lift, holding])
def test_stop_files_the_attempt_at_once(walk: Callable[[DictatedPlate], None]) -> None:
    plate = DictatedPlate()
    walk(plate)
    was = plate.view.step
    assert plate.act(Act.STOP)
    assert (plate.view.step, plate.view.notice) == (Step.FILING, Notice.STOPPED)
    assert [mark.ended_by for mark in plate.facts.marks] == ([EndedBy.OPERATOR_STOP] if was is Step.HOLD else [])


def test_stop_before_the_zero_leaves_nothing() -> None:
    plate = DictatedPlate()
    plate.act(Act.START)
    plate.run(1.0)
    plate.act(Act.STOP)
    assert (plate.view.step, plate.view.notice) == (Step.READY, Notice.NOT_BEGUN)
    assert isinstance(plate.orders[-1], Discard)


def test_a_foot_that_stays_up_after_the_hold_does_not_spoil_it() -> None:
    plate = DictatedPlate()
    holding(plate)
    plate.until(Step.FOOT_DOWN, 32)
    plate.until(Step.FILING, 12)
    assert plate.view.notice is Notice.FOOT_DOWN_TIME_OUT


@pytest.mark.parametrize("walk", [both_feet, asked_to_lift, holding])
def test_a_lost_plate_files_what_was_measured(walk: Callable[[DictatedPlate], None]) -> None:
    plate = DictatedPlate()
    walk(plate)
    plate.guide.lost(Notice.LINK_LOST)
    plate.orders += plate.guide.take_orders()
    assert (plate.view.step, plate.view.notice) == (Step.FILING, Notice.LINK_LOST)
    assert plate.facts.attempt == 1
    plate.filed(Outcome("t1", None, "NO_LOAD"))
    assert plate.view.step is Step.VERDICT
    assert plate.guide.zero is None


def test_a_plate_lost_before_the_zero_leaves_nothing() -> None:
    plate = DictatedPlate()
    plate.act(Act.START)
    plate.run(1.0)
    plate.guide.lost(Notice.PLATE_REBOOTED)
    assert (plate.view.step, plate.view.notice) == (Step.READY, Notice.PLATE_AWAY)


def test_a_clock_that_runs_backwards_is_a_plate_that_restarted() -> None:
    plate = DictatedPlate()
    holding(plate)
    plate.made = 0
    plate.run(0.1)
    assert (plate.view.step, plate.view.notice) == (Step.FILING, Notice.PLATE_REBOOTED)


def test_without_a_plate_the_attempt_does_not_begin() -> None:
    plate = DictatedPlate()
    plate.act(Act.START)
    plate.guide.refused(Notice.LINK_LOST)
    assert (plate.view.step, plate.view.notice, plate.view.attempt) == (Step.READY, Notice.PLATE_AWAY, 1)


def test_an_attempt_the_archive_did_not_take_waits_and_is_filed_again() -> None:
    plate = DictatedPlate()
    filing(plate)
    plate.guide.not_filed()
    assert (plate.view.step, plate.view.notice, plate.view.acts) == (Step.FILING, Notice.NOT_FILED, (Act.RETRY,))
    plate.guide.lost(Notice.LINK_LOST)  # the plate going away changes nothing about it
    assert plate.view.acts == (Act.RETRY,)
    before = plate.facts
    assert plate.act(Act.RETRY)
    assert plate.facts == before
    plate.filed(good())
    assert plate.view.step is Step.VERDICT


def test_keep_goes_to_the_other_side_after_a_rest() -> None:
    plate = DictatedPlate()
    judged(plate)
    plate.run(4.0, 0.0)
    assert plate.act(Act.KEEP)
    assert (plate.view.step, plate.view.side, plate.view.kept[Side.RIGHT]) == (Step.REST, Side.LEFT, 1)
    assert plate.view.left_s == pytest.approx(26.0, abs=0.3)
    plate.until(Step.READY, 28)
    plate.run(5.0)
    assert plate.act(Act.START)
    plate.until(Step.BOTH_FEET, 4)
    plate.until(Step.LIFT, 12, WEIGHT_N)
    plate.act(Act.STOP)
    assert plate.facts.rest_s == pytest.approx(35.0, abs=0.5)


def test_the_rest_may_be_cut_short_and_that_is_stamped() -> None:
    plate = DictatedPlate()
    judged(plate)
    plate.act(Act.KEEP)
    plate.run(10.0, 0.0)
    assert plate.act(Act.START)
    plate.until(Step.BOTH_FEET, 4)
    plate.act(Act.STOP)
    assert plate.facts.rest_s == pytest.approx(10.0, abs=0.5)


def test_repeating_a_usable_trial_takes_it_out_and_stays_on_the_side() -> None:
    plate = DictatedPlate()
    judged(plate)
    plate.act(Act.REPEAT)
    assert plate.orders[-1] == Void("t1", "repeat")
    assert (plate.view.side, plate.view.attempt, plate.view.kept[Side.RIGHT]) == (Side.RIGHT, 2, 0)


def test_repeating_after_a_failure_leaves_the_failure() -> None:
    plate = DictatedPlate()
    filing(plate)
    fell = replace(result(), phases=replace(result().phases, ended_by=EndedBy.TOUCHDOWN))
    plate.filed(Outcome("t1", fell))
    plate.act(Act.REPEAT)
    assert not any(isinstance(order, Void) for order in plate.orders)


def test_after_one_attempt_a_side_the_demonstration_is_done() -> None:
    plate = DictatedPlate(DEMO)
    for side in (Side.RIGHT, Side.LEFT):
        assert plate.view.side is side
        judged(plate)
        plate.run(0.5, 0.0, 0.0)
        plate.act(Act.KEEP)
        if plate.view.step is Step.REST:
            plate.until(Step.READY, 32)
    assert plate.view.step is Step.DONE


def test_sides_alternate_and_the_operator_may_choose() -> None:
    held = Tally(kept={Side.RIGHT: 1, Side.LEFT: 0}, attempts={Side.RIGHT: 2, Side.LEFT: 0})
    plate = DictatedPlate(tally=held)
    assert (plate.view.side, plate.view.attempt) == (Side.LEFT, 1)
    assert plate.act(Act.RIGHT_NEXT)
    assert (plate.view.side, plate.view.attempt) == (Side.RIGHT, 3)


def test_abort_before_the_hold_files_the_attempt_and_voids_it() -> None:
    plate = DictatedPlate()
    asked_to_lift(plate)
    plate.act(Act.ABORT)
    assert plate.view.step is Step.FILING
    plate.filed(Outcome("t1", None, "NO_STANCE"))
    assert plate.orders[-1] == Void("t1", "abort")
    assert plate.view.step is Step.ENDED


def test_abort_in_the_hold_is_a_stop_and_stays_an_outcome() -> None:
    plate = DictatedPlate()
    holding(plate)
    plate.run(5.0)
    plate.act(Act.ABORT)
    plate.filed(good())
    assert not any(isinstance(order, Void) for order in plate.orders)
    assert [mark.ended_by for mark in plate.facts.marks] == [EndedBy.OPERATOR_STOP]
    assert plate.view.step is Step.ENDED
    assert plate.act(Act.START)  # and may go on


def test_a_double_click_starts_once() -> None:
    plate = DictatedPlate()
    token = plate.view.token
    assert plate.act(Act.START, token)
    assert not plate.act(Act.START, token)
    assert sum(isinstance(order, Record) for order in plate.orders) == 1


def test_a_start_that_is_pressed_while_the_rest_ends_counts() -> None:
    plate = DictatedPlate()
    judged(plate)
    plate.run(0.5, 0.0, 0.0)
    plate.act(Act.KEEP)
    resting = plate.view.token
    plate.until(Step.READY, 32)
    assert plate.act(Act.START, resting)
    assert not plate.act(Act.START, resting)


def test_a_stale_screen_cannot_keep_the_next_attempt() -> None:
    plate = DictatedPlate()
    judged(plate)
    stale = plate.view.token
    plate.act(Act.REPEAT)
    plate.run(0.5, 0.0)
    judged(plate)
    assert not plate.act(Act.KEEP, stale)
    assert plate.view.step is Step.VERDICT


def test_a_safety_key_counts_although_the_screen_was_one_step_behind() -> None:
    plate = DictatedPlate()
    asked_to_lift(plate)
    token = plate.view.token
    plate.until(Step.HOLD, 2, x_mm=HALF_MM)
    assert plate.act(Act.STOP, token)


def test_acts_of_another_test_are_refused() -> None:
    plate = DictatedPlate()
    other = Guide("h", STANDARD, MODEL.template, CALIBRATION).view().token
    assert not plate.act(Act.START, other)


def test_a_plate_lost_between_attempts_does_not_claim_that_something_was_filed() -> None:
    plate = DictatedPlate()
    plate.run(0.5)
    plate.guide.lost(Notice.LINK_LOST)
    assert (plate.view.step, plate.view.notice) == (Step.READY, Notice.PLATE_AWAY)


def test_a_plate_lost_after_an_attempt_leaves_what_is_said_of_the_attempt() -> None:
    plate = DictatedPlate()
    judged(plate)
    plate.guide.lost(Notice.LINK_LOST)
    assert (plate.view.step, plate.view.notice) == (Step.VERDICT, Notice.PLATE_AWAY)
    cut = DictatedPlate()
    holding(cut)
    cut.guide.lost(Notice.PLATE_REBOOTED)
    cut.orders += cut.guide.take_orders()
    cut.filed(good())
    cut.guide.lost(Notice.LINK_LOST)
    assert (cut.view.step, cut.view.notice) == (Step.VERDICT, Notice.PLATE_REBOOTED)
