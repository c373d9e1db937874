"""Progress as numbers and texts: what the progress page draws and the result page and report say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from analysis.abductors import strength_estimate
from analysis.demand import Estimate
from analysis.geometry import Side
from analysis.metrics import METRICS
from analysis.progress import LABELLED, Change, Progress, Session, progress
from analysis.reliability import known_reliability
from analysis.sides import MetricComparison, SideComparison, SideResult
from dashboard.abductor_sentences import moment_text
from dashboard.entries import visit_entries
from dashboard.history import PatientHistory
from dashboard.made_under import MadeUnder, is_practice, made_under_text
from dashboard.observation_text import strength_pain_text
from dashboard.progress_sentences import break_text, change_text, slope_text
from dashboard.sentences import (
    comparison_text,
    metric_label,
    metrics_in_order,
    number_text,
    side_label,
    side_word,
)
from dashboard.visit_groups import ConditionGroup
from dashboard.words import Words
from dashboard.words.dates import date_text
from records.examination import StrengthTest
from records.model import Visit
from records.therapy import TherapyEvent

#: Metrics whose trend can be shown first; then every other one whose error between visits is known.
FIRST = ("velocity_ml", "hold_time", "lateral_shift", "velocity", "rms_ml")


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """One change of one leg in words. ``change``: its numbers."""

    metric: str
    side: Side
    text: str
    change: Change


@dataclass(frozen=True, slots=True)
class LegProgress:
    """One leg: its trend and what may be said of it."""

    side: Side
    label: str
    progress: Progress | None
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DifferencePoint:
    """Left against right at one visit."""

    at: datetime
    text: str
    comparison: MetricComparison


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """One visit in the table. ``breaks``: why it does not compare with the visit before."""

    visit_id: str
    at: str
    left: str
    right: str
    difference: str
    breaks: str


@dataclass(frozen=True, slots=True)
class MetricProgress:
    """One metric over all visits of one condition."""

    metric: str
    label: str
    left: LegProgress
    right: LegProgress
    differences: tuple[DifferencePoint, ...]
    rows: tuple[ProgressRow, ...]

    @property
    def legs(self) -> tuple[LegProgress, LegProgress]:
        """Left, right."""
        return self.left, self.right


def trend_metrics(words: Words) -> tuple[str, ...]:
    """Metrics whose trend can be shown: those whose error between visits is known."""
    known = known_reliability()
    rest = [metric.id for group in ("primary", "details") for metric in metrics_in_order(words, group)]
    return (*FIRST, *(id for id in rest if id in known and id not in FIRST))


def conditions(words: Words, history: PatientHistory) -> tuple[tuple[str, str], ...]:
    """Key and title of each condition that was measured, the newest first; demonstrations last."""
    found: dict[str, MadeUnder] = {}
    for visit in reversed(history.visits):
        for group in visit.groups:
            found.setdefault(group.made.condition_key, group.made)
    ordered = sorted(found.items(), key=lambda item: item[1].demo)
    return tuple((key, made_under_text(words, made)) for key, made in ordered)


def groups_of(history: PatientHistory, key: str) -> tuple[tuple[str, datetime, ConditionGroup], ...]:
    """Visit id, time on the station's clock and group of each visit that was measured under a condition."""
    return tuple(
        (visit.results.visit.id, visit.results.visit.local_at, group)
        for visit in history.visits
        for group in visit.groups
        if group.made.condition_key == key
    )


def session_of(history: PatientHistory, at: datetime, group: ConditionGroup, side: Side) -> Session:
    """One leg at one visit under one condition."""
    results = group.results()
    used = {result.calibration_id for result in results if result.side is side and result.calibration_id}
    return Session(
        at=at,
        side=side,
        results=results,
        condition=group.made.condition_key,
        protocol=group.made.protocol_key,
        calibration=", ".join(sorted({history.references.get(id, "") for id in used})),
        practised=any(is_practice(filed.trial) for filed in group.of_side(side)),
    )


def sessions_of(history: PatientHistory, key: str, side: Side) -> tuple[Session, ...]:
    """One leg at every visit at which it was tried under a condition."""
    found = groups_of(history, key)
    return tuple(session_of(history, at, group, side) for _, at, group in found if group.results(side))


def metric_progress(words: Words, history: PatientHistory, key: str, metric: str) -> MetricProgress:
    """One metric of both legs over all visits under one condition."""
    sessions = {side: sessions_of(history, key, side) for side in Side}
    left, right = (_leg(words, metric, side, progress(metric, sessions[side], sessions[side.other])) for side in Side)
    groups = groups_of(history, key)
    compared = [group.compared(metric) for _, _, group in groups]
    differences = tuple(
        DifferencePoint(at, comparison_text(words, metric, each), each.metrics[metric])
        for (_, at, _), each in zip(groups, compared, strict=True)
        if each.metrics[metric].estimate is not None
    )
    rows = tuple(
        _row(words, metric, (visit_id, at), each, (left, right))
        for (visit_id, at, _), each in zip(groups, compared, strict=True)
    )
    return MetricProgress(metric, metric_label(words, metric), left, right, differences, rows)


