"""The clinician's question, answered from what was measured: nothing here is guessed, and there is no score.

A panel for each side holds the plate's numbers, what the examiner saw, measured strength, and, only where a tilt of the
stance leg was entered, the demand on the abductors. A pattern names what was seen together, by rules that are shown
beside it. Weakness can hide behind every pattern: strength has to be measured and the pelvis watched.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis.demand import GRAVITY, Body, Demand, Errors, Estimate, Reading, demand, within
from analysis.geometry import Side
from analysis.sides import MetricComparison, SideComparison, SideValue

#: The plate's numbers in the panel, in the order in which they are shown.
PANEL_METRICS = ("lateral_shift", "lateral_shift_pct", "drift", "velocity_ml", "rms_ml", "hold_time", "failures")
#: Those whose difference between the legs makes the panel speak of a difference in steadiness.
STEADINESS = ("velocity_ml", "velocity", "rms_ml")
#: A dynamometer in the hand, one standard deviation of a reading, as a part of it. Assumed.
STRENGTH_SD_PART = 0.10
#: Demand of a level pelvis, and the part of their strength that young adults use for it: help beside the numbers.
LEVEL_DEMAND_NM_PER_KG, USED_BY_YOUNG_ADULTS = 0.84, 0.54


class PelvicDrop(StrEnum):
    """What the examiner saw of the pelvis on the lifted side."""

    NONE = "none"
    FROM_START = "from_start"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Observation:
    """What the examiner saw during the trials of one side. None: not looked at, which is not "none".

    Parameters
    ----------
    pelvic_drop : PelvicDrop or None
    drop_at_s : float or None
        After foot-off, for a drop that came later. [s]
    trunk_lean : bool or None
        Toward the stance side.
    trunk_lean_deg : float or None

    Raises
    ------
    EntryRefused
    """

    pelvic_drop: PelvicDrop | None = None
    drop_at_s: float | None = None
    trunk_lean: bool | None = None
    trunk_lean_deg: float | None = None

    def __post_init__(self) -> None:
        if self.drop_at_s is not None:
            within("drop_at_s", self.drop_at_s, 0, 600)
        if self.trunk_lean_deg is not None:
            within("trunk_lean_deg", self.trunk_lean_deg, -60, 60)

    @property
    def dropped(self) -> bool:
        """Whether a drop of the pelvis was seen."""
        return self.pelvic_drop in (PelvicDrop.FROM_START, PelvicDrop.LATER)

    @property
    def leaned(self) -> bool:
        """Whether a lean of the trunk was seen."""
        return self.trunk_lean is True


@dataclass(frozen=True, slots=True)
class Strength:
    """Greatest abduction moment that a dynamometer measured on one side. [N m]

    Raises
    ------
    EntryRefused
    """

    moment_nm: float

    def __post_init__(self) -> None:
        within("moment_nm", self.moment_nm, 0.5, 500)

    @staticmethod
    def of_force(force_n: float, lever_m: float) -> Strength:
        """From the force at a lever arm: distance of the pad from the hip's centre."""
        within("force_n", force_n, 1, 2000)
        within("lever_m", lever_m, 0.1, 1.2)
        return Strength(force_n * lever_m)

    @staticmethod
    def of_kilograms(force_kg: float, lever_m: float) -> Strength:
        """From a dynamometer that shows kilograms."""
        return Strength.of_force(force_kg * GRAVITY, lever_m)


class Pattern(StrEnum):
    """What was seen together. Values are keys of the catalogue and appear in exported files: never rename one."""

    SHIFT_WITH_LEAN = "shift_with_lean"
    SHIFT_WITHOUT_LEAN = "shift_without_lean"
    DROP_WITHOUT_SHIFT = "drop_without_shift"
    DROP_WITH_SHIFT = "drop_with_shift"
    LESS_STEADY = "less_steady"
    NO_DIFFERENCE = "no_difference"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True)
class SideEntries:
    """What people entered for one side. ``readings``: trials whose stance leg's tilt was read.

    ``errors``: one standard deviation of what enters a demand, where it is not the assumed one.
    """

    observation: Observation | None = None
    strength: Strength | None = None
    readings: Sequence[Reading] = ()
    errors: Errors | None = None


