"""Acts on recordings and their trials."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from records import queries, rows
from records.audit import append
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind
from records.filing.amendments import amend
from records.filing.changes import open_patient, writable_visit
from records.filing.visits import new_visit
from records.model import (
    NOTE_LIMIT,
    Act,
    Actor,
    ImportInput,
    NewRecording,
    NewTrial,
    RawInput,
    StoredRecording,
    Trial,
    TrialStatus,
    Visit,
    checked_text,
)
from records.patient_rows import keep_erased
from records.permissions import require
from records.store import RecordStore


def file_recording(
    store: RecordStore, actor: Actor, visit_id: str, new: NewRecording, trials: Sequence[NewTrial]
) -> tuple[Trial, ...]:
    """Commit 1: the recording and its trials, before anything is computed of it.

    A recording that was interrupted files its trials as INTERRUPTED; a trial that has a reason to be void is VOID from
    the beginning, so that nothing ever counts it. Of a person who was erased meanwhile it is kept as what was measured:
    without the file it came from.

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
        visit = queries.find_visit(archive, visit_id)
        filed = _file(archive, visit_id, prepared)
        keep_erased(archive, [visit.patient_id], [prepared.source.sha256] if prepared.source else [])
        details = _recording_details([prepared], filed)
        append(archive, actor, Act.RECORDING_FILED, store.station, (Kind.VISIT, visit_id), details)
        for trial in filed:
            new_trial = {"side": trial.side, "condition": trial.condition, "attempt": trial.attempt}
            if trial.void_reason is not None:
                new_trial |= {"status": trial.status.value, "void_reason": trial.void_reason}
            subject = (Kind.TRIAL, trial.id)
            said = trial.void_reason or ""
            amend(archive, actor, visit_id, Act.RECORDING_FILED, subject, {}, new_trial, said, explained=True)
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
    visit = new_visit(actor, patient_id, station, at, note)
    prepared = [rows.prepared(new, trials) for new, trials in parts]
    with store.writing() as archive:
        open_patient(archive, patient_id)
        rows.insert_visit(archive, visit)
        filed = tuple(trial for part in prepared for trial in _file(archive, visit.id, part))
        details = {"patient_id": patient_id, **_recording_details(prepared, filed)}
        append(archive, actor, Act.FILE_IMPORTED, store.station, (Kind.VISIT, visit.id), details)
    return visit, filed


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
        writable_visit(archive, stored.visit_id)
        read = stored.version if version is None else version
        if stored.status is TrialStatus.VOID or stored.version != read:
            raise Conflict(Kind.TRIAL, trial_id, read, stored.version)
        trial = dataclasses.replace(stored, status=TrialStatus.VOID, void_reason=reason, version=stored.version + 1)
        rows.update_trial(archive, trial)
        details = {"status": stored.status.value, "reason": reason}
        append(archive, actor, Act.TRIAL_VOIDED, store.station, (Kind.TRIAL, trial_id), details)
        _amend_status(archive, actor, Act.TRIAL_VOIDED, stored, trial)
    return trial


def restore_trial(store: RecordStore, actor: Actor, trial_id: str, *, version: int | None = None) -> Trial:
    """Take a void trial back, as what it was: filed, or interrupted.

    Raises
    ------
    NotPermitted, NotFound, RecordingDamaged
    Conflict
        It is not void, or was changed since `version`.
    """
    require(actor, Act.TRIAL_RESTORED)
    with store.writing() as archive:
        stored = queries.find_trial(archive, trial_id)
        writable_visit(archive, stored.visit_id)
        read = stored.version if version is None else version
        if stored.status is not TrialStatus.VOID or stored.version != read:
            raise Conflict(Kind.TRIAL, trial_id, read, stored.version)
        status = _status(queries.find_recording(archive, stored.recording_id))
        trial = dataclasses.replace(stored, status=status, void_reason=None, version=stored.version + 1)
        rows.update_trial(archive, trial)
        details = {"status": status.value, "reason": stored.void_reason}
        append(archive, actor, Act.TRIAL_RESTORED, store.station, (Kind.TRIAL, trial_id), details)
        _amend_status(archive, actor, Act.TRIAL_RESTORED, stored, trial)
    return trial


def _amend_status(archive: sa.Connection, actor: Actor, act: Act, before: Trial, after: Trial) -> None:
    was, now = ({"status": trial.status.value, "void_reason": trial.void_reason} for trial in (before, after))
    subject = (Kind.TRIAL, after.id)
    amend(archive, actor, after.visit_id, act, subject, was, now, after.void_reason or "", explained=True)


def _status(recording: StoredRecording) -> TrialStatus:
    interrupted = recording.raw is not None and recording.raw.interrupted is not None
    return TrialStatus.INTERRUPTED if interrupted else TrialStatus.FILED


def _file(archive: sa.Connection, visit_id: str, prepared: rows.Prepared) -> tuple[Trial, ...]:
    for trial in prepared.trials:
        if trial.id is not None and queries.has_trial(archive, trial.id):
            raise Conflict(Kind.TRIAL, trial.id, 0, 1)
    if isinstance(prepared.new, RawInput):
        queries.find_calibration(archive, prepared.new.calibration_id)
    return rows.insert_recording(archive, visit_id, prepared)


def _recording_details(prepared: Sequence[rows.Prepared], trials: Sequence[Trial]) -> dict[str, object]:
    details: dict[str, object] = {
        "recordings": [
            {"id": part.id, "sha256": part.sha256, "source_sha256": part.source.sha256 if part.source else None}
            for part in prepared
        ],
        "trials": [trial.id for trial in trials],
    }
    void = {trial.id: trial.void_reason for trial in trials if trial.void_reason is not None}
    return details | ({"void": void} if void else {})
