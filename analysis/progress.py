"""Change from visit to visit: what exceeds the error of measuring twice, and what cannot be compared.

Per leg and metric: delta = m2 - m1 - P on logarithms (signed metrics and hold time in their unit), P what practice is
expected to change; Var = s^2 (1/k1 + 1/k2) + 2 s_B^2, s the spread from trial to trial of this patient, drawn toward
what is known of others; RCI = delta / sqrt(Var). Beyond measurement error is |RCI| >= 1.96. It is never called
important: from what change on a patient notices anything is not known of any of these numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.metrics import METRICS
from analysis.reliability import Z95, Reliability, known_reliability
from analysis.sides import GROWS_WITH_DURATION, held_of, usable_of

Float = NDArray[np.float64]

#: Metrics that get a label. Twenty of them would find a "real" change by chance in two of three stable patients.
LABELLED = ("velocity_ml", "hold_time")
#: Weight of what is known of others against this patient's own trials, in degrees of freedom.
PRIOR_FREEDOM = 6
#: Trials a visit needs for its mean to be judged.
FEWEST_TRIALS = 2
SLOPE_FROM, SLOPE_INTERVAL_FROM = 4, 5
SLOPE_OVER = timedelta(days=28)


class Label(StrEnum):
    """What may be said of a change. Values appear in exported files and as keys of the catalogue."""

    WITHIN = "within"
    IMPROVED = "improved"
    WORSENED = "worsened"
    NOT_ENOUGH = "not_enough"
    NOT_COMPARABLE = "not_comparable"
    CENSORED = "censored"


class Break(StrEnum):
    """What changed between two visits, so that their numbers are not compared."""

    CONDITION = "condition"
    PROTOCOL = "protocol"
    PLATE = "plate"
    CALIBRATION = "calibration"
    SETTINGS = "settings"
    VERSION = "version"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Session:
    """One leg at one visit under one condition.

    Parameters
    ----------
    at : datetime
    side : Side
    results : tuple of TrialResult
        All trials of that visit and condition; those of the other leg and those that are not usable are left out.
    condition, protocol : str
        What was asked; two visits compare only where both agree.
    calibration : str
        How the plate was calibrated (its reference), "" for a plate of another system.
    practised : bool
        Whether a practice trial came first.
    """

    at: datetime
    side: Side
    results: tuple[TrialResult, ...]
    condition: str
    protocol: str
    calibration: str
    practised: bool

    def trials(self, metric_id: str) -> list[TrialResult]:
        """Trials whose number counts; a hold that ended early counts as a hold."""
        chosen = held_of if metric_id == "hold_time" else usable_of
        return [result for result in chosen(self.side, self.results) if result.values[metric_id].value is not None]

    def values(self, metric_id: str) -> Float:
        """The metric of each trial that counts."""
        return np.array([result.values[metric_id].value for result in self.trials(metric_id)], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Point:
    """A visit on the trend.

    ``mean``: of the trials; for metrics compared on logarithms the geometric mean. ``breaks``: what changed since the
    visit before. ``censored``: whether a hold time is a lower bound.
    """

    at: datetime
    mean: float | None
    values: tuple[float, ...]
    breaks: tuple[Break, ...]
    censored: bool


@dataclass(frozen=True, slots=True)
class Change:
    """From one visit to a later one.

    ``change`` and ``ci95``: percent for metrics compared on logarithms, else in the metric's unit; what practice is
    expected to bring (``practice``, same scale) is taken off. ``rci``: change over its standard error. ``label`` is
    None for metrics that get none. ``assumed``: whether the spread behind it was read in no primary source.
    """

    change: float | None
    ci95: tuple[float, float] | None
    practice: float
    rci: float | None
    label: Label | None
    breaks: tuple[Break, ...]
    assumed: bool


@dataclass(frozen=True, slots=True)
class Slope:
    """Theil-Sen slope over four weeks, percent or the metric's unit; its 95 % interval from five visits on."""

    per_four_weeks: float
    ci95: tuple[float, float] | None
    visits: int


