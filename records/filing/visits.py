"""Acts on visits."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime

from records import rows
from records.audit import append
from records.entries import reason_of
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind
from records.examination import Checklist, ChecklistItem, checked_checklist, checklist_document
from records.filing.amendments import amend
from records.filing.changes import changed, check_version, open_patient, writable_visit
from records.ids import new_id
from records.model import NOTE_LIMIT, Act, Actor, Visit, VisitEntry, checked_text
from records.permissions import require
from records.store import RecordStore


def open_visit(
    store: RecordStore, actor: Actor, patient_id: str, *, station: str, at: datetime | None = None, note: str = ""
) -> Visit:
    """File a new visit of a patient, now or at an aware time `at`.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry, PatientClosed
    """
    require(actor, Act.VISIT_OPENED)
    visit = new_visit(actor, patient_id, station, at, note)
    with store.writing() as archive:
        open_patient(archive, patient_id)
        rows.insert_visit(archive, visit)
        append(archive, actor, Act.VISIT_OPENED, store.station, (Kind.VISIT, visit.id), {"patient_id": patient_id})
    return visit


def edit_visit(store: RecordStore, actor: Actor, edited: Visit, *, reason: str = "") -> Visit:
    """File changed fields of a visit as read, with `dataclasses.replace`: those of `VisitEntry`.

    A signed visit is changed with a reason.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        Someone else changed the visit since; nothing is overwritten, both values are in it.
    """
    require(actor, Act.VISIT_EDITED)
    entry = VisitEntry(**{name: getattr(edited, name) for name in VisitEntry.__dataclass_fields__})
    with store.writing() as archive:
        stored = writable_visit(archive, edited.id)
        check_version(Kind.VISIT, edited, stored, VisitEntry)
        if stored.void_reason is not None:
            raise InvalidEntry(EntryProblem.IS_VOID, "id")
        fields = {name: getattr(entry, name) for name in VisitEntry.__dataclass_fields__}
        visit = dataclasses.replace(stored, version=stored.version + 1, **fields)
        rows.update_visit(archive, visit)
        was, now = changed(stored, visit, VisitEntry)
        subject = (Kind.VISIT, visit.id)
        append(archive, actor, Act.VISIT_EDITED, store.station, subject, {"before": was, "after": now})
        amend(archive, actor, visit.id, Act.VISIT_EDITED, subject, was, now, reason)
    return visit


def answer_checklist(
    store: RecordStore,
    actor: Actor,
    visit_id: str,
    answers: Mapping[ChecklistItem, bool],
    reason: str = "",
    *,
    version: int | None = None,
) -> Visit:
    """File the answers given before the first test; answers given before are overwritten, and stay in the trail.

    Parameters
    ----------
    reason : str
        Why the test goes on; needed where an answer speaks against it.
    version : int or None
        Of the visit as it was read; None: whatever it is now.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        The visit was changed since `version`.
    """
    require(actor, Act.CHECKLIST_ANSWERED)
    said = checked_checklist(answers, reason)
    with store.writing() as archive:
        stored = writable_visit(archive, visit_id)
        if version not in (None, stored.version):
            raise Conflict(Kind.VISIT, visit_id, version or 0, stored.version)
        checklist = Checklist(dict(answers), said, datetime.now(UTC), actor.name)
        visit = dataclasses.replace(stored, version=stored.version + 1, checklist=checklist)
        rows.update_visit(archive, visit)
        details = {
            "before": checklist_document(stored.checklist) if stored.checklist else None,
            "after": checklist_document(checklist),
        }
        subject = (Kind.VISIT, visit_id)
        append(archive, actor, Act.CHECKLIST_ANSWERED, store.station, subject, details)
        was, now = {"checklist": details["before"]}, {"checklist": details["after"]}
        amend(archive, actor, visit_id, Act.CHECKLIST_ANSWERED, subject, was, now, said, explained=True)
    return visit


def void_visit(store: RecordStore, actor: Actor, visit_id: str, reason: str, *, version: int | None = None) -> Visit:
    """Take a visit with all its trials out of every result, with a reason. It stays in the archive.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        It is void already, or was changed since `version`.
    """
    require(actor, Act.VISIT_VOIDED)
    said = reason_of("reason", reason, EntryProblem.VOID_REASON_MISSING)
    return _mark(store, actor, visit_id, version, said, Act.VISIT_VOIDED)


def restore_visit(store: RecordStore, actor: Actor, visit_id: str, *, version: int | None = None) -> Visit:
    """Take a void visit back.

    Raises
    ------
    NotPermitted, NotFound
    Conflict
        It is not void, or was changed since `version`.
    """
    require(actor, Act.VISIT_RESTORED)
    return _mark(store, actor, visit_id, version, None, Act.VISIT_RESTORED)


def _mark(store: RecordStore, actor: Actor, id: str, version: int | None, reason: str | None, act: Act) -> Visit:
    with store.writing() as archive:
        stored = writable_visit(archive, id)
        read = stored.version if version is None else version
        if stored.version != read or (stored.void_reason is None) is (reason is None):
            raise Conflict(Kind.VISIT, id, read, stored.version)
        visit = dataclasses.replace(stored, version=stored.version + 1, void_reason=reason)
        rows.update_visit(archive, visit)
        details = {"reason": reason or stored.void_reason}
        append(archive, actor, act, store.station, (Kind.VISIT, id), details)
        was, now = {"void_reason": stored.void_reason}, {"void_reason": reason}
        amend(archive, actor, id, act, (Kind.VISIT, id), was, now, reason or "", explained=True)
    return visit


def new_visit(actor: Actor, patient_id: str, station: str, at: datetime | None, note: str) -> Visit:
    """A visit as it begins. Raises InvalidEntry."""
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
