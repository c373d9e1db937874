"""What was planted: every stance of a person, and the inside of the body over time. No plate measures most of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import Side

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlantedStance:
    """One stance as it was planted. Times from the person's beginning [s].

    Parameters
    ----------
    side : Side
    apa_onset_s, transfer_start_s, foot_off_s : float
        The CoP begins to dip toward the foot that will lift; it goes over; that foot has left the plate.
    lateral_shift_mm : float
        CoP that the posture aims at, from the middle of the foot, + lateral. [mm]
    sway : float
        Times the ankle noise of a healthy adult.
    strength_nm_kg, level_nm_kg, needed_nm_kg : float
        Active abduction moment the hip can give; what a level pelvis under a vertical trunk needs; what this posture
        needs. [Nm/kg]
    lean_deg, drop_deg, tilt_deg : float
        Trunk toward the stance side, pelvis down on the lifted side, stance leg outward. [degrees]
    dip_mm : float
        How far the CoP dips toward the lifted foot. [mm]
    touches_s, hops_s : tuple of float
    supports_s : tuple of (float, float)
        A hand carries something from .. to.
    touch_down_s : float or None
        Contact of the other foot; None while the stance lasts.
    fell : bool
        Contact was not asked for.
    left_plate_s, aside_s : float or None
        The person stepped off the plate; set the stance foot down further out.
    """

    side: Side
    apa_onset_s: float
    transfer_start_s: float
    foot_off_s: float
    lateral_shift_mm: float
    sway: float
    strength_nm_kg: float
    level_nm_kg: float
    needed_nm_kg: float
    lean_deg: float
    drop_deg: float
    tilt_deg: float
    dip_mm: float
    touches_s: tuple[float, ...] = ()
    hops_s: tuple[float, ...] = ()
    supports_s: tuple[tuple[float, float], ...] = ()
    touch_down_s: float | None = None
    fell: bool = False
    left_plate_s: float | None = None
    aside_s: float | None = None


@dataclass(frozen=True, slots=True)
class Motion:
    """What the body does: ``time_s (n,)`` [s], ``xy_mm (n, 2)`` CoP in the plate frame [mm], ``fz_n (n,)`` [N]."""

    time_s: Float
    xy_mm: Float
    fz_n: Float


@dataclass(frozen=True, slots=True)
class Inside:
    """What the plate cannot see, at the times of a `Motion`. NaN where it is not modelled: both feet, beside the plate.

    ``com_mm (n, 2)`` CoM, plate frame [mm]; the rest (n,): ``tilt_deg`` of the stance leg, + outward, ``drop_deg`` of
    the pelvis, ``lean_deg`` of the trunk toward the stance side [degrees]; ``moment_nm_kg`` of the stance hip,
    ``active_nm_kg`` of its muscles, ``strength_nm_kg`` the most they can give by then [Nm/kg].
    """

    com_mm: Float
    tilt_deg: Float
    drop_deg: Float
    lean_deg: Float
    moment_nm_kg: Float
    active_nm_kg: Float
    strength_nm_kg: Float
