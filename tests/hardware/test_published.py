"""A population of virtual patients stands as published people do, by this program's own analysis.

Medians of a hundred people against what was published; where a study gives a mean and SD, within one SD.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.geometry import Side
from benchmarks.patients import BOTH_FEET, measured, population
from hardware.plates import load_plate_model
from hardware.simulator.body import GRAVITY
from hardware.simulator.cohort import Trials, one_trial_each
from hardware.simulator.device import MODEL
from hardware.simulator.patient import Leg, Traits


@pytest.mark.parametrize(
    ("metric", "low", "high"),
    [
        ("velocity", 25, 45),  # common range of healthy adults with open eyes
        ("velocity_ml", 18.7 - 5.7, 20.1 + 6.0),  # Steffen 2017, 144 players: 18.7 (5.7) left, 20.1 (6.0) right
        ("velocity_ap", 21.0 - 6.4, 21.9 + 5.9),  # the same study
        ("prediction_ellipse_area", 400, 1000),  # common range; Steffen 2017: 823 (232) and 886 (269) mm2
        ("sd_ml", 4, 7),
        ("sd_ap", 5, 9),
        (BOTH_FEET, 6, 12),
    ],
)
def test_healthy_people_sway_as_published(metric: str, low: float, high: float) -> None:
    assert low < np.median(measured("healthy")[metric]) < high


@pytest.mark.parametrize(
    ("metric", "published"), [("velocity_ml", 33.2), ("velocity_ap", 30.0), ("prediction_ellipse_area", 1002)]
)
def test_older_people_sway_as_43_older_women_did(metric: str, published: float) -> None:
    """Their means, of 30 s on one leg with open eyes."""
    assert np.median(measured("older")[metric]) == pytest.approx(published, rel=0.15)


def test_people_differ_as_much_as_they_do() -> None:
    """Steffen 2017: an SD of 30 % of the mean for velocity; this population is drawn 20 % and varies within people."""
    velocity = measured("healthy")["velocity_ml"]
    assert 0.15 < np.std(velocity) / np.mean(velocity) < 0.35


def test_nearly_everybody_young_holds_half_a_minute() -> None:
    """Springer 2007, 18-39 years: 43.3 s of at most 45, SD 5.1: a 30 s hold is 2.6 SD below the mean."""
    assert np.mean(measured("healthy")["hold_time"] > 29.9) >= 0.95


@pytest.fixture(scope="module")
def healthy() -> Trials:
    return population("healthy", seed=2)


def test_the_sway_is_slow(healthy: Trials) -> None:
    """Nine tenths and more of the power of CoP on one leg lies below 3 Hz, with a tail to 10 Hz."""
    for axis in range(2):
        alone = healthy.xy_mm[16_000:40_000, :, axis]
        power = np.abs(np.fft.rfft(alone - alone.mean(axis=0), axis=0)) ** 2
        at_hz = np.fft.rfftfreq(24_000, 1e-3)
        slow = power[at_hz < 3].sum(axis=0) / power.sum(axis=0)
        assert np.median(slow) > 0.9
        assert np.median(power[at_hz < 10].sum(axis=0) / power.sum(axis=0)) > 0.995


def test_a_lifted_foot_is_announced_by_a_dip_toward_it() -> None:
    """30 (12) mm."""
    assert np.median(measured("healthy")["apa"]) == pytest.approx(30, abs=12)


def test_healthy_people_use_about_half_of_their_strength(healthy: Trials) -> None:
    """Mirshams 2022: 53-55 % of the most they can, part of it carried by passive tissue."""
    needed = np.array([stance.needed_nm_kg / stance.strength_nm_kg for stance in healthy.stances])
    assert np.median(needed) == pytest.approx(0.54, abs=0.06)


def test_weakness_moves_the_cop_less_than_a_visit_can_tell() -> None:
    """An expected shift of 2-6 mm at 40-60 % of strength, below the 10 mm that one visit can tell from chance."""
    shift = np.median(measured("weak-left")["lateral_shift"]) - np.median(measured("healthy")["lateral_shift"])
    assert 1 < shift < 10


def test_sway_says_nothing_of_strength_by_itself() -> None:
    """With the ankle's noise as in the healthy, compensation hides the weakness from velocity (AUC about 0.5)."""
    people = [Traits(left=Leg(strength=part)) for part in (1.0, 0.4) for _ in range(40)]
    trials = one_trial_each(people, [Side.LEFT] * 80, load_plate_model(MODEL).template, 3)
    steps = np.abs(np.diff(trials.xy_mm[16_000:40_000:10, :, 0], axis=0)).mean(axis=0)
    assert np.median(steps[40:]) == pytest.approx(np.median(steps[:40]), rel=0.1)


def test_a_population_is_the_same_for_the_same_seed() -> None:
    footing = load_plate_model(MODEL).template
    people = [Traits(), replace(Traits(), height_m=1.6)]
    one, again, other = (
        one_trial_each(people, list(Side), footing, seed, both_feet_s=2.0, hold_s=5.0) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.xy_mm, again.xy_mm)
    assert not np.array_equal(one.xy_mm, other.xy_mm)


def test_people_on_the_left_leg_are_left() -> None:
    footing = load_plate_model(MODEL).template
    trials = one_trial_each([Traits()] * 2, list(Side), footing, 1, both_feet_s=2.0, hold_s=10.0)
    x_mm = trials.xy_mm[8000:12_000, :, 0].mean(axis=0)
    assert x_mm == pytest.approx([-90.0, 90.0], abs=15)
    assert trials.fz_n[8000:12_000].mean(axis=0) == pytest.approx([70 * GRAVITY] * 2, rel=5e-3)
