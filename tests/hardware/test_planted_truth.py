"""End to end: person, electronics, bytes, decoder, recorder and zero, calibration, analysis. What was planted is found.

Tolerances: foot-off and touch-down 0.15 s; CoP 0.5 mm, for the mean of the static window and for each of its samples
after the same filters (converter and low-pass; the converter's constant delay is part of its filter).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from benches import blocks_until, simulate
from planted import Measured, guided_trial, measured

from acquisition.plate import open_plate
from analysis.geometry import Side
from analysis.phases import EndedBy
from hardware.simulator.device import Simulation
from hardware.simulator.script import BETWEEN_S, BOTH_FEET_S, EMPTY_S, HOLD_S, both_sides_in_turn

EVENT_S, COP_MM = 0.15, 0.5
STEPS_OFF_S = EMPTY_S + BOTH_FEET_S + 2 * (HOLD_S + BETWEEN_S)


def check(found: Measured, side: Side) -> None:
    ((trial, stance),) = found.pairs()
    check_trial(found, side)
    assert trial.result.phases.ended_by in (EndedBy.TARGET_REACHED, EndedBy.TOUCHDOWN)
    assert stance.touch_down_s is not None


def check_trial(found: Measured, side: Side, index: int = 0) -> None:
    trial, stance = found.pairs()[index]
    result = trial.result
    assert result.side is stance.side is side
    assert result.usable
    assert result.phases.foot_off_s == pytest.approx(stance.foot_off_s, abs=EVENT_S)
    assert result.phases.touch_down_s == pytest.approx(stance.touch_down_s, abs=EVENT_S)
    apart_mm = trial.stance.window.xy_mm - found.truth_in(trial)
    assert np.abs(apart_mm.mean(axis=0)).max() < COP_MM
    assert np.abs(apart_mm).max() < COP_MM
    shift = result.values["lateral_shift"].value
    planted_mm = float(np.mean(found.truth_in(trial)[:, 0])) - 90.0
    assert shift == pytest.approx(planted_mm, abs=COP_MM)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_trial_through_the_simulated_plate_is_what_was_planted(seed: int, side: Side) -> None:
    check(guided_trial(Simulation("weak-left", seed=seed, speed=0, plate=seed), side), side)


@pytest.mark.parametrize("side", Side)
def test_and_at_1000_sets_a_second(side: Side) -> None:
    check(guided_trial(Simulation("healthy", seed=4, speed=0, rate_hz=1000.0), side), side)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fall_ends_the_trial_as_touch_down_when_it_happened(seed: int, side: Side) -> None:
    found = guided_trial(Simulation("falls", seed=seed, speed=0), side)
    ((trial, stance),) = found.pairs()
    assert stance.fell
    assert trial.result.phases.ended_by is EndedBy.TOUCHDOWN
    assert trial.result.phases.touch_down_s == pytest.approx(stance.touch_down_s, abs=EVENT_S)
    assert trial.result.phases.foot_off_s == pytest.approx(stance.foot_off_s, abs=EVENT_S)
    assert stance.touch_down_s is not None
    held_s = stance.touch_down_s - stance.foot_off_s
    assert trial.result.values["hold_time"].value == pytest.approx(held_s, abs=2 * EVENT_S)
    assert trial.result.values["failures"].value == 1


def test_light_touches_do_not_end_a_stance() -> None:
    """12 % of body weight on the other foot moves the CoP by 22 mm: it stays in the stance foot, as measures say."""
    found = guided_trial(Simulation("touches", seed=5, speed=0), Side.RIGHT)
    ((trial, stance),) = found.pairs()
    assert len(stance.touches_s) == 2
    assert trial.result.phases.touch_down_s == pytest.approx(stance.touch_down_s, abs=EVENT_S)


@pytest.fixture(scope="module", params=[80, 1000])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[Callable[[], Measured]]:
    """A plate in another process, both sides in turn, through pyserial; the truth is made here from the same script.

    A plate as fast as it is read does not wait for its reader: how much of the script has passed when the reading
    begins is the machine's matter. So the empty plate is the one after both sides, whose time the script says.
    """
    arguments = ("--speed", "0", "--seed", "11", "--rate", str(request.param), "--scenario", "weak-right")
    with simulate(*arguments) as url:
        plate = open_plate(url)
        plate.start()
        trial = blocks_until(plate, STEPS_OFF_S - 1.0)
        blocks_until(plate, STEPS_OFF_S + 1.0)
        empty = blocks_until(plate, STEPS_OFF_S + EMPTY_S - 1.0)
        plate.close()
        truth = Simulation("weak-right", seed=11).person(both_sides_in_turn())
        yield lambda: measured(plate, empty, trial, truth, request.param)


@pytest.mark.process
def test_a_plate_in_another_process_measures_what_was_planted_on_both_sides(
    elsewhere: Callable[[], Measured],
) -> None:
    found = elsewhere()
    assert [trial.result.side for trial in found.trials] == [Side.LEFT, Side.RIGHT]
    for index, side in enumerate((Side.LEFT, Side.RIGHT)):
        check_trial(found, side, index)
