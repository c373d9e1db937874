"""Research metrics: right on courses of known answer, invariant, and honest where they have no value."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import shapes
from metric_ids import COMPLEXITY, DIFFUSION, RESEARCH, SPECTRUM, SWAY_DENSITY
from standing import Attempt

import analysis  # noqa: F401  (registers every metric)
from analysis.complexity import coarse, fluctuation_exponent, sample_entropy
from analysis.cop import CopSeries
from analysis.diffusion import mean_square_displacement, two_lines
from analysis.documents import settings_document, settings_from
from analysis.geometry import Side
from analysis.metrics import METRICS, Reason, Stance, Unavailable
from analysis.phases import EndedBy, StancePhases
from analysis.settings import AnalysisSettings
from analysis.sides import compare
from analysis.sway_density import stays_s

PHASES = StancePhases(Side.RIGHT, 0.0, 20.0, 0.0, (0.0, 20.0), None, EndedBy.TARGET_REACHED, 20.0, True)
LONG = 1_000_001  # 10 000 s: random courses come near their expectation

#: Courses by name: made once, when first asked for.
COURSES = {
    "sine": lambda: shapes.ml_sine(),  # 10 mm, 0.5 Hz
    "two tones": lambda: shapes.tones({1.0: 5.0, 3.0: 5.0}, {}),
    "three tones": lambda: shapes.tones({0.3: 3.0, 1.0: 2.0, 3.0: 1.0}, {}),
    "a tone each": lambda: shapes.tones({0.5: 10.0}, {1.5: 5.0}),
    "noise": lambda: shapes.noise(40_001),
    "walk": lambda: shapes.brownian(200_001),
    "averaged noise": lambda: shapes.averaged_noise(LONG),
    "slow sine": lambda: shapes.ml_sine(10.0, 0.1, 100.0),
}


@lru_cache(maxsize=len(COURSES))
def course(name: str) -> CopSeries:
    return COURSES[name]()


def stance(window: CopSeries) -> Stance:
    return Stance(window, window, PHASES, Side.RIGHT, True, None, shapes.WEIGHT_N)


def compute(id: str, window: CopSeries) -> float:
    return METRICS[id].compute(stance(window))


def reason_of(id: str, window: CopSeries) -> Reason:
    with pytest.raises(Unavailable) as caught:
        compute(id, window)
    return caught.value.reason


def log_slope(scale: float, offset: float) -> float:
    """Half the slope of ln(offset + scale t) over ln t from 1 to 10 s, in steps of 0.01 s."""
    time_s = np.arange(100, 1001) / 100
    return float(np.polyfit(np.log(time_s), np.log(offset + scale * time_s), 1)[0]) / 2


def alike(scale: int) -> float:
    """Odds that two independent normal numbers, means of `scale` samples, lie within 0.2 SD of the samples.

    Their difference has sqrt(2 / scale) SD, so the odds are erf(0.2 / (sqrt 2 * sqrt(2 / scale))).
    """
    return math.erf(0.1 * math.sqrt(scale))


#: Metric of the ML axis -> (course, answer, relative tolerance). A Hann window spreads a sine over three bins of
#: 0.1 Hz, a sixth, two thirds and a sixth of its power: half of it lies below the sine's own frequency, 95 % below
#: 0.7 of the way through the third bin (0.55 to 0.65 Hz), and its mean square frequency is f^2 + 0.1^2 / 3.
KNOWN_ML: dict[str, tuple[str, float, float]] = {
    "f50": ("sine", 0.5, 1e-3),
    "f95": ("sine", 0.62, 1e-3),
    "centroid": ("sine", math.sqrt(0.25 + 0.01 / 3), 1e-4),
    "dispersion": ("two tones", math.sqrt(1 - 4 / (5 + 0.01 / 3)), 1e-3),
    "power": ("sine", 50.0, 1e-3),
    "band_low": ("three tones", 100 * 4.5 / 7.0, 1e-2),
    "band_mid": ("three tones", 100 * 2.0 / 7.0, 1e-2),
    "band_high": ("three tones", 100 * 0.5 / 7.0, 1e-2),
    "mean_power_frequency": ("two tones", 2.0, 1e-3),
    "sda_ds": ("averaged noise", 51 / 2, 0.03),
    "sda_dl": ("averaged noise", 1 / 2, 0.2),
    "sda_tc": ("averaged noise", 1.0, 0.03),
    "sda_hs": ("averaged noise", 0.5, 0.02),
    "sda_hl": ("averaged noise", log_slope(1.0, 50.0), 0.2),
    "dfa": ("walk", 0.5, 0.03),
    "sampen": ("noise", -math.log(alike(1)), 0.02),
    "sampen_scale2": ("noise", -math.log(alike(2)), 0.02),
    "sampen_scale3": ("noise", -math.log(alike(3)), 0.02),
    "sampen_scale4": ("noise", -math.log(alike(4)), 0.02),
}
#: Of a sine of 10 mm and 0.1 Hz: calm longest from 2.5 mm before a turn to 5 mm after it, where cos is 0.75 and 0.5;
#: from turn to turn 5 s, between the two ends 15 mm. The smoothing takes a little of the edge.
KNOWN_PLANAR: dict[str, tuple[str, float, float]] = {
    "mean_power_frequency_bds": ("a tone each", (0.5 * 100 + 1.5 * 25) / 125, 1e-3),
    "sda_ds_planar": ("averaged noise", 51 / 2, 0.03),
    "sda_dl_planar": ("averaged noise", 1 / 2, 0.2),
    "sda_tc_planar": ("averaged noise", 1.0, 0.03),
    "sda_hs_planar": ("averaged noise", 0.5, 0.02),
    "sda_hl_planar": ("averaged noise", log_slope(1.0, 50.0), 0.2),
    "sway_density_peak": ("slow sine", (math.acos(0.75) + math.acos(0.5)) / (0.2 * math.pi), 0.1),
    "sway_density_distance": ("slow sine", 15.0, 0.1),
    "sway_density_interval": ("slow sine", 5.0, 1e-3),
}


def of_axis(stem: str, axis: str) -> str:
    """`sampen_scale2`, ml -> sampen_ml_scale2."""
    first, _, scale = stem.partition("_scale")
    return f"{first}_{axis}" + (f"_scale{scale}" if scale else "")


def test_every_research_metric_has_a_known_answer() -> None:
    along = {of_axis(stem, axis) for stem in KNOWN_ML for axis in ("ml", "ap")}
    assert along | set(KNOWN_PLANAR) == RESEARCH
    assert {id for id, metric in METRICS.items() if metric.group == "research"} == RESEARCH


@pytest.mark.parametrize("stem", KNOWN_ML)
@pytest.mark.parametrize("axis", ["ml", "ap"])
def test_every_metric_of_an_axis_is_right_on_a_course_of_known_answer(stem: str, axis: str) -> None:
    name, answer, tolerance = KNOWN_ML[stem]
    window = course(name) if axis == "ml" else shapes.swapped(course(name))
    assert compute(of_axis(stem, axis), window) == pytest.approx(answer, rel=tolerance)


@pytest.mark.parametrize("id", KNOWN_PLANAR)
def test_every_planar_metric_is_right_on_a_course_of_known_answer(id: str) -> None:
    name, answer, tolerance = KNOWN_PLANAR[id]
    assert compute(id, course(name)) == pytest.approx(answer, rel=tolerance)


# ---- invariances

#: 20 s and more of a course that has every metric but the longest scales.
SWAYS = shapes.averaged_noise(2001, seed=8)
PRESENT = sorted(RESEARCH - {"sampen_ml_scale3", "sampen_ml_scale4", "sampen_ap_scale3", "sampen_ap_scale4"})
TURNS_ALIKE = [id for id in PRESENT if id.endswith("_planar") or id in SWAY_DENSITY]
POWER = {"mm^2": 2, "mm^2/s": 2, "Hz": 0, "1": 0, "%": 0, "s": 0}


@pytest.mark.parametrize("id", PRESENT)
def test_where_the_foot_stands_does_not_matter(id: str) -> None:
    elsewhere = shapes.moved(SWAYS, 1234.0, -567.0)
    assert compute(id, elsewhere) == pytest.approx(compute(id, SWAYS), rel=1e-6)


@pytest.mark.parametrize("id", PRESENT)
def test_the_mirror_image_sways_alike(id: str) -> None:
    mirror = replace(SWAYS, xy_mm=SWAYS.xy_mm * np.array([-1.0, 1.0]))
    assert compute(id, mirror) == pytest.approx(compute(id, SWAYS), rel=1e-9)


@pytest.mark.parametrize("id", TURNS_ALIKE)
def test_how_the_foot_is_turned_does_not_matter_in_the_plane(id: str) -> None:
    assert compute(id, shapes.turned(SWAYS, 33.0)) == pytest.approx(compute(id, SWAYS), rel=1e-6)


@pytest.mark.parametrize("id", [id for id in PRESENT if id not in SWAY_DENSITY])
def test_a_movement_ten_times_as_large_counts_by_its_dimension(id: str) -> None:
    """Not the sway density: its circle of 2.5 mm is a length of its own."""
    expected = 10 ** POWER[METRICS[id].unit] * compute(id, SWAYS)
    assert compute(id, shapes.scaled(SWAYS, 10.0)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("id", [*sorted(SPECTRUM - {"mean_power_frequency_bds"}), "sampen_ml", "sampen_ap"])
def test_a_steady_drift_does_not_enter_spectrum_and_entropy(id: str) -> None:
    drifting = replace(SWAYS, xy_mm=SWAYS.xy_mm + 0.4 * SWAYS.time_s[:, None])
    assert compute(id, drifting) == pytest.approx(compute(id, SWAYS), rel=1e-6)


# ---- reasons


@pytest.mark.parametrize("id", sorted(RESEARCH))
@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (SWAYS.between(1.0, 0.0), Reason.NO_STATIC_WINDOW),
        (SWAYS.between(0.0, 0.05), Reason.TOO_SHORT),
        (SWAYS.between(0.0, 9.5), Reason.TOO_SHORT),
        (shapes.with_gap(SWAYS, 900, 901), Reason.GAP),
        (shapes.constant(), Reason.CONSTANT_INPUT),
        (shapes.circle(rate_hz=80.0), Reason.NOT_UNIFORM),
    ],
    ids=["empty", "six samples", "9.5 s", "one sample missing", "constant", "80 Hz"],
)
def test_what_a_window_lacks_is_a_reason(id: str, window: CopSeries, reason: Reason) -> None:
    assert reason_of(id, window) is reason


@pytest.mark.parametrize("id", sorted(id for id in RESEARCH if id.endswith(("_planar", "_bds")) or "_ap" in id))
def test_an_axis_that_does_not_move_is_a_reason(id: str) -> None:
    assert reason_of(id, course("sine")) is Reason.CONSTANT_INPUT


@pytest.mark.parametrize("axis", ["ml", "ap"])
def test_entropy_needs_its_seconds(axis: str) -> None:
    assert reason_of(f"sampen_{axis}", SWAYS.between(0.0, 19.5)) is Reason.TOO_SHORT
    assert reason_of(f"sampen_{axis}_scale3", SWAYS) is Reason.TOO_SHORT
    assert math.isfinite(compute(f"sampen_{axis}_scale2", SWAYS))


def test_a_course_that_never_leaves_2_5_mm_has_no_sway_density() -> None:
    assert reason_of("sway_density_peak", shapes.circle(1.0)) is Reason.NOT_REACHED


def test_a_course_that_comes_back_to_itself_has_no_scaling() -> None:
    """After a lap of the circle the displacement is 0: its logarithm is none."""
    assert reason_of("sda_hl_planar", shapes.circle(frequency_hz=2.0)) is Reason.NOT_REACHED


# ---- the parts


def test_mean_square_displacement_is_that_of_its_definition() -> None:
    points = shapes.brownian(300).xy_mm
    plain = [((points[lag:] - points[:-lag]) ** 2).mean(axis=0) for lag in range(1, 101)]
    np.testing.assert_allclose(mean_square_displacement(points, 100), plain, rtol=1e-9)


def test_two_planted_lines_are_found_where_they_meet() -> None:
    """From (0, 0) with slope 6 to x = 1, then with slope 2: the second line starts at 4 on the axis."""
    x = np.arange(1, 501) / 100
    found = two_lines(x, np.where(x < 1, 6 * x, 4 + 2 * x), 29, 249)
    assert x[found.at] == pytest.approx(1.0)
    assert (found.short.slope, found.long.slope, found.long.offset) == pytest.approx((6.0, 2.0, 4.0))


def test_a_random_walk_spreads_with_half_its_variance_a_second() -> None:
    """Steps of 0.5 mm SD, 100 a second: 25 mm^2/s, so D = 12.5 mm^2/s and scaling 0.5; 2000 s vary by some 4 %."""
    assert compute("sda_ds_ml", course("walk")) == pytest.approx(12.5, rel=0.1)
    assert compute("sda_hs_ml", course("walk")) == pytest.approx(0.5, rel=0.03)


def test_the_exponent_of_a_position_is_one_more_than_that_of_its_increments() -> None:
    walk, sizes = course("walk").xy_mm[:, 0], np.array([20, 40, 80, 160])
    assert fluctuation_exponent(np.diff(walk), sizes) == pytest.approx(0.5, abs=0.02)
    assert fluctuation_exponent(walk, sizes) == pytest.approx(1.5, abs=0.03)


def test_sample_entropy_counts_by_hand() -> None:
    """Of 1 2 1 2 1 2 3 with r = 0.5: starts 0 .. 4, pairs (0,2) (0,4) (2,4) (1,3) match for 2; longer, 3 of them.

    1 2 1 against 1 2 1 (0,2) yes; 1 2 1 against 1 2 3 (0,4) and (2,4) no; 2 1 2 against 2 1 2 (1,3) yes: A = 2, B = 4.
    """
    series = np.array([1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 3.0])
    assert sample_entropy(series, 2, 0.5) == pytest.approx(-math.log(2 / 4))


def test_sample_entropy_of_a_long_series_is_counted_in_parts_without_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    series = course("walk").xy_mm[:700, 0]
    whole = sample_entropy(series, 2, 0.5)
    monkeypatch.setattr("analysis.complexity.PAIRS_AT_ONCE", 700 * 13)
    assert sample_entropy(series, 2, 0.5) == whole


def test_nothing_alike_is_not_reached() -> None:
    with pytest.raises(Unavailable) as caught:
        sample_entropy(np.arange(50.0) ** 2, 2, 0.5)
    assert caught.value.reason is Reason.NOT_REACHED


def test_coarse_means_leave_out_an_unfinished_one() -> None:
    np.testing.assert_allclose(coarse(np.array([1.0, 3.0, 5.0, 7.0, 9.0]), 2), [2.0, 6.0])


def test_at_a_steady_speed_the_stay_is_radius_over_speed() -> None:
    """2.5 mm at 20 mm/s: 0.125 s, between two samples. The last 0.125 s never leave."""
    stays = stays_s(shapes.line(20.0, 30.0).xy_mm, 2.5, 100.0)
    np.testing.assert_allclose(stays[:-13], 0.125, rtol=1e-9)
    assert np.isnan(stays[-12:]).all()


# ---- the switch


def test_research_is_off_by_default_and_then_not_in_the_result() -> None:
    values = Attempt().assessed()[0].result.values
    assert not RESEARCH & set(values)


def test_research_changes_no_other_number() -> None:
    without = Attempt().assessed()[0].result.values
    with_it = Attempt().assessed(settings=AnalysisSettings(research=True))[0].result.values
    assert set(with_it) == set(without) | RESEARCH
    assert {id: with_it[id] for id in without} == dict(without)


@pytest.mark.parametrize("id", sorted(SPECTRUM | DIFFUSION | COMPLEXITY | SWAY_DENSITY))
def test_research_sees_100_hz_whatever_the_other_metrics_see(id: str) -> None:
    """The same attempt at 1000 Hz, its samples left where they are for the others: within 1 %."""
    attempt = Attempt(drift_mm_s=0.1)
    native = replace(AnalysisSettings(research=True), grid_hz=None)
    slow = attempt.assessed(settings=AnalysisSettings(research=True))[0].result.values[id]
    fast = attempt.assessed(rate_hz=1000.0, settings=native)[0].result.values[id]
    assert fast.reason is slow.reason
    if slow.value is not None:
        assert fast.value == pytest.approx(slow.value, rel=0.01, abs=1e-3)


def test_settings_say_whether_research_was_asked_for_and_older_ones_did_not_ask() -> None:
    asked = settings_document(AnalysisSettings(research=True))
    assert settings_from(json.loads(json.dumps(asked))).research
    assert not settings_from({name: value for name, value in asked.items() if name != "research"}).research


def test_trials_with_and_without_research_are_compared_and_research_is_never_flagged() -> None:
    """Sides that differ fourfold: velocity is flagged, research has its ratio and no flag."""
    asked = AnalysisSettings(research=True)
    results = [
        replace(Attempt(side=side, sway=size * (1 + 0.01 * n)).assessed(settings=settings)[0].result, usable=True)
        for side, size in ((Side.LEFT, 2.0), (Side.RIGHT, 0.5))
        for n, settings in ((1, asked), (2, asked), (3, AnalysisSettings()))
    ]
    metrics = compare(results).metrics
    assert set(metrics) >= RESEARCH
    assert metrics["velocity_ml"].flag
    assert metrics["power_ml"].ci95 is not None
    assert not any(metrics[id].flag for id in RESEARCH)
    assert not RESEARCH & set(compare([result for result in results if not result.settings.research]).metrics)
