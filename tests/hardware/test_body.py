"""The body by itself: moments by the lever rule, falling by the hyperbola, noise by its definition."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.simulator import body
from hardware.simulator.body import DEGREE, GRAVITY, Habit, Hip, build, chain, compensation, hip_moment, posture
from hardware.simulator.noise import STEP_S, Noise, smooth, tremble, wander
from hardware.simulator.one_leg import Channel, OneLeg, Steadiness
from hardware.simulator.patient import YOUNG_NM_KG
from hardware.simulator.upright import Fall, coast

ADULT = chain(build(1.71, 70.0))
PLAIN = Habit(lean_rad=0.0, drop_rad=0.0, lifted_m=0.0, prefers_m=0.0)


def hip(strength: float, lean_share: float = 1.0, visible: float = 0.3) -> Hip:
    return Hip(strength, 0.75, lean_share, visible, 0.065, 6 * DEGREE)


def test_the_segments_and_a_foot_are_the_whole_body() -> None:
    """The foot on the floor is 1.45 % of body mass."""
    parts = body.LEG_MASS + body.PELVIS_MASS + body.TRUNK_MASS + body.LIFTED_MASS
    assert parts == pytest.approx(1 - 0.0145)


def test_a_level_pelvis_needs_the_weight_times_half_the_hip_spacing() -> None:
    """By the lever rule: what stands over the hip and hangs beside it weighs m g, w away: 0.84 Nm/kg, 5 % of m g H."""
    needed = hip_moment(ADULT, PLAIN, 0.0, 0.0)
    assert needed == pytest.approx(9.81 * (0.008 + 0.086 * 0.53 * 1.71))
    assert needed == pytest.approx(0.84, abs=0.005)
    assert needed / (GRAVITY * 1.71) == pytest.approx(0.050, abs=0.001)


def test_a_degree_of_lean_takes_three_percent_off() -> None:
    """The trunk, 53.6 % of the body, has its middle 0.162 H above the lumbar joint."""
    saved = 1 - hip_moment(ADULT, PLAIN, DEGREE, 0.0) / hip_moment(ADULT, PLAIN, 0.0, 0.0)
    assert saved == pytest.approx(0.536 * 0.162 * 1.71 * math.pi / 180 * 9.81 / 0.84, rel=0.01)
    assert saved == pytest.approx(0.030, abs=0.001)


def test_a_dropped_pelvis_does_not_unload_by_itself() -> None:
    """The trunk tips the wrong way with it: + 1.3 % a degree."""
    more = hip_moment(ADULT, PLAIN, 0.0, DEGREE) / hip_moment(ADULT, PLAIN, 0.0, 0.0) - 1
    assert more == pytest.approx(0.013, abs=0.001)


def test_standing_level_tilts_the_leg_six_degrees() -> None:
    """The hip is 92 mm lateral of a foot under the body's middle, on a leg of 0.491 H."""
    held = posture(ADULT, hip(1.63), PLAIN, 0.0, 0.0)
    assert held.tilt_rad / DEGREE == pytest.approx(6.3, abs=0.1)
    assert 1000 * 0.491 * 1.71 * held.tilt_rad == pytest.approx(92, abs=1)


def test_lean_that_is_not_balanced_by_the_leg_moves_the_body_over_the_foot() -> None:
    """10 degrees shift the trunk's middle by 0.149 m x 0.1745 = 25.9 mm; of that the visible part, here 30 %."""
    assert 1000 * posture(ADULT, hip(1.63), PLAIN, 10 * DEGREE, 0.0).com_m == pytest.approx(0.30 * 25.9, abs=0.1)


def test_whoever_is_strong_enough_does_not_compensate() -> None:
    """A level pelvis takes 0.84 of 1.63 Nm/kg: half, as measured in young adults (53-55 %), below the reserve."""
    assert compensation(ADULT, hip(1.63), PLAIN) == 0
    assert hip_moment(ADULT, PLAIN, 0.0, 0.0) / YOUNG_NM_KG == pytest.approx(0.54, abs=0.03)


