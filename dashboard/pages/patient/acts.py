"""What the buttons of a patient's page do: what was typed -> one act on the archive."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date

from analysis.geometry import Side
from dashboard.components.entry_form import Typed, number_of, of_these, text_of
from dashboard.gate import acting
from records import filing
from records.entries import CODE_LIMIT
from records.errors import EntryProblem, InvalidEntry, Kind, NotFound
from records.model import Patient, Sex
from records.store import RecordStore
from records.therapy import NewTherapyEvent, TherapyKind


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """What stood on the page when a button was pressed. ``of``: the row the button belongs to."""

    patient_id: str
    version: int
    of: str


def save_patient(store: RecordStore, shown: Shown, typed: Typed) -> None:
    """What is known of a patient."""
    year, day = number_of(typed, "birth_year"), _day(typed, "birth_date")
    edited = dataclasses.replace(
        store.patient(shown.patient_id),
        version=shown.version,
        code=text_of(typed, "code"),
        name=text_of(typed, "name") or None,
        record_number=text_of(typed, "record_number") or None,
        birth_date=day,
        birth_year=day.year if day else None if year is None else int(year),
        sex=Sex(typed["sex"]) if typed.get("sex") else None,
        involved_side=_side(typed, "involved_side"),
        dominant_side=_side(typed, "dominant_side"),
        diagnosis=text_of(typed, "diagnosis") or None,
        note=text_of(typed, "note"),
    )
    filing.edit_patient(store, acting(), edited)


def add_therapy(store: RecordStore, shown: Shown, typed: Typed) -> None:
    """A date of surgery or therapy."""
    day = _day(typed, "day")
    if day is None or not typed.get("kind"):
        raise InvalidEntry(EntryProblem.DAY_OR_KIND_MISSING, "day")
    new = NewTherapyEvent(TherapyKind(typed["kind"]), day, _side(typed, "side"), text_of(typed, "note"))
    filing.add_therapy_event(store, acting(), shown.patient_id, new)


def merge(store: RecordStore, shown: Shown, typed: Typed) -> None:
    """Merge the patient with the typed code into the one that is shown."""
    double = with_code(store, text_of(typed, "double_code"), other_than=shown.patient_id)
    filing.merge_patients(store, acting(), shown.patient_id, double.id, text_of(typed, "merge_reason"))


def erase(store: RecordStore, shown: Shown, typed: Typed) -> None:
    """Erase the patient, whose code was typed to say so."""
    if text_of(typed, "confirm_code") != store.patient(shown.patient_id).code:
        raise InvalidEntry(EntryProblem.CODE_NOT_CONFIRMED, "confirm_code")
    filing.erase_patient(store, acting(), shown.patient_id, text_of(typed, "erase_reason"))


def own_therapy(store: RecordStore, shown: Shown) -> str:
    """The event the button belongs to. The page says which: that it is this patient's says the archive.

    Raises
    ------
    NotFound
    """
    return of_these(Kind.THERAPY_EVENT, store.therapy_events_of(shown.patient_id, void=True), shown.of)


def own_merge(store: RecordStore, shown: Shown) -> str:
    """The merge the button belongs to, of this patient. Raises NotFound."""
    return of_these(Kind.PATIENT_MERGE, store.merges_of(shown.patient_id), shown.of)


def with_code(store: RecordStore, code: str, other_than: str) -> Patient:
    """The patient with exactly this code who is not `other_than`; of several, as two stations may give it, an open one.

    Raises
    ------
    NotFound
    InvalidEntry
        Several open ones have it.
    """
    folded = code.strip().casefold()
    rows = store.search_patients(folded[:CODE_LIMIT]) if folded else ()
    found = [row.patient for row in rows if row.patient.code.casefold() == folded and row.patient.id != other_than]
    still_open = [one for one in found if one.merged_into is None and one.erased_at is None]
    if len(still_open) > 1:
        raise InvalidEntry(EntryProblem.CODE_SHARED, "double_code", code=still_open[0].code, count=len(still_open))
    if not found:
        raise NotFound(Kind.PATIENT, code)
    return (still_open or found)[0]


def _side(typed: Typed, field: str) -> Side | None:
    return Side(typed[field]) if typed.get(field) else None


def _day(typed: Typed, field: str) -> date | None:
    text = text_of(typed, field)
    return date.fromisoformat(text[:10]) if text else None


ACTS: Mapping[str, Callable[[RecordStore, Shown, Typed], object]] = {
    "patient": save_patient,
    "therapy": add_therapy,
    "void_therapy": lambda store, shown, typed: filing.void_therapy_event(
        store, acting(), own_therapy(store, shown), text_of(typed, "void_reason")
    ),
    "restore_therapy": lambda store, shown, _: filing.restore_therapy_event(store, acting(), own_therapy(store, shown)),
    "merge": merge,
    "unmerge": lambda store, shown, _: filing.unmerge_patients(store, acting(), own_merge(store, shown)),
    "erase": erase,
}

#: Those that raise the patient's version by one, and are refused on any other version than the one that was shown.
RAISES = frozenset({"patient"})
