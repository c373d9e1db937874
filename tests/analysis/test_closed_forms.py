"""Constants of the method from their own formulas, and properties that hold for any movement."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapes
from hypothesis import given
from hypothesis import strategies as st

from analysis.area import CHI2_95, prediction_ellipse_area, prediction_factor, semi_axes_mm
from analysis.marking import static_window
from analysis.metrics import Unavailable
from analysis.sway import mean_distance, path, planar_range, rms, velocity


@pytest.mark.parametrize(("n", "area"), [(2000, 18.87), (10**6, 18.82)])
def test_the_prediction_ellipse_of_the_unit_cloud(n: int, area: float) -> None:
    """Pi times the factor: 18.87 at 2000 points, 18.82 = pi chi2.95[2] for very many."""
    assert math.pi * prediction_factor(n) == pytest.approx(area, abs=0.005)


@given(st.integers(10, 100_000))
def test_the_f_quantile_with_two_degrees_has_a_closed_form(n: int) -> None:
    """F.95[2, m] = (m / 2) (0.05^(-2/m) - 1)."""
    m = n - 2
    quantile = m / 2 * (0.05 ** (-2 / m) - 1)
    assert prediction_factor(n) == pytest.approx(2 * quantile * (n - 1) * (n + 1) / (n * m), rel=1e-8)


def test_the_chi_square_quantile_has_a_closed_form() -> None:
    assert pytest.approx(-2 * math.log(0.05)) == CHI2_95


def test_the_prediction_ellipse_holds_the_next_point_with_95_percent() -> None:
    """20 points make an ellipse, 400 more are asked; 500 times. A chi-square ellipse would hold 91 %.

    The share of 200 000 points varies from ellipse to ellipse by about 4 %, so its mean by 0.2 %.
    """
    random = np.random.default_rng(7)
    held = []
    for _ in range(500):
        drawn = random.standard_normal((420, 2)) @ np.array([[5.0, 0.0], [2.0, 4.0]])
        made, asked = drawn[:20], drawn[20:]
        centred = asked - made.mean(axis=0)
        distance = np.einsum("ni,ij,nj->n", centred, np.linalg.inv(np.cov(made.T)), centred)
        held.append(float(np.mean(distance <= prediction_factor(20))))
    assert np.mean(held) == pytest.approx(0.95, abs=0.006)


def test_the_semi_axes_of_an_ellipse_stand_as_its_own() -> None:
    major, minor = semi_axes_mm(shapes.ellipse(5.0, 10.0))
    assert major / minor == pytest.approx(2.0, rel=1e-3)


def test_the_areas_of_a_cloud_are_ten_times_as_wide_a_hundred_times_as_large() -> None:
    cloud = shapes.cloud(np.array([[4.0, 1.0], [1.0, 9.0]]), 500)
    ten_times = prediction_ellipse_area(shapes.scaled(cloud, 10.0))
    assert ten_times == pytest.approx(100 * prediction_ellipse_area(cloud))


def test_ten_samples_are_a_window_and_nine_are_not() -> None:
    """A circle of radius 3 mm: nine steps of its chord."""
    circle = shapes.circle(3.0)
    ten, nine = (circle.between(0.0, (n - 1) / 100) for n in (10, 9))
    assert (len(ten), len(nine)) == (10, 9)
    assert path(ten) == pytest.approx(9 * float(np.hypot(*(circle.xy_mm[1] - circle.xy_mm[0]))))
    with pytest.raises(Unavailable, match="TOO_SHORT"):
        path(nine)


def test_one_step_is_path_and_range() -> None:
    step = shapes.step(10.0)
    assert (path(step), planar_range(step)) == pytest.approx((10.0, 10.0))
    assert (rms(step), mean_distance(step)) == pytest.approx((5.0, 5.0))


def test_a_straight_line_has_its_length_for_path_and_range() -> None:
    line = shapes.line(2.0, 30.0)
    assert (path(line), planar_range(line), velocity(line)) == pytest.approx((40.0, 40.0, 2.0))


def test_to_and_fro_in_one_line_ranges_from_end_to_end() -> None:
    """A sine of 10 mm that begins in its middle: neither its first nor its last sample is an end."""
    assert planar_range(shapes.ml_sine(10.0)) == pytest.approx(20.0)


def test_a_random_walk_steps_as_rayleigh_says() -> None:
    """Steps of 0.5 mm SD each way are 0.5 sqrt(pi / 2) = 0.627 mm long on average; 2000 of them vary by 1.2 %."""
    walk = shapes.brownian()
    assert path(walk) / 2000 == pytest.approx(0.5 * math.sqrt(math.pi / 2), rel=0.04)


@given(start_s=st.floats(0.0, 20.0), end_s=st.floats(5.0, 19.9))
def test_half_a_circle_has_the_velocity_of_the_whole(start_s: float, end_s: float) -> None:
    """Velocity does not depend on the length of a steady movement; a window needs ten samples."""
    part = shapes.circle().between(min(start_s, end_s - 1.0), end_s)
    assert velocity(part) == pytest.approx(10 * math.pi, rel=1e-3)


movement = st.integers(0, 2**32 - 1).map(
    lambda seed: shapes.cop(*np.cumsum(np.random.default_rng(seed).normal(0, 1, (2, 400)), axis=1))
)


@given(movement)
def test_inequalities_that_hold_for_any_movement(walk: shapes.CopSeries) -> None:
    """No two points lie further apart than the path; no mean exceeds its RMS; the RMS is within the range."""
    assert planar_range(walk) <= path(walk)
    assert mean_distance(walk) <= rms(walk) <= planar_range(walk)


@pytest.mark.parametrize(
    ("end_s", "window", "short"),
    [
        (35.4, (15.0, 35.0), False),
        (60.0, (15.0, 35.0), False),
        (35.3, (12.5, 34.9), True),
        (22.9, (12.5, 22.5), True),
        (22.8, None, True),
        (10.0, None, True),
    ],
)
def test_the_static_window_of_a_stance_from_10_s(end_s: float, window: tuple[float, float] | None, short: bool) -> None:
    """+ 5 to + 25 s from 25.4 s on; else + 2.5 s to end - 0.4 s, if that leaves 10 s."""
    found, is_short = static_window(10.0, end_s)
    assert (found is None) is (window is None)
    assert is_short is short
    if window is not None:
        assert found == pytest.approx(window)
