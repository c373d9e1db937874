"""Getting onto one leg and off it again: plans of the CoP that carry the falling body where it is wanted.

The body is one rod; its capture point, CoM + speed / omega, runs away from the CoP. Lateral coordinate of the stance
side: 0 midway between the feet, + toward the stance foot. [m]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.simulator.body import Quantity, clip
from hardware.simulator.motion import minimum_jerk
from hardware.simulator.noise import STEP_S, grid_s
from hardware.simulator.upright import Fall, coast

Float = NDArray[np.float64]

RISE_S, OVERLAP_S = 0.16, 0.06
SMALLEST_DIP_M = 0.001
LEAD, LEAD_RISE_S, LONGEST_LEAD_S = 0.95, 0.2, 2.0  # before a foot is put down: part of the foot's half width
READY = 0.6  # nobody puts a foot down while the body falls outward: how far out its capture point may be
CONTACT_S, CAPTURE_PER_S = 0.2, 2.5  # how soon the other foot takes its load, how soon the body is caught
ARRIVES = 0.1  # where the capture point is at contact, of the stance foot's distance from the middle


@dataclass(frozen=True, slots=True)
class Reach:
    """Times of a lift: ``dip_s`` the CoP stays toward the foot that will lift, ``over_s`` it takes to go over. [s]"""

    dip_s: float
    over_s: float

    @property
    def steps(self) -> int:
        """Length of the whole."""
        return round((self.dip_s + self.over_s) / STEP_S)


def capture_point(fall: Fall, omega: Quantity) -> Quantity:
    """Where the CoP has to be to bring the body to rest. [m]"""
    return fall.place_m + fall.speed_m_s / omega


def _aimed(
    fall: Fall, omega: Quantity, still: Float, shape: Float, goal_m: Quantity, low: Quantity, high: Quantity
) -> tuple[Float, Quantity]:
    """The path `still + size x shape` whose end has its capture point at the goal, and its size within limits.

    The rod is linear: two trials give the size exactly.
    """
    without, with_one = (_capture_at_end(coast(fall, omega, path), omega) for path in (still, still + shape))
    size = clip((goal_m - without) / (with_one - without), low, high)
    return still + size * shape, size


def _capture_at_end(rows: Float, omega: Quantity) -> Quantity:
    last = rows[-1]
    point = last[1] + last[2] / omega
    return float(point) if np.ndim(point) == 0 else np.asarray(point, dtype=np.float64)


def lift_plan(
    fall: Fall, omega: Quantity, cop_m: Quantity, foot_m: Quantity, goal_m: Quantity, reach: Reach
) -> tuple[Float, Quantity]:
    """CoP path from both feet to foot-off, and the size of its dip toward the foot that will lift. [m]

    Parameters
    ----------
    fall, omega : Fall, float
        The rod at the beginning.
    cop_m, foot_m : float
        CoP now, and where it ends.
    goal_m : float
        Capture point at foot-off.
    reach : Reach
    """
    time_s = grid_s(1, reach.steps, np.shape(foot_m))
    over = minimum_jerk((time_s - reach.dip_s + OVERLAP_S) / (reach.over_s + OVERLAP_S))
    begun = minimum_jerk(time_s / RISE_S)
    still = cop_m * (1 - begun) + foot_m * over
    return _aimed(fall, omega, still, -begun * (1 - over), goal_m, SMALLEST_DIP_M, 1.0)


def put_down_plan(
    fall: Fall, omega: Quantity, cop_m: Quantity, foot_m: Quantity, half_m: Quantity
) -> tuple[Float, Any]:
    """CoP path until the other foot meets the plate: outward within the foot, so that the body falls inward.

    Returns
    -------
    ndarray (steps, *shape), int or ndarray
        The path [m] and the step of contact: when the capture point has come near the middle, 2 s later at the latest.
    """
    begun = minimum_jerk(grid_s(1, round(LONGEST_LEAD_S / STEP_S), np.shape(foot_m)) / LEAD_RISE_S)
    path = np.asarray(cop_m + (foot_m + LEAD * half_m - cop_m) * begun, dtype=np.float64)
    rows = coast(fall, omega, path)
    there = rows[:, 1] + rows[:, 2] / omega <= ARRIVES * foot_m
    there[-1] = True
    return path, 1 + there.argmax(axis=0)


class Landing:
    """From contact of the other foot on: the CoP goes to where it catches the body, and brings it to the middle.

    Parameters
    ----------
    fall, omega : Fall, float
    cop_m : float
        CoP at contact. [m]
    target_m : float
        Where the body is brought. [m]
    limit_m : float
        Outer edge of the feet. [m]
    """

    def __init__(self, fall: Fall, omega: Quantity, cop_m: Quantity, target_m: Quantity, limit_m: Quantity) -> None:
        self.fall, self._omega, self._cop = fall, omega, cop_m
        self._target, self._limit, self._made = target_m, limit_m, 0

    def move(self, steps: int) -> Float:
        """CoP, CoM [m] and its speed [m/s], (steps, 3, *shape)."""
        shares = minimum_jerk(grid_s(self._made + 1, steps) / CONTACT_S).tolist()
        self._made += steps
        rows = []
        for share in shares:
            point = capture_point(self.fall, self._omega)
            catch = point + CAPTURE_PER_S / self._omega * (point - self._target)
            cop = clip(self._cop + share * (catch - self._cop), -self._limit, self._limit)
            speed = self.fall.speed_m_s + STEP_S * self._omega**2 * (self.fall.place_m - cop)
            self.fall = Fall(self.fall.place_m + STEP_S * speed, speed)
            rows.append((cop, self.fall.place_m, speed))
        return np.asarray(rows, dtype=np.float64)
