"""Every registered metric: described, right on a shape of known answer, invariant, and honest where it has no value."""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace

import numpy as np
import pytest
import shapes
from metric_ids import BOUNDARY, QUALITY, RESEARCH
from standing import FOOTING, HALF_MM, WIDTH_MM
from tests_root import ROOT

import analysis  # noqa: F401  (registers every metric)
from analysis.cop import CopSeries
from analysis.geometry import Side
from analysis.metrics import METRICS, Reason, Stance, Unavailable
from analysis.phases import EndedBy, StancePhases

UNITS = {"s", "mm", "mm/s", "mm^2", "mm^2/s", "Hz", "deg", "%", "1", "count", "mm/30 s"}

#: Of the CoP in the window alone. The others need phases, foot placement, side or force.
WINDOW_ONLY = {
    *(f"{stem}{axis}" for stem in ("velocity", "path", "rms", "range", "mean_distance") for axis in ("", "_ml", "_ap")),
    *(f"{stem}_{axis}" for stem in ("sd", "range95") for axis in ("ml", "ap")),
    *("mean_frequency", "mean_frequency_ml", "mean_frequency_ap", "max_distance", "ml_ap_ratio", "mean_ap"),
    *("prediction_ellipse_area", "prediction_ellipse_major", "prediction_ellipse_minor", "chi2_ellipse_area"),
    *("confidence_circle_area", "hull_area", "sway_area_rate"),
}
#: Primary and details of the method; boundary and research have files of their own.
METHOD = WINDOW_ONLY | {
    *("hold_time", "failures", "lateral_shift", "lateral_shift_pct", "mean_ml", "prediction_ellipse_angle", "drift"),
    *("shift_from_bipedal", "load_share_bipedal", "apa", "transfer_time", "overshoot", "time_to_stabilisation"),
    *(
        "settling_ratio",
        "vertical_unsteadiness",
        "course_velocity_ml_1",
        "course_velocity_ml_2",
        "course_velocity_ml_3",
    ),
}
#: Positions: moved with the foot, defined for a CoP that does not move.
POSITIONS = {"mean_ml", "mean_ap", "lateral_shift", "lateral_shift_pct", "shift_from_bipedal"}
PLANAR = {
    *("velocity", "path", "rms", "range", "mean_distance", "max_distance", "mean_frequency", "sway_area_rate"),
    *("prediction_ellipse_area", "prediction_ellipse_major", "prediction_ellipse_minor", "chi2_ellipse_area"),
    *("confidence_circle_area", "hull_area"),
}
PHASES = StancePhases(
    side=Side.RIGHT,
    start_s=10.0,
    end_s=40.5,
    foot_off_s=10.0,
    static_s=(15.0, 35.0),
    touch_down_s=40.5,
    ended_by=EndedBy.TARGET_REACHED,
    hold_time_s=30.0,
    censored=True,
    bipedal_s=(5.0, 8.0),
    transfer_start_s=9.4,
    apa_onset_s=9.0,
    apa_mm=7.0,
)


def stance(window: CopSeries, **known: object) -> Stance:
    """These points as the static window of a right stance whose whole trial they are."""
    whole = {
        "window": window,
        "trial": window,
        "phases": PHASES,
        "side": Side.RIGHT,
        "ml_known": True,
        "footing": FOOTING,
        "weight_n": shapes.WEIGHT_N,
        "target_hold_s": 30.0,
    }
    return Stance(**(whole | known))  # type: ignore[arg-type]


def whole_trial(sway: float = 1.0, shift_mm: float = 6.0, both_mm: float = -9.0, slope_mm_s: float = 0.2) -> Stance:
    """Both feet to 10 s, then 6 mm lateral of the foot's midline on a drifting 10 mm circle; Fz swings 7 N at 4 Hz.

    In the 1.5 s after foot-off the circle is run through three times as fast, and for 0.2 s the CoP lies 20 mm further
    out. X counts from the midline between the feet.
    """
    time_s = np.arange(5001) / 100
    on_leg = time_s >= 10.0
    turn = 2 * np.pi * np.where(time_s < 11.5, 1.5 * (time_s - 10.0), 2.25 + 0.5 * (time_s - 11.5))
    drift = slope_mm_s * (time_s - 25.0)
    x_mm = np.where(on_leg, HALF_MM + shift_mm + drift + sway * 10 * np.cos(turn), both_mm)
    x_mm[1100:1120] = x_mm[1100:1120] + 20
    y_mm = np.where(on_leg, sway * 10 * np.sin(turn), 0.0)
    fz_n = shapes.WEIGHT_N + 7 * np.sin(2 * np.pi * 4 * time_s)
    trial = replace(shapes.cop(x_mm, y_mm), fz_n=fz_n)
    return stance(trial.between(15.0, 35.0), trial=trial)


