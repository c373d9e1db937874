"""Outliers, gaps, resampling and the low-pass, each against what its rule says it must do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from analysis.cop import CellSeries
from analysis.errors import InvalidRecording, NoLoad, TooShort
from analysis.preprocess import Preprocessed, bridge, low_pass, low_pass_sections, preprocess, repair_spikes, resample
from analysis.settings import AnalysisSettings

Float = NDArray[np.float64]

CELLS_MM = np.array([[-220.0, 220.0], [220.0, 220.0], [220.0, -220.0], [-220.0, -220.0]])
MATRIX = np.vstack([np.ones(4), CELLS_MM.T])
DEFAULT = AnalysisSettings()
UNFILTERED = AnalysisSettings(lowpass_hz=None)
NATIVE = AnalysisSettings(lowpass_hz=None, grid_hz=None)


def cells(time_s: Float, fz_n: Float) -> CellSeries:
    """Four cells under a load on the plate's centre: a quarter each, read together."""
    return CellSeries(np.repeat(time_s[:, None], 4, axis=1), np.repeat(fz_n[:, None] / 4, 4, axis=1), MATRIX)


def uniform(seconds: float = 20.0, rate_hz: float = 100.0) -> Float:
    return np.arange(round(seconds * rate_hz)) / rate_hz


def standing(rate_hz: float = 100.0, seconds: float = 20.0) -> CellSeries:
    """700 N that breathe by 7 N twice a second, on four cells."""
    time_s = uniform(seconds, rate_hz)
    return cells(time_s, 700 + 7 * np.sin(2 * np.pi * 2 * time_s))


def gain_at(frequency_hz: float, rate_hz: float, settings: AnalysisSettings = DEFAULT) -> float:
    """Amplitude of a sine after the whole preprocessing, over its amplitude before; ends left out."""
    time_s = uniform(20.0, rate_hz)
    sine = np.sin(2 * np.pi * frequency_hz * time_s)
    done = preprocess(cells(time_s, 700 + 7 * sine), settings).forces
    inside = (done.time_s > 4) & (done.time_s < 16)
    turn = 2 * np.pi * frequency_hz * done.time_s[inside]
    rest = done.fz_n[inside] - 700
    return 2 * abs(np.mean(rest * np.exp(-1j * turn))) / 7


@pytest.mark.parametrize("rate_hz", [80.0, 100.0, 250.0, 1000.0])
def test_the_true_3_db_point_lies_at_10_hz_at_every_rate(rate_hz: float) -> None:
    """-3 dB: half the power, 1 / sqrt 2 of the amplitude. Six whole periods and more lie in the measured part.

    At 80 Hz the cubic interpolation takes another 0.6 %.
    """
    assert gain_at(10.0, rate_hz) == pytest.approx(1 / math.sqrt(2), rel=0.008)


def test_at_100_hz_each_pass_is_designed_at_12_249_hz() -> None:
    """(fs/pi) atan(tan(pi 10/fs) / (sqrt 2 - 1)^(1/4)): the same filter as that design frequency asked for directly."""
    true = low_pass_sections(100.0, DEFAULT)
    assert true is not None
    designed = low_pass_sections(100.0, AnalysisSettings(lowpass_design_hz=12.249))
    assert designed is not None
    assert true == pytest.approx(designed, rel=1e-4)


def test_a_design_frequency_is_that_of_one_pass() -> None:
    """Each pass has -3 dB at 10 Hz, both together -6 dB: half the amplitude."""
    assert gain_at(10.0, 100.0, AnalysisSettings(lowpass_design_hz=10.0)) == pytest.approx(0.5, rel=0.005)


@pytest.mark.parametrize("lowpass_hz", [50.0, 60.0, 400.0])
def test_a_cut_off_above_half_the_rate_filters_nothing(lowpass_hz: float) -> None:
    assert low_pass_sections(100.0, AnalysisSettings(lowpass_hz=lowpass_hz)) is None


@given(st.floats(0.5, 400.0), st.floats(25.0, 2000.0))
def test_every_cut_off_makes_a_stable_filter_or_none(lowpass_hz: float, rate_hz: float) -> None:
    sections = low_pass_sections(rate_hz, AnalysisSettings(lowpass_hz=lowpass_hz))
    assert (sections is None) == (lowpass_hz >= rate_hz / 2)
    if sections is not None:
        assert np.abs(np.roots(sections[0, 3:])).max() < 1


def test_filtering_shifts_nothing_in_time() -> None:
    """Zero phase: a symmetric bump stays symmetric about its own moment."""
    time_s = uniform(10.0)
    bump = 100 * np.exp(-(((time_s - 5.0) / 0.05) ** 2))
    done = preprocess(cells(time_s, 700 + bump), DEFAULT).forces.fz_n
    assert int(np.argmax(done)) == 500
    assert done[400:500] == pytest.approx(done[600:500:-1], abs=1e-6)


