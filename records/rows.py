"""What is written, on an open connection: frozen objects into rows. Rules about them live in `records.filing`."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from analysis.calibration import Calibration
from records import clinic_schema, schema
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind, RecordingDamaged
from records.ids import new_id
from records.model import (
    DriftCheck,
    ImportInput,
    NewRecording,
    NewTrial,
    Patient,
    RawInput,
    RecordingKind,
    StoredResult,
    Trial,
    TrialStatus,
    Visit,
)
from records.recording_file import content_sha256, pack
from records.reports import Report


def _row(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _patient_row(patient: Patient) -> dict[str, Any]:
    key = schema.fold(f"{patient.code} {patient.name or ''}")
    return {**_row(patient), "code_key": schema.fold(patient.code), "search_key": key}


def insert_patient(connection: sa.Connection, patient: Patient) -> None:
    """Add a patient."""
    connection.execute(schema.patient.insert().values(_patient_row(patient)))


def update_patient(connection: sa.Connection, patient: Patient) -> None:
    """Write a patient over its version before. Raises Conflict."""
    _update(connection, schema.patient, Kind.PATIENT, patient.version, _patient_row(patient))


def insert_visit(connection: sa.Connection, visit: Visit) -> None:
    """Add a visit."""
    connection.execute(schema.visit.insert().values(_row(visit)))


def update_visit(connection: sa.Connection, visit: Visit) -> None:
    """Write a visit over its version before. Raises Conflict."""
    update(connection, schema.visit, Kind.VISIT, visit)


def update_trial(connection: sa.Connection, trial: Trial) -> None:
    """Write a trial over its version before. Raises Conflict."""
    _update(connection, schema.trial, Kind.TRIAL, trial.version, _row(trial))


def insert_result(connection: sa.Connection, result: StoredResult) -> None:
    """Add a result."""
    connection.execute(schema.result.insert().values(_row(result)))


def insert_calibration(connection: sa.Connection, calibration: Calibration) -> None:
    """Add a calibration."""
    connection.execute(schema.calibration.insert().values(_row(calibration)))


def insert_drift_check(connection: sa.Connection, check: DriftCheck) -> None:
    """Add a check to a plate's drift log."""
    connection.execute(schema.drift_check.insert().values(_row(check)))


def insert(connection: sa.Connection, table: sa.Table, record: Any) -> None:
    """Add a record whose fields are the table's columns."""
    connection.execute(table.insert().values(_row(record)))


def insert_report(connection: sa.Connection, report: Report, pdf: bytes) -> None:
    """Add a report with its PDF."""
    connection.execute(clinic_schema.report.insert().values({**_row(report), "content": pdf}))


def update(connection: sa.Connection, table: sa.Table, kind: Kind, record: Any) -> None:
    """Write a record over its version before. Raises Conflict."""
    _update(connection, table, kind, record.version, _row(record))


def _update(connection: sa.Connection, table: sa.Table, kind: Kind, version: int, row: dict[str, Any]) -> None:
    """Compare and set: where another engine lets a writer in between read and write, nobody is overwritten."""
    before = version - 1
    done = connection.execute(table.update().where(table.c.id == row["id"], table.c.version == before).values(row))
    if done.rowcount != 1:
        raise Conflict(kind, row["id"], before, version)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that recordings were imported from, compressed."""

    sha256: str
    size: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recording packed and its trials, made before the write lock is taken."""

    id: str
    new: NewRecording
    trials: tuple[NewTrial, ...]
    content: bytes
    sha256: str
    source: Source | None


def prepared(new: NewRecording, trials: Sequence[NewTrial]) -> Prepared:
    """Pack a recording.

    Raises
    ------
    InvalidEntry
        No trial: a recording that nobody could find again.
    RecordingDamaged
        The file it came from is not the file that was read.
    """
    if not trials:
        raise InvalidEntry(EntryProblem.NO_TRIAL, "trials")
    recording = new.raw if isinstance(new, RawInput) else new.imported
    source = _source(new) if isinstance(new, ImportInput) else None
    return Prepared(new_id(), new, tuple(trials), pack(recording), content_sha256(recording), source)


def _source(new: ImportInput) -> Source:
    if schema.sha256_of(new.source) != new.content_sha256:
        raise RecordingDamaged("the file's bytes do not have the SHA-256 it was read with", new.file_name)
    return Source(new.content_sha256, len(new.source), zlib.compress(new.source))


def insert_recording(connection: sa.Connection, visit_id: str, part: Prepared) -> tuple[Trial, ...]:
    """Add a recording, its file where it is not there yet, and its trials."""
    now = datetime.now(UTC)
    if part.source is not None:
        _insert_source(connection, part.source)
    connection.execute(schema.recording.insert().values(_recording_row(part, visit_id, now)))
    trials = tuple(_trial(part, visit_id, new, now) for new in part.trials)
    connection.execute(schema.trial.insert(), [_row(trial) for trial in trials])
    return trials


def _recording_row(part: Prepared, visit_id: str, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": part.id,
        "visit_id": visit_id,
        "sha256": part.sha256,
        "footing": part.new.footing,
        "created_at": now,
        "content": part.content,
    }
    match part.new:
        case RawInput(zero=zero, calibration_id=calibration_id):
            return {**row, "kind": RecordingKind.RAW, "zero": zero, "calibration_id": calibration_id}
        case ImportInput(file_name=file_name, reader=reader, content_sha256=sha256):
            came_from = {"file_name": file_name, "reader": reader, "source_sha256": sha256}
            return {**row, "kind": RecordingKind.IMPORTED, **came_from}


def _insert_source(connection: sa.Connection, source: Source) -> None:
    """Add an imported file, unless another recording brought it."""
    if connection.scalar(sa.select(schema.source.c.sha256).where(schema.source.c.sha256 == source.sha256)) is None:
        connection.execute(schema.source.insert().values(_row(source)))


def _trial(part: Prepared, visit_id: str, new: NewTrial, now: datetime) -> Trial:
    interrupted = isinstance(part.new, RawInput) and part.new.raw.interrupted is not None
    status = TrialStatus.INTERRUPTED if interrupted else TrialStatus.FILED
    return Trial(
        visit_id=visit_id,
        recording_id=part.id,
        status=status if new.void_reason is None else TrialStatus.VOID,
        version=1,
        created_at=now,
        **{**_row(new), "id": new.id or new_id()},
    )