CIRCLE, ELLIPSE, SINE = shapes.circle(), shapes.ellipse(), shapes.ml_sine()
CLOUD = shapes.cloud(np.array([[25.0, 12.0], [12.0, 36.0]]), 2000)  # det S = 756
AXES = np.linalg.eigvalsh([[25.0, 12.0], [12.0, 36.0]])
F_18_87 = 18.87 / math.pi  # area of the 95 % prediction ellipse at n = 2000 over sqrt det S, over pi

#: metric -> (stance, answer by geometry, relative tolerance). The derivations stand in the shapes' descriptions.
KNOWN: dict[str, tuple[Stance, float, float]] = {
    "velocity": (stance(CIRCLE), 2 * math.pi * 10 * 0.5, 1e-3),
    "velocity_ml": (stance(SINE), 4 * 10 * 0.5, 1e-6),
    "velocity_ap": (stance(CIRCLE), 4 * 10 * 0.5, 1e-6),
    "path": (stance(shapes.square()), 400.0, 1e-9),
    "path_ml": (stance(shapes.square()), 200.0, 1e-9),
    "path_ap": (stance(shapes.square()), 200.0, 1e-9),
    "rms": (stance(CIRCLE), 10.0, 1e-3),
    "rms_ml": (stance(SINE), 10 / math.sqrt(2), 1e-3),
    "rms_ap": (stance(CIRCLE), 10 / math.sqrt(2), 1e-3),
    "sd_ml": (stance(CLOUD), 5.0, 1e-9),
    "sd_ap": (stance(CLOUD), 6.0, 1e-9),
    "range": (stance(shapes.square()), 20 * math.sqrt(2), 1e-9),
    "range_ml": (stance(SINE), 20.0, 1e-9),
    "range_ap": (stance(shapes.square()), 20.0, 1e-9),
    "range95_ml": (stance(shapes.line(2.0, 0.0)), 0.95 * 40, 1e-9),
    "range95_ap": (stance(shapes.line(2.0, 90.0)), 0.95 * 40, 1e-9),
    "mean_distance": (stance(CIRCLE), 10.0, 1e-3),
    "mean_distance_ml": (stance(SINE), 20 / math.pi, 1e-3),
    "mean_distance_ap": (stance(CIRCLE), 20 / math.pi, 1e-3),
    "max_distance": (stance(shapes.square()), 10 * math.sqrt(2), 2e-3),
    "mean_ml": (stance(shapes.constant()), 3.0, 1e-9),
    "mean_ap": (stance(shapes.constant()), -4.0, 1e-9),
    "mean_frequency": (stance(CIRCLE), 0.5, 1e-3),
    "mean_frequency_ml": (stance(SINE), 0.5 * math.pi / (2 * math.sqrt(2)), 1e-3),
    "mean_frequency_ap": (stance(CIRCLE), 0.5 * 1.1107, 1e-3),
    "ml_ap_ratio": (stance(ELLIPSE), 0.5, 1e-3),
    "prediction_ellipse_area": (stance(CLOUD), 18.87 * math.sqrt(756), 1e-3),
    "prediction_ellipse_major": (stance(CLOUD), math.sqrt(F_18_87 * AXES[1]), 1e-3),
    "prediction_ellipse_minor": (stance(CLOUD), math.sqrt(F_18_87 * AXES[0]), 1e-3),
    "prediction_ellipse_angle": (stance(shapes.turned(ELLIPSE, -30.0)), 30.0, 1e-2),
    "chi2_ellipse_area": (stance(CLOUD), 18.82 * math.sqrt(756), 1e-3),
    "confidence_circle_area": (stance(CIRCLE), math.pi * 100, 2e-2),
    "hull_area": (stance(shapes.square()), 400.0, 1e-9),
    "sway_area_rate": (stance(CIRCLE), math.pi * 100 * 0.5, 1e-3),
    "hold_time": (stance(CIRCLE), 30.0, 1e-9),
    "failures": (stance(CIRCLE, phases=replace(PHASES, ended_by=EndedBy.HOP)), 1.0, 1e-9),
    "lateral_shift": (whole_trial(), 6.0, 2e-2),
    "lateral_shift_pct": (whole_trial(), 100 * 6 / (WIDTH_MM / 2), 2e-2),
    "drift": (whole_trial(sway=0.0), 30 * 0.2, 1e-6),
    "shift_from_bipedal": (whole_trial(), 100 * ((96 + 9) / 90 - 1), 1e-2),
    "load_share_bipedal": (whole_trial(), 100 * (90 - 9) / 180, 1e-6),
    "apa": (whole_trial(), 7.0, 1e-9),
    "transfer_time": (whole_trial(), 1.0, 1e-9),
    "overshoot": (whole_trial(sway=0.0, slope_mm_s=0.0), 20.0, 1e-6),
    "time_to_stabilisation": (whole_trial(slope_mm_s=0.0), 1.5, 0.2),
    "settling_ratio": (
        whole_trial(slope_mm_s=0.0),
        (1.5 * 30 * math.pi + 3.5 * 10 * math.pi + 40) / (50 * math.pi),
        5e-2,
    ),
    "vertical_unsteadiness": (whole_trial(), 100 * 7 / math.sqrt(2) / 700, 2e-2),
    "course_velocity_ml_1": (whole_trial(slope_mm_s=0.0), (1.5 * 60 + 8.5 * 20 + 40) / 10, 3e-2),
    "course_velocity_ml_2": (whole_trial(slope_mm_s=0.0), 20.0, 1e-2),
    "course_velocity_ml_3": (whole_trial(slope_mm_s=0.0), 20.0, 1e-2),
}

