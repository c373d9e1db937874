"""What is read, on an open connection: one function for each question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from analysis.calibration import Calibration
from analysis.recording import ImportedRecording, RawRecording
from records.errors import Kind, NotFound, RecordingDamaged
from records.model import (
    CODE_LIMIT,
    NAME_LIMIT,
    DriftCheck,
    Patient,
    PatientRow,
    StoredRecording,
    StoredResult,
    Trial,
    Visit,
)
from records.recording_file import unpack
from records.schema import calibration, drift_check, fold, patient, recording, result, source, trial, visit

T = TypeVar("T")

LIKE_ESCAPE = "\\"
#: No code and name together are longer; a database refuses what is too long to compare.
LONGEST_SEARCH = CODE_LIMIT + NAME_LIMIT + 1


def columns_of(table: sa.FromClause, cls: type[Any]) -> list[sa.ColumnElement[Any]]:
    """Columns of the fields of `cls`."""
    return [table.c[field.name] for field in fields(cls)]


def built(cls: type[T], row: sa.Row[Any]) -> T:
    """Columns are the fields, one to one."""
    return cls(**row._mapping)


def _one(connection: sa.Connection, table: sa.Table, cls: type[T], kind: Kind, id: str) -> T:
    row = connection.execute(sa.select(*columns_of(table, cls)).where(table.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(kind, id)
    return built(cls, row)


def _many(connection: sa.Connection, statement: sa.Select[Any], cls: type[T]) -> tuple[T, ...]:
    return tuple(built(cls, row) for row in connection.execute(statement))


def find_patient(connection: sa.Connection, id: str) -> Patient:
    """One patient. Raises NotFound."""
    return _one(connection, patient, Patient, Kind.PATIENT, id)


def find_visit(connection: sa.Connection, id: str) -> Visit:
    """One visit. Raises NotFound."""
    return _one(connection, visit, Visit, Kind.VISIT, id)


def find_trial(connection: sa.Connection, id: str) -> Trial:
    """One trial. Raises NotFound."""
    return _one(connection, trial, Trial, Kind.TRIAL, id)


def find_calibration(connection: sa.Connection, id: str) -> Calibration:
    """One calibration. Raises NotFound."""
    return _one(connection, calibration, Calibration, Kind.CALIBRATION, id)


def has_calibration(connection: sa.Connection, id: str) -> bool:
    """Whether a calibration is in the archive."""
    return connection.scalar(sa.select(calibration.c.id).where(calibration.c.id == id)) is not None


def has_trial(connection: sa.Connection, id: str) -> bool:
    """Whether a trial is in the archive."""
    return connection.scalar(sa.select(trial.c.id).where(trial.c.id == id)) is not None


def next_result_number(connection: sa.Connection, trial_id: str) -> int:
    """Number of the next result of a trial."""
    last = connection.scalar(sa.select(sa.func.max(result.c.number)).where(result.c.trial_id == trial_id))
    return int(last or 0) + 1


def patient_with_code(connection: sa.Connection, code: str, other_than: str) -> str | None:
    """Id of a patient with this code, whatever its case, other than the patient `other_than`."""
    holder = sa.select(patient.c.id).where(patient.c.code_key == fold(code), patient.c.id != other_than)
    found: str | None = connection.scalar(holder.limit(1))
    return found


def search_patients(connection: sa.Connection, text: str, limit: int, offset: int) -> tuple[PatientRow, ...]:
    """Patients whose code and name hold every word of `text`: an exact code first, then the last seen first."""
    folded = fold(text)
    if len(folded) > LONGEST_SEARCH:
        return ()
    last, patients_with_last = _last_visit(connection)
    seen = sa.func.coalesce(last, patient.c.created_at)
    chosen = (
        sa.select(patient.c.id, last.label("last_visit_at"))
        .select_from(patients_with_last)
        .where(sa.or_(_is_open(), patient.c.code_key == folded))
        .where(*(patient.c.search_key.like(_holding(word), escape=LIKE_ESCAPE) for word in folded.split()))
        .order_by((patient.c.code_key == folded).desc(), seen.desc(), patient.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    last_visits = {row.id: row.last_visit_at for row in connection.execute(chosen)}  # narrow rows: sorting is quick
    of_these = sa.select(*columns_of(patient, Patient)).where(patient.c.id.in_(list(last_visits)))
    patients = {found.id: found for found in _many(connection, of_these, Patient)}
    visits = _visit_counts(connection, list(last_visits))
    return tuple(PatientRow(patients[id], visits.get(id, 0), last_at) for id, last_at in last_visits.items())


def _last_visit(connection: sa.Connection) -> tuple[sa.ColumnElement[Any], sa.FromClause]:
    """When a patient was here last, and what to select it from.

    SQLite asks for each patient that is found, by the index: 3 ms for one of 10,000. PostgreSQL needs twice the time
    for all of them in that way as for all visits in one pass.
    """
    if connection.dialect.name == "sqlite":
        each = sa.select(sa.func.max(visit.c.at)).where(visit.c.patient_id == patient.c.id)
        return each.scalar_subquery(), patient
    last = sa.select(visit.c.patient_id, sa.func.max(visit.c.at).label("at")).group_by(visit.c.patient_id).subquery()
    return last.c.at, patient.outerjoin(last, last.c.patient_id == patient.c.id)


def _is_open() -> sa.ColumnElement[bool]:
    """Neither merged into another patient nor erased: those are found by their exact code only."""
    return sa.and_(patient.c.merged_into.is_(None), patient.c.erased_at.is_(None))


def _holding(word: str) -> str:
    for special in (LIKE_ESCAPE, "%", "_"):
        word = word.replace(special, LIKE_ESCAPE + special)
    return f"%{word}%"


def _visit_counts(connection: sa.Connection, patient_ids: Sequence[str]) -> dict[str, int]:
    counted = (
        sa.select(visit.c.patient_id, sa.func.count())
        .where(visit.c.patient_id.in_(patient_ids))
        .group_by(visit.c.patient_id)
    )
    return {id: n for id, n in connection.execute(counted)}


def visits_of(connection: sa.Connection, patient_id: str) -> tuple[Visit, ...]:
    """Visits of a patient, newest first."""
    chosen = sa.select(*columns_of(visit, Visit)).where(visit.c.patient_id == patient_id)
    return _many(connection, chosen.order_by(visit.c.at.desc(), visit.c.id.desc()), Visit)


def visits_with_source(connection: sa.Connection, sha256: str) -> tuple[Visit, ...]:
    """Visits that hold a recording of this file, newest first."""
    holding = sa.select(recording.c.visit_id).where(recording.c.source_sha256 == sha256)
    chosen = sa.select(*columns_of(visit, Visit)).where(visit.c.id.in_(holding))
    return _many(connection, chosen.order_by(visit.c.at.desc(), visit.c.id.desc()), Visit)


def trials_of(connection: sa.Connection, visit_id: str) -> tuple[Trial, ...]:
    """Trials of a visit in the order they were filed, void ones too."""
    chosen = sa.select(*columns_of(trial, Trial)).where(trial.c.visit_id == visit_id)
    return _many(connection, chosen.order_by(trial.c.created_at, trial.c.id), Trial)


def trial_ids(connection: sa.Connection, patient_code: str | None, since: datetime | None) -> tuple[str, ...]:
    """Ids of trials, oldest first, void ones too: of one patient, of visits since a moment, or all."""
    chosen = sa.select(trial.c.id).join(visit, trial.c.visit_id == visit.c.id)
    if patient_code is not None:
        chosen = chosen.join(patient, visit.c.patient_id == patient.c.id).where(patient.c.code == patient_code)
    if since is not None:
        chosen = chosen.where(visit.c.at >= since)
    return tuple(connection.scalars(chosen.order_by(trial.c.created_at, trial.c.id)))


def latest_calibration(connection: sa.Connection, plate_serial: str) -> Calibration | None:
    """Newest calibration of a plate."""
    chosen = (
        sa.select(*columns_of(calibration, Calibration))
        .where(calibration.c.plate_serial == plate_serial)
        .order_by(calibration.c.made_at.desc(), calibration.c.id.desc())
        .limit(1)
    )
    return next(iter(_many(connection, chosen, Calibration)), None)


def drift_checks(connection: sa.Connection, plate_serial: str, limit: int) -> tuple[DriftCheck, ...]:
    """Newest checks of a plate, newest first."""
    chosen = (
        sa.select(*columns_of(drift_check, DriftCheck))
        .where(drift_check.c.plate_serial == plate_serial)
        .order_by(drift_check.c.made_at.desc(), drift_check.c.id.desc())
        .limit(limit)
    )
    return _many(connection, chosen, DriftCheck)


def find_recording(connection: sa.Connection, id: str) -> StoredRecording:
    """One recording, verified. Raises NotFound, RecordingDamaged."""
    row = connection.execute(sa.select(recording).where(recording.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(Kind.RECORDING, id)
    columns = dict(row._mapping)
    try:
        decoded, sha256 = unpack(columns.pop("content"))
    except RecordingDamaged as error:
        raise RecordingDamaged(error.why, id) from error
    if sha256 != columns["sha256"]:
        raise RecordingDamaged(f"SHA-256 is {sha256[:12]}..., was filed as {columns['sha256'][:12]}...", id)
    columns["raw"] = decoded if isinstance(decoded, RawRecording) else None
    columns["imported"] = decoded if isinstance(decoded, ImportedRecording) else None
    return StoredRecording(**columns)


def recording_ids(connection: sa.Connection) -> tuple[str, ...]:
    """Ids of all recordings, oldest first."""
    return tuple(connection.scalars(sa.select(recording.c.id).order_by(recording.c.id)))


def source_content(connection: sa.Connection, sha256: str) -> bytes | None:
    """A file as it was imported, still compressed."""
    found: bytes | None = connection.scalar(sa.select(source.c.content).where(source.c.sha256 == sha256))
    return found


def latest_results(connection: sa.Connection, trial_ids: Sequence[str]) -> dict[str, StoredResult]:
    """Newest result of each trial that has one."""
    newest = (
        sa.select(result.c.trial_id, sa.func.max(result.c.number).label("number"))
        .where(result.c.trial_id.in_(trial_ids))
        .group_by(result.c.trial_id)
        .subquery()
    )
    chosen = sa.select(*columns_of(result, StoredResult)).join(
        newest, (result.c.trial_id == newest.c.trial_id) & (result.c.number == newest.c.number)
    )
    return {found.trial_id: found for found in _many(connection, chosen.order_by(result.c.id), StoredResult)}
