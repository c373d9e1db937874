"""What a stance asks of the hip abductors: the plate's CoP and a measured tilt of the stance leg give a moment.

Quasi-static balance of the stance leg about its hip, frontal plane, everything from the ankle's centre, + lateral:
M = m g (kappa x_hip - x_cop). The plate sees x_cop. x_hip is L sin(tilt) and has to be measured, for one degree of it
moves M by 16 %, one millimetre of CoP by 1.2 %. Without a tilt there is no moment and nothing here is computed.

A demand is no strength: a person with strength in reserve carries the same moment as one who has none left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

Float = NDArray[np.float64]

GRAVITY = 9.81
#: kappa = 1 - mu (1 - lambda): leg of 16.1 % of body mass with its centre 57 % of the way from ankle to hip (Winter).
KAPPA, KAPPA_SD = 0.93, 0.01
#: Ankle centre to hip centre over body height: hip 0.530 minus ankle 0.039 of height (Drillis and Contini, in Winter).
LEG_OF_HEIGHT = 0.491
#: What a tape from the front spine of the pelvis to the inner ankle measures beyond that. [mm]
TAPE_EXCESS_MM = 80.0
#: Half the distance of the hip centres = 0.33 x pelvis width + 7.3 mm (Harrington 2007).
HARRINGTON_SLOPE, HARRINGTON_OFFSET_MM = 0.33, 7.3
#: One standard deviation of what enters. Assumed, except where a source stands beside it in docs/method.md.
TILT_SD_DEG, FOOT_SD_MM, SWAY_SD_MM, PLATE_SD_MM = 1.0, 5.0, 1.3, 1.2
LEG_SD_PART, PELVIS_WIDTH_SD_MM = 0.02, 10.0
LARGEST_TILT_DEG, LARGEST_HAND_LOAD = 25.0, 0.25
Z95 = 1.96


class EntryRefused(AnalysisError):
    """Happens when a measurement entered by hand cannot be: says which, and what it may be."""

    code = "ENTRY_REFUSED"

    def __init__(self, name: str, value: float, low: float, high: float) -> None:
        super().__init__(f"{name} is {value:g}, must be from {low:g} to {high:g}")
        self.name, self.value, self.low, self.high = name, value, low, high


class HandLoadsDiffer(AnalysisError):
    """Happens when readings with different loads in the hand would be averaged, or there is no reading at all."""

    code = "HAND_LOADS_DIFFER"


class TiltSignSuspect(AnalysisError):
    """Happens when the demand comes out at or below nothing: a tilt entered with the wrong sign does that.

    + means that the top of the stance leg leans to the stance side; a level pelvis is near + 6 degrees.
    """

    code = "TILT_SIGN_SUSPECT"


@dataclass(frozen=True, slots=True)
class Body:
    """What the moment needs to know of a person.

    Parameters
    ----------
    mass_kg : float
    leg_length_mm : float
        Ankle centre to hip centre. [mm]
    hip_half_spacing_mm : float
        Half the distance between the hip centres, `w` of the method. [mm]

    Raises
    ------
    EntryRefused
    """

    mass_kg: float
    leg_length_mm: float
    hip_half_spacing_mm: float

    def __post_init__(self) -> None:
        within("mass_kg", self.mass_kg, 10, 300)
        within("leg_length_mm", self.leg_length_mm, 300, 1200)
        within("hip_half_spacing_mm", self.hip_half_spacing_mm, 30, 150)


@dataclass(frozen=True, slots=True)
class Reading:
    """One trial: where its CoP was, and how its stance leg stood.

    Parameters
    ----------
    lateral_shift_mm : float
        Mean CoP from the stance foot's midline, + lateral: the trial's `lateral_shift`. [mm]
    tilt_deg : float
        Of the stance leg in the frontal plane, + top toward the stance side. [deg]
    hand_load : float
        Mass held in the other hand over body mass. [1]

    Raises
    ------
    EntryRefused
    """

    lateral_shift_mm: float
    tilt_deg: float
    hand_load: float = 0.0

    def __post_init__(self) -> None:
        within("lateral_shift_mm", self.lateral_shift_mm, -150, 150)
        within("tilt_deg", self.tilt_deg, -LARGEST_TILT_DEG, LARGEST_TILT_DEG)
        within("hand_load", self.hand_load, 0, LARGEST_HAND_LOAD)


class Term(StrEnum):
    """A line of the error budget. Values appear in exported files: never rename one."""

    TILT = "tilt"
    FOOT = "foot"
    SWAY = "sway"
    PLATE = "plate"
    LEG_LENGTH = "leg_length"
    KAPPA = "kappa"
    PELVIS = "pelvis"


@dataclass(frozen=True, slots=True)
class Errors:
    """One standard deviation of each thing that enters a demand. See `Term`; [deg], [mm], parts of one."""

    tilt_deg: float = TILT_SD_DEG
    foot_mm: float = FOOT_SD_MM
    sway_mm: float = SWAY_SD_MM
    plate_mm: float = PLATE_SD_MM
    leg_length_part: float = LEG_SD_PART
    pelvis_width_mm: float = PELVIS_WIDTH_SD_MM


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with one standard error and its 95 % interval, in one unit."""

    value: float
    se: float

    @property
    def ci95(self) -> tuple[float, float]:
        """95 % interval, normal."""
        return self.value - Z95 * self.se, self.value + Z95 * self.se


