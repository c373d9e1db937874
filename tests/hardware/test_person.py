"""The planted person: known at every moment, the same however time is cut, and sways like a person."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.plate import Cue
from analysis.geometry import Side, to_lateral
from hardware.simulator.device import Simulation
from hardware.simulator.motion import BODY_HZ
from hardware.simulator.person import GRAVITY, Motion, Person, TimedCue

TRIAL = (
    TimedCue(1.0, Cue("both_feet")),
    TimedCue(8.0, Cue("lift", Side.LEFT)),
    TimedCue(40.0, Cue("foot_down")),
    TimedCue(44.0, Cue("empty")),
)


def moved(person: Person, seconds: float) -> Motion:
    return person.move(int(seconds * BODY_HZ))


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 48_000), max_size=12))
def test_the_motion_is_the_same_however_it_is_cut(cuts: list[int]) -> None:
    whole = Simulation("touches", seed=3).person(TRIAL).move(48_000)
    person = Simulation("touches", seed=3).person(TRIAL)
    pieces = [person.move(end - start) for start, end in pairwise([0, *sorted(cuts), 48_000])]
    for name in ("time_s", "xy_mm", "fz_n"):
        assert np.array_equal(np.concatenate([getattr(piece, name) for piece in pieces]), getattr(whole, name))


def test_what_was_heard_is_the_script_of_the_same_motion() -> None:
    """Cues said live are written down with their moments: the truth of a live run can be made again."""
    live = Simulation("falls", seed=5).person()
    pieces = []
    for step in range(400):
        if step == 20:
            live.hear(Cue("both_feet"))
        if step == 100:
            live.hear(Cue("lift", Side.RIGHT))
        pieces.append(live.move(73))
    again = Simulation("falls", seed=5).person(live.heard).move(400 * 73)
    assert np.array_equal(np.concatenate([piece.xy_mm for piece in pieces]), again.xy_mm)
    assert np.array_equal(np.concatenate([piece.fz_n for piece in pieces]), again.fz_n)


def test_an_empty_plate_carries_nothing() -> None:
    assert (moved(Simulation().person(), 3.0).fz_n == 0).all()


def test_standing_weighs_the_mass() -> None:
    motion = moved(Simulation(mass_kg=82.0).person(TRIAL), 44.0)
    quiet = motion.fz_n[4000:8000]
    assert np.mean(quiet) == pytest.approx(82.0 * GRAVITY, rel=1e-3)
    assert np.std(quiet) < 0.005 * 82.0 * GRAVITY


@pytest.mark.parametrize("side", Side)
def test_the_lifted_foot_leaves_the_cop_over_the_stance_foot(side: Side) -> None:
    """Stance on the right foot puts the CoP at + half spacing + lateral shift, on the left at its mirror image."""
    script = (*TRIAL[:1], TimedCue(8.0, Cue("lift", side)), *TRIAL[2:])
    person = Simulation("weak-left", seed=2).person(script)
    motion, stance = moved(person, 39.0), person.stances[0]
    after = motion.time_s > stance.foot_off_s + 2.5
    lateral_mm = to_lateral(motion.xy_mm[after, 0], side, 0.0)
    assert np.mean(lateral_mm) == pytest.approx(90.0 + stance.lateral_shift_mm, abs=3.0)
    assert (stance.lateral_shift_mm > 5.0) is (side is Side.LEFT)  # the weak leg is leaned over


def test_one_leg_sway_is_that_of_healthy_adults() -> None:
    """Published single-leg values: velocity 30-45 mm/s, ML RMS 4-7 mm; both feet about 10 mm/s."""
    alone, both = [], []
    for seed in range(12):
        motion = moved(Simulation(seed=seed).person(TRIAL), 39.0)
        steps = np.hypot(*np.diff(motion.xy_mm[::10], axis=0).T) * BODY_HZ / 10
        rms_ml = np.std(motion.xy_mm[15_000:39_000, 0])
        alone.append((np.mean(steps[1500:3900]), rms_ml))
        both.append(np.mean(steps[400:800]))
    velocity, rms = np.median(alone, axis=0)
    assert 30 < velocity < 45
    assert 4 < rms < 7
    assert 6 < np.median(both) < 13


def test_a_weak_leg_sways_sideways_as_much_more_as_women_with_weak_abductors_did() -> None:
    """Lee & Powers 2014: ML displacement of 13.6 mm with weak, 9.8 mm with strong abductors, 1.39 times."""
    ratios = []
    for seed in range(8):
        rms_mm = {}
        for side in Side:
            person = Simulation("weak-right", seed=seed).person((TRIAL[0], TimedCue(8.0, Cue("lift", side))))
            rms_mm[side] = np.std(moved(person, 39.0).xy_mm[15_000:, 0])
        ratios.append(rms_mm[Side.RIGHT] / rms_mm[Side.LEFT])
    assert np.exp(np.mean(np.log(ratios))) == pytest.approx(13.6 / 9.8, rel=0.15)


def test_a_fall_is_a_touch_down_nobody_asked_for() -> None:
    person = Simulation("falls", seed=4).person(TRIAL)
    moved(person, 46.0)
    (stance,) = person.stances
    assert stance.fell
    assert stance.touch_down_s is not None
    assert 8.0 <= stance.touch_down_s - stance.foot_off_s <= 16.0


def test_putting_the_foot_down_in_time_prevents_the_fall() -> None:
    person = Simulation("falls", seed=4).person((*TRIAL[:2], TimedCue(12.0, Cue("foot_down"))))
    moved(person, 46.0)
    assert not person.stances[0].fell


def test_a_person_takes_the_steps_between() -> None:
    """Told to lift a foot while beside the plate, then the other one, then to leave: each is done in its turn."""
    person = Simulation(seed=6).person(
        (
            TimedCue(1.0, Cue("lift", Side.LEFT)),
            TimedCue(10.0, Cue("lift", Side.RIGHT)),
            TimedCue(10.1, Cue("lift", Side.RIGHT)),
            TimedCue(20.0, Cue("empty")),
        )
    )
    motion = moved(person, 25.0)
    assert [stance.side for stance in person.stances] == [Side.LEFT, Side.RIGHT]
    assert all(stance.touch_down_s is not None for stance in person.stances)
    assert (motion.fz_n[-1000:] == 0).all()
