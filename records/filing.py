"""The acts on the archive. One function = one act = one transaction = exactly one audit event.

Each checks who acts and what was entered, writes, and audits; all of it is committed, or nothing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from analysis.assess import TrialResult
from analysis.calibration import Calibration
from analysis.documents import trial_document
from analysis.session_check import SessionCheck
from records import queries, rows
from records.audit import append
from records.errors import CodeTaken, Conflict, EntryProblem, InvalidEntry, Kind
from records.ids import new_id
from records.model import (
    FIRST_BIRTH_YEAR,
    NOTE_LIMIT,
    Act,
    Actor,
    DriftCheck,
    ImportInput,
    NewPatient,
    NewRecording,
    NewTrial,
    Patient,
    RawInput,
    StoredResult,
    Trial,
    TrialStatus,
    Visit,
    checked_text,
)
from records.permissions import require
from records.schema import sha256_of
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
    patient = Patient(id=new_id(), version=1, created_at=now, **_fields(new))
    with store.writing() as archive:
        _check_code(archive, new.code, "")
        rows.insert_patient(archive, patient)
        append(archive, actor, Act.PATIENT_ADDED, store.station, (Kind.PATIENT, patient.id), {"after": _fields(new)})
    return patient


def edit_patient(store: RecordStore, actor: Actor, edited: Patient) -> Patient:
    """File the changed fields of a patient.

    Parameters
    ----------
    edited : Patient
        The patient as read, with `dataclasses.replace`: its `version` says which state was edited.

    Raises
    ------
    NotPermitted, NotFound, CodeTaken, InvalidEntry
    Conflict
        Someone else changed the patient since; nothing is overwritten.
    """
    require(actor, Act.PATIENT_EDITED)
    entry = NewPatient(**{field.name: getattr(edited, field.name) for field in dataclasses.fields(NewPatient)})
    _check_birth_year(entry.birth_year, datetime.now(UTC))
    with store.writing() as archive:
        stored = queries.find_patient(archive, edited.id)
        if stored.version != edited.version:
            raise Conflict(Kind.PATIENT, edited.id, edited.version, stored.version)
        _check_code(archive, entry.code, edited.id)
        patient = dataclasses.replace(stored, version=stored.version + 1, **_fields(entry))
        rows.update_patient(archive, patient)
        before, after = _fields(stored), _fields(patient)
        changed = [name for name in _fields(entry) if before[name] != after[name]]
        details = {"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}}
        append(archive, actor, Act.PATIENT_EDITED, store.station, (Kind.PATIENT, patient.id), details)
    return patient


def open_visit(
    store: RecordStore, actor: Actor, patient_id: str, *, station: str, at: datetime | None = None, note: str = ""
) -> Visit:
    """File a new visit of a patient, now or at an aware time `at`.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    """
    require(actor, Act.VISIT_OPENED)
    visit = _new_visit(actor, patient_id, station, at, note)
    with store.writing() as archive:
        queries.find_patient(archive, patient_id)
        rows.insert_visit(archive, visit)
        append(archive, actor, Act.VISIT_OPENED, store.station, (Kind.VISIT, visit.id), {"patient_id": patient_id})
    return visit


def file_recording(
    store: RecordStore, actor: Actor, visit_id: str, new: NewRecording, trials: Sequence[NewTrial]
) -> tuple[Trial, ...]:
    """Commit 1: the recording and its trials, before anything is computed of it.

    A recording that was interrupted files its trials as INTERRUPTED.

    Raises
    ------
    NotPermitted
    NotFound
        No such visit, or its calibration is not in the archive: add it first, a recording without is worth nothing.
    InvalidEntry
        No trial.
    Conflict
        A trial of this id is in the archive already.
    """
    require(actor, Act.RECORDING_FILED)
    prepared = rows.prepared(new, trials)
    with store.writing() as archive:
        queries.find_visit(archive, visit_id)
        filed = _file(archive, visit_id, prepared)
        details = _recording_details([prepared], filed)
        append(archive, actor, Act.RECORDING_FILED, store.station, (Kind.VISIT, visit_id), details)
    return filed


def file_import(
    store: RecordStore,
    actor: Actor,
    patient_id: str,
    parts: Sequence[tuple[ImportInput, Sequence[NewTrial]]],
    *,
    station: str,
    at: datetime | None = None,
    note: str = "",
) -> tuple[Visit, tuple[Trial, ...]]:
    """A file of another system as a new visit: all of its recordings with their trials, or nothing.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    """
    require(actor, Act.FILE_IMPORTED)
    if not parts:
        raise InvalidEntry(EntryProblem.NO_TRIAL, "parts")
    visit = _new_visit(actor, patient_id, station, at, note)
    prepared = [rows.prepared(new, trials) for new, trials in parts]
    with store.writing() as archive:
        queries.find_patient(archive, patient_id)
        rows.insert_visit(archive, visit)
        filed = tuple(trial for part in prepared for trial in _file(archive, visit.id, part))
        details = {"patient_id": patient_id, **_recording_details(prepared, filed)}
        append(archive, actor, Act.FILE_IMPORTED, store.station, (Kind.VISIT, visit.id), details)
    return visit, filed


def file_result(store: RecordStore, actor: Actor, trial_id: str, result: TrialResult) -> StoredResult:
    """Commit 2: what was computed of a trial. Older results of the trial are kept.

    Raises
    ------
    NotPermitted, NotFound
    """
    (filed,) = file_results(store, actor, [(trial_id, result)])
    return filed


def file_results(
    store: RecordStore, actor: Actor, results: Sequence[tuple[str, TrialResult]]
) -> tuple[StoredResult, ...]:
    """Results of several trials in one transaction, each with its own event: all of them are filed, or none.

    Raises
    ------
    NotPermitted, NotFound
    """
    require(actor, Act.RESULT_FILED)
    with store.writing() as archive:
        return tuple(_file_result(archive, actor, store.station, *each) for each in results)


def void_trial(store: RecordStore, actor: Actor, trial_id: str, reason: str, *, version: int | None = None) -> Trial:
    """Take a trial out of every result, with a reason. It stays in the archive.

    Parameters
    ----------
    version : int or None
        Of the trial as it was shown; None: as it is now.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        It is void already, or was changed since `version`.
    """
    require(actor, Act.TRIAL_VOIDED)
    reason = checked_text("reason", reason, NOTE_LIMIT)
    if not reason:
        raise InvalidEntry(EntryProblem.VOID_REASON_MISSING, "reason")
    with store.writing() as archive:
        stored = queries.find_trial(archive, trial_id)
        read = stored.version if version is None else version
        if stored.status is TrialStatus.VOID or stored.version != read:
            raise Conflict(Kind.TRIAL, trial_id, read, stored.version)
        trial = dataclasses.replace(stored, status=TrialStatus.VOID, void_reason=reason, version=stored.version + 1)
        rows.update_trial(archive, trial)
        details = {"status": stored.status.value, "reason": reason}
        append(archive, actor, Act.TRIAL_VOIDED, store.station, (Kind.TRIAL, trial_id), details)
    return trial


def add_calibration(store: RecordStore, actor: Actor, calibration: Calibration) -> Calibration:
    """File the calibration of a plate. Calibrations are never changed: a new one has a new id.

    Raises
    ------
    NotPermitted
    Conflict
        Its id is in the archive already.
    """
    require(actor, Act.CALIBRATION_ADDED)
    with store.writing() as archive:
        if queries.has_calibration(archive, calibration.id):
            raise Conflict(Kind.CALIBRATION, calibration.id, 0, 1)
        rows.insert_calibration(archive, calibration)
        details = {
            "plate_serial": calibration.plate_serial,
            "matrix": calibration.matrix.tolist(),
            "cell_newton_per_count": calibration.cell_newton_per_count.tolist(),
            "reference": calibration.reference,
        }
        append(archive, actor, Act.CALIBRATION_ADDED, store.station, (Kind.CALIBRATION, calibration.id), details)
    return calibration


def add_drift_check(
    store: RecordStore, actor: Actor, calibration_id: str, outcome: SessionCheck, *, at: datetime | None = None
) -> DriftCheck:
    """File a check of a plate before a session, made now or at an aware time `at`.

    Parameters
    ----------
    calibration_id : str
        What judged it; it says which plate.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    """
    require(actor, Act.DRIFT_CHECK_ADDED)
    if at is not None and at.tzinfo is None:
        raise InvalidEntry(EntryProblem.TIME_WITHOUT_ZONE, "at")
    with store.writing() as archive:
        check = DriftCheck(
            id=new_id(),
            plate_serial=queries.find_calibration(archive, calibration_id).plate_serial,
            calibration_id=calibration_id,
            made_at=(at or datetime.now(UTC)).astimezone(UTC),
            made_by=actor.name,
            passed=outcome.passed,
            outcome=outcome,
        )
        rows.insert_drift_check(archive, check)
        details = {
            "plate_serial": check.plate_serial,
            "calibration_id": calibration_id,
            "passed": check.passed,
            "weight_error_pct": outcome.weight_error_pct,
            "corner_error_mm": outcome.corner_error_mm,
        }
        append(archive, actor, Act.DRIFT_CHECK_ADDED, store.station, (Kind.DRIFT_CHECK, check.id), details)
    return check


def _file_result(
    archive: sa.Connection, actor: Actor, station: str, trial_id: str, result: TrialResult
) -> StoredResult:
    document = json.dumps(trial_document(result), sort_keys=True, separators=(",", ":"), allow_nan=False)
    queries.find_trial(archive, trial_id)
    stored = StoredResult(
        id=new_id(),
        trial_id=trial_id,
        number=queries.next_result_number(archive, trial_id),
        result=result,
        analysis_version=result.analysis_version,
        made_at=datetime.now(UTC),
    )
    rows.insert_result(archive, stored)
    details = {
        "result_id": stored.id,
        "number": stored.number,
        "analysis_version": stored.analysis_version,
        "sha256": sha256_of(document.encode()),
    }
    append(archive, actor, Act.RESULT_FILED, station, (Kind.TRIAL, trial_id), details)
    return stored


def _fields(entry: NewPatient | Patient) -> dict[str, Any]:
    """What was entered about a patient, by field."""
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


def _new_visit(actor: Actor, patient_id: str, station: str, at: datetime | None, note: str) -> Visit:
    if at is not None and at.tzinfo is None:
        raise InvalidEntry(EntryProblem.TIME_WITHOUT_ZONE, "at")
    if not station.strip():
        raise InvalidEntry(EntryProblem.STATION_MISSING, "station")
    when = at or datetime.now(UTC)
    shown = when if when.utcoffset() else when.astimezone()  # a time given in UTC was shown in the station's own zone
    offset = shown.utcoffset()
    return Visit(
        id=new_id(),
        patient_id=patient_id,
        at=when.astimezone(UTC),
        utc_offset_min=round(offset.total_seconds() / 60) if offset else 0,
        station=station.strip(),
        operator=actor.name,
        note=checked_text("note", note, NOTE_LIMIT),
        version=1,
    )


def _file(archive: sa.Connection, visit_id: str, prepared: rows.Prepared) -> tuple[Trial, ...]:
    for trial in prepared.trials:
        if trial.id is not None and queries.has_trial(archive, trial.id):
            raise Conflict(Kind.TRIAL, trial.id, 0, 1)
    if isinstance(prepared.new, RawInput):
        queries.find_calibration(archive, prepared.new.calibration_id)
    return rows.insert_recording(archive, visit_id, prepared)


def _recording_details(prepared: Sequence[rows.Prepared], trials: Sequence[Trial]) -> dict[str, object]:
    return {
        "recordings": [
            {"id": part.id, "sha256": part.sha256, "source_sha256": part.source.sha256 if part.source else None}
            for part in prepared
        ],
        "trials": [trial.id for trial in trials],
    }
