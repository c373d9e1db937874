"""The guided test step by step: what the person does, what the plate does, and every wait that ends."""

from __future__ import annotations

import numpy as np
import pytest
from dictated_plate import (
    HALF_MM,
    WEIGHT_N,
    DictatedPlate,
    asked_to_lift,
    both_feet,
    good,
    holding,
    judged,
)

from analysis.geometry import Side
from dashboard.orders import Discard, Record
from dashboard.protocol import Act, Notice, Step


def test_an_undisturbed_attempt_goes_through_every_step_and_is_filed_with_its_zero_first() -> None:
    plate = DictatedPlate()
    both_feet(plate)
    plate.until(Step.LIFT, 12)
    lift_asked_s = plate.now_s
    plate.until(Step.HOLD, 2, x_mm=HALF_MM)
    plate.until(Step.FOOT_DOWN, 32)
    plate.until(Step.SETTLE, 3, x_mm=0.0)
    plate.until(Step.FILING, 4)
    assert isinstance(plate.orders[0], Record)
    facts = plate.facts
    assert (facts.side, facts.attempt, facts.marks, facts.rest_s) == (Side.RIGHT, 1, (), None)
    assert facts.zero.counts == pytest.approx(np.full(4, 1000.0), abs=15)
    assert facts.lift_s == pytest.approx(lift_asked_s, abs=0.2)
    assert [cue.action for cue in plate.cues()] == ["empty", "both_feet", "lift", "foot_down", "foot_down", "empty"]
    plate.filed(good())
    assert plate.view.step is Step.VERDICT


def test_the_countdowns_run_in_the_plates_time() -> None:
    plate = DictatedPlate()
    both_feet(plate)
    plate.run(3.0)
    assert plate.view.left_s == pytest.approx(10 - 3.7, abs=0.3)  # counted from when both feet carried the weight
    plate.until(Step.LIFT, 12)
    assert plate.view.left_s is None
    plate.until(Step.HOLD, 2, x_mm=HALF_MM)
    plate.run(10.0)
    assert plate.view.left_s == pytest.approx(20 - 0.4, abs=0.4)


def test_the_hold_is_asked_for_half_a_second_longer_than_it_must_be() -> None:
    """The foot-off that is filed may lie a little later than the one seen while the test ran."""
    plate = DictatedPlate()
    holding(plate)
    began_s = plate.now_s
    plate.until(Step.FOOT_DOWN, 32)
    assert plate.now_s - began_s == pytest.approx(30.2, abs=0.5)


def test_a_restless_plate_gives_no_zero_and_says_so_until_it_is_empty() -> None:
    """2 N (SD) on each cell: somebody stands there."""
    plate = DictatedPlate()
    plate.noise_counts = 4000.0
    plate.act(Act.START)
    plate.run(5.0)
    assert (plate.view.step, plate.view.notice) == (Step.ZERO, Notice.ZERO_RESTLESS)
    plate.noise_counts = 40.0
    plate.until(Step.BOTH_FEET, 4)
    assert plate.view.notice is None


def test_a_plate_that_never_gets_quiet_ends_the_wait_and_records_nothing() -> None:
    plate = DictatedPlate()
    plate.noise_counts = 4000.0
    plate.act(Act.START)
    plate.until(Step.READY, 32)
    assert plate.view.notice is Notice.ZERO_TIME_OUT
    assert isinstance(plate.orders[-1], Discard)
    assert plate.view.attempt == 1


def test_a_bag_on_the_plate_is_refused_in_the_second_attempt() -> None:
    plate = DictatedPlate()
    judged(plate)
    plate.run(1.0, 0.0)
    plate.act(Act.KEEP)
    plate.run(1.0, 25.0)
    plate.act(Act.START)
    plate.run(4.0)
    assert (plate.view.step, plate.view.notice) == (Step.ZERO, Notice.ZERO_LOADED)
    plate.until(Step.BOTH_FEET, 4, 0.0)


def test_who_stood_on_the_plate_while_it_was_zeroed_is_noticed_when_they_step_off() -> None:
    plate = DictatedPlate()
    plate.run(0.5, WEIGHT_N)
    plate.act(Act.START)
    plate.until(Step.BOTH_FEET, 4)
    plate.until(Step.FILING, 4, 0.0)
    assert plate.view.notice is Notice.ZERO_WAS_LOADED


def test_nobody_steps_on() -> None:
    plate = DictatedPlate()
    plate.act(Act.START)
    plate.until(Step.FILING, 65)
    assert plate.view.notice is Notice.STEP_ON_TIME_OUT
    assert plate.facts.lift_s is None


def test_stepping_off_starts_the_quiet_seconds_anew() -> None:
    plate = DictatedPlate()
    both_feet(plate)
    plate.run(8.0)
    plate.run(1.0, 0.0)
    plate.run(5.0, WEIGHT_N)
    assert plate.view.step is Step.BOTH_FEET
    plate.until(Step.LIFT, 7)


def test_nobody_lifts_the_foot() -> None:
    plate = DictatedPlate()
    asked_to_lift(plate)
    plate.until(Step.FILING, 22)
    assert plate.view.notice is Notice.LIFT_TIME_OUT


def test_stepping_off_instead_of_lifting_ends_the_attempt() -> None:
    plate = DictatedPlate()
    asked_to_lift(plate)
    plate.until(Step.FILING, 2, 0.0)
    assert plate.view.notice is Notice.STEPPED_OFF


def test_a_lift_shorter_than_a_second_is_a_false_start() -> None:
    plate = DictatedPlate()
    asked_to_lift(plate)
    plate.run(0.85, x_mm=HALF_MM)
    assert plate.view.step is Step.HOLD
    plate.run(0.8, x_mm=0.0)
    assert (plate.view.step, plate.view.notice) == (Step.LIFT, Notice.FALSE_START)
    plate.until(Step.HOLD, 2, x_mm=HALF_MM)
    assert plate.view.left_s == pytest.approx(30, abs=0.6)


def test_a_foot_that_comes_down_early_ends_the_hold_and_the_attempt_is_filed() -> None:
    plate = DictatedPlate()
    holding(plate)
    plate.run(12.0)
    plate.until(Step.SETTLE, 2, x_mm=0.0)
    plate.until(Step.FILING, 4)
    assert plate.facts.marks == ()


def test_stepping_off_in_the_hold_is_filed_at_once() -> None:
    plate = DictatedPlate()
    holding(plate)
    plate.run(5.0)
    plate.until(Step.FILING, 2, 0.0)
    assert plate.view.notice is Notice.STEPPED_OFF
