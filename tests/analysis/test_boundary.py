"""Time to boundary on movements whose way to the foot's edge is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapes
from metric_ids import BOUNDARY
from standing import FOOTING, HALF_MM, Attempt

import analysis  # noqa: F401  (registers every metric)
from analysis.boundary import times_to_boundary_s, valleys
from analysis.cop import CopSeries
from analysis.geometry import Footing, FootPlacement, Side
from analysis.metrics import METRICS, Reason, Stance, Unavailable
from analysis.phases import EndedBy, StancePhases

PHASES = StancePhases(Side.RIGHT, 0.0, 20.0, 0.0, (0.0, 20.0), None, EndedBy.TARGET_REACHED, 20.0, True)
#: The foot's edges in the limb frame: 98 mm wide about 90 mm, 260 mm long from - 110 mm.
INNER, OUTER, REAR, FRONT = HALF_MM - 49, HALF_MM + 49, -110.0, 150.0


def stance(window: CopSeries, **known: object) -> Stance:
    whole: dict[str, object] = {"window": window, "trial": window, "phases": PHASES, "side": Side.RIGHT}
    whole |= {"ml_known": True, "footing": FOOTING, "weight_n": shapes.WEIGHT_N}
    return Stance(**(whole | known))  # type: ignore[arg-type]


def compute(id: str, of: Stance) -> float:
    return METRICS[id].compute(of)


def reason_of(id: str, of: Stance) -> Reason:
    with pytest.raises(Unavailable) as caught:
        METRICS[id].compute(of)
    return caught.value.reason


#: Back and forth at 20 mm/s, 20 mm each way about 5 mm lateral of the foot's midline and 10 mm forward of its middle.
WAY = shapes.cop(shapes.zigzag(about_mm=HALF_MM + 5), shapes.zigzag(about_mm=(REAR + FRONT) / 2 + 10))


@pytest.mark.parametrize(("axis", "half_mm", "off_mm"), [("ml", 49.0, 5.0), ("ap", 130.0, 10.0)])
def test_the_way_to_the_edge_over_the_speed_just_before_each_turn(axis: str, half_mm: float, off_mm: float) -> None:
    """At a turn (half - 20 -+ off) mm are left, 20 mm/s bring it there; the last moving sample comes 0.01 s before.

    Five turns on each side: the valleys differ from their mean by off / 20 s, with 10 of them SD = that sqrt(10 / 9).
    """
    middle_s = (half_mm - 20) / 20 + 0.01
    assert compute(f"ttb_{axis}_min", stance(WAY)) == pytest.approx(middle_s - off_mm / 20)
    assert compute(f"ttb_{axis}_mean", stance(WAY)) == pytest.approx(middle_s)
    assert compute(f"ttb_{axis}_sd", stance(WAY)) == pytest.approx(off_mm / 20 * math.sqrt(10 / 9))


def test_at_a_steady_speed_towards_the_edge_the_time_left_is_known_at_every_moment() -> None:
    """From 0 with 2 mm/s towards 50 mm: 25 s less the time gone; at rest never."""
    time_s = shapes.times_s(20.0, 100.0)
    left_s = times_to_boundary_s(2 * time_s, -50.0, 50.0, time_s)
    np.testing.assert_allclose(left_s[1:-1], 25 - time_s[1:-1], rtol=1e-9)
    np.testing.assert_allclose(times_to_boundary_s(-2 * time_s, -50.0, 50.0, time_s)[1:-1], left_s[1:-1], rtol=1e-9)
    assert np.isinf(times_to_boundary_s(0 * time_s, -50.0, 50.0, time_s)[1:-1]).all()


def test_a_valley_is_lower_than_its_neighbours_and_never_beside_a_missing_sample() -> None:
    course = np.array([5.0, 3.0, 4.0, np.nan, 1.0, 2.0, 1.5, 9.0, 2.0, 2.0, 3.0, np.inf])
    np.testing.assert_allclose(valleys(course), [3.0, 1.5, 2.0])


def test_the_other_leg_mirrored_has_the_same_times() -> None:
    """In the limb frame + is lateral for either leg."""
    for id in BOUNDARY:
        assert compute(id, stance(WAY, side=Side.LEFT)) == pytest.approx(compute(id, stance(WAY)))


def turned(degrees: float) -> Footing:
    """Both feet turned outwards about their heels."""
    turn = math.radians(degrees)
    length, out = 245.0 * math.cos(turn), 245.0 * math.sin(turn)
    return Footing(
        FootPlacement(Side.LEFT, (-HALF_MM, -110.0), (-HALF_MM - out, -110.0 + length), 260.0, 98.0),
        FootPlacement(Side.RIGHT, (HALF_MM, -110.0), (HALF_MM + out, -110.0 + length), 260.0, 98.0),
    )


@pytest.mark.parametrize("side", list(Side))
def test_a_foot_turned_outwards_with_its_movement_has_the_same_times(side: Side) -> None:
    heel = np.array([HALF_MM, -110.0])
    about_heel = shapes.moved(WAY, *(-heel).tolist())
    moved = shapes.moved(shapes.turned(about_heel, -12.0), *heel.tolist())
    for id in BOUNDARY:
        expected = compute(id, stance(WAY))
        assert compute(id, stance(moved, footing=turned(12.0), side=side)) == pytest.approx(expected)


def test_foot_and_movement_ten_times_as_large_have_the_same_times() -> None:
    foot = Footing(
        FootPlacement(Side.LEFT, (-900.0, -1100.0), (-900.0, 1350.0), 2600.0, 980.0),
        FootPlacement(Side.RIGHT, (900.0, -1100.0), (900.0, 1350.0), 2600.0, 980.0),
    )
    for id in BOUNDARY:
        assert compute(id, stance(shapes.scaled(WAY, 10.0), footing=foot)) == pytest.approx(compute(id, stance(WAY)))


@pytest.mark.parametrize("id", sorted(BOUNDARY))
@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"footing": None}, Reason.NO_FOOT_PLACEMENT),
        ({"side": None}, Reason.SIDE_UNKNOWN),
        ({"ml_known": False}, Reason.ML_AXIS_UNKNOWN),
        ({"window": WAY.between(1.0, 0.0)}, Reason.NO_STATIC_WINDOW),
        ({"window": WAY.between(0.0, 0.05)}, Reason.TOO_SHORT),
        ({"window": WAY.between(1.1, 2.9)}, Reason.TOO_SHORT),
        ({"window": shapes.with_gap(WAY, 5, 1997)}, Reason.GAP),
        ({"window": shapes.constant(HALF_MM, 0.0)}, Reason.CONSTANT_INPUT),
        ({"window": shapes.moved(WAY, 200.0, 200.0)}, Reason.OUTSIDE_FOOT),
    ],
    ids=["no template", "no side", "no axis", "empty", "6 samples", "no turn", "gap", "constant", "outside"],
)
def test_what_is_missing_is_a_reason(id: str, known: dict[str, Any], reason: Reason) -> None:
    assert reason_of(id, replace(stance(WAY), **known)) is reason


def test_a_gap_of_a_few_samples_takes_no_valley_that_it_does_not_touch() -> None:
    """Samples missing between two turns: all turns still count."""
    gappy = shapes.with_gap(WAY, 950, 956)
    for id in BOUNDARY:
        assert compute(id, stance(gappy)) == pytest.approx(compute(id, stance(WAY)))


def test_imports_without_a_template_say_so_and_plates_with_one_have_times() -> None:
    without = Attempt().assessed(footing=None, side=Side.RIGHT)[0].result.values
    assert {without[id].reason for id in BOUNDARY} == {Reason.NO_FOOT_PLACEMENT}
    with_it = Attempt().assessed()[0].result.values
    assert all(with_it[id].value is not None for id in BOUNDARY)


def test_a_wider_foot_leaves_more_time() -> None:
    wide = replace(FOOTING, right=replace(FOOTING.right, width_mm=118.0))
    for id in ("ttb_ml_min", "ttb_ml_mean"):
        assert compute(id, stance(WAY, footing=wide)) == pytest.approx(compute(id, stance(WAY)) + 10 / 20)
