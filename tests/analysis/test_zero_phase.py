"""The zero-phase filter: the numbers of scipy's, but for rounding."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from analysis.zero_phase import zero_phase

LOW = butter(2, 12.249, fs=100.0, output="sos")
BAND = butter(2, (1.0, 10.0), btype="bandpass", fs=100.0, output="sos")


@pytest.mark.parametrize("sections", [LOW, BAND, butter(3, 5.0, fs=80.0, output="sos")], ids=["low", "band", "odd"])
@pytest.mark.parametrize("shape", [(400,), (400, 3)])
def test_it_is_scipys_filter(sections: np.ndarray, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).normal(0.0, 1.0, shape)
    np.testing.assert_allclose(zero_phase(sections, values), sosfiltfilt(sections, values, axis=0), rtol=0, atol=1e-12)


def test_ends_may_be_continued_by_another_number_of_samples() -> None:
    values = np.random.default_rng(2).normal(0.0, 1.0, 12)
    np.testing.assert_allclose(zero_phase(LOW, values, 11), sosfiltfilt(LOW, values, padlen=11), rtol=0, atol=1e-12)


def test_a_straight_course_stays_as_it_is() -> None:
    """A low-pass of gain 1 without delay leaves a line as it is, away from the ends where it settles."""
    line = 3.0 + 0.25 * np.arange(2000)
    np.testing.assert_allclose(zero_phase(LOW, line)[100:-100], line[100:-100], rtol=1e-9)
