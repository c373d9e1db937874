"""The cubic spline: what a cubic must be, and the same as scipy's own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from analysis.spline import cubic


@pytest.mark.parametrize("n", [4, 5, 50])
def test_a_cubic_comes_back_as_it_is_also_beyond_its_ends(n: int) -> None:
    """A spline without a knot at the second place is one cubic wherever its values are those of one."""
    knots = np.cumsum(np.random.default_rng(n).uniform(0.5, 1.5, n))
    at = np.linspace(knots[0] - 0.1, knots[-1] + 0.1, 77)
    poly = np.polynomial.Polynomial([2.0, -1.0, 0.5, 0.25])
    np.testing.assert_allclose(cubic(knots, poly(knots), at), poly(at), rtol=1e-10)


def test_a_spline_goes_through_its_knots() -> None:
    rng = np.random.default_rng(3)
    knots, values = np.cumsum(rng.uniform(0.5, 1.5, 200)), rng.normal(size=200)
    np.testing.assert_allclose(cubic(knots, values, knots), values, rtol=0, atol=1e-12)


def test_a_spline_is_scipys_on_uneven_knots() -> None:
    rng = np.random.default_rng(4)
    knots, values = np.cumsum(rng.uniform(0.2, 3.0, 500)), rng.normal(size=500)
    at = rng.uniform(knots[0] - 0.5, knots[-1] + 0.5, 3000)
    np.testing.assert_allclose(cubic(knots, values, at), CubicSpline(knots, values)(at), atol=1e-9, rtol=1e-9)