def _leg(words: Words, metric: str, side: Side, seen: Progress | None) -> LegProgress:
    label = side_label(words, side)
    if seen is None:
        return LegProgress(side, label, None, (words("progress.no_visit"),))
    if seen.since_first is None:
        return LegProgress(side, label, seen, (words("progress.one_visit"),))
    told = _changes(words, metric, seen)
    if seen.slope is not None:
        told.append(slope_text(words, metric, seen.slope))
    return LegProgress(side, label, seen, tuple(told))


def _changes(words: Words, metric: str, seen: Progress) -> list[str]:
    return [line.text for line in _lines(words, metric, seen)]


def _lines(words: Words, metric: str, seen: Progress) -> list[ProgressLine]:
    """The change since the first visit, and since the one before where that is another one."""
    found = [(seen.since_first, seen.points[0].at)]
    if len(seen.points) > 2:
        found.append((seen.since_last, seen.points[-2].at))
    return [
        ProgressLine(
            metric,
            seen.side,
            words("progress.since", date=date_text(words, at), change=change_text(words, metric, seen.side, change)),
            change,
        )
        for change, at in found
        if change is not None
    ]


def _row(
    words: Words, metric: str, visit: tuple[str, datetime], compared: SideComparison, legs: Sequence[LegProgress]
) -> ProgressRow:
    visit_id, at = visit
    means = [_mean_text(words, metric, side) for side in (compared.left, compared.right)]
    broken = {
        what: None
        for leg in legs
        if leg.progress is not None
        for point in leg.progress.points
        if point.at == at
        for what in point.breaks
    }
    return ProgressRow(
        visit_id=visit_id,
        at=date_text(words, at),
        left=means[0],
        right=means[1],
        difference=comparison_text(words, metric, compared),
        breaks="; ".join(break_text(words, what) for what in broken),
    )


def _mean_text(words: Words, metric: str, side: SideResult) -> str:
    value = side.values[metric]
    if value.mean is None:
        return words("value.dash")
    text = number_text(words, metric, value.mean, signed=METRICS[metric].worse == "signed")
    if value.censored:
        text = words("value.at_least", value=text)
    return words("progress.mean_of", value=text, n=value.n)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between visits. ``at``: noon of its day, without a clock; ``side`` None: of no side."""

    at: datetime
    side: Side | None
    text: str


def events_of(words: Words, history: PatientHistory) -> tuple[Event, ...]:
    """Surgery, injections, therapy, as they are marked on a trend."""
    return tuple(
        Event(datetime.combine(event.day, time(12)), event.side, _event_text(words, event)) for event in history.events
    )


def _event_text(words: Words, event: TherapyEvent) -> str:
    kind = words(f"progress.event.{event.kind.value}")
    return kind if event.side is None else words("progress.event_side", kind=kind, side=side_word(words, event.side))


@dataclass(frozen=True, slots=True)
class StrengthPoint:
    """The strongest test of one leg at one visit. ``moment`` [N m]."""

    at: datetime
    side: Side
    moment: Estimate
    text: str


def strength_points(words: Words, history: PatientHistory) -> tuple[StrengthPoint, ...]:
    """Measured strength of each leg at each visit, left before right."""
    points = []
    for visit in history.visits:
        known = visit.results.visit
        tests = [test for test in history.strength if test.visit_id == known.id]
        entries = visit_entries(known, (), tests)
        for side in Side:
            test = entries.strength.get(side)
            if test is not None:
                points.append(_strength_point(words, known, test))
    return tuple(points)


def _strength_point(words: Words, visit: Visit, test: StrengthTest) -> StrengthPoint:
    moment = strength_estimate(test.strength)
    per_kg = None if visit.body_mass_kg is None else moment.value / visit.body_mass_kg
    text = moment_text(words, moment, per_kg) + strength_pain_text(words, test)
    return StrengthPoint(visit.local_at, test.side, moment, text)


def visit_progress(words: Words, history: PatientHistory, key: str) -> tuple[ProgressLine, ...]:
    """What changed up to the newest visit, for the metrics that get a label; empty where nothing came before."""
    found = [_seen_now(history, key, metric, side) for metric in LABELLED for side in Side]
    return tuple(line for seen in found if seen is not None for line in _lines(words, seen.metric_id, seen))


def visit_trends(words: Words, history: PatientHistory, key: str) -> tuple[LegProgress, ...]:
    """The trend of each leg that was measured at the newest visit and before."""
    found = [_seen_now(history, key, FIRST[0], side) for side in Side]
    return tuple(_leg(words, seen.metric_id, seen.side, seen) for seen in found if seen is not None)


def _seen_now(history: PatientHistory, key: str, metric: str, side: Side) -> Progress | None:
    """Progress of a leg that was measured at the newest visit and before."""
    own = sessions_of(history, key, side)
    if len(own) < 2 or own[-1].at != history.visits[-1].results.visit.local_at:
        return None
    return progress(metric, own, sessions_of(history, key, side.other))
