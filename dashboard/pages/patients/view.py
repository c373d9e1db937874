"""Patients of the archive -> lines of the list; what was typed -> a new patient, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.geometry import Side
from dashboard.rescue import Fate, Rescued
from dashboard.words import Words
from dashboard.words.dates import date_text
from records.model import NewPatient, Patient, PatientRow, Sex

PAGE_ROWS = 50
NO_SIDE = "none"


@dataclass(frozen=True, slots=True)
class Line:
    """One patient in the list, as text."""

    href: str
    code: str
    name: str
    age: str
    sex: str
    involved: str
    visits: str
    last_visit: str
    simulated: bool


def age_text(words: Words, patient: Patient, today: date) -> str:
    """Age reached this year; empty where the year of birth is not known."""
    return "" if patient.birth_year is None else words("patient.age", age=today.year - patient.birth_year)


def sex_text(words: Words, patient: Patient) -> str:
    """Sex as recorded by the site; empty where it is not."""
    return words(f"sex.{patient.sex.value}") if patient.sex else ""


def involved_text(words: Words, patient: Patient) -> str:
    """The involved side; empty where it is not stated."""
    return words(f"involved.{patient.involved_side.value}") if patient.involved_side else ""


def line(words: Words, row: PatientRow, today: date) -> Line:
    """One patient as text."""
    patient = row.patient
    last = row.last_visit_at
    return Line(
        href=f"/patient/{patient.id}",
        code=patient.code,
        name=patient.name or "",
        age=age_text(words, patient, today),
        sex=sex_text(words, patient),
        involved=involved_text(words, patient),
        visits=str(row.visits),
        last_visit=date_text(words, last.astimezone()) if last else words("patients.never"),
        simulated=patient.simulated,
    )


def lines(words: Words, rows: Sequence[PatientRow], today: date) -> tuple[Line, ...]:
    """The list as text."""
    return tuple(line(words, row, today) for row in rows)


def shown_text(words: Words, n: int, more: bool) -> str:
    """How many are shown."""
    return words("patients.shown.first", n=n) if more else words.counted("patients.shown", n)


def new_patient(typed: Mapping[str, object]) -> NewPatient:
    """A patient from what was typed into the form.

    Raises
    ------
    InvalidEntry
    """
    year = typed["birth_year"]
    side, sex = typed["involved_side"], typed["sex"]
    return NewPatient(
        code=str(typed["code"] or ""),
        name=str(typed["name"] or "") or None,
        birth_year=int(year) if isinstance(year, int | float) else None,
        sex=Sex(str(sex)) if sex else None,
        involved_side=Side(str(side)) if side and side != NO_SIDE else None,
        note=str(typed["note"] or ""),
    )


def rescue_text(words: Words, found: Rescued) -> str:
    """What became of a recording that the archive did not have; "" where there is nothing to say."""
    folder = found.path.parent
    match found.fate:
        case Fate.FILED:
            key = "filed" if found.interrupted else "filed_whole"
            return words(f"rescue.{key}", length_s=found.length_s, missing=found.missing)
        case Fate.WAITING:
            reason = words("rescue.waiting_reason", code=found.error)
            return words("rescue.waiting", length_s=found.length_s, reason=reason, folder=folder)
        case Fate.DAMAGED:
            return words("rescue.damaged", name=found.path.name, folder=folder)
    return ""
