"""The noise floor: planted noise of the cells comes back as a velocity and as a share of the measured one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from metric_ids import QUALITY
from numpy.typing import NDArray
from standing import FOOTING, HALF_MM, WEIGHT_N, Attempt

from analysis.assess import AssessedTrial, assess_import
from analysis.cop import CellSeries
from analysis.geometry import PlateGeometry
from analysis.metrics import Reason
from analysis.noise import empty_rows
from analysis.quality import FindingCode, Severity
from analysis.recording import ImportedRecording, MlAxis, SignalKind
from analysis.settings import AnalysisSettings

Float = NDArray[np.float64]

CORNER_MM = 220.0
CELLS_MM = tuple((x * CORNER_MM, y * CORNER_MM) for y in (1, -1) for x in (-1, 1))
GEOMETRY = PlateGeometry("four corners", CELLS_MM)


def filter_gain(f_hz: Float) -> Float:
    """Both passes of the low-pass at 100 Hz: half of the power at 10 Hz, on the bilinear transform's axis.

    Each pass has 1 / sqrt(1 + u^4) of the amplitude left, both together 1 / (1 + u^4): 1 / sqrt 2 where u^4 is
    sqrt 2 - 1, and that is at 10 Hz.
    """
    u = np.tan(np.pi * f_hz / 100) / np.tan(np.pi * 10 / 100) * (math.sqrt(2) - 1) ** 0.25
    return np.asarray(1 / (1 + u**4), dtype=np.float64)


SWAY = Attempt(sway=2.5)  # 31 mm/s


def cells_n(attempt: Attempt, rate_hz: float, empty_s: float) -> tuple[Float, Float]:
    """Times (n,) and forces (n, 4) of an empty plate, then this attempt."""
    time_s = np.arange(round((attempt.seconds + empty_s) * rate_hz)) / rate_hz - empty_s
    fine = attempt.recording(1000.0).values
    ml_mm, ap_mm, fz_n = (np.interp(time_s, np.arange(len(fine)) / 1000, column) for column in fine.T)
    fz_n = np.where(time_s < 0, 0.0, fz_n)
    forces = [fz_n / 4 * (1 + (ml_mm * x + ap_mm * y) / CORNER_MM**2) for x, y in CELLS_MM]
    return time_s + empty_s, np.column_stack(forces)


def assessed(
    attempt: Attempt = SWAY, noise_n: float | Float = 0.0, seed: int = 0, rate_hz: float = 80.0, empty_s: float = 6.0
) -> AssessedTrial:
    """The attempt with normal noise of this SD in each cell, or with this noise on top."""
    time_s, forces = cells_n(attempt, rate_hz, empty_s)
    if isinstance(noise_n, float):
        forces = forces + noise_n * np.random.default_rng(seed).standard_normal(forces.shape)
    else:
        forces = forces + noise_n[: len(forces)]
    recording = ImportedRecording(time_s, forces, SignalKind.CELLS_N, MlAxis.PLUS_RIGHT, GEOMETRY)
    return assess_import(recording, settings=AnalysisSettings(), footing=FOOTING, target_hold_s=30.0)[0]


def value(trial: AssessedTrial, id: str) -> float:
    found = trial.result.values[id].value
    assert found is not None
    return found


def test_white_noise_moves_the_cop_as_filter_and_lever_arms_say() -> None:
    """Noise s in each cell is s sqrt(sum (x_i - x)^2) / Fz of ML; spread over 0 to 40 Hz behind the filter's gain.

    A step over 0.01 s is |2 sin(pi f / 100)| times the amplitude; normal steps are sqrt(2 / pi) of their SD on average.
    """
    x_mm = HALF_MM + SWAY.shift_mm
    sd_mm = 0.3 * math.sqrt(sum((x - x_mm) ** 2 for x, _ in CELLS_MM)) / WEIGHT_N
    f_hz = np.linspace(0.0, 40.0, 4001)
    step = (2 * np.sin(np.pi * f_hz / 100) * 100 * filter_gain(f_hz)) ** 2
    expected = math.sqrt(2 / math.pi) * math.sqrt(np.trapezoid(step, f_hz) * sd_mm**2 / 40)
    seen = [value(assessed(noise_n=0.3, seed=seed), "noise_velocity_ml") for seed in range(8)]
    assert np.mean(seen) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("noise_n", [0.3, 1.0])
@pytest.mark.parametrize(("share", "velocity"), [("noise_share", "velocity"), ("noise_share_ml", "velocity_ml")])
def test_the_share_of_planted_noise_is_recovered(noise_n: float, share: str, velocity: str) -> None:
    """True share: what the same movement without noise has less. Six trials of each, means within 10 %."""
    clean = value(assessed(), velocity)
    noisy = [assessed(noise_n=noise_n, seed=seed) for seed in range(6)]
    true = np.mean([100 * (1 - clean / value(trial, velocity)) for trial in noisy])
    assert np.mean([value(trial, share) for trial in noisy]) == pytest.approx(true, rel=0.15)


def test_0_3_n_at_80_hz_changes_40_mm_a_second_by_less_than_1_percent() -> None:
    attempt = Attempt(sway=3.2)
    clean, noisy = value(assessed(attempt), "velocity"), value(assessed(attempt, 0.3), "velocity")
    assert clean == pytest.approx(40, abs=1)
    assert 1.0 < noisy / clean < 1.01


def test_the_hum_of_one_cell_is_seen_as_it_is() -> None:
    """2 N at 5 Hz in the right front cell move ML by 2 N (220 - 96) / 700 N = 0.354 mm, less the filter's gain.

    4 A f = 20 A a second. The noise is no white one of the same SD: that would be faster.
    """
    time_s, forces = cells_n(SWAY, 80.0, 6.0)
    hum_n = np.zeros_like(forces)
    hum_n[:, 1] = 2.0 * np.sin(2 * np.pi * 5.0 * time_s)
    expected = 20 * float(filter_gain(np.array(5.0))) * 2.0 * (CORNER_MM - HALF_MM - SWAY.shift_mm) / WEIGHT_N
    assert value(assessed(noise_n=hum_n), "noise_velocity_ml") == pytest.approx(expected, rel=0.03)


def test_more_than_1_percent_of_noise_is_a_caution_with_its_numbers() -> None:
    found = {finding.code: finding for finding in assessed(noise_n=1.0).result.findings}
    assert found[FindingCode.NOISE].severity is Severity.CAUTION
    assert set(found[FindingCode.NOISE].values) == {"share_pct", "noise_mm_s"}
    assert FindingCode.NOISE not in {finding.code for finding in assessed(noise_n=0.1).result.findings}


@pytest.mark.parametrize(
    ("trial", "reason"),
    [
        (assessed(noise_n=0.3, empty_s=0.0), Reason.NO_EMPTY_PLATE),
        (assessed(noise_n=0.3, empty_s=1.5), Reason.NO_EMPTY_PLATE),
        (SWAY.assessed()[0], Reason.NO_EMPTY_PLATE),
        (assessed(), Reason.CONSTANT_INPUT),
    ],
    ids=["stood from the beginning", "too short", "no cells", "a file that rounds its noise away"],
)
def test_without_an_empty_plate_there_is_no_floor(trial: AssessedTrial, reason: Reason) -> None:
    assert {trial.result.values[id].reason for id in QUALITY} == {reason}


def test_a_stance_too_short_for_steadiness_says_so_and_nothing_about_the_plate() -> None:
    brief = Attempt(seconds=20.0, after=[(15.0, 0.4, 0.0)])
    values = assessed(brief, 0.3).result.values
    assert {values[id].reason for id in QUALITY} == {Reason.NO_STATIC_WINDOW}


def test_the_longest_empty_stretch_counts_without_its_ends() -> None:
    """Empty from 0 to 3 s and from 13 to 18 s, 10 samples a second: 13.25 to 17.75 s of the second one."""
    time_s = np.arange(181) / 10
    load_n = np.where((time_s >= 3) & (time_s < 13), 700.0, 0.0)
    cells = CellSeries(np.repeat(time_s[:, None], 4, 1), np.repeat(load_n[:, None] / 4, 4, 1), GEOMETRY.load_matrix())
    rows = empty_rows(cells, 700.0)
    assert rows is not None
    assert (time_s[rows][0], time_s[rows][-1]) == pytest.approx((13.3, 17.7))
    assert empty_rows(CellSeries(cells.time_s[:150], cells.cells_n[:150], cells.load_matrix), 700.0) is not None
    assert empty_rows(CellSeries(cells.time_s[30:140], cells.cells_n[30:140], cells.load_matrix), 700.0) is None