def test_white_noise_is_not_folded_down_from_1000_hz() -> None:
    """White noise of 1 N to 500 Hz keeps about 2 % of its power below 10 Hz: SD about 0.15 N.

    Taken at every tenth sample without a filter before, all of it would fold below 50 Hz and 0.45 N would be left.
    """
    time_s = uniform(40.0, 1000.0)
    noise = np.random.default_rng(3).standard_normal(len(time_s))
    done = preprocess(cells(time_s, 700 + noise), DEFAULT).forces.fz_n[200:-200]
    assert np.std(done) == pytest.approx(math.sqrt(2 * 10.4 / 1000), rel=0.15)


def test_each_cell_is_brought_from_its_own_time_to_the_common_one() -> None:
    """A cubic in time is met exactly by cubic interpolation, also for cells read 3 ms after one another."""
    time_s = uniform(20.0, 80.0)
    own_s = time_s[:, None] + 0.003 * np.arange(4)
    cubic = 100 + 3 * own_s - 0.4 * own_s**2 + 0.01 * own_s**3
    grid_s = np.arange(1, 1900) / 100
    expected = 100 + 3 * grid_s - 0.4 * grid_s**2 + 0.01 * grid_s**3
    assert resample(own_s, cubic, grid_s, 1 / 80) == pytest.approx(np.repeat(expected[:, None], 4, 1), rel=1e-10)


def test_a_2_hz_sine_survives_resampling_from_jittery_40_hz() -> None:
    """Twenty samples a period, steps of 15 to 35 ms: within 0.1 % of the amplitude of 100."""
    steps = np.random.default_rng(4).uniform(0.015, 0.035, 800)
    own_s = np.cumsum(steps)[:, None]
    grid_s = np.arange(100, 1800) / 100
    done = resample(own_s, 100 * np.sin(2 * np.pi * 2 * own_s), grid_s, 0.025)[:, 0]
    assert done == pytest.approx(100 * np.sin(2 * np.pi * 2 * grid_s), abs=0.4)


def test_nothing_is_extrapolated() -> None:
    own_s = uniform(2.0, 50.0)[:, None]
    done = resample(own_s, np.ones_like(own_s), np.array([-0.01, 0.0, 1.98, 1.99]), 0.02)[:, 0]
    assert np.isnan(done).tolist() == [True, False, False, True]


def spiked(height_n: float, samples: int, at: int = 700) -> tuple[Float, NDArray[np.bool_], NDArray[np.bool_]]:
    values = standing().cells_n.copy()
    values[at : at + samples, 1] += height_n
    return repair_spikes(values, np.full(4, 14.0))


@pytest.mark.parametrize("samples", [1, 2])
def test_a_spike_of_one_or_two_samples_is_repaired_and_counted(samples: int) -> None:
    mended, repaired, left = spiked(200.0, samples)
    assert mended == pytest.approx(standing().cells_n, abs=1.0)
    assert np.flatnonzero(repaired).tolist() == list(range(700, 700 + samples))
    assert not left.any()


def test_three_wild_samples_are_left_and_reported() -> None:
    mended, repaired, left = spiked(200.0, 3)
    assert mended[700:703, 1] == pytest.approx(standing().cells_n[700:703, 1] + 200)
    assert not repaired.any()
    assert np.flatnonzero(left).tolist() == [700, 701, 702]


@pytest.mark.parametrize("at", [0, 1, 1998, 1999])
def test_a_spike_at_the_ends_is_found_too(at: int) -> None:
    mended, repaired, _ = spiked(200.0, 1, at)
    assert np.flatnonzero(repaired).tolist() == [at]
    assert mended[at, 1] == pytest.approx(standing().cells_n[at, 1], abs=2.0)


@given(st.integers(0, 2**32 - 1), st.floats(0.02, 1.0))
def test_noise_is_no_spike(seed: int, sd_n: float) -> None:
    """Normal noise up to 1 N: no sample lies 14 N from its neighbours."""
    values = 175 + np.random.default_rng(seed).normal(0, sd_n, (2000, 4))
    mended, repaired, left = repair_spikes(values, np.full(4, 14.0))
    assert (mended == values).all()
    assert not (repaired | left).any()


def test_a_spike_beside_a_missing_sample_is_found() -> None:
    values = standing().cells_n.copy()
    values[699] = np.nan
    values[700, 2] -= 300
    _, repaired, _ = repair_spikes(values, np.full(4, 14.0))
    assert np.flatnonzero(repaired).tolist() == [700]


