"""The findings that the analysis really makes, with the values they really carry, become sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from one_leg import RATE_HZ, WEIGHT_N, noisy_cells, of_four_cells, one_leg, place_after_place, signals
from standing import FOOTING

from analysis.assess import assess_import, assess_recording
from analysis.calibration import DATASHEET, Calibration, Zero
from analysis.geometry import Footing, Side
from analysis.phases import Followed
from analysis.quality import Finding, FindingCode
from analysis.recording import (
    ClockScale,
    Gap,
    ImportedRecording,
    PlateIdentity,
    RawRecording,
    SetFlag,
    SignalKind,
    Timing,
)
from analysis.settings import AnalysisSettings
from dashboard.sentences import finding_text
from dashboard.words import load_words

words = load_words()
NOW = datetime(2026, 1, 2, tzinfo=UTC)
LAST_YEAR = datetime(2025, 12, 31, tzinfo=UTC)


def of_import(
    recording: ImportedRecording, settings: AnalysisSettings | None = None, footing: Footing | None = None
) -> list[Finding]:
    trials = assess_import(recording, settings=settings or AnalysisSettings(), footing=footing)
    return [finding for trial in trials for finding in trial.result.findings]


def changed(column: int, start: int, end: int, by: float) -> ImportedRecording:
    """One-leg stance whose column is moved `by` in samples start .. end."""
    _, values = signals(30.0)
    values[start:end, column] += by
    return one_leg(values=values)


def with_a_gap() -> ImportedRecording:
    """Samples of 1 s are missing in the middle of the window: 5 % of 20 s."""
    _, values = signals(30.0)
    values[1500:1600] = np.nan
    return one_leg(values=values)


def between_places() -> ImportedRecording:
    """The CoP jumps between two places 120 mm apart every 0.4 s and stays on neither."""
    _, values = signals(30.0)
    values[:, 0] += 60 * np.sign(np.sin(2 * np.pi * 1.25 * np.arange(len(values)) / RATE_HZ))
    return one_leg(values=values)


def before_the_toes() -> ImportedRecording:
    """On the template's left place, but 200 mm further forward: 50 mm beyond the foot."""
    recording = place_after_place([(6.0, 0.0), (30.0, -90.0), (6.0, 0.0)])
    return replace(recording, values=recording.values + np.array([0.0, 200.0, 0.0]))


def followed_elsewhere() -> list[Finding]:
    """Left from 6 to 26 s; the guided test saw 8 and 20 s."""
    counts, calibration, zero = of_four_cells(place_after_place([(6.0, 0.0), (20.0, -90.0), (6.0, 0.0)]))
    seen, settings = Followed(8.0, 20.0), AnalysisSettings()
    (trial,) = assess_recording(counts, calibration, zero, settings=settings, footing=FOOTING, side=None, followed=seen)
    return list(trial.result.findings)


def of_plate(calibrated_against: str = DATASHEET, *, saturated: bool) -> list[Finding]:
    """A simulated plate that lost its link and sets before, was never calibrated, and has something wrong in each cell.

    Cells 1 and 3 read less than nothing, one set is a test pattern, then cell 0 is frozen and cell 2 floats, or a cell
    is at its limit; and the patient weighed a third less before.
    """
    n, gain = 3001, 1e-3
    identity = PlateIdentity("SIM-1", "reference-a", "1", 1, 100.0, 8_388_607, Timing.SIMULTANEOUS)
    counts = np.full((n, 4), WEIGHT_N / 4 / gain, dtype=np.int32)
    counts += np.rint(3000 * np.sin(np.arange(n) / 30)[:, None] * [1, -1, -1, 1]).astype(np.int32)
    flags = np.zeros(n, dtype=np.uint8)
    counts[700:750] += np.array([1, -1, 1, -1], dtype=np.int32) * 240_000  # a twisted plate: load and CoP are the same
    flags[800] = SetFlag.TEST_PATTERN
    if saturated:
        flags[1000] = SetFlag.SATURATED
    else:
        counts[1000:1200, 0] = counts[1000, 0]
        counts[1000:1200, 2] += np.random.default_rng(1).normal(0, 30_000, 200).astype(np.int32)
    time_s = np.repeat((np.arange(n) / 100.0)[:, None], 4, axis=1)
    gaps, clock = (Gap(8.0, 8.2, 19),), ClockScale(1.012, 1e-5)
    raw = RawRecording(identity, NOW, time_s, counts, flags, gaps, interrupted="LINK_LOST", clock=clock)
    cells_mm = np.array([[-220, 220], [220, 220], [220, -220], [-220, -220]])
    matrix = gain * np.vstack([np.ones(4), cells_mm.T])
    calibration = Calibration(
        "c1", "SIM-1", matrix, np.full(4, gain), 1.0, 2.0, 2000.0, calibrated_against, NOW, "test", LAST_YEAR
    )
    zero = Zero(np.zeros(4), np.zeros(4), NOW)
    trials = assess_recording(
        raw,
        calibration,
        zero,
        settings=AnalysisSettings(),
        footing=None,
        side=Side.LEFT,
        expected_weight_n=WEIGHT_N * 2 / 3,
    )
    return [finding for trial in trials for finding in trial.result.findings]


@cache
def made() -> tuple[Finding, ...]:
    """Findings of recordings that each have one thing wrong with them."""
    time_s, values = signals(30.0)
    repeated = values.copy()
    repeated[1201] = repeated[1200]
    left_right = [(6.0, 0.0), (20.0, 120.0), (6.0, 0.0), (20.0, -120.0), (4.0, 0.0)]
    narrow = [(seconds, at_mm / 2.4) for seconds, at_mm in left_right]
    return (
        *of_import(one_leg(side=None)),
        *of_import(ImportedRecording(time_s, values[:, :2], SignalKind.COP)),
        *of_import(one_leg(15.0)),
        *of_import(one_leg(6.0)),
        *of_import(one_leg(rate_hz=15.0)),
        *of_import(with_a_gap()),
        *of_import(one_leg(values=repeated)),
        *of_import(changed(0, 1200, 1201, 150.0)),
        *of_import(changed(0, 1200, 1203, 150.0)),
        *of_import(changed(2, 1000, 1400, -30.0)),
        *of_import(changed(2, 0, 20, -100.0)),
        *of_import(between_places()),
        *of_import(noisy_cells(2.0)),
        *of_import(place_after_place(left_right, declared=Side.LEFT)),
        *of_import(place_after_place(narrow)),
        *of_import(one_leg(), settings=AnalysisSettings(window=(20.0, 40.0))),
        *of_import(before_the_toes(), footing=FOOTING),
        *of_import(changed(2, 1000, 1400, -8.0), settings=AnalysisSettings(minimum_load_n=695.0)),
        *followed_elsewhere(),
        *of_plate(saturated=True),
        *of_plate(saturated=False),
        *of_plate("10 kg, 9 crosses", saturated=True),
    )


@pytest.mark.parametrize("code", FindingCode)
def test_what_the_analysis_finds_becomes_a_sentence(code: FindingCode) -> None:
    found = [finding for finding in made() if finding.code is code]
    assert found, "no recording here makes this finding"
    for finding in found:
        text = finding_text(words, finding)
        assert text.endswith(".")
        assert not {"{", "}"} & set(text)
        assert "nan" not in text.lower().split()
