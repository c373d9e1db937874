"""What acts on entries have in common: what was entered as JSON, what an edit changes, and when it is too late."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from typing import Any, Protocol

import sqlalchemy as sa

from records import queries
from records.columns import iso_time
from records.errors import Conflict, Kind, PatientClosed
from records.model import Patient, Visit


class Versioned(Protocol):
    """A row that counts its edits."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102


def entered(record: Any, entry: type[Any]) -> dict[str, Any]:
    """The fields of `entry` in a record, as JSON values."""
    return {field.name: _json(getattr(record, field.name)) for field in dataclasses.fields(entry)}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso_time(value)
    return value.isoformat() if isinstance(value, date) else value


def changed(stored: Any, edited: Any, entry: type[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of `entry` that differ: as they were, and as they are."""
    before, after = entered(stored, entry), entered(edited, entry)
    names = [name for name in before if before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def check_version(kind: Kind, edited: Versioned, stored: Versioned, entry: type[Any]) -> None:
    """Return where what was edited is what is filed.

    Raises
    ------
    Conflict
        Someone else changed it since; with what was entered and what is filed, field by field.
    """
    if stored.version != edited.version:
        theirs, mine = changed(stored, edited, entry)
        differences = {name: (mine[name], theirs[name]) for name in mine}
        raise Conflict(kind, edited.id, edited.version, stored.version, differences)


def open_patient(archive: sa.Connection, id: str) -> Patient:
    """A patient on whom something may be filed.

    Raises
    ------
    NotFound, PatientClosed
    """
    patient = queries.find_patient(archive, id)
    if patient.merged_into is not None or patient.erased_at is not None:
        raise PatientClosed(patient.code, patient.merged_into)
    return patient


def writable_visit(archive: sa.Connection, id: str) -> Visit:
    """A visit about whose person something may be written.

    Raises
    ------
    NotFound
    PatientClosed
        The person was erased: what is known of the visit is kept, and nothing more is said.
    """
    visit = queries.find_visit(archive, id)
    patient = queries.find_patient(archive, visit.patient_id)
    if patient.erased_at is not None:
        raise PatientClosed(patient.code, None)
    return visit