def test_stepping_on_is_no_spike() -> None:
    """A load that rises within 30 ms and stays is what a foot does."""
    time_s = uniform(10.0)
    fz_n = 700 * np.clip((time_s - 3.0) / 0.03, 0.0, 1.0)
    done = preprocess(cells(time_s, fz_n), DEFAULT)
    assert (done.repaired_s, done.outliers_s) == ((), ())


def test_a_wild_sample_anywhere_hardly_moves_the_result() -> None:
    """One cell reads 1000 N too much once: unrepaired, the CoP would jump by 129 mm."""
    clean = preprocess(standing(), DEFAULT).forces.load
    wild = standing()
    wild.cells_n[900, 0] += 1000
    done = preprocess(wild, DEFAULT)
    assert done.repaired_s == (9.0,)
    cop_mm = done.forces.load[:, 1:] / done.forces.load[:, :1]
    assert np.abs(cop_mm).max() < 0.5
    assert done.forces.load[:, 0] == pytest.approx(clean[:, 0], abs=2.0)


def lossy(
    lost: list[tuple[float, float]], rate_hz: float = 100.0, settings: AnalysisSettings = DEFAULT
) -> Preprocessed:
    """Standing, with the rows inside these stretches lost in transit."""
    whole = standing(rate_hz)
    time_s = whole.time_s[:, 0]
    kept = np.ones(len(time_s), dtype=bool)
    for start_s, end_s in lost:
        kept &= (time_s < start_s - 1e-9) | (time_s > end_s + 1e-9)
    return preprocess(CellSeries(whole.time_s[kept], whole.cells_n[kept], whole.load_matrix), settings)


def test_a_step_of_50_ms_is_no_gap_and_one_of_60_ms_is() -> None:
    """At 100 Hz the limit is 50 ms: four lost rows make a step of 50 ms, five one of 60 ms."""
    assert lossy([(5.01, 5.04)]).gaps_s == ()
    assert lossy([(5.01, 5.05)]).gaps_s == (pytest.approx((5.00, 5.06)),)


def test_at_20_hz_the_limit_is_two_and_a_half_intervals() -> None:
    """Steps of 50 ms: one lost row makes 100 ms, two make 150 ms, the limit is 125 ms."""
    assert lossy([(5.05, 5.05)], 20.0).gaps_s == ()
    assert lossy([(5.05, 5.10)], 20.0).gaps_s == (pytest.approx((5.00, 5.15)),)


@pytest.mark.parametrize("settings", [DEFAULT, UNFILTERED, NATIVE, AnalysisSettings(grid_hz=20.0)])
@pytest.mark.parametrize("rate_hz", [80.0, 100.0, 1000.0])
def test_a_gap_stays_empty_and_its_surroundings_stay_exact(rate_hz: float, settings: AnalysisSettings) -> None:
    """Both sides of a gap of 0.3 s are 700 N plus what the filter leaves of 7 N at 2 Hz: nothing leaks across."""
    done = lossy([(5.0, 5.3)], rate_hz, settings)
    time_s, fz_n = done.forces.time_s, done.forces.fz_n
    inside = (time_s > 5.0 + 1e-6) & (time_s < 5.3 - 1e-6)
    assert np.isnan(fz_n[inside]).all()
    near = (time_s > 4.0) & (time_s < 6.3) & np.isfinite(fz_n)
    assert np.abs(fz_n[near] - 700).max() < 7.5
    assert np.isfinite(fz_n[(time_s < 4.95) | (time_s > 5.35)]).all()


def test_a_load_before_a_gap_does_not_leak_behind_it() -> None:
    """500 N before, 900 N after: a filter across the gap would smear 400 N over its edges."""
    time_s = uniform()
    kept = (time_s <= 8.0) | (time_s >= 8.5)
    series = cells(time_s[kept], np.where(time_s[kept] <= 8.0, 500.0, 900.0))
    done = preprocess(series, DEFAULT).forces
    assert done.fz_n[done.time_s <= 8.0] == pytest.approx(500.0)
    assert done.fz_n[done.time_s >= 8.5] == pytest.approx(900.0)


def test_missing_samples_count_even_where_they_could_be_bridged() -> None:
    """Every tenth row lost: 10 % missing, though no step is longer than 20 ms and the grid is full."""
    done = lossy([(at, at) for at in np.arange(0.05, 19.99, 0.1)])
    assert done.gaps_s == ()
    assert np.isfinite(done.forces.fz_n).all()
    assert done.missing_pct(5.0, 15.0) == pytest.approx(10.0, abs=0.2)


def test_nothing_is_missing_from_jittery_but_complete_samples() -> None:
    steps = np.random.default_rng(5).uniform(0.015, 0.035, 800)
    time_s = np.cumsum(steps)
    done = preprocess(cells(time_s, np.full(800, 700.0)), DEFAULT)
    assert done.missing_pct(float(time_s[10]), float(time_s[-10])) == 0.0
    assert done.rate_hz == pytest.approx(40.0, rel=0.02)