#: What a movement twice as large makes of a metric, as a power of two.
POWER = {"mm": 1, "mm/s": 1, "mm^2": 2, "mm^2/s": 2, "Hz": 0, "1": 0, "deg": 0}


def compute(id: str, of: Stance) -> float:
    return METRICS[id].compute(of)


def reason_of(id: str, of: Stance) -> Reason:
    with pytest.raises(Unavailable) as caught:
        METRICS[id].compute(of)
    return caught.value.reason


def test_the_registry_is_the_table_of_the_method() -> None:
    assert set(METRICS) == METHOD | BOUNDARY | QUALITY | RESEARCH
    assert {id for id, metric in METRICS.items() if metric.group == "primary"} == {
        *("hold_time", "velocity_ml", "velocity", "rms_ml", "lateral_shift", "lateral_shift_pct", "failures"),
    }


@pytest.mark.parametrize("id", METRICS)
def test_every_metric_is_described(id: str) -> None:
    metric = METRICS[id]
    assert metric.unit in UNITS
    assert metric.worse in {"higher", "lower", "neither", "signed"}
    assert metric.source
    assert len(metric.formula.split()) >= 4
    assert "{" not in metric.formula


@pytest.mark.parametrize("id", METRICS)
def test_every_metric_has_a_row_in_the_method(id: str) -> None:
    """The row names id and unit."""
    page = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|") and f"`{id}`" in line.split("|")[1]]
    assert len(rows) == 1
    assert rows[0].split("|")[2].strip() == METRICS[id].unit.replace("^2", "²")


@pytest.mark.parametrize("id", sorted(METHOD))
def test_every_metric_is_right_on_a_shape_of_known_answer(id: str) -> None:
    of, answer, tolerance = KNOWN[id]
    assert compute(id, of) == pytest.approx(answer, rel=tolerance)


@pytest.mark.parametrize("id", sorted(WINDOW_ONLY))
def test_a_movement_twice_as_large_counts_by_its_dimension(id: str) -> None:
    expected = 2 ** POWER[METRICS[id].unit] * compute(id, stance(CLOUD))
    assert compute(id, stance(shapes.scaled(CLOUD, 2.0))) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("id", sorted(WINDOW_ONLY - POSITIONS))
def test_where_the_foot_stands_does_not_matter(id: str) -> None:
    elsewhere = shapes.moved(CLOUD, 1234.0, -567.0)
    assert compute(id, stance(elsewhere)) == pytest.approx(compute(id, stance(CLOUD)), rel=1e-9)


@pytest.mark.parametrize("id", sorted(PLANAR))
def test_how_the_foot_is_turned_does_not_matter_in_the_plane(id: str) -> None:
    turned = shapes.turned(CLOUD, 33.0)
    assert compute(id, stance(turned)) == pytest.approx(compute(id, stance(CLOUD)), rel=1e-9)


@pytest.mark.parametrize("id", sorted(WINDOW_ONLY - {"mean_ap"}))
def test_the_mirror_image_sways_alike(id: str) -> None:
    mirror = replace(CLOUD, xy_mm=CLOUD.xy_mm * np.array([-1.0, 1.0]))
    assert compute(id, stance(mirror)) == pytest.approx(compute(id, stance(CLOUD)), rel=1e-9)


def test_the_mirror_image_of_an_ellipse_leans_the_other_way() -> None:
    leaning = shapes.turned(ELLIPSE, -30.0)
    mirror = replace(leaning, xy_mm=leaning.xy_mm * np.array([-1.0, 1.0]))
    assert compute("prediction_ellipse_angle", stance(mirror)) == pytest.approx(-30.0, rel=1e-2)