@pytest.mark.parametrize("lean_share", [0.6, 1.0])
def test_whoever_is_weak_compensates_until_the_reserve_is_enough(lean_share: float) -> None:
    weak = hip(0.65, lean_share)
    effort = compensation(ADULT, weak, PLAIN)
    assert 0 < effort < 1
    assert body.use_of_strength(ADULT, weak, PLAIN, effort) == pytest.approx(0.75, abs=1e-6)


def test_a_rod_falls_as_a_hyperbolic_cosine() -> None:
    """From 10 mm at rest: 10 cosh(omega t) solves x'' = omega^2 x."""
    rows = coast(Fall(0.01, 0.0), 3.0, np.zeros(200))
    time_s = STEP_S * np.arange(1, 201)
    assert rows[:, 1] == pytest.approx(0.01 * np.cosh(3.0 * time_s), rel=0.02)


def stance(strength: float, seed: int = 1, lean_share: float = 1.0) -> np.ndarray:
    leg = OneLeg(ADULT, hip(strength, lean_share), PLAIN, Steadiness(), Fall(0.0, 0.0), np.random.default_rng(seed))
    return np.concatenate([leg.move(50) for _ in range(120)])[600:]


@pytest.mark.parametrize("strength", [1.63, 0.65])
def test_the_mean_hip_moment_follows_from_hip_and_cop(strength: float) -> None:
    """Over a long stance accelerations cancel: M = m g (kappa x_hip - x_CoP), kappa = 1 - 0.161 (1 - 0.57)."""
    rows = stance(strength)
    hip_m = ADULT.leg_m * rows[:, Channel.TILT].mean()
    assert ADULT.kappa == pytest.approx(0.93, abs=0.002)
    balanced = GRAVITY * (ADULT.kappa * hip_m - rows[:, Channel.COP].mean())
    assert rows[:, Channel.MOMENT].mean() == pytest.approx(balanced, abs=0.003)


def test_cop_and_com_have_the_same_mean_and_the_cop_moves_more() -> None:
    rows = stance(1.63)
    assert rows[:, Channel.COP].mean() == pytest.approx(rows[:, Channel.COM].mean(), abs=1e-4)
    assert rows[:, Channel.COP].std() > 1.2 * rows[:, Channel.COM].std()


def test_no_muscle_gives_more_than_its_strength() -> None:
    """A hip too weak to hold the pelvis gives all it has, tires, and lets the body fall."""
    leg = OneLeg(ADULT, hip(0.3), PLAIN, Steadiness(), Fall(0.0, 0.0), np.random.default_rng(1))
    for _ in range(20):
        strength = leg.strength
        rows = leg.move(50)
        assert rows[:, Channel.ACTIVE].max() <= strength
    assert rows[:, Channel.ACTIVE] == pytest.approx(strength)
    assert rows[-1, Channel.MARGIN] < 0


def test_a_pelvis_that_drops_hangs_in_its_tissue() -> None:
    rows = stance(0.4, lean_share=0.0)
    assert rows[:, Channel.MOMENT].mean() > 0.8  # the pelvis hangs in the tissue
    assert rows[:, Channel.DROP].mean() > 5 * DEGREE


KINDS: list[Callable[[np.random.Generator], Noise]] = [
    lambda rng: wander(1.5, rng),
    lambda rng: smooth(2.4, rng),
    lambda rng: tremble(6.0, 2.5, rng),
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_noise_has_the_size_one_from_its_first_sample(kind: Callable[[np.random.Generator], Noise]) -> None:
    first = np.array([kind(np.random.default_rng(seed)).take(1)[0] for seed in range(600)])
    later = kind(np.random.default_rng(1)).take(400_000)
    assert first.std() == pytest.approx(1, abs=0.1)
    assert later.std() == pytest.approx(1, abs=0.05)


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 400), max_size=6))
def test_noise_is_the_same_however_it_is_cut(cuts: list[int]) -> None:
    whole, cut = (smooth(2.4, np.random.default_rng(3)) for _ in range(2))
    pieces = [cut.take(end - start) for start, end in pairwise([0, *sorted(cuts), 400])]
    assert np.array_equal(np.concatenate(pieces), whole.take(400))