def test_on_the_native_grid_samples_stay_where_and_what_they_were() -> None:
    series = standing(80.0)
    done = preprocess(series, NATIVE)
    assert (done.forces.time_s == series.time_s[:, 0]).all()
    assert done.forces.load == pytest.approx(series.cells_n @ MATRIX.T)


@pytest.mark.parametrize("settings", [NATIVE, AnalysisSettings(grid_hz=None)])
def test_a_sample_missing_on_the_native_grid_stays_missing(settings: AnalysisSettings) -> None:
    series = standing()
    series.cells_n[400, 3] = np.nan
    assert np.flatnonzero(np.isnan(preprocess(series, settings).forces.fz_n)).tolist() == [400]


def test_a_repeated_row_is_kept_and_reported() -> None:
    time_s = uniform()
    series = cells(time_s, 700 + 0.01 * time_s)
    series.cells_n[301] = series.cells_n[300]
    assert preprocess(series, DEFAULT).repeated_s == (3.01,)


def test_a_conversion_delivered_twice_is_one_sample() -> None:
    """Cell 2 stalls for 0.2 s and its last conversion is sent again with its old time: a gap, not a plateau."""
    series = standing()
    series.time_s[500:520, 2] = series.time_s[499, 2]
    series.cells_n[500:520, 2] = series.cells_n[499, 2]
    done = preprocess(series, DEFAULT)
    assert done.gaps_s == (pytest.approx((4.99, 5.20)),)
    assert np.isnan(done.forces.fz_n[500:520]).all()


def test_the_rate_is_measured_between_gaps() -> None:
    """Half of the recording lost in one piece: what is there still was sampled at 100 Hz."""
    assert lossy([(5.0, 14.99)]).rate_hz == pytest.approx(100.0)


@pytest.mark.parametrize("n", [0, 1, 2, 10, 19])
def test_a_handful_of_samples_is_refused(n: int) -> None:
    with pytest.raises(TooShort, match=f"has {n} samples, needs at least 20"):
        preprocess(cells(uniform()[:n], np.full(n, 700.0)), DEFAULT)


def test_less_than_a_second_is_refused() -> None:
    with pytest.raises(TooShort, match="needs at least 1 s"):
        preprocess(cells(uniform(0.5, 1000.0), np.full(500, 700.0)), DEFAULT)


def test_identical_times_are_refused() -> None:
    with pytest.raises(TooShort):
        preprocess(cells(np.zeros(100), np.full(100, 700.0)), DEFAULT)


def test_a_time_in_milliseconds_is_refused_rather_than_resampled_for_hours() -> None:
    with pytest.raises(InvalidRecording, match="is its time in seconds"):
        preprocess(cells(uniform() * 1000, np.full(2000, 700.0)), DEFAULT)


def test_cells_without_a_single_number_are_refused() -> None:
    with pytest.raises(TooShort, match="0 complete samples"):
        preprocess(cells(uniform(), np.full(2000, np.nan)), DEFAULT)


def test_shreds_between_gaps_are_refused() -> None:
    """Three samples, then 0.1 s of nothing, again and again: no stretch can be filtered."""
    time_s = uniform()
    kept = np.arange(2000) % 13 < 3
    with pytest.raises(TooShort, match="free of gaps"):
        preprocess(cells(time_s[kept], np.full(int(kept.sum()), 700.0)), DEFAULT)


def test_an_unloaded_plate_is_refused() -> None:
    with pytest.raises(NoLoad):
        preprocess(cells(uniform(), np.full(2000, -1.0)), DEFAULT)


def test_a_part_too_short_for_the_filter_is_missing_not_raw() -> None:
    sections = low_pass_sections(100.0, DEFAULT)
    assert sections is not None
    values = np.ones((100, 1))
    done = low_pass(values, [(0, 8), (20, 60)], sections)
    assert np.isnan(done[:8]).all()
    assert done[20:60] == pytest.approx(1.0)


def test_a_bridge_is_that_of_the_spline_through_all_samples() -> None:
    """Samples further away than 32 weigh less than 1e-17 of their neighbours'."""
    time_s = np.arange(2000) / 1000
    values = 10 * np.sin(2 * np.pi * 3.0 * time_s)
    there = np.ones(2000, dtype=np.bool_)
    there[[200, 201, 900, 1500]] = False
    bridged = np.where(there, values, np.nan)
    bridge(time_s, bridged, there)
    through_all = CubicSpline(time_s[there], values[there])(time_s)
    np.testing.assert_allclose(bridged[~there], through_all[~there], rtol=0, atol=1e-12)  # of an amplitude of 10
    np.testing.assert_allclose(bridged, values, atol=1e-6)