@pytest.mark.parametrize("id", sorted(set(WINDOW_ONLY) - POSITIONS))
def test_a_cop_that_does_not_move_has_no_sway_rather_than_a_sway_of_0(id: str) -> None:
    assert reason_of(id, stance(shapes.constant())) is Reason.CONSTANT_INPUT


@pytest.mark.parametrize("id", ["hull_area", "prediction_ellipse_area", "chi2_ellipse_area", "sway_area_rate"])
def test_an_axis_that_does_not_move_has_no_area_rather_than_an_area_of_0(id: str) -> None:
    assert reason_of(id, stance(SINE)) is Reason.CONSTANT_INPUT


@pytest.mark.parametrize("id", sorted(WINDOW_ONLY))
@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (CIRCLE.between(1.0, 0.0), Reason.NO_STATIC_WINDOW),
        (CIRCLE.between(0.0, 0.05), Reason.TOO_SHORT),
        (shapes.with_gap(CIRCLE, 5, 1997), Reason.GAP),
    ],
    ids=["empty", "six samples", "almost all missing"],
)
def test_too_little_of_a_window_is_a_reason(id: str, window: CopSeries, reason: Reason) -> None:
    assert reason_of(id, stance(window)) is reason


@pytest.mark.parametrize("id", sorted(WINDOW_ONLY))
def test_a_gap_of_a_few_samples_hardly_changes_a_value(id: str) -> None:
    """60 of 2001 samples of the circle missing: the mean moves by 3 % of r, path and time lose the same part."""
    whole, gappy = compute(id, stance(CIRCLE)), compute(id, stance(shapes.with_gap(CIRCLE, 900, 960)))
    if id.startswith("path"):
        assert gappy == pytest.approx(whole * (2000 - 61) / 2000, rel=0.02)
    else:
        assert gappy == pytest.approx(whole, rel=0.07, abs=0.4)


@pytest.mark.parametrize("id", METRICS)
def test_one_wild_sample_leaves_a_number_or_a_reason(id: str) -> None:
    """Nothing overflows into infinity or NaN; where spikes are repaired is the preprocessing's matter."""
    of = whole_trial()
    xy_mm = of.trial.xy_mm.copy()
    xy_mm[2000] = (1e9, -1e9)
    wild = replace(of.trial, xy_mm=xy_mm)
    with contextlib.suppress(Unavailable):
        assert math.isfinite(compute(id, replace(of, trial=wild, window=wild.between(15.0, 35.0))))


@pytest.mark.parametrize("id", sorted(set(METRICS) - {"hold_time", "failures", "apa", "transfer_time"}))
def test_a_gap_all_over_the_trial_is_a_reason(id: str) -> None:
    of = whole_trial()
    xy_mm, fz_n = of.trial.xy_mm.copy(), of.trial.fz_n.copy()
    xy_mm[3:], fz_n[3:] = np.nan, np.nan
    empty = replace(of.trial, xy_mm=xy_mm, fz_n=fz_n)
    assert reason_of(id, replace(of, trial=empty, window=empty.between(15.0, 35.0))) is Reason.GAP


def settling(times: float, until_s: float) -> Stance:
    """On one leg from 10 s on the foot's midline, 2 mm back and forth at 4 Hz, so many times as far until a moment."""
    time_s = np.arange(5001) / 100
    wide = np.where((time_s >= 9.0) & (time_s < until_s), times, 1.0)
    trial = shapes.cop(HALF_MM + 2 * wide * np.sin(2 * np.pi * 4 * time_s), np.sin(2 * np.pi * 0.5 * time_s))
    return stance(trial.between(15.0, 35.0), trial=trial)


def test_stabilised_is_when_three_quarters_of_a_second_hold_no_more_than_1_3_times_the_calm() -> None:
    """Mean square p r^2 + 1 - p = 1.69 where a part p of the 0.75 s is r times as fast: r = 1.35 for p = 0.839.

    Three whole cycles fill the 0.75 s. To 0.03 s: a sample, and the low-pass about the moment of the change.
    """
    found = METRICS["time_to_stabilisation"].compute(settling(1.35, 12.0))
    assert found == pytest.approx(2.0 - 0.75 * 0.69 / (1.35**2 - 1), abs=0.03)


def test_a_hold_of_half_a_second_is_one() -> None:
    whole = whole_trial()
    brief = replace(whole, phases=replace(whole.phases, hold_time_s=0.5, ended_by=EndedBy.TOUCHDOWN))
    assert METRICS["hold_time"].compute(brief) == 0.5
    assert METRICS["failures"].compute(brief) == 1.0