@dataclass(frozen=True, slots=True)
class Demand:
    """What the stance asked of the abductors, mean of ``n`` trials.

    ``ratio``: 1 is a level pelvis with an upright trunk and the other leg under its hip. [1]
    ``budget``: what each source of error adds, as a part of that level demand; the squares add up to ``ratio.se``
    squared. A single sample of the moment would be wrong: the balance holds for means of many seconds.
    """

    ratio: Estimate
    moment_nm: Estimate
    moment_nm_per_kg: Estimate
    n: int
    budget: dict[Term, float]


def within(name: str, value: float, low: float, high: float) -> None:
    """Refuse what cannot be.

    Raises
    ------
    EntryRefused
    """
    if not low <= value <= high:
        raise EntryRefused(name, value, low, high)


def leg_from_height_mm(height_mm: float) -> float:
    """Ankle centre to hip centre from body height. [mm]"""
    return LEG_OF_HEIGHT * height_mm


def leg_from_tape_mm(spine_to_ankle_mm: float) -> float:
    """Ankle centre to hip centre from the tape: front spine of the pelvis to the inner ankle. [mm]"""
    return spine_to_ankle_mm - TAPE_EXCESS_MM


def hip_half_spacing_mm(pelvis_width_mm: float) -> float:
    """Half the distance of the hip centres from the width between the front spines. [mm] Source: Harrington 2007."""
    return HARRINGTON_SLOPE * pelvis_width_mm + HARRINGTON_OFFSET_MM


def demand(readings: Sequence[Reading], body: Body, errors: Errors | None = None) -> Demand:
    """Mean demand of the trials of one side whose tilt was read.

    Readings of the tilt and sway are independent from trial to trial; the foot on its template, the plate and the
    body's measures are not, and no number of trials makes them smaller.

    Parameters
    ----------
    readings : sequence of Reading
        At least one; all with the same hand load.
    body : Body
    errors : Errors

    Returns
    -------
    Demand

    Raises
    ------
    HandLoadsDiffer
        No reading, or hand loads that differ.
    TiltSignSuspect
        The mean demand is not above nothing.

    Notes
    -----
    ratio = (1 + eta) (kappa_eta L sin(tilt) - shift) / w, kappa_eta = 1 - (1 - kappa) / (1 + eta), eta the hand load.
    M = m g w ratio. Error budget: first order of that formula.
    """
    load = _common_hand_load(readings)
    kappa = 1 - (1 - KAPPA) / (1 + load)
    tilts = np.radians([reading.tilt_deg for reading in readings])
    shifts_mm = np.array([reading.lateral_shift_mm for reading in readings])
    width_mm = body.hip_half_spacing_mm
    ratio = float((1 + load) * np.mean(kappa * body.leg_length_mm * np.sin(tilts) - shifts_mm) / width_mm)
    if ratio <= 0:
        raise TiltSignSuspect(
            f"tilt {math.degrees(float(tilts.mean())):.1f} deg gives a demand of {ratio:.2f} of a level pelvis: nobody"
            " stands so. Enter + where the top of the stance leg leans to the stance side"
        )
    budget = _budget(tilts, body, errors or Errors(), kappa, load, ratio)
    se = math.sqrt(sum(part**2 for part in budget.values()))
    level_nm = body.mass_kg * GRAVITY * width_mm / 1000
    # the moment does not know the pelvis' width: it enters the ratio only as what the ratio is counted in
    moment_se = math.sqrt(sum(part**2 for term, part in budget.items() if term is not Term.PELVIS))
    return Demand(
        ratio=Estimate(ratio, se),
        moment_nm=Estimate(ratio * level_nm, moment_se * level_nm),
        moment_nm_per_kg=Estimate(ratio * level_nm / body.mass_kg, moment_se * level_nm / body.mass_kg),
        n=len(readings),
        budget=budget,
    )


def _common_hand_load(readings: Sequence[Reading]) -> float:
    loads = {reading.hand_load for reading in readings}
    if len(loads) != 1:
        raise HandLoadsDiffer(
            f"{len(readings)} readings with hand loads {sorted(loads)}: needs one load in all of them"
        )
    return loads.pop()


def _budget(tilts: Float, body: Body, errors: Errors, kappa: float, load: float, ratio: float) -> dict[Term, float]:
    n, leg_mm, width_mm = len(tilts), body.leg_length_mm, body.hip_half_spacing_mm
    hip_mm = leg_mm * float(np.mean(np.sin(tilts)))
    tilt_mm = kappa * leg_mm * float(np.mean(np.cos(tilts))) * math.radians(errors.tilt_deg) / math.sqrt(n)
    millimetres = {
        Term.TILT: tilt_mm,
        Term.FOOT: errors.foot_mm,
        Term.SWAY: errors.sway_mm / math.sqrt(n),
        Term.PLATE: errors.plate_mm,
        Term.LEG_LENGTH: kappa * abs(hip_mm) * errors.leg_length_part,
        Term.KAPPA: abs(hip_mm) * KAPPA_SD / (1 + load),
    }
    parts = {term: (1 + load) * millimetre / width_mm for term, millimetre in millimetres.items()}
    parts[Term.PELVIS] = ratio * HARRINGTON_SLOPE * errors.pelvis_width_mm / width_mm
    return parts
