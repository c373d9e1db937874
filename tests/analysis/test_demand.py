"""The demand on the abductors: as mechanics has it, with its error budget, never from the plate alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.demand import (
    Body,
    EntryRefused,
    Errors,
    Estimate,
    HandLoadsDiffer,
    Reading,
    Term,
    TiltSignSuspect,
    demand,
    hip_half_spacing_mm,
    leg_from_height_mm,
    leg_from_tape_mm,
)

#: 1.71 m and 70 kg; hips 172 mm apart. The example of the derivation: level pelvis asks for 0.84 Nm/kg.
BODY = Body(70.0, leg_from_height_mm(1710.0), 86.0)


def level_tilt_deg(body: Body) -> float:
    """Tilt at which a level pelvis stands over a CoP in the foot's middle: kappa L sin(tilt) = w."""
    return math.degrees(math.asin(body.hip_half_spacing_mm / (0.93 * body.leg_length_mm)))


def test_a_level_pelvis_over_the_foot_asks_for_m_g_w() -> None:
    found = demand([Reading(0.0, level_tilt_deg(BODY))], BODY)
    assert found.ratio.value == pytest.approx(1.0)
    assert found.moment_nm.value == pytest.approx(70.0 * 9.81 * 0.086)
    assert found.moment_nm_per_kg.value == pytest.approx(0.84, abs=0.005)  # the derivation's own figure
    assert level_tilt_deg(BODY) == pytest.approx(6.3, abs=0.1)


@given(shift_mm=st.floats(-30, 30), tilt_deg=st.floats(4, 12))
def test_the_moment_is_the_body_weight_times_the_arm_from_cop_to_hip(shift_mm: float, tilt_deg: float) -> None:
    arm_m = (0.93 * BODY.leg_length_mm * math.sin(math.radians(tilt_deg)) - shift_mm) / 1000
    if arm_m <= 0:
        return
    found = demand([Reading(shift_mm, tilt_deg)], BODY)
    assert found.moment_nm.value == pytest.approx(70.0 * 9.81 * arm_m)


def test_a_millimetre_of_cop_is_a_hundredth_and_a_degree_of_tilt_a_sixth() -> None:
    tilt_deg = level_tilt_deg(BODY)
    level = demand([Reading(0.0, tilt_deg)], BODY).ratio.value
    assert level - demand([Reading(1.0, tilt_deg)], BODY).ratio.value == pytest.approx(0.012, abs=0.0005)
    assert demand([Reading(0.0, tilt_deg + 1)], BODY).ratio.value - level == pytest.approx(0.16, abs=0.005)


def test_ten_percent_in_the_other_hand_asks_for_what_mechanics_says() -> None:
    """Body and load together stand over the CoP: (1 + eta) m g (kappa_eta x_hip - x_cop), kappa_eta = 1 - 0.07/1.1."""
    found = demand([Reading(5.0, 8.0, hand_load=0.1)], BODY)
    hip_mm = BODY.leg_length_mm * math.sin(math.radians(8.0))
    expected_nm = 1.1 * 70.0 * 9.81 * ((1 - 0.07 / 1.1) * hip_mm - 5.0) / 1000
    assert found.moment_nm.value == pytest.approx(expected_nm)


def test_the_budget_of_one_trial_is_the_derivations() -> None:
    """Leg tilt 1 deg, foot 5 mm, sway 1.3 mm, CoP and gain 1.2 mm: 17 % of the level demand, tilt alone 15.9 %."""
    found = demand([Reading(0.0, level_tilt_deg(BODY))], BODY)
    assert found.budget[Term.TILT] == pytest.approx(0.159, abs=0.002)
    assert found.budget[Term.FOOT] == pytest.approx(0.058, abs=0.001)
    assert found.budget[Term.SWAY] == pytest.approx(0.015, abs=0.001)
    assert found.budget[Term.LEG_LENGTH] == pytest.approx(0.020, abs=0.001)
    assert found.budget[Term.KAPPA] == pytest.approx(0.011, abs=0.001)
    assert found.budget[Term.PELVIS] == pytest.approx(0.038, abs=0.001)
    assert found.moment_nm.se / found.moment_nm.value == pytest.approx(0.17, abs=0.005)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 5))
