"""The patient's version of a visit's report: one page, simple words, large letters. Pure.

It says less than the clinician's, and nothing that the clinician's does not say: each sentence here stands for one of
its numbers or flags.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.geometry import Side
from analysis.progress import Change, Label
from analysis.sides import MetricComparison, SideResult
from dashboard.figures.palette import SIDES
from dashboard.figures.statokinesigram import Footprint
from dashboard.report.clinician import Pictures, TrendView, banners, marks, name_text
from dashboard.report.footprints import drawn_foot
from dashboard.report.made import Made, footer_document
from dashboard.sentences import number_text, side_label, side_word
from dashboard.side_view import NumberView, SideView
from dashboard.visit_view import ConditionView, VisitView
from dashboard.words import Words
from dashboard.words.dates import date_text

Document = dict[str, Any]

#: Numbers a patient is shown, with the words for each.
SHOWN = ("hold_time", "velocity_ml")
#: Differences a patient is told of.
TOLD = ("velocity_ml", "lateral_shift")


def patient_report_document(
    words: Words, view: VisitView, pictures: Pictures, trends: Sequence[TrendView], made: Made
) -> Document:
    """Every text and drawing of the patient's version."""
    main = view.conditions[0] if view.conditions else None
    day, name = date_text(words, view.visit.local_at), name_text(words, view.patient)
    drawn = main is not None and any(one is not None and one.foot for one in pictures.footprints.values())
    return {
        "language": words.language,
        "title": words("plain.title"),
        "subject": words("report.subject", code=view.patient.code, day=day),
        "name": name or view.patient.code,
        "day": words("plain.day_and_code" if name else "plain.day", day=day, code=view.patient.code),
        "marks": marks(words, view),
        "banners": banners(words, view),
        "what": words("plain.what" if main else "report.nothing_recorded"),
        "sides": _sides(words, main, pictures) if main else [],
        "legend": words("plain.legend") if drawn else None,
        "compared": {"title": words("plain.compared"), "texts": compared(words, main) if main else []},
        "progress": {"title": words("plain.progress"), "texts": changed(words, trends)},
        "meaning": {"title": words("plain.meaning"), "texts": [words("plain.limits"), words("plain.ask")]},
        "footer": footer_document(words, made, words("report.who", code=view.patient.code, day=day)),
        "page": words("report.page"),
    }


def _sides(words: Words, condition: ConditionView, pictures: Pictures) -> list[Document]:
    return [_side(words, condition, side, pictures.footprints.get(side.side)) for side in condition.sides]


def _side(words: Words, condition: ConditionView, side: SideView, drawn: Footprint | None) -> Document:
    foot = drawn.foot if drawn is not None else None
    return {
        "label": words("report.leg", side=side.label),
        "colour": SIDES[side.side].line,
        "absent": words("plain.absent") if side.absent else None,
        "counts": words.counted("plain.counts", side.attempts, usable=side.usable_n),
        "numbers": [
            [words(f"plain.{number.metric}"), _number_text(words, number, condition.group.of(side.side))]
            for number in side.numbers
            if number.metric in SHOWN
        ],
        "picture": drawn_foot(drawn, foot) if drawn is not None and foot is not None else None,
        "alt": words("plain.picture_alt", side=side_word(words, side.side)),
    }


def _number_text(words: Words, number: NumberView, result: SideResult) -> str:
    """A number as on the screen; "at least" in words where the hold reached its target."""
    if number.value is None or number.mean is None:
        return words("plain.no_number")
    if number.metric == "hold_time" and result.values["hold_time"].censored:
        return words("plain.at_least", value=number_text(words, "hold_time", number.mean))
    return number.value


def compared(words: Words, condition: ConditionView) -> list[str]:
    """Left against right: what is flagged on the screen, and otherwise that nothing is."""
    entries = condition.group.comparison.metrics
    if all(entries[id].ci95 is None for id in TOLD if id in entries):
        return [words("plain.not_compared")]
    told = [
        words(f"plain.more_{id}", side=side_word(words, side), other=side_word(words, side.other))
        for id in TOLD
        if id in entries and (side := _flagged_side(entries[id])) is not None
    ]
    return told or [words("plain.alike")]


def _flagged_side(entry: MetricComparison) -> Side | None:
    """The side with the larger value, where the difference is flagged."""
    if not entry.flag or entry.estimate is None:
        return None
    return Side.LEFT if entry.estimate > (1.0 if entry.kind == "ratio" else 0.0) else Side.RIGHT


def changed(words: Words, trends: Sequence[TrendView]) -> list[str]:
    """Each leg against the first visit."""
    told = []
    for trend in trends:
        change = trend.progress.since_first
        if change is not None:
            first = date_text(words, trend.progress.points[0].at)
            told.append(
                words(_change_key(change), side=side_label(words, trend.progress.side), day=first),
            )
    return told


def _change_key(change: Change) -> str:
    if change.change is None or change.label in (None, Label.NOT_ENOUGH, Label.NOT_COMPARABLE, Label.CENSORED):
        return "plain.change.unknown"
    return f"plain.change.{change.label}"
