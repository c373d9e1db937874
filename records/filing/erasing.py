"""The right to be forgotten: what names a person goes, what was measured stays without a person."""

from __future__ import annotations

from datetime import UTC, datetime

from records import patient_rows, queries
from records.audit import append
from records.entries import reason_of
from records.errors import EntryProblem, Kind
from records.filing.changes import open_patient
from records.model import Act, Actor, Patient
from records.permissions import require
from records.scope import with_doubles
from records.store import RecordStore


def erase_patient(store: RecordStore, actor: Actor, patient_id: str, reason: str) -> Patient:
    """Empty every name, date of birth, number and text of a patient and of the doubles merged into this one.

    Recordings, results and dates of visits stay, under a code that says nothing. Reports, what was signed, and files
    that were imported go; their digests stay. What the audit tells of the person goes too, and its chain still
    verifies. Backups and exports made before hold the person still: `records.copies.copies_of` says which.

    Parameters
    ----------
    reason : str
        Stays in the audit: it must not name the person.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    PatientClosed
        Erased already, or merged into another patient: erase that one.
    """
    require(actor, Act.PATIENT_ERASED)
    said = reason_of("reason", reason, EntryProblem.ERASE_REASON_MISSING)
    with store.writing() as archive:
        patient = open_patient(archive, patient_id)
        people = [queries.find_patient(archive, id) for id in with_doubles(archive, [patient.id])]
        events = patient_rows.erase(archive, people, datetime.now(UTC))
        details = {"reason": said, "patients": [each.id for each in people], "events": list(events)}
        append(archive, actor, Act.PATIENT_ERASED, store.station, (Kind.PATIENT, patient.id), details)
        return queries.find_patient(archive, patient.id)
