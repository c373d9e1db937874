"""Acts on studies and the visits in them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from records import clinic_queries, queries, rows
from records.audit import append
from records.clinic_schema import study, study_visit
from records.entries import checked_number, reason_of
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind
from records.filing.changes import changed, check_version, entered, writable_visit
from records.ids import new_id
from records.model import Act, Actor
from records.permissions import require
from records.store import RecordStore
from records.studies import MOST_SESSIONS, NewStudy, Study, StudyVisit


def add_study(store: RecordStore, actor: Actor, new: NewStudy) -> Study:
    """File a new study.

    Raises
    ------
    NotPermitted
    """
    require(actor, Act.STUDY_ADDED)
    fields = {name: getattr(new, name) for name in NewStudy.__dataclass_fields__}
    filed = Study(**fields, id=new_id(), version=1, created_at=datetime.now(UTC), created_by=actor.name)
    with store.writing() as archive:
        rows.insert(archive, study, filed)
        details = {"after": entered(filed, NewStudy)}
        append(archive, actor, Act.STUDY_ADDED, store.station, (Kind.STUDY, filed.id), details)
    return filed


def edit_study(store: RecordStore, actor: Actor, edited: Study) -> Study:
    """File changed fields of a study as read, with `dataclasses.replace`.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        Someone else changed it since; nothing is overwritten.
    """
    require(actor, Act.STUDY_EDITED)
    with store.writing() as archive:
        stored = clinic_queries.find_study(archive, edited.id)
        check_version(Kind.STUDY, edited, stored, NewStudy)
        fields = {name: getattr(edited, name) for name in NewStudy.__dataclass_fields__}
        after = dataclasses.replace(stored, version=stored.version + 1, **fields)
        rows.update(archive, study, Kind.STUDY, after)
        was, now = changed(stored, after, NewStudy)
        append(archive, actor, Act.STUDY_EDITED, store.station, (Kind.STUDY, edited.id), {"before": was, "after": now})
    return after


def close_study(store: RecordStore, actor: Actor, id: str, *, version: int | None = None) -> Study:
    """From here on no visit joins it.

    Raises
    ------
    NotPermitted, NotFound
    Conflict
        It is closed already, or was changed since `version`.
    """
    require(actor, Act.STUDY_CLOSED)
    with store.writing() as archive:
        stored = clinic_queries.find_study(archive, id)
        read = stored.version if version is None else version
        if stored.closed_at is not None or stored.version != read:
            raise Conflict(Kind.STUDY, id, read, stored.version)
        after = dataclasses.replace(stored, version=stored.version + 1, closed_at=datetime.now(UTC))
        rows.update(archive, study, Kind.STUDY, after)
        append(archive, actor, Act.STUDY_CLOSED, store.station, (Kind.STUDY, id), {})
    return after


def add_study_visit(store: RecordStore, actor: Actor, study_id: str, visit_id: str, session: int) -> StudyVisit:
    """Put a visit into a study, as its person's session number `session`.

    Raises
    ------
    NotPermitted, NotFound
    InvalidEntry
        The study is closed, or the number cannot be.
    Conflict
        The visit, or another one of the same person with this number, is in the study already.
    """
    require(actor, Act.STUDY_VISIT_ADDED)
    checked_number("session", session, 1, MOST_SESSIONS)
    now = datetime.now(UTC)
    filed = StudyVisit(new_id(), study_id, visit_id, session, 1, now, actor.name)
    with store.writing() as archive:
        if clinic_queries.find_study(archive, study_id).closed_at is not None:
            raise InvalidEntry(EntryProblem.STUDY_IS_CLOSED, "study_id")
        patient_id = writable_visit(archive, visit_id).patient_id
        for other in clinic_queries.study_visits(archive, study_id):
            same_person = queries.find_visit(archive, other.visit_id).patient_id == patient_id
            if other.visit_id == visit_id or (same_person and other.session == session):
                raise Conflict(Kind.STUDY_VISIT, other.id, 0, other.version)
        rows.insert(archive, study_visit, filed)
        details = {"study_id": study_id, "visit_id": visit_id, "session": session}
        append(archive, actor, Act.STUDY_VISIT_ADDED, store.station, (Kind.STUDY_VISIT, filed.id), details)
    return filed


def void_study_visit(
    store: RecordStore, actor: Actor, id: str, reason: str, *, version: int | None = None
) -> StudyVisit:
    """Take a visit out of a study, with a reason. Put in again, it is a new entry.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        It is out already, or was changed since `version`.
    """
    require(actor, Act.STUDY_VISIT_VOIDED)
    said = reason_of("reason", reason, EntryProblem.VOID_REASON_MISSING)
    with store.writing() as archive:
        stored = clinic_queries.find(archive, study_visit, StudyVisit, Kind.STUDY_VISIT, id)
        writable_visit(archive, stored.visit_id)
        read = stored.version if version is None else version
        if stored.void_reason is not None or stored.version != read:
            raise Conflict(Kind.STUDY_VISIT, id, read, stored.version)
        after = dataclasses.replace(stored, version=stored.version + 1, void_reason=said)
        rows.update(archive, study_visit, Kind.STUDY_VISIT, after)
        append(archive, actor, Act.STUDY_VISIT_VOIDED, store.station, (Kind.STUDY_VISIT, id), {"reason": said})
    return after
