"""What people entered about a visit, as the abductor findings need it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.abductors import Observation, PelvicDrop, SideEntries, Strength
from analysis.demand import Body, Reading
from analysis.geometry import Side
from dashboard.visit_groups import ConditionGroup, counted


@dataclass(frozen=True, slots=True)
class TrialEntries:
    """What the examiner entered beside one trial. None: not entered.

    ``tilt_deg``: of the stance leg, + top toward the stance side; ``hand_load``: part of body mass in the other hand.
    """

    observation: Observation | None = None
    tilt_deg: float | None = None
    hand_load: float = 0.0


@dataclass(frozen=True, slots=True)
class VisitEntries:
    """What was entered for a visit: by trial id, strength of each side, and the body."""

    trials: Mapping[str, TrialEntries] = field(default_factory=dict)
    strength: Mapping[Side, Strength] = field(default_factory=dict)
    body: Body | None = None
    mass_kg: float | None = None


def side_entries(entries: VisitEntries, group: ConditionGroup, side: Side) -> SideEntries:
    """The entries of one side under one condition.

    What was seen in any of its trials that count is what was seen on the side; a tilt counts with the lateral shift of
    its own, usable trial.
    """
    own = [
        (filed, entries.trials[filed.trial.id])
        for filed in counted(group.of_side(side))
        if filed.trial.id in entries.trials
    ]
    readings = []
    for filed, entered in own:
        shift = filed.result.values["lateral_shift"].value if filed.result and filed.result.usable else None
        if shift is not None and entered.tilt_deg is not None:
            readings.append(Reading(shift, entered.tilt_deg, entered.hand_load))
    seen = [entered.observation for _, entered in own if entered.observation is not None]
    return SideEntries(seen_together(seen), entries.strength.get(side), tuple(readings))


def seen_together(seen: Sequence[Observation]) -> Observation | None:
    """One observation of several trials: a drop or a lean that was seen once was seen."""
    if not seen:
        return None
    drops = [one.pelvic_drop for one in seen if one.pelvic_drop is not None]
    order = (PelvicDrop.FROM_START, PelvicDrop.LATER, PelvicDrop.NONE)
    leans = [one.trunk_lean for one in seen if one.trunk_lean is not None]
    degrees = [one.trunk_lean_deg for one in seen if one.trunk_lean and one.trunk_lean_deg is not None]
    times_s = [one.drop_at_s for one in seen if one.pelvic_drop is PelvicDrop.LATER and one.drop_at_s is not None]
    drop = min(drops, key=order.index) if drops else None
    return Observation(
        pelvic_drop=drop,
        drop_at_s=min(times_s) if times_s and drop is PelvicDrop.LATER else None,
        trunk_lean=any(leans) if leans else None,
        trunk_lean_deg=max(degrees, key=abs) if degrees else None,
    )