@dataclass(frozen=True, slots=True)
class Progress:
    """One metric of one leg over all visits. ``band``: around the first comparable visit, in the metric's unit."""

    metric_id: str
    side: Side
    points: tuple[Point, ...]
    since_first: Change | None
    since_last: Change | None
    band: tuple[float, float] | None
    slope: Slope | None


def progress(
    metric_id: str,
    sessions: Sequence[Session],
    others: Sequence[Session] = (),
    rows: Mapping[str, Reliability] | None = None,
) -> Progress | None:
    """Progress of one metric on one leg.

    Parameters
    ----------
    metric_id : str
    sessions : sequence of Session
        Of one leg, in order of time.
    others : sequence of Session
        Of the other leg: they tell how much this patient's trials differ.
    rows : mapping of metric id to Reliability or None
        A laboratory's own figures in place of the known ones.

    Returns
    -------
    Progress or None
        None without a session, or where nothing is known of how far this metric differs in stable people.
    """
    row = (rows or known_reliability()).get(metric_id)
    if not sessions or row is None:
        return None
    judge = _Judge(metric_id, row, _within_variance(metric_id, row, (*sessions, *others)))
    points = [judge.point(session, before) for session, before in zip(sessions, (None, *sessions[:-1]), strict=True)]
    last = sessions[-1]
    comparable = [session for session in sessions if not breaks_between(session, last, metric_id)]
    return Progress(
        metric_id=metric_id,
        side=last.side,
        points=tuple(points),
        since_first=judge.change(sessions[0], last, from_first=True) if len(sessions) > 1 else None,
        since_last=judge.change(sessions[-2], last, from_first=len(sessions) == 2) if len(sessions) > 1 else None,
        band=judge.band(comparable[0], last),
        slope=judge.slope(comparable),
    )


def breaks_between(before: Session, after: Session, metric_id: str) -> tuple[Break, ...]:
    """Why numbers of two visits are not compared; empty where they are."""
    found = []
    if before.condition != after.condition:
        found.append(Break.CONDITION)
    if before.protocol != after.protocol:
        found.append(Break.PROTOCOL)
    old, new = before.trials(metric_id), after.trials(metric_id)
    if not old or not new:
        return tuple(found)
    if {each.plate_serial for each in old} != {each.plate_serial for each in new}:
        found.append(Break.PLATE)
    elif before.calibration != after.calibration:
        found.append(Break.CALIBRATION)
    if {each.settings for each in old} != {each.settings for each in new}:
        found.append(Break.SETTINGS)
    if {each.analysis_version for each in old} != {each.analysis_version for each in new}:
        found.append(Break.VERSION)
    if metric_id in GROWS_WITH_DURATION and {each.phases.short for each in old} != {each.phases.short for each in new}:
        found.append(Break.WINDOW)
    return tuple(found)


def _within_variance(metric_id: str, row: Reliability, sessions: Sequence[Session]) -> float:
    """Spread from trial to trial, pooled over sessions and legs, drawn toward the row's."""
    squares, freedom = 0.0, 0
    for session in sessions:
        values = _on_scale(row, session.values(metric_id))
        if len(values) > 1:
            squares += float(((values - values.mean()) ** 2).sum())
            freedom += len(values) - 1
    if row.within_sd == 0:  # the row's figure is of whole visits
        return 0.0
    return (PRIOR_FREEDOM * row.within_sd**2 + squares) / (PRIOR_FREEDOM + freedom)


def _on_scale(row: Reliability, values: Float) -> Float:
    """Values as they are compared; on logarithms only those above nothing exist."""
    return np.log(values[values > 0]) if row.scale == "ln" else values


