"""Every metric of every trial of one condition as a table of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.metrics import Group, Metric
from analysis.sides import SideResult
from dashboard.made_under import is_practice
from dashboard.sentences import bare_number_text, metric_label, metrics_in_order, reason_text, side_label
from dashboard.side_view import trial_name
from dashboard.station import FiledTrial
from dashboard.visit_groups import ConditionGroup, analysed, side_of
from dashboard.words import Words

GROUPS: tuple[Group, ...] = ("primary", "details", "boundary", "quality", "research")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number; or the number of the note below the table that says why there is none."""

    text: str
    note: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One metric: the mean of each side and a cell for each trial; or ``reason``, where no trial has it."""

    metric: str
    label: str
    unit: str
    cells: tuple[Cell, ...]
    means: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class MetricTable:
    """All metrics of one condition.

    ``columns``: name of each trial, and why it enters no mean ("" where it does); ``groups``: title and rows.
    """

    columns: tuple[tuple[str, str], ...]
    mean_columns: tuple[str, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    notes: tuple[str, ...]


def metric_table(words: Words, group: ConditionGroup) -> MetricTable:
    """Every metric that any trial has or lacks for a reason; columns in the order left, right, unknown side."""
    order = {Side.LEFT: 0, Side.RIGHT: 1, None: 2}
    shown = sorted(analysed(group.trials), key=lambda filed: (order[side_of(filed)], is_practice(filed.trial)))
    trials = [filed.result for filed in shown if filed.result is not None]
    sides = [side for side in (group.comparison.left, group.comparison.right) if side.attempts]
    ordered = [metric for group_name in GROUPS for metric in metrics_in_order(words, group_name)]
    known = [metric for metric in ordered if any(metric.id in result.values for result in trials)]
    notes = _notes(words, known, trials)
    groups = {metric.group: None for metric in known}
    return MetricTable(
        columns=tuple(_column(words, group, filed) for filed in shown),
        mean_columns=tuple(words("result.side_mean", side=side_label(words, side.side)) for side in sides),
        groups=tuple(
            (
                words(f"group.{group}"),
                tuple(_row(words, metric, trials, sides, notes) for metric in known if metric.group == group),
            )
            for group in groups
        ),
        notes=notes,
    )


def _notes(words: Words, metrics: Sequence[Metric], trials: Sequence[TrialResult]) -> tuple[str, ...]:
    """Reasons that stand in single cells, each once: rows that lack a metric in every trial say it themselves."""
    texts: dict[str, None] = {}
    for metric in metrics:
        reasons = [_reason(words, metric, result) for result in trials]
        if len(set(reasons)) > 1:
            texts |= {text: None for text in reasons if text is not None}
    return tuple(texts)


def _reason(words: Words, metric: Metric, result: TrialResult) -> str | None:
    value = result.values.get(metric.id)
    if value is None:
        return words("result.not_computed")
    return reason_text(words, value.reason) if value.value is None and value.reason else None


def _column(words: Words, group: ConditionGroup, filed: FiledTrial) -> tuple[str, str]:
    usable = filed.result is not None and filed.result.usable
    why = "" if usable else words("result.not_usable")
    return trial_name(words, group, filed), words("result.practice") if is_practice(filed.trial) else why


def _row(
    words: Words, metric: Metric, trials: Sequence[TrialResult], sides: Sequence[SideResult], notes: Sequence[str]
) -> Row:
    reasons = [_reason(words, metric, result) for result in trials]
    same = reasons[0] if len(set(reasons)) == 1 else None
    return Row(
        metric=metric.id,
        label=metric_label(words, metric.id),
        unit=words(f"unit.{metric.unit}").strip(),
        cells=() if same else tuple(_cell(words, metric, result, notes) for result in trials),
        means=() if same else tuple(_mean(words, metric, side) for side in sides),
        reason=same,
    )


def _cell(words: Words, metric: Metric, result: TrialResult, notes: Sequence[str]) -> Cell:
    reason = _reason(words, metric, result)
    if reason is not None:
        return Cell(words("result.no_value"), notes.index(reason) + 1)
    number = result.values[metric.id].value or 0.0
    text = bare_number_text(words, metric.id, number, signed=metric.worse == "signed")
    if metric.id == "hold_time" and result.phases.censored:
        return Cell(words("value.at_least", value=text))
    return Cell(text)


def _mean(words: Words, metric: Metric, side: SideResult) -> str:
    value = side.values.get(metric.id)
    if value is None or value.mean is None:
        return ""
    text = bare_number_text(words, metric.id, value.mean, signed=metric.worse == "signed")
    return words("value.at_least", value=text) if value.censored else text
