"""A patient and the visits -> text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.geometry import Side
from dashboard.pages.patients.view import involved_text, sex_text
from dashboard.sentences import side_label
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.model import Patient, StoredResult, Trial, TrialStatus, Visit


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit, as text. ``test_href``: None where its day is over."""

    result_href: str
    test_href: str | None
    at: str
    station: str
    operator: str
    counts: tuple[str, ...]
    demo: bool
    void: bool
    entries_href: str


def facts(words: Words, patient: Patient, today: date) -> tuple[str, ...]:
    """What is known about a patient, each as a short text."""
    year = patient.birth_year
    born = words("patient.born", age=today.year - year, year=year) if year is not None else ""
    involved = involved_text(words, patient) or words("patient.not_stated")
    side = words("patient.involved", side=involved)
    dominant = words("patient.dominant", side=side_label(words, patient.dominant_side)) if patient.dominant_side else ""
    number = words("patient.record_number", number=patient.record_number) if patient.record_number else ""
    return tuple(fact for fact in (born, sex_text(words, patient), side, dominant, number) if fact)


def _counts(words: Words, trials: Sequence[Trial], results: Mapping[str, StoredResult]) -> tuple[str, ...]:
    """Usable trials of each side out of those that count; a trial without a side counts apart."""
    texts = []
    for side in (*Side, None):
        own = [trial for trial in trials if _side(trial, results) is side and trial.status is not TrialStatus.VOID]
        usable = sum(trial.id in results and results[trial.id].result.usable for trial in own)
        if own:
            label = side_label(words, side)
            texts.append(words.counted("patient.side_counts", len(own), side=label, usable=usable))
    return tuple(texts) or (words("patient.nothing_recorded"),)


def _side(trial: Trial, results: Mapping[str, StoredResult]) -> Side | None:
    """The side as found; as asked for where nothing was found."""
    stored = results.get(trial.id)
    return stored.result.side if stored and stored.result.side else trial.side


def goes_on(visit: Visit, today: date) -> bool:
    """Whether the test of a visit can be continued: on its own day, by the station's clock."""
    return visit.local_at.date() == today


def visit_line(
    words: Words, visit: Visit, trials: Sequence[Trial], results: Mapping[str, StoredResult], today: date
) -> VisitLine:
    """One visit as text, with what was measured on each side."""
    return VisitLine(
        result_href=f"/result/{visit.id}",
        test_href=f"/test/{visit.id}" if goes_on(visit, today) and visit.void_reason is None else None,
        at=moment_text(words, visit.local_at),
        station=visit.station,
        operator=visit.operator,
        counts=_counts(words, trials, results),
        demo=any(trial.demo for trial in trials),
        void=visit.void_reason is not None,
        entries_href=f"/visit/{visit.id}",
    )
