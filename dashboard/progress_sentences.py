"""Progress in words: each change with its interval and what may be said of it; never that it is important. Pure."""

from __future__ import annotations

from analysis.geometry import Side
from analysis.progress import SLOPE_OVER, Break, Change, Label, Slope
from analysis.reliability import known_reliability
from dashboard.sentences import metric_label, number_text, side_label
from dashboard.words import Words


def change_text(words: Words, metric_id: str, side: Side, change: Change) -> str:
    """One change of one leg: its size with its interval, its label, what was taken off, and whether it is assumed."""
    named = {"side": side_label(words, side), "label": metric_label(words, metric_id)}
    if change.change is None or change.ci95 is None or change.label is Label.CENSORED:
        return words("progress.no_change", **named, why=_why(words, change))
    low, high = (size_text(words, metric_id, end) for end in change.ci95)
    sentences = [words("progress.change", **named, size=size_text(words, metric_id, change.change), low=low, high=high)]
    if change.label is not None:
        sentences.append(words(f"progress.label.{change.label}"))
    if change.practice:
        sentences.append(words("progress.practice", size=size_text(words, metric_id, change.practice)))
    if change.assumed:
        sentences.append(words("progress.assumed"))
    return " ".join(sentences)


def _why(words: Words, change: Change) -> str:
    if change.breaks:
        return words("progress.breaks", what=", ".join(break_text(words, each) for each in change.breaks))
    if change.label is Label.CENSORED:
        return words(f"progress.label.{Label.CENSORED}")
    return words(f"progress.label.{Label.NOT_ENOUGH}")


def break_text(words: Words, what: Break) -> str:
    """What changed between two visits."""
    return words(f"progress.break.{what}")


def slope_text(words: Words, metric_id: str, slope: Slope) -> str:
    """The trend over the visits that compare with the last one."""
    size = size_text(words, metric_id, slope.per_four_weeks)
    values = {"size": size, "weeks": SLOPE_OVER.days // 7, "n": slope.visits}
    if slope.ci95 is None:
        return words("progress.slope", **values)
    low, high = (size_text(words, metric_id, end) for end in slope.ci95)
    return words("progress.slope_ci", **values, low=low, high=high)


def size_text(words: Words, metric_id: str, size: float) -> str:
    """A change as it is compared: percent for positive metrics, else in the metric's unit."""
    row = known_reliability().get(metric_id)
    if row is None or row.scale == "unit":
        return number_text(words, metric_id, size, signed=True)
    percent = words.number(size, 0)
    return words("progress.percent", percent=f"+{percent}" if round(size) > 0 else percent)