def test_the_interval_is_as_wide_as_simulated_errors_are(seed: int, n: int) -> None:
    """Everything that enters is disturbed by its own SD 4000 times; the spread of the ratio is the standard error."""
    random, errors, tilt_deg = np.random.default_rng(seed), Errors(), level_tilt_deg(BODY)
    times = 4000
    tilts = np.radians(tilt_deg + random.normal(0, errors.tilt_deg, (times, n)))
    shifts = random.normal(0, errors.foot_mm, (times, 1)) + random.normal(0, errors.sway_mm, (times, n))
    shifts = shifts + random.normal(0, errors.plate_mm, (times, 1))
    legs = BODY.leg_length_mm * (1 + random.normal(0, errors.leg_length_part, (times, 1)))
    kappas = 0.93 + random.normal(0, 0.01, (times, 1))
    widths = BODY.hip_half_spacing_mm + 0.33 * random.normal(0, errors.pelvis_width_mm, times)
    ratios = (kappas * legs * np.sin(tilts) - shifts).mean(axis=1) / widths
    assert demand([Reading(0.0, tilt_deg)] * n, BODY).ratio.se == pytest.approx(ratios.std(), rel=0.08)


def test_more_trials_narrow_what_is_read_anew_and_nothing_else() -> None:
    reading = Reading(0.0, level_tilt_deg(BODY))
    one, four = demand([reading], BODY), demand([reading] * 4, BODY)
    assert four.budget[Term.TILT] == pytest.approx(one.budget[Term.TILT] / 2)
    assert four.budget[Term.FOOT] == one.budget[Term.FOOT]


def test_a_tilt_with_the_wrong_sign_is_refused_and_says_how_to_enter_it() -> None:
    with pytest.raises(TiltSignSuspect, match="stance side"):
        demand([Reading(0.0, -6.3)], BODY)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("tilt_deg", lambda: Reading(0.0, 40.0)),
        ("tilt_deg", lambda: Reading(0.0, math.nan)),
        ("hand_load", lambda: Reading(0.0, 6.0, 1.0)),
        ("mass_kg", lambda: Body(0.0, 840.0, 86.0)),
        ("leg_length_mm", lambda: Body(70.0, 84.0, 86.0)),
        ("hip_half_spacing_mm", lambda: Body(70.0, 840.0, 8.6)),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_name(name: str, make: object) -> None:
    assert callable(make)
    with pytest.raises(EntryRefused, match=name):
        make()


def test_an_interval_reaches_1_96_standard_errors_to_both_sides() -> None:
    assert Estimate(1.0, 0.1).ci95 == pytest.approx((0.804, 1.196))


BODY_LIMITS = {"mass_kg": (10.0, 300.0), "leg_length_mm": (300.0, 1200.0), "hip_half_spacing_mm": (30.0, 150.0)}


@pytest.mark.parametrize("name", BODY_LIMITS)
def test_a_body_may_be_as_small_and_as_large_as_is_said(name: str) -> None:
    for limit, beyond in zip(BODY_LIMITS[name], (-0.01, 0.01), strict=True):
        assert getattr(replace(BODY, **{name: limit}), name) == limit
        with pytest.raises(EntryRefused, match=name):
            replace(BODY, **{name: limit + beyond})


READING_LIMITS = {"lateral_shift_mm": (-150.0, 150.0), "tilt_deg": (-25.0, 25.0), "hand_load": (0.0, 0.25)}


@pytest.mark.parametrize("name", READING_LIMITS)
def test_a_reading_may_be_as_small_and_as_large_as_is_said(name: str) -> None:
    reading = Reading(0.0, 6.3)
    for limit, beyond in zip(READING_LIMITS[name], (-0.01, 0.01), strict=True):
        assert getattr(replace(reading, **{name: limit}), name) == limit
        with pytest.raises(EntryRefused, match=name):
            replace(reading, **{name: limit + beyond})


def test_trials_with_different_hand_loads_are_not_averaged() -> None:
    with pytest.raises(HandLoadsDiffer, match="hand loads"):
        demand([Reading(0.0, 6.3), Reading(0.0, 6.3, 0.05)], BODY)


def test_without_a_reading_there_is_no_demand() -> None:
    with pytest.raises(HandLoadsDiffer):
        demand([], BODY)


def test_body_measures_follow_their_sources() -> None:
    assert leg_from_height_mm(1710.0) == pytest.approx(839.6, abs=0.1)  # 0.491 of the height
    assert leg_from_tape_mm(920.0) == pytest.approx(840.0)  # the tape reaches 80 mm further
    assert hip_half_spacing_mm(238.0) == pytest.approx(85.8, abs=0.1)  # 0.33 x 238 + 7.3
