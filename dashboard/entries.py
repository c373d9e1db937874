"""What people entered about a visit, as the abductor findings and the trials' lines need it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis import abductors
from analysis.abductors import PelvicDrop, SideEntries
from analysis.demand import (
    TILT_SD_DEG,
    Body,
    Errors,
    Reading,
    hip_half_spacing_mm,
    leg_from_height_mm,
    leg_from_tape_mm,
)
from analysis.geometry import Side
from dashboard.conditions import Task
from dashboard.station import FiledTrial
from dashboard.visit_groups import ConditionGroup, counted
from records.examination import Observation, StrengthTest
from records.model import Visit

#: Load in the hand that a condition asks for, as a part of body mass.
ASKED_LOADS = {Task.HAND_LOAD_5.value: 0.05, Task.HAND_LOAD_10.value: 0.10}


@dataclass(frozen=True, slots=True)
class VisitEntries:
    """What was entered for a visit, nothing of it void.

    Parameters
    ----------
    trials : mapping of trial id to observations
    sides : mapping of Side to observations
        Of the visit as a whole.
    strength : mapping of Side to StrengthTest
        The strongest of each side.
    visit : Visit or None
        With the body's measures.
    """

    trials: Mapping[str, Sequence[Observation]] = field(default_factory=dict)
    sides: Mapping[Side, Sequence[Observation]] = field(default_factory=dict)
    strength: Mapping[Side, StrengthTest] = field(default_factory=dict)
    visit: Visit | None = None

    @property
    def mass_kg(self) -> float | None:
        """Body mass. [kg]"""
        return None if self.visit is None else self.visit.body_mass_kg

    def body(self) -> Body | None:
        """The body as a demand needs it; the tape goes before the height. Raises EntryRefused."""
        visit = self.visit
        if visit is None or visit.body_mass_kg is None or visit.pelvis_width_mm is None:
            return None
        if visit.leg_tape_mm is not None:
            leg_mm = leg_from_tape_mm(visit.leg_tape_mm)
        elif visit.height_mm is not None:
            leg_mm = leg_from_height_mm(visit.height_mm)
        else:
            return None
        return Body(visit.body_mass_kg, leg_mm, hip_half_spacing_mm(visit.pelvis_width_mm))


def visit_entries(visit: Visit, seen: Sequence[Observation], tests: Sequence[StrengthTest]) -> VisitEntries:
    """What was filed for a visit, by trial and by side."""
    trials: dict[str, list[Observation]] = {}
    sides: dict[Side, list[Observation]] = {}
    for each in seen:
        if each.trial_id is None:
            sides.setdefault(each.side, []).append(each)
        else:
            trials.setdefault(each.trial_id, []).append(each)
    strongest: dict[Side, StrengthTest] = {}
    for test in tests:
        best = strongest.get(test.side)
        if best is None or test.strength.moment_nm > best.strength.moment_nm:
            strongest[test.side] = test
    return VisitEntries(trials, sides, strongest, visit)


def side_entries(entries: VisitEntries, group: ConditionGroup, side: Side) -> SideEntries:
    """The entries of one side under one condition. Raises EntryRefused.

    What was seen in any of its trials that count, or in the visit as a whole, is what was seen on the side; a tilt
    counts with the lateral shift of its own, usable trial.
    """
    own = [(filed, entries.trials.get(filed.trial.id, ())) for filed in counted(group.of_side(side))]
    tilted = [(filed, each) for filed, seen in own for each in seen[-1:] if each.tilt_deg is not None]
    readings = [_reading(entries, group, filed, each) for filed, each in tilted]
    together = [each.seen for _, seen in own for each in seen] + [each.seen for each in entries.sides.get(side, ())]
    strength = entries.strength.get(side)
    return SideEntries(
        seen_together(together),
        None if strength is None else strength.strength,
        tuple(reading for reading in readings if reading is not None),
        _errors([each for _, each in tilted]),
    )


def _reading(entries: VisitEntries, group: ConditionGroup, filed: FiledTrial, seen: Observation) -> Reading | None:
    usable = filed.result is not None and filed.result.usable
    shift = filed.result.values["lateral_shift"].value if filed.result is not None and usable else None
    if shift is None or seen.tilt_deg is None:
        return None
    return Reading(shift, seen.tilt_deg, _hand_load(entries, group, seen))


def _hand_load(entries: VisitEntries, group: ConditionGroup, seen: Observation) -> float:
    """As it was weighed, else as the condition asks for it."""
    if seen.hand_load_kg is not None and entries.mass_kg is not None:
        return seen.hand_load_kg / entries.mass_kg
    return next((load for task, load in ASKED_LOADS.items() if task in group.made.code.split(".")), 0.0)


def _errors(seen: Sequence[Observation]) -> Errors | None:
    """Error of the tilts as it was entered, where somebody did; the mean of their variances."""
    if all(each.tilt_sd_deg is None for each in seen):
        return None
    squares = [(TILT_SD_DEG if each.tilt_sd_deg is None else each.tilt_sd_deg) ** 2 for each in seen]
    return Errors(tilt_deg=math.sqrt(sum(squares) / len(squares)))


def seen_together(seen: Sequence[abductors.Observation]) -> abductors.Observation | None:
    """One observation of several trials: a drop or a lean that was seen once was seen."""
    if not seen:
        return None
    drops = [one.pelvic_drop for one in seen if one.pelvic_drop is not None]
    order = (PelvicDrop.FROM_START, PelvicDrop.LATER, PelvicDrop.NONE)
    leans = [one.trunk_lean for one in seen if one.trunk_lean is not None]
    degrees = [one.trunk_lean_deg for one in seen if one.trunk_lean and one.trunk_lean_deg is not None]
    times_s = [one.drop_at_s for one in seen if one.pelvic_drop is PelvicDrop.LATER and one.drop_at_s is not None]
    drop = min(drops, key=order.index) if drops else None
    return abductors.Observation(
        pelvic_drop=drop,
        drop_at_s=min(times_s) if times_s and drop is PelvicDrop.LATER else None,
        trunk_lean=any(leans) if leans else None,
        trunk_lean_deg=max(degrees, key=abs) if degrees else None,
    )