@dataclass(frozen=True, slots=True)
class SidePanel:
    """One side. Everything that was not measured is None.

    Parameters
    ----------
    values : mapping
        Of `PANEL_METRICS`.
    strength_nm, strength_nm_per_kg : Estimate or None
    deficit_pct : Estimate or None
        How much weaker than the other side; the other side is no healthy reference. [%]
    demand : Demand or None
    reserve : Estimate or None
        Strength over demand. 1: all of it is used. [1]
    pattern : Pattern
    """

    side: Side
    values: Mapping[str, SideValue]
    observation: Observation | None
    strength_nm: Estimate | None
    strength_nm_per_kg: Estimate | None
    deficit_pct: Estimate | None
    demand: Demand | None
    reserve: Estimate | None
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class AbductorFindings:
    """Both sides of a visit."""

    left: SidePanel
    right: SidePanel


def abductor_findings(
    comparison: SideComparison,
    entries: Mapping[Side, SideEntries],
    body: Body | None = None,
    mass_kg: float | None = None,
) -> AbductorFindings:
    """The panels of a visit.

    Parameters
    ----------
    comparison : SideComparison
        Of one condition.
    entries : mapping of Side to SideEntries
        A side that is missing has nothing entered.
    body : Body or None
        Without it there is no demand.
    mass_kg : float or None
        For strength per body mass where ``body`` is not known.

    Raises
    ------
    EntryRefused, TiltSignSuspect
    """
    mass = body.mass_kg if body is not None else mass_kg
    nothing = SideEntries()
    panels = {
        side: _panel(side, comparison, entries.get(side, nothing), entries.get(side.other, nothing), body, mass)
        for side in Side
    }
    return AbductorFindings(panels[Side.LEFT], panels[Side.RIGHT])


def _panel(
    side: Side,
    comparison: SideComparison,
    own: SideEntries,
    other: SideEntries,
    body: Body | None,
    mass_kg: float | None,
) -> SidePanel:
    result = comparison.left if side is Side.LEFT else comparison.right
    asked = demand(own.readings, body, own.errors) if own.readings and body is not None else None
    strength = None if own.strength is None else strength_estimate(own.strength)
    return SidePanel(
        side=side,
        values={id: result.values[id] for id in PANEL_METRICS},
        observation=own.observation,
        strength_nm=strength,
        strength_nm_per_kg=None
        if strength is None or mass_kg is None
        else Estimate(strength.value / mass_kg, strength.se / mass_kg),
        deficit_pct=_deficit_pct(own.strength, other.strength),
        demand=asked,
        reserve=None if strength is None or asked is None else _quotient(strength, asked.moment_nm),
        pattern=pattern_of(side, comparison, own.observation or Observation()),
    )


def strength_estimate(strength: Strength) -> Estimate:
    """A measured strength with the error of a dynamometer in the hand. [N m]"""
    return Estimate(strength.moment_nm, STRENGTH_SD_PART * strength.moment_nm)


def _quotient(above: Estimate, below: Estimate) -> Estimate:
    value = above.value / below.value
    return Estimate(value, value * math.hypot(above.se / above.value, below.se / below.value))


def _deficit_pct(own: Strength | None, other: Strength | None) -> Estimate | None:
    if own is None or other is None:
        return None
    part = _quotient(strength_estimate(own), strength_estimate(other))
    return Estimate(100 * (1 - part.value), 100 * part.se)


def pattern_of(side: Side, comparison: SideComparison, seen: Observation) -> Pattern:
    """What was seen together on this side.

    A shift counts where the CoP of this side lies further lateral than the other's, flagged by the rule of
    `analysis.sides`: its interval excludes no difference and it exceeds the MDC.

    - shift and trunk lean: as in a compensated Trendelenburg (lurch)
    - drop of the pelvis without a shift: as in an uncompensated Trendelenburg
    - neither, nor a flagged difference in steadiness: no side difference beyond test variability
    """
    shift = comparison.metrics["lateral_shift"]
    shifted = shift.flag and _worse_side(shift) is side
    if shifted and seen.leaned:
        return Pattern.SHIFT_WITH_LEAN
    if seen.dropped:
        return Pattern.DROP_WITH_SHIFT if shifted else Pattern.DROP_WITHOUT_SHIFT
    if shifted:
        return Pattern.SHIFT_WITHOUT_LEAN
    steadiness = [comparison.metrics[id] for id in STEADINESS]
    if any(entry.flag and _worse_side(entry) is side for entry in steadiness):
        return Pattern.LESS_STEADY
    if all(entry.ci95 is None for entry in (shift, *steadiness)):
        return Pattern.NOT_COMPARED
    return Pattern.NO_DIFFERENCE


def _worse_side(entry: MetricComparison) -> Side | None:
    """The side with the larger value: further lateral, or less steady."""
    if entry.estimate is None:
        return None
    larger_left = entry.estimate > (1.0 if entry.kind == "ratio" else 0.0)
    return Side.LEFT if larger_left else Side.RIGHT
