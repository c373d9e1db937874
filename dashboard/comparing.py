"""Any two trials, or two visits, of a patient beside each other: values, what differs, what may be said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.metrics import METRICS, Group
from analysis.progress import LABELLED, Session, breaks_between, progress
from dashboard.entries import VisitEntries
from dashboard.history import PatientHistory
from dashboard.made_under import made_under_text
from dashboard.progress_sentences import break_text, change_text
from dashboard.progress_view import session_of
from dashboard.sentences import metric_label, metrics_in_order, number_text, row_texts, side_label, unit_text
from dashboard.side_view import nearest_to_mean, trial_name
from dashboard.station import FiledTrial
from dashboard.visit_groups import ConditionGroup, analysed
from dashboard.visit_view import trial_view
from dashboard.words import Words
from dashboard.words.dates import date_text, moment_text
from records.errors import Kind, NotFound

#: What is shown of a visit: its primary metrics; of a trial also the details.
OF_VISIT: tuple[Group, ...] = ("primary",)
OF_TRIAL: tuple[Group, ...] = ("primary", "details")
REFERENCE = "velocity_ml"


class What(StrEnum):
    """What is put beside each other. Values are in the page's choices."""

    VISIT = "visit"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen. ``key``: what it is called in the page's choice."""

    key: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the two: a trial, or one condition of a visit. ``trials``: what is drawn of it, left before right."""

    title: str
    subtitle: str
    said: tuple[str, ...]
    group: ConditionGroup
    trials: tuple[FiledTrial, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One metric: texts of the first and the second, for each leg."""

    metric: str
    label: str
    unit: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two trials or two visits.

    ``legs``: above the columns of two visits; ``heads``: the columns, first and second for each leg; ``differs``: why
    their numbers are not to be compared, empty where they are; ``sentences``: what may be said.
    """

    first: Shown
    second: Shown
    legs: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    differs: tuple[str, ...]
    sentences: tuple[str, ...]


def options(words: Words, history: PatientHistory) -> tuple[Option, ...]:
    """Visits by condition, then every trial that can be drawn; the newest first."""
    visits, trials = [], []
    for visit in reversed(history.visits):
        known, made = visit.results.visit, [group.made for group in visit.groups]
        day = moment_text(words, known.local_at)
        for at, group in enumerate(visit.groups):
            title = made_under_text(words, group.made, made)
            visits.append(Option(f"{What.VISIT}:{known.id}:{at}", f"{day} · {title}", words("compare.visits")))
            trials += [
                Option(
                    f"{What.TRIAL}:{known.id}:{filed.trial.id}",
                    words("compare.trial", trial=trial_name(words, group, filed), condition=title),
                    words("compare.trials_of", day=day),
                )
                for filed in analysed(group.trials)
            ]
    return (*visits, *trials)


def compared(words: Words, history: PatientHistory, first: str, second: str) -> Compared | None:
    """Both beside each other; None where one is a trial and the other a visit. Raises NotFound."""
    kinds = {key.split(":")[0] for key in (first, second)}
    if len(kinds) > 1:
        return None
    if kinds == {What.TRIAL}:
        return _trials(words, history, first, second)
    return _visits(words, history, first, second)


# ---- two trials


def _trials(words: Words, history: PatientHistory, first: str, second: str) -> Compared:
    found = [_trial(history, key) for key in (first, second)]
    results = [filed.result for _, _, filed in found if filed.result is not None]
    sessions = [_alone(history, at, group, result) for (at, group, _), result in zip(found, results, strict=True)]
    differs = [break_text(words, each) for each in breaks_between(sessions[0], sessions[1], REFERENCE)]
    if results[0].side is not results[1].side:
        differs.insert(0, words("compare.two_legs"))
    shown = [_shown_trial(words, at, group, filed) for at, group, filed in found]
    rows = [
        Row(id, metric_label(words, id), unit_text(words, id), tuple(row_texts(words, id, results)))
        for name in OF_TRIAL
        for id in (metric.id for metric in metrics_in_order(words, name))
        if all(id in result.values for result in results)
    ]
    heads = (shown[0].title, shown[1].title)
    return Compared(shown[0], shown[1], (), heads, tuple(rows), tuple(differs), (words("compare.single"),))


def _trial(history: PatientHistory, key: str) -> tuple[datetime, ConditionGroup, FiledTrial]:
    _, visit_id, trial_id = key.split(":", 2)
    visit = history.visit_of(visit_id)
    for group in visit.groups if visit is not None else ():
        for filed in analysed(group.trials):
            if visit is not None and filed.trial.id == trial_id:
                return visit.results.visit.local_at, group, filed
    raise NotFound(Kind.TRIAL, trial_id)


def _alone(history: PatientHistory, at: datetime, group: ConditionGroup, result: TrialResult) -> Session:
    """One trial as a session: what it shares with another one tells whether they compare."""
    calibration = history.references.get(result.calibration_id or "", "")
    side = result.side or Side.LEFT
    return Session(at, side, (result,), group.made.condition_key, group.made.protocol_key, calibration, practised=True)


def _shown_trial(words: Words, at: datetime, group: ConditionGroup, filed: FiledTrial) -> Shown:
    seen = trial_view(words, group, filed, VisitEntries())
    return Shown(
        title=trial_name(words, group, filed),
        subtitle=words("compare.of_visit", day=moment_text(words, at), condition=made_under_text(words, group.made)),
        said=(seen.verdict, *(text for _, text in seen.findings)),
        group=group,
        trials=(filed,),
    )


# ---- two visits


def _visits(words: Words, history: PatientHistory, first: str, second: str) -> Compared:
    order = [visit.results.visit.id for visit in history.visits]
    both = {key: _visit(history, key) for key in (first, second)}
    found = [both[key] for key in sorted((first, second), key=lambda key: order.index(key.split(":")[1]))]
    differs, sentences = [], []
    for side in Side:
        own = [session_of(history, at, group, side) for at, group in found]
        other = [session_of(history, at, group, side.other) for at, group in found]
        differs += [break_text(words, each) for each in breaks_between(own[0], own[1], REFERENCE)]
        if all(session.trials(REFERENCE) for session in own):
            sentences += _changes(words, own, other, found[0][0])
    ids = [metric.id for name in OF_VISIT for metric in metrics_in_order(words, name)]
    rows = [Row(id, metric_label(words, id), unit_text(words, id), _visit_texts(words, id, found)) for id in ids]
    shown = [_shown_visit(words, at, group) for at, group in found]
    legs = tuple(side_label(words, side) for side in Side)
    heads = tuple(date_text(words, at) for _ in Side for at, _ in found)
    return Compared(shown[0], shown[1], legs, heads, tuple(rows), tuple(dict.fromkeys(differs)), tuple(sentences))


def _visit(history: PatientHistory, key: str) -> tuple[datetime, ConditionGroup]:
    _, visit_id, at = key.split(":", 2)
    visit = history.visit_of(visit_id)
    if visit is None or not at.isdecimal() or int(at) >= len(visit.groups):
        raise NotFound(Kind.VISIT, visit_id)
    return visit.results.visit.local_at, visit.groups[int(at)]


def _changes(words: Words, own: Sequence[Session], other: Sequence[Session], since: datetime) -> list[str]:
    """From the earlier to the later of both, for the metrics that get a label."""
    told = []
    for metric in LABELLED:
        seen = progress(metric, own, other)
        if seen is not None and seen.since_first is not None:
            change = change_text(words, metric, seen.side, seen.since_first)
            told.append(words("progress.since", date=date_text(words, since), change=change))
    return told


def _visit_texts(words: Words, metric: str, found: Sequence[tuple[datetime, ConditionGroup]]) -> tuple[str, ...]:
    return tuple(_mean_text(words, metric, group, side) for side in Side for _, group in found)


def _mean_text(words: Words, metric: str, group: ConditionGroup, side: Side) -> str:
    value = group.of(side).values[metric]
    if value.mean is None:
        return words("value.dash")
    text = number_text(words, metric, value.mean, signed=METRICS[metric].worse == "signed")
    text = words("value.at_least", value=text) if value.censored else text
    return words("progress.mean_of", value=text, n=value.n)


def _shown_visit(words: Words, at: datetime, group: ConditionGroup) -> Shown:
    drawn = [group.of_side(side) for side in Side]
    picked = [nearest_to_mean(analysed(trials), group.of(side)) for side, trials in zip(Side, drawn, strict=True)]
    return Shown(
        title=moment_text(words, at),
        subtitle=made_under_text(words, group.made),
        said=(),
        group=group,
        trials=tuple(filed for trials in drawn for filed in trials if filed.trial.id in picked),
    )
