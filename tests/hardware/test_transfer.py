"""Plans of the CoP: they bring the capture point where it was wanted, within the foot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.simulator.transfer import ARRIVES, Landing, Reach, capture_point, lift_plan, put_down_plan
from hardware.simulator.upright import Fall, coast

OMEGA, FOOT_M, HALF_M = 3.05, 0.09, 0.035

places = st.floats(-0.006, 0.006)
speeds = st.floats(-0.02, 0.02)


def after(fall: Fall, path: np.ndarray) -> Fall:
    last = coast(fall, OMEGA, path)[-1]
    return Fall(float(last[1]), float(last[2]))


@given(place=places, speed=speeds, error=st.floats(-0.01, 0.01))
def test_a_lift_ends_over_the_stance_foot_as_meant(place: float, speed: float, error: float) -> None:
    fall = Fall(place, speed)
    path, dip = lift_plan(fall, OMEGA, place, FOOT_M, FOOT_M + error, Reach(0.42, 0.36))
    assert capture_point(after(fall, path), OMEGA) == pytest.approx(FOOT_M + error, abs=1e-9)
    assert path[-1] == pytest.approx(FOOT_M)
    assert path.min() == pytest.approx(-dip, abs=0.006)  # toward the foot that will lift


def test_a_dip_is_about_as_large_as_in_people() -> None:
    """Some 30 mm with a spacing of 180 mm."""
    _, dip = lift_plan(Fall(0.0, 0.0), OMEGA, 0.0, FOOT_M, FOOT_M, Reach(0.42, 0.36))
    assert 0.015 < float(dip) < 0.05


@given(place=st.floats(0.085, 0.105), speed=st.floats(-0.03, 0.01))
def test_a_foot_is_put_down_when_the_body_falls_inward(place: float, speed: float) -> None:
    fall = Fall(place, speed)
    path, steps = put_down_plan(fall, OMEGA, place, FOOT_M, HALF_M)
    before, contact = after(fall, path[: steps - 1]), after(fall, path[:steps])
    assert capture_point(contact, OMEGA) <= ARRIVES * FOOT_M < capture_point(before, OMEGA)
    assert path.max() <= FOOT_M + HALF_M


@given(place=st.floats(0.0, 0.14), speed=st.floats(-0.2, 0.05))
def test_with_both_feet_down_the_body_comes_to_the_middle(place: float, speed: float) -> None:
    landing = Landing(Fall(place, speed), OMEGA, FOOT_M, 0.0, 3 * HALF_M + FOOT_M)
    landing.move(600)
    assert abs(float(landing.fall.place_m)) < 0.01
