"""One person who was filed as two patients: merged into one, and taken apart again."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import sqlalchemy as sa

from records import clinic_queries, clinic_schema, patient_rows, queries, rows
from records.audit import append
from records.doubles import PatientMerge
from records.entries import reason_of
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind
from records.filing.amendments import amend
from records.filing.changes import open_patient
from records.ids import new_id
from records.model import Act, Actor
from records.permissions import require
from records.store import RecordStore


def merge_patients(store: RecordStore, actor: Actor, kept_id: str, double_id: str, reason: str) -> PatientMerge:
    """Move all visits and therapy dates of a double to the patient who is kept. What is known of each stays with each.

    Raises
    ------
    NotPermitted, NotFound, PatientClosed
    InvalidEntry
        No reason, or a patient with itself.
    """
    require(actor, Act.PATIENTS_MERGED)
    said = reason_of("reason", reason, EntryProblem.MERGE_REASON_MISSING)
    if kept_id == double_id:
        raise InvalidEntry(EntryProblem.MERGE_WITH_ITSELF, "double_id")
    with store.writing() as archive:
        kept, double = open_patient(archive, kept_id), open_patient(archive, double_id)
        moved = patient_rows.ids_of(archive, double.id)
        patient_rows.move(archive, moved, double.id, kept.id)
        patient_rows.close_into(archive, double.id, kept.id)
        merge = PatientMerge(new_id(), kept.id, double.id, datetime.now(UTC), actor.name, said, moved, None, None, 1)
        rows.insert(archive, clinic_schema.patient_merge, merge)
        details = {"kept_id": kept.id, "merged_id": double.id, "moved": moved, "reason": said}
        append(archive, actor, Act.PATIENTS_MERGED, store.station, (Kind.PATIENT_MERGE, merge.id), details)
        _amend_visits(archive, actor, Act.PATIENTS_MERGED, merge, double.id, kept.id)
    return merge


def unmerge_patients(store: RecordStore, actor: Actor, merge_id: str) -> PatientMerge:
    """Undo a merge: what had moved goes back; what was filed for the kept patient since stays there.

    Raises
    ------
    NotPermitted, NotFound
    PatientClosed
        One of the two was erased since.
    InvalidEntry
        The kept patient was merged further since: that merge is undone first. Not where the two are merged into each
        other, as two stations could once: either can be undone then.
    Conflict
        It was undone already.
    """
    require(actor, Act.PATIENTS_UNMERGED)
    with store.writing() as archive:
        merge = clinic_queries.find_merge(archive, merge_id)
        if merge.undone_at is not None:
            raise Conflict(Kind.PATIENT_MERGE, merge_id, merge.version, merge.version + 1)
        kept = queries.find_patient(archive, merge.kept_id)
        in_circle = merge.merged_id in clinic_queries.chain_of(archive, kept.id)
        if kept.merged_into is not None and not in_circle:
            raise InvalidEntry(EntryProblem.MERGE_TAKEN_FURTHER, "merge_id")
        if kept.erased_at is not None or not in_circle:
            open_patient(archive, kept.id)
        patient_rows.move(archive, merge.moved, merge.kept_id, merge.merged_id)
        patient_rows.reopen(archive, merge.merged_id, merge.kept_id)
        undone = dataclasses.replace(
            merge, version=merge.version + 1, undone_at=datetime.now(UTC), undone_by=actor.name
        )
        rows.update(archive, clinic_schema.patient_merge, Kind.PATIENT_MERGE, undone)
        details = {"kept_id": merge.kept_id, "merged_id": merge.merged_id, "moved": merge.moved}
        append(archive, actor, Act.PATIENTS_UNMERGED, store.station, (Kind.PATIENT_MERGE, merge.id), details)
        _amend_visits(archive, actor, Act.PATIENTS_UNMERGED, merge, merge.kept_id, merge.merged_id)
    return undone


def _amend_visits(
    archive: sa.Connection, actor: Actor, act: Act, merge: PatientMerge, before_id: str, after_id: str
) -> None:
    """Whose a visit is was signed with it."""
    was, now = {"patient_id": before_id}, {"patient_id": after_id}
    for visit_id in merge.moved.get("visit", []):
        amend(archive, actor, visit_id, act, (Kind.VISIT, visit_id), was, now, merge.reason, explained=True)