class _Judge:
    """Compares sessions of one metric with one row and one patient's own spread."""

    def __init__(self, metric_id: str, row: Reliability, within_variance: float) -> None:
        self._id, self._row, self._within = metric_id, row, within_variance

    def point(self, session: Session, before: Session | None) -> Point:
        values = session.values(self._id)
        on_scale = _on_scale(self._row, values)
        return Point(
            at=session.at,
            mean=self._back(float(on_scale.mean())) if len(on_scale) else None,
            values=tuple(values.tolist()),
            breaks=() if before is None else breaks_between(before, session, self._id),
            censored=self._is_censored(session),
        )

    def change(self, before: Session, after: Session, *, from_first: bool) -> Change:
        old, new = (_on_scale(self._row, each.values(self._id)) for each in (before, after))
        breaks = breaks_between(before, after, self._id)
        practice = self._row.practice if from_first and not before.practised else 0.0
        if not len(old) or not len(new) or breaks:
            label = Label.NOT_COMPARABLE if breaks else Label.NOT_ENOUGH
            return Change(None, None, self._shown(practice), None, self._labelled(label), breaks, self._assumed)
        delta = float(new.mean() - old.mean()) - practice
        se = math.sqrt(self._variance(len(old), len(new)))
        return Change(
            change=self._shown(delta),
            ci95=(self._shown(delta - Z95 * se), self._shown(delta + Z95 * se)),
            practice=self._shown(practice),
            rci=delta / se,
            label=self._labelled(self._label(before, after, delta / se, min(len(old), len(new)))),
            breaks=(),
            assumed=self._assumed,
        )

    def band(self, baseline: Session, last: Session) -> tuple[float, float] | None:
        """Where a later visit of a stable patient lies 95 times of 100."""
        first = _on_scale(self._row, baseline.values(self._id))
        if not len(first):
            return None
        half = Z95 * math.sqrt(self._variance(len(first), max(len(last.values(self._id)), 1)))
        return self._back(float(first.mean()) - half), self._back(float(first.mean()) + half)

    def slope(self, sessions: Sequence[Session]) -> Slope | None:
        """Over the visits that compare with the last one."""
        from scipy.stats import theilslopes  # loads slowly, and most patients have fewer visits

        known = [(session.at, _on_scale(self._row, session.values(self._id))) for session in sessions]
        known = [(at, values) for at, values in known if len(values)]
        if len(known) < SLOPE_FROM:
            return None
        times = np.array([(at - known[0][0]) / SLOPE_OVER for at, _ in known])
        if np.ptp(times) <= 0:
            return None
        found = theilslopes([float(values.mean()) for _, values in known], times, alpha=0.95)
        interval = (self._shown(float(found[2])), self._shown(float(found[3])))
        return Slope(self._shown(float(found[0])), interval if len(known) >= SLOPE_INTERVAL_FROM else None, len(known))

    @property
    def _assumed(self) -> bool:
        return not self._row.verified

    def _variance(self, old: int, new: int) -> float:
        return self._within * (1 / old + 1 / new) + 2 * self._row.between_sd**2

    def _back(self, on_scale: float) -> float:
        return math.exp(on_scale) if self._row.scale == "ln" else on_scale

    def _shown(self, delta: float) -> float:
        """A difference for people: percent where it is one of logarithms."""
        return 100 * math.expm1(delta) if self._row.scale == "ln" else delta

    def _is_censored(self, session: Session) -> bool:
        return self._id == "hold_time" and any(each.phases.censored for each in session.trials(self._id))

    def _labelled(self, label: Label) -> Label | None:
        return label if self._id in LABELLED else None

    def _label(self, before: Session, after: Session, rci: float, fewest: int) -> Label:
        if self._is_censored(before) or self._is_censored(after):
            return Label.CENSORED
        if fewest < FEWEST_TRIALS:
            return Label.NOT_ENOUGH
        if abs(rci) < Z95:
            return Label.WITHIN
        better_is_less = METRICS[self._id].worse == "higher"
        return Label.IMPROVED if (rci < 0) == better_is_less else Label.WORSENED
