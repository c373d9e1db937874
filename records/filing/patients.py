"""Acts on patients."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from records import queries, rows
from records.audit import append
from records.errors import CodeTaken, EntryProblem, InvalidEntry, Kind
from records.filing.changes import changed, check_version, entered, open_patient
from records.identity import check_identity
from records.ids import new_id
from records.model import FIRST_BIRTH_YEAR, Act, Actor, NewPatient, Patient
from records.permissions import require
from records.store import RecordStore


def add_patient(store: RecordStore, actor: Actor, new: NewPatient) -> Patient:
    """File a new patient.

    Raises
    ------
    NotPermitted, CodeTaken, InvalidEntry
    """
    require(actor, Act.PATIENT_ADDED)
    now = datetime.now(UTC)
    _check_birth_year(new.birth_year, now)
    patient = Patient(id=new_id(), version=1, created_at=now, **_typed(new))
    with store.writing() as archive:
        _check_code(archive, new.code, "")
        check_identity(archive, None, new)
        rows.insert_patient(archive, patient)
        append(
            archive,
            actor,
            Act.PATIENT_ADDED,
            store.station,
            (Kind.PATIENT, patient.id),
            {"after": entered(new, NewPatient)},
        )
    return patient


def edit_patient(store: RecordStore, actor: Actor, edited: Patient) -> Patient:
    """File the changed fields of a patient.

    Parameters
    ----------
    edited : Patient
        The patient as read, with `dataclasses.replace`: its `version` says which state was edited.

    Raises
    ------
    NotPermitted, NotFound, CodeTaken, InvalidEntry, PatientClosed
    Conflict
        Someone else changed the patient since; nothing is overwritten, both values are in it.
    """
    require(actor, Act.PATIENT_EDITED)
    entry = NewPatient(**{field.name: getattr(edited, field.name) for field in dataclasses.fields(NewPatient)})
    _check_birth_year(entry.birth_year, datetime.now(UTC))
    with store.writing() as archive:
        stored = open_patient(archive, edited.id)
        check_version(Kind.PATIENT, edited, stored, NewPatient)
        _check_code(archive, entry.code, edited.id)
        check_identity(archive, stored, entry)
        patient = dataclasses.replace(stored, version=stored.version + 1, **_typed(entry))
        rows.update_patient(archive, patient)
        was, now = changed(stored, patient, NewPatient)
        subject = (Kind.PATIENT, patient.id)
        append(archive, actor, Act.PATIENT_EDITED, store.station, subject, {"before": was, "after": now})
    return patient


def _typed(entry: NewPatient) -> dict[str, Any]:
    return {field.name: getattr(entry, field.name) for field in dataclasses.fields(NewPatient)}


def _check_birth_year(year: int | None, now: datetime) -> None:
    if year is not None and year > now.year:
        raise InvalidEntry(
            EntryProblem.BIRTH_YEAR_OUT_OF_RANGE, "birth_year", value=year, minimum=FIRST_BIRTH_YEAR, maximum=now.year
        )


def _check_code(archive: sa.Connection, code: str, own_id: str) -> None:
    holder = queries.patient_with_code(archive, code, other_than=own_id)
    if holder is not None:
        raise CodeTaken(code, holder)
