"""The report of a visit for the record: two pages at most, the same texts and numbers as the result page. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.geometry import Side
from analysis.progress import Progress
from analysis.quality import Finding, FindingCode, Severity
from dashboard.abductor_view import AbductorSide
from dashboard.figures.palette import SIDES
from dashboard.figures.statokinesigram import Footprint
from dashboard.report.footprints import drawn_footprint
from dashboard.report.glyphs import is_printable
from dashboard.report.made import Made, footer_document
from dashboard.report.measured import measured_rows
from dashboard.report.trend import drawn_trend, trend_alt
from dashboard.sentences import finding_text, side_label
from dashboard.side_view import NumberView, SideView
from dashboard.visit_view import ConditionView, TrialView, VisitView
from dashboard.words import Words
from dashboard.words.dates import date_text, moment_text
from records.model import Patient

Document = dict[str, Any]

SEPARATOR = " · "
#: Findings that stand across every page.
CALIBRATION_FINDINGS = (FindingCode.UNCALIBRATED, FindingCode.CALIBRATION_EXPIRED)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is drawn: the picked trial of each side, None where there is nothing to draw; one scale for both. [mm]."""

    footprints: Mapping[Side, Footprint | None]
    half_mm: float


@dataclass(frozen=True, slots=True)
class TrendView:
    """One metric of one leg over the visits, and what may be said of it."""

    progress: Progress
    text: str


def clinician_document(
    words: Words, view: VisitView, pictures: Pictures, trends: Sequence[TrendView], made: Made
) -> Document:
    """Every text and drawing of the clinician's report."""
    main, others = view.conditions[:1], view.conditions[1:]
    day = date_text(words, view.visit.local_at)
    return {
        "language": words.language,
        "title": words("report.title"),
        "subject": words("report.subject", code=view.patient.code, day=day),
        "heading": words("report.title"),
        "subtitle": words("report.subtitle"),
        "patient": patient_document(words, view),
        "marks": marks(words, view),
        "banners": banners(words, view),
        "main": _condition(words, main[0], pictures) if main else None,
        "empty": words("report.nothing_recorded"),
        "others": [_other(words, condition) for condition in others],
        "others_title": words("report.other_conditions"),
        "abductors": _abductors(words, main[0]) if main else None,
        "trend": _trend(words, trends),
        "trials": {"title": words("result.findings"), "rows": _trials(words, view)},
        "measured": {"title": words("report.measured"), "rows": measured_rows(words, view)},
        "sign": {"by": words("report.sign_by"), "at": words("report.sign_at"), "signed": list(made.signed)},
        "footer": footer_document(words, made, words("report.who", code=view.patient.code, day=day)),
        "page": words("report.page"),
        "purpose": view.purpose,
    }


def patient_document(words: Words, view: VisitView) -> Document:
    """Who was measured, when and where."""
    patient, visit = view.patient, view.visit
    return {
        "name": name_text(words, patient),
        "code": patient.code,
        "facts": _known(words, patient, visit.local_at.year),
        "involved": _involved(words, patient),
        "visit": words("report.visit", at=moment_text(words, visit.local_at), station=visit.station),
        "examiner": words("report.examiner", name=visit.operator),
    }


def name_text(words: Words, patient: Patient) -> str:
    """The name; that it cannot be printed, where the fonts lack its letters; "" where none is known."""
    if not patient.name:
        return ""
    return patient.name if is_printable(patient.name) else words("report.name_not_printable")


def _known(words: Words, patient: Patient, year: int) -> str:
    born = patient.birth_year
    age = words("patient.born", age=year - born, year=born) if born is not None else ""
    sex = words(f"sex.{patient.sex.value}") if patient.sex else ""
    return SEPARATOR.join(part for part in (age, sex) if part)


def _involved(words: Words, patient: Patient) -> str:
    side = patient.involved_side
    return words("patient.involved", side=words(f"involved.{side.value}")) if side else ""


def marks(words: Words, view: VisitView) -> list[str]:
    """What stands across every page: a demonstration, a plate without a current calibration."""
    found = [words("app.demo")] if is_demo(view) else []
    return [*found, words("report.mark_uncalibrated")] if _findings(view, *CALIBRATION_FINDINGS) else found


def banners(words: Words, view: VisitView) -> list[str]:
    """The same in words, below the heading."""
    found = [words("app.demo_meaning")] if is_demo(view) else []
    told = {finding_text(words, finding): None for finding in _findings(view, *CALIBRATION_FINDINGS)}
    return [*found, *told]


def is_demo(view: VisitView) -> bool:
    """Whether anything in the visit is a demonstration or a simulation."""
    return view.demo or view.patient.simulated or bool(_findings(view, FindingCode.SIMULATED))


def _findings(view: VisitView, *codes: FindingCode) -> list[Finding]:
    """Findings with these codes, of every trial that has a result, void and practice ones too."""
    filed = [trial.result for condition in view.conditions for trial in condition.group.trials]
    return [finding for result in filed if result is not None for finding in result.findings if finding.code in codes]


def _condition(words: Words, condition: ConditionView, pictures: Pictures) -> Document:
    return {
        "title": condition.title,
        "summary_title": words("report.summary"),
        "summary": [
            *(side.pattern for side in (condition.abductors.left, condition.abductors.right)),
            *(sentence.text for sentence in condition.sentences if sentence.weight == 0),
        ],
        "caveat": condition.caveat,
        "sides": [_side(words, condition, side, pictures) for side in condition.sides],
        "legend": legend_text(words, pictures),
        "numbers": _numbers(words, condition),
        "compared_title": words("result.compared"),
        "compared": [sentence.text for sentence in condition.sentences],
        "references": list(condition.references),
    }


def legend_text(words: Words, pictures: Pictures) -> str:
    """How the pictures are to be read; "" where there are none."""
    drawn = [one for one in pictures.footprints.values() if one is not None]
    if not drawn:
        return ""
    if any(not one.ml_known for one in drawn):
        return words("result.picture_unknown")
    return words("result.picture_limb" if all(one.foot for one in drawn) else "result.picture_centred")


def _side(words: Words, condition: ConditionView, side: SideView, pictures: Pictures) -> Document:
    drawn = pictures.footprints.get(side.side)
    strip = [] if side.absent else [side.usable, side.failures, side.noise, side.practice]
    picked = next((trial for trial in condition.trials if trial.trial_id == side.picked), None)
    return {
        "label": words("report.leg", side=side.label),
        "colour": SIDES[side.side].line,
        "strip": SEPARATOR.join(part for part in strip if part),
        "absent": side.absent,
        "picture": drawn_footprint(drawn, pictures.half_mm, words) if drawn is not None else None,
        "alt": words("result.picture_label", side=side.label, trial=picked.name if picked else ""),
        "caption": _caption(words, picked, drawn),
    }


def _caption(words: Words, picked: TrialView | None, drawn: Footprint | None) -> str:
    """Which trial is drawn; that all of its stance is drawn, where it has no steady part."""
    if picked is None or drawn is None:
        return words("result.no_picture")
    shown = words("report.drawn", trial=picked.name)
    return shown if drawn.ellipse_mm is not None else words("result.picture_no_window", ended=shown)


def _numbers(words: Words, condition: ConditionView) -> list[list[str]]:
    """The table of both sides: a head, then a row a metric."""
    head = [words("result.metric"), *(words("report.leg", side=side.label) for side in condition.sides)]
    rows = zip(*(side.numbers for side in condition.sides), strict=True)
    return [head, *([left.label, number_text(left), number_text(right)] for left, right in rows)]


def number_text(number: NumberView) -> str:
    """A number as a cell: value, interval and what it is of; or why there is none."""
    if number.value is None:
        return number.reason or ""
    beside = "; ".join(part for part in (number.interval, number.more) if part)
    return f"{number.value}\n{beside}" if beside else number.value


def _other(words: Words, condition: ConditionView) -> Document:
    """A further condition, short: its numbers and what stands out."""
    strips = [words("report.strip", side=side.label, usable=side.absent or side.usable) for side in condition.sides]
    told = [sentence.text for sentence in condition.sentences if sentence.weight == 0]
    return {"title": condition.title, "strips": strips, "numbers": _numbers(words, condition), "told": told}


def _abductors(words: Words, condition: ConditionView) -> Document:
    found = condition.abductors
    return {
        "title": words("abductors.title"),
        "sides": [_abductor_side(words, side) for side in (found.left, found.right)],
        "mdc": found.mdc,
        "help": list(found.help),
    }


def _abductor_side(words: Words, side: AbductorSide) -> Document:
    rows = [[row.label, row.text] for row in side.entered]
    drift = [[number.label, number_text(number)] for number in side.numbers if number.metric == "drift"]
    notes = [note for note in (side.budget, side.refused) if note]
    return {
        "label": words("report.leg", side=side.label),
        "colour": SIDES[side.side].line,
        "rows": [*drift, *rows],
        "rule": side.rule,
        "notes": notes,
    }


def _trend(words: Words, trends: Sequence[TrendView]) -> Document | None:
    """The trend where there is an earlier visit to compare with."""
    shown = [trend for trend in trends if len(trend.progress.points) > 1]
    if not shown:
        return None
    return {
        "title": words("report.trend"),
        "sides": [_trend_side(words, trend, [other.progress for other in shown]) for trend in shown],
        "legend": words("report.trend_legend"),
    }


def _trend_side(words: Words, trend: TrendView, among: Sequence[Progress]) -> Document:
    one = trend.progress
    return {
        "label": words("report.leg", side=side_label(words, one.side)),
        "colour": SIDES[one.side].line,
        "picture": drawn_trend(words, one, among),
        "alt": trend_alt(words, one.side, one.metric_id),
        "text": trend.text,
    }


def _trials(words: Words, view: VisitView) -> list[Document]:
    """Each trial with its verdict; findings that several trials share are said once, after them."""
    many = len(view.conditions) > 1
    rows = [
        {"name": f"{condition.title}: {trial.name}" if many else trial.name, "text": trial.verdict}
        for condition in view.conditions
        for trial in condition.trials
    ]
    trials = [trial for condition in view.conditions for trial in condition.trials]
    return [*rows, *({"name": _whose(words, names, trials), "text": text} for text, names in _shared(trials).items())]


def _whose(words: Words, names: Sequence[str], trials: Sequence[TrialView]) -> str:
    if len(names) == len(trials) > 1:
        return words("report.all_trials")
    return "; ".join(names)


def _shared(trials: Sequence[TrialView]) -> dict[str, list[str]]:
    """Finding -> trials that have it, what speaks against use first."""
    order = (Severity.NOT_USABLE, Severity.CAUTION, Severity.NOTE)
    found: dict[str, list[str]] = {}
    for severity in order:
        for trial in trials:
            for level, text in trial.findings:
                if level is severity and trial.name not in found.setdefault(text, []):
                    found[text].append(trial.name)
    return {text: names for text, names in found.items() if names}
